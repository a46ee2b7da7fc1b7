"""Take what a router runs as the configuration of its device: nothing is sent, nothing is lost.

From what was read of it last. Its own part becomes everything the router has, templates stay; what
NetJSON cannot say is kept as UCI text, and told.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from owtui.engine.actions.base import InventoryChange, Judgement, Outcome, Records, Registrar
from owtui.engine.jobs.plan import Verdict
from storage.rows import DeviceRow


class AdoptConfig(InventoryChange):
    """The other direction of a push."""

    id = "adopt_config"
    title = "Adopt configuration"
    help = "Keep what routers run as their configuration"
    seconds = 0.0

    def recall(
        self, records: Records, rows: Sequence[DeviceRow], params: Mapping[str, Any]
    ) -> Mapping[UUID, Any]:
        """What each router ran when it was read last, as NetJSON, and what the device has now."""
        from owtui.engine.configs import keeping
        from owtui.engine.configs.adopt import adopt, packages_in
        from storage import configs
        from storage.packed import Box

        box = Box(records.session, records.vault)
        known = {}
        for row in rows:
            running = keeping.running(records.session, records.vault, row.id)
            if running is None:
                continue
            config = configs.find(records.session, row.id)
            before = configs.content(box, config) if config else configs.Content()
            known[row.id] = (adopt(packages_in(running.files), os=row.os), before, running.read_at)
        return known

    def verdict(self, row: DeviceRow, params: Mapping[str, Any], known: Any) -> Judgement:
        """A change where it is another one than the device's own."""
        if row.is_deactivated:
            return Judgement(Verdict.BLOCKED, "Device is deactivated.")
        if known is None:
            return Judgement(Verdict.BLOCKED, "What it runs was never read: look at it first.")
        adopted, before, _ = known
        stands_on = _digest([adopted.config, adopted.verbatim])
        if stands_on == _digest([before.config, before.verbatim]):
            return Judgement(Verdict.SAME, "is its own configuration already", stands_on=stands_on)
        said = f"NetJSON: {', '.join(sorted(adopted.config))}"
        if adopted.verbatim:
            said += f"; in part as UCI text: {', '.join(sorted(adopted.verbatim))}"
        told = f"  ! {' '.join(adopted.told)}" if adopted.told else ""
        return Judgement(Verdict.CHANGE, f"{said}{told}", _diff(before, adopted), (), stands_on)

    def apply(
        self, records: Records, row: DeviceRow, params: Mapping[str, Any], by: str
    ) -> Outcome:
        """Write it as the device's own part."""
        from storage import configs
        from storage.configs import Changes
        from storage.packed import Box

        adopted, before, _ = self.recall(records, [row], params)[row.id]
        changes = Changes(config=adopted.config, verbatim=adopted.verbatim)
        configs.edit(records.session, Box(records.session, records.vault), row.id, changes)
        return Outcome(changed=True, diff=_diff(before, adopted), note="adopted")


def _diff(before: Any, after: Any) -> str:
    """Both as text without secrets, line by line."""
    from difflib import unified_diff

    lines = unified_diff(_text(before), _text(after), lineterm="", n=1)
    return "\n".join(line for line in lines if not line.startswith(("---", "+++", "@@"))) + "\n"


def _text(found: Any) -> list[str]:
    from owtui.engine.configs.masking import mask, mask_json

    text = json.dumps(mask_json(dict(found.config)), indent=2, ensure_ascii=False, sort_keys=True)
    verbatim = (mask(uci, name).splitlines() for name, uci in sorted(found.verbatim.items()))
    return [*text.splitlines(), *(line for lines in verbatim for line in lines)]


def _digest(value: Any) -> str:
    from owtui.engine.configs.subjects import digest_of

    return digest_of([value[0], dict(value[1])])[:32]


def register(registry: Registrar) -> None:
    """See actions.registry."""
    registry.add(AdoptConfig())
