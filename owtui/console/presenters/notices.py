"""The notices as table rows: pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from owtui import units
from widgets.glyphs import Glyphs
from widgets.rowmodel import Cell, Row
from widgets.rowtable_layout import Column

if TYPE_CHECKING:
    from owtui.console.noticing import Told

FIELDS = ("level", "text")
FAULTS = "!level=info"
COLUMNS = (
    Column("sign", "S", 1, priority=90),
    Column("age", "AGO", 4, align="right", priority=95),
    Column("level", "LEVEL", 7, priority=50),
    Column("text", "WHAT WAS TOLD", 40, flex=1, min_width=20, priority=100),
)
_SIGNS = {"info": "ok", "warning": "problem", "error": "critical"}
_RANK = {"error": 0, "warning": 1, "info": 2}


def rows(notices: Iterable[Told], now: datetime, glyphs: Glyphs) -> list[Row]:
    """One row a notice, the newest first."""
    return [_row(one, now, glyphs) for one in reversed([*notices])]


def full(one: Told) -> str:
    """One notice with its time."""
    return f"{one.at.astimezone():%Y-%m-%d %H:%M:%S}  {one.level}\n\n{one.text}\n"


def line(one: Told) -> str:
    """One notice on one line, tabs between."""
    return f"{units.iso(one.at)}\t{one.level}\t{' '.join(one.text.split())}"


def _row(one: Told, now: datetime, glyphs: Glyphs) -> Row:
    sign = _SIGNS[one.level]
    return Row(
        str(one.number),
        (
            Cell(glyphs.state(sign), sign),
            units.age_text((now - one.at).total_seconds()),
            one.level,
            " ".join(one.text.split()),
        ),
        (_RANK[one.level], -one.number, _RANK[one.level], one.text.casefold()),
    )
