"""Alerts as rows: opened, brought back, ended, each with its line in the timeline.

Everything happens in the session that is handed in, whose transaction may run twice: nothing here
remembers anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session

from owtui.engine.monitoring.alerts.damping import HOLD, Told, returns, told_on_return
from owtui.engine.monitoring.health import Status
from owtui.engine.monitoring.metrics import CRITICAL
from owtui.engine.monitoring.verdicts import StatusMove
from storage import alerts
from storage.rules import storable
from storage.tables import Alert

Place = tuple[UUID | None, str, str]
"""Device, kind, subject: one alert of these is open at a time."""

Before = Callable[[Session, Sequence[UUID]], Mapping[UUID, list[dict[str, Any]]]]


@dataclass(frozen=True, slots=True)
class Opening:
    """Something is wrong. `tell` False: nobody is told of it."""

    place: Place
    what: str
    severity: str = "warning"
    tell: bool = True


@dataclass(frozen=True, slots=True)
class Ending:
    """Something is wrong no more. `text` is its line in the timeline; `tell` False: it did not
    recover, it only no longer holds, and nobody is told."""

    place: Place
    text: str = ""
    tell: bool = True


def place(alert: Alert) -> Place:
    """What tells alerts apart."""
    return (alert.device_id, alert.kind, alert.subject)


def open_alerts(
    session: Session,
    openings: Sequence[Opening],
    at: datetime,
    before: Before,
    hold: timedelta = HOLD,
) -> bool:
    """Open these, or bring back what ended within the hold. Returns whether anything was.

    One that is open already stays as it is.
    """
    if not openings:
        return False
    wanted = {one.place: one for one in openings}
    there = {place(one) for one in _open_at(session, wanted)}
    kinds = {one[1] for one in wanted}
    back = {place(one): one for one in alerts.ended(session, kinds, at - hold)}
    fresh: list[Opening] = []
    moved = False
    for where, opening in wanted.items():
        if where in there:
            continue
        ended = back.get(where)
        if ended is not None and ended.resolved_at and returns(ended.resolved_at, at, hold):
            _bring_back(session, ended, opening, at)
            moved = True
        else:
            fresh.append(opening)
    return _open_new(session, fresh, at, before) or moved


def _open_at(session: Session, places: Iterable[Place]) -> list[Alert]:
    found = {one[0] for one in places}
    ids = [one for one in found if one is not None]
    there = alerts.open_ones(session, ids) if ids else []
    for kind in {where[1] for where in places if where[0] is None}:
        there += [one for one in alerts.open_of_kind(session, kind) if one.device_id is None]
    return there


def _bring_back(session: Session, alert: Alert, opening: Opening, at: datetime) -> None:
    alert.resolved_at = alert.cause_id = None
    alert.changed_at = at
    alert.flaps += 1
    alert.what, alert.severity = storable(opening.what), opening.severity
    alert.told = told_on_return(Told(alert.told), alert.flaps).value
    session.add(alert)
    alerts.line(session, alert.id, at, "flapped", f"{opening.what}; came back, ×{alert.flaps}")


def _open_new(session: Session, fresh: list[Opening], at: datetime, before: Before) -> bool:
    if not fresh:
        return False
    ids = sorted({one.place[0] for one in fresh if one.place[0] is not None})
    changed = before(session, ids) if ids else {}
    rows = [
        Alert(
            device_id=one.place[0],
            kind=one.place[1],
            subject=one.place[2],
            severity=one.severity,
            what=storable(one.what),
            opened_at=at,
            changed_at=at,
            told=(Told.NOTHING if one.tell else Told.COVERED).value,
            before=changed.get(one.place[0], []) if one.place[0] else [],
        )
        for one in fresh
    ]
    kept = alerts.add(session, rows)
    for row in kept:
        alerts.line(session, row.id, at, "opened", row.what)
    return bool(kept)


def end_alerts(session: Session, endings: Sequence[Ending], at: datetime) -> bool:
    """End those of these that are open. Returns whether any was."""
    wanted = {one.place: one for one in endings}
    ended = False
    for alert in _open_at(session, wanted) if wanted else ():
        if ending := wanted.get(place(alert)):
            end(session, alert, ending, at)
            ended = True
    return ended


def end(session: Session, alert: Alert, ending: Ending, at: datetime) -> None:
    """End one that is open."""
    alert.resolved_at = at
    if not ending.tell and alert.told != Told.COVERED:
        alert.told = Told.NOTHING.value
    session.add(alert)
    lasted = int((at - alert.opened_at).total_seconds() // 60)
    kind = "resolved" if ending.tell else "withdrawn"
    alerts.line(session, alert.id, at, kind, ending.text or f"after {lasted} m")


def weigh(session: Session, moves: Sequence[StatusMove], at: datetime) -> bool:
    """Give the alerts of devices that became critical, or ceased to be, their severity."""
    after = {
        move.device_id: "critical" if move.after is Status.CRITICAL else "warning"
        for move in moves
        if Status.CRITICAL in (move.before, move.after)
    }
    moved = False
    for alert in alerts.open_ones(session, after) if after else ():
        severity = after.get(alert.device_id) if alert.device_id else None
        if alert.kind not in CRITICAL or severity is None or alert.severity == severity:
            continue
        said = f"{alert.severity} → {severity}"
        alert.severity = severity
        session.add(alert)
        alerts.line(session, alert.id, at, "severity", said)
        moved = True
    return moved
