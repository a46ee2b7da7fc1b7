"""The title's counts and the status line, as pieces that a narrow terminal drops by priority."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from owtui import units
from owtui.console.presenters.notifications import badge
from widgets.glyphs import Glyphs
from widgets.oneline import Piece

if TYPE_CHECKING:
    from owtui.console.session import Session
    from owtui.engine.engine import Engine
    from owtui.engine.monitoring.alerts.entries import Counts
    from storage.rows import DeviceRow

STATES = ("ok", "problem", "critical", "unknown", "deactivated")

__all__ = ["Piece", "alerting", "counts", "of_list", "pieces", "too_small"]


def too_small(least: tuple[int, int], now: tuple[int, int]) -> str:
    """What a terminal says that is too small to show anything."""
    return f"needs {least[0]}x{least[1]}, now {now[0]}x{now[1]}"


def counts(rows: Iterable[DeviceRow], glyphs: Glyphs) -> list[Piece]:
    """How many devices there are, and in which state: `128 dev  ▲119 ✖6 ?3`."""
    found = Counter("deactivated" if row.is_deactivated else row.status for row in rows)
    total = sum(found.values())
    states = [
        Piece(state, f"{glyphs.state(state)}{found[state]}", state, 50 - number)
        for number, state in enumerate(STATES)
        if found[state]
    ]
    return [Piece("total", f"{total} dev", "", 40), *states]


def pieces(session: Session) -> list[Piece]:
    """Fleet, engine, jobs, marks, freeze: what is always true of this console."""
    engine = session.bridge.engine
    shown = [Piece("fleet", session.settings.fleet, "strong", 90)]
    if session.failed:
        shown.append(Piece("engine", "NO ENGINE", "critical", 96))
    elif engine is None:
        shown.append(Piece("engine", "starting", "busy", 80))
    else:
        shown.append(_engine(engine))
    newest = max((r.last_seen for r in session.rows.values() if r.last_seen), default=None)
    if newest is not None:
        age = units.age_text((session.now() - newest).total_seconds())
        shown.append(Piece("poll", f"seen {age} ago", "", 40))
    if session.running_jobs:
        shown.append(Piece("jobs", f"jobs {session.running_jobs}{session.glyphs.busy}", "busy", 70))
    if session.alerts is not None and session.past is None:
        shown += alerting(session.alerts, session.glyphs)
    shown += badge(session.unread)
    if engine is not None and engine.tunnels:
        shown.append(Piece("tunnels", f"tunnels {len(engine.tunnels)}", "accent", 45))
    shown.append(Piece("mode", "RO" if session.settings.read_only else "RW", "strong", 85))
    if not session.mouse:
        shown.append(Piece("mouse", "mouse off", "muted", 25))
    if session.past is not None:
        shown.append(Piece("past", session.past.words(), "problem", 96))
    if session.paused:
        shown.append(Piece("frozen", "FROZEN", "problem", 95))
    return [*shown, *_host_keys(session.rows.values())]


def alerting(told: Counts, glyphs: Glyphs) -> list[Piece]:
    """The open alerts by severity; none where nothing is wrong."""
    found = []
    if told.critical:
        found.append(Piece("crit", f"{glyphs.critical}{told.critical} crit", "critical", 76))
    if told.warning:
        found.append(Piece("warn", f"{glyphs.problem}{told.warning} warn", "problem", 74))
    return found


def _host_keys(rows: Iterable[DeviceRow]) -> list[Piece]:
    """How many devices wait for somebody's word about their host key."""
    waiting = sum(row.host_key in ("offered", "changed") for row in rows)
    words = f"{waiting} host key{'s' * (waiting != 1)} to trust"
    return [Piece("host_keys", words, "problem", 50)] if waiting else []


def _engine(engine: Engine) -> Piece:
    """Who runs it; a holder that cannot record what it does says so before all else."""
    if engine.trouble:
        return Piece("engine", "NO DATABASE", "critical", 97)
    who = engine.holder.short if engine.holder is not None else ""
    if engine.holds:
        return Piece("engine", f"engine: {who}", "", 15)  # the least news of all
    return Piece("engine", f"attached: {who}" if who else "attached", "muted", 30)


def of_list(marks: int, hidden: int, sort: tuple[str | None, bool], glyphs: Glyphs) -> list[Piece]:
    """What is marked, how many of that the filter hides, and by what the list is sorted."""
    column, reverse = sort
    arrow = glyphs.sort_down if reverse else glyphs.sort_up
    return [
        *([Piece("marks", f"{marks} marked ({hidden} hidden)", "accent", 88)] if marks else []),
        *([Piece("sort", f"sort {column} {arrow}", "", 20)] if column else []),
    ]
