"""What a template or a configuration was, as table rows: pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from owtui.console.presenters.history import local
from widgets.rowmodel import Cell, Row
from widgets.rowtable_layout import Column

if TYPE_CHECKING:
    from owtui.engine.configs.entries import GenerationRow

FIELDS = ("who", "kind", "note")
COLUMNS = (
    Column("number", "GEN", 5, align="right", priority=95),
    Column("at", "WHEN", 16, priority=90),
    Column("operator", "WHO", 12, min_width=8, priority=85),
    Column("kind", "HOW", 12, min_width=6, priority=60),
    Column("note", "NOTE", 24, flex=1, min_width=10, priority=70),
    Column("host", "FROM", 14, min_width=8, priority=40),
)


def rows(generations: Iterable[GenerationRow]) -> list[Row]:
    """One row each, in the order given; the first is what it is now."""
    made = []
    for place, one in enumerate(generations):
        now = Cell("now", "ok") if place == 0 else Cell(one.kind)
        cells = (f"v{one.number}", local(one.at), one.operator, now, one.note, one.host)
        order = (one.number, one.at.timestamp(), one.operator, one.kind, one.note, one.host)
        made.append(Row(str(one.number), cells, order))
    return made


def fields(one: GenerationRow) -> dict[str, str]:
    """What a filter of words looks at."""
    return {
        "who": one.operator,
        "kind": one.kind,
        "note": one.note,
        "when": local(one.at),
        "number": f"v{one.number}",
        "host": one.host,
    }


def pair(marks: Iterable[str], cursor: str | None, newest: int | None) -> tuple[int, int] | None:
    """Which two to compare, the older first: the marked ones, else this one and the newest."""
    numbers = sorted(int(key) for key in marks)
    if len(numbers) > 2:
        return None
    if len(numbers) < 2:
        numbers = sorted({*numbers, *([int(cursor)] if cursor else [])})
    if len(numbers) == 1 and newest is not None:
        numbers = sorted({numbers[0], newest})
    return (numbers[0], numbers[-1]) if len(numbers) == 2 else None


def when(moment: datetime) -> str:
    """A time as the person reads it."""
    return local(moment)
