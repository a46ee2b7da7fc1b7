"""Devices as text for the clipboard: pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from owtui import columns

if TYPE_CHECKING:
    from storage.rows import DeviceRow


def text(what: str, devices: Sequence[DeviceRow], now: datetime) -> str:
    """Names ("n"), addresses ("a"), rows ("r") or JSON ("j"), a line or an object a device."""
    if what == "j":
        shown = columns.view("json")
        found = [{**columns.record(one, shown, now), "facts": one.facts} for one in devices]
        return json.dumps(found if len(found) > 1 else found[0], indent=2, ensure_ascii=False)
    if what == "r":
        cells = columns.view("fleet")
        return "\n".join("\t".join(c.cell(one, now) for c in cells) for one in devices)
    return "\n".join(one.best_address if what == "a" else one.name for one in devices)
