"""The checks of a device as table rows, and how late the engine is with all of them; pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from owtui import units
from widgets.oneline import Piece
from widgets.rowmodel import Cell, Row
from widgets.rowtable_layout import Column

if TYPE_CHECKING:
    from owtui.engine.monitoring.checkdesk import CheckRow
    from owtui.engine.monitoring.rota import Lag
    from widgets.glyphs import Glyphs

COLUMNS = (
    Column("sign", "S", 1, priority=100),
    Column("check", "CHECK", 16, min_width=14, priority=95),
    Column("every", "EVERY", 6, align="right", priority=80),
    Column("ran", "RAN", 6, align="right", priority=90),
    Column("result", "RESULT", 24, flex=3, min_width=12, priority=92),
    Column("next", "NEXT", 12, priority=85),
    Column("from", "TERMS OF", 9, priority=50),
    Column("params", "WITH", 24, flex=1, min_width=20, priority=30),
)
_SOON_S = 5.0


def rows(found: Iterable[CheckRow], now: datetime, glyphs: Glyphs) -> list[Row]:
    """One row a check, those that run first."""
    ordered = sorted(found, key=lambda one: (not one.active, one.type))
    return [_row(one, now, glyphs) for one in ordered]


def line(lag: Lag | None, holder: str) -> list[Piece]:
    """How late turns begin in the engine, as far as it is this one."""
    if lag is None:
        who = holder or "nobody"
        return [Piece("lag", f"run by the engine of {who}, which knows when the next turn is", "")]
    return [Piece("lag", f"checks {_are(lag)}", "problem" if lag.is_late else "muted", 50)]


def _are(lag: Lag) -> str:
    return lag.words() if lag.is_late else f"are {lag.words()}"


def _row(one: CheckRow, now: datetime, glyphs: Glyphs) -> Row:
    role = {True: "ok", False: "problem", None: "unknown"}[one.healthy]
    if not one.active:
        role = "deactivated"
    cells = (
        Cell(glyphs.state(role), role),
        one.title,
        f"{one.every_s:g} s",
        units.age_text((now - one.ran_at).total_seconds()) if one.ran_at else glyphs.dash,
        one.result or ("not run yet" if one.active else ""),
        _next(one),
        one.origin,
        " ".join(f"{name}={value}" for name, value in one.params.items() if value),
    )
    return Row(one.type, cells)


def _next(one: CheckRow) -> Cell | str:
    if not one.active:
        return Cell("off", "muted")
    if one.is_running:
        return Cell("runs now", "busy")
    if one.due_in_s is None:
        return ""
    if one.due_in_s < -_SOON_S:
        return Cell(f"late {units.age_text(-one.due_in_s)}", "problem")
    return f"in {units.age_text(max(0.0, one.due_in_s))}"
