"""Alerts and their timelines. Whoever writes one says so to the other processes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, String, and_, cast, delete, func, or_, select
from sqlmodel import Session

from storage import revisions, states
from storage.core import ALERT, ALERT_EVENT, among
from storage.errors import MissingError
from storage.rules import storable
from storage.tables import Alert, AlertEvent

_A = ALERT.c
OWED = ("problem", "flapping")
KEPT_DAYS = 365
SHORTEST_ID = 4


def add(session: Session, alerts: Sequence[Alert]) -> list[Alert]:
    """Write new ones; those of devices removed meanwhile are left out. Returns the others."""
    wanted = {one.device_id for one in alerts if one.device_id is not None}
    there = states.existing(session, wanted) if wanted else set()
    kept = [one for one in alerts if one.device_id is None or one.device_id in there]
    session.add_all(kept)
    session.flush()
    if kept:
        touch(session)
    return kept


def touch(session: Session) -> None:
    """Say that alerts were written: they are changed as objects of the session."""
    revisions.touch(session, revisions.ALERTS)


def line(
    session: Session, alert_id: UUID, at: datetime, kind: str, text: str = "", operator: str = ""
) -> None:
    """Write a line into an alert's timeline."""
    session.add(
        AlertEvent(alert_id=alert_id, at=at, kind=kind, text=storable(text), operator=operator)
    )
    touch(session)


def open_ones(session: Session, device_ids: Collection[UUID] | None = None) -> list[Alert]:
    """The open alerts, of all or of these devices, oldest first."""
    query = select(Alert).where(_A.resolved_at.is_(None))
    if device_ids is not None:
        query = query.where(among(session, _A.device_id, device_ids))
    return list(session.scalars(query.order_by(_A.opened_at, _A.id)))


def open_of_kind(session: Session, kind: str) -> list[Alert]:
    """The open alerts of a kind, also those of the engine itself."""
    return list(session.scalars(select(Alert).where(_A.resolved_at.is_(None), _A.kind == kind)))


def ended(session: Session, kinds: Collection[str], since: datetime) -> list[Alert]:
    """The alerts of these kinds that ended since, the last to end last."""
    query = select(Alert).where(_A.resolved_at >= since, _A.kind.in_(sorted(kinds)))
    return list(session.scalars(query.order_by(_A.resolved_at, _A.id)))


def unsettled(session: Session) -> list[Alert]:
    """The open ones, and those whose end people are still to be told of; what ended goes first."""
    query = select(Alert).where(or_(_A.resolved_at.is_(None), _A.told.in_(OWED)))
    found = session.scalars(query.order_by(_A.opened_at, _A.id)).all()
    return sorted(found, key=lambda one: one.resolved_at is None)


def touching(
    session: Session, device_ids: Collection[UUID], kinds: Collection[str], since: datetime
) -> list[Alert]:
    """The alerts of these devices and kinds that opened or ended since."""
    query = select(Alert).where(
        among(session, _A.device_id, device_ids),
        _A.kind.in_(sorted(kinds)),
        or_(_A.opened_at >= since, _A.changed_at >= since, _A.resolved_at >= since),
    )
    return list(session.scalars(query))


def rows(
    session: Session,
    *,
    resolved: bool | None = None,
    device_ids: Collection[UUID] | None = None,
    kind: str = "",
    severity: str = "",
    limit: int | None = None,
) -> list[Alert]:
    """Alerts, the open ones first, then the newest.

    resolved: only these (True), only open ones (False), both (None). limit: of those that are
        left when the others do not fit
    """
    query = select(Alert)
    if device_ids is not None:
        query = query.where(among(session, _A.device_id, device_ids))
    for column, wanted in ((_A.kind, kind), (_A.severity, severity)):
        if wanted:
            query = query.where(column == wanted)
    if resolved is not None:
        ends: ColumnElement[bool] = _A.resolved_at.is_not(None)
        query = query.where(ends if resolved else _A.resolved_at.is_(None))
    still = _A.resolved_at.is_(None)
    query = query.order_by(still.desc(), _A.opened_at.desc(), _A.id)
    return list(session.scalars(query.limit(limit) if limit is not None else query))


def open_at(session: Session, at: datetime) -> list[tuple[Alert, list[AlertEvent]]]:
    """The alerts that may have been open then, the newest first, with their lines, oldest first.

    One that ended and came back is told by its lines alone. A cause that is gone is not told.
    """
    query = select(Alert).where(
        _A.opened_at <= at, or_(_A.resolved_at.is_(None), _A.resolved_at > at)
    )
    found = {one.id: one for one in session.scalars(query.order_by(_A.opened_at.desc(), _A.id))}
    lines: dict[UUID, list[AlertEvent]] = {id_: [] for id_ in found}
    e = ALERT_EVENT.c
    told = select(AlertEvent).where(among(session, e.alert_id, found)).order_by(e.at, e.created)
    for one in session.scalars(told) if found else ():
        lines[one.alert_id].append(one)
    return [(one, lines[id_]) for id_, one in found.items()]


def folded(session: Session) -> Counter[UUID]:
    """How many open alerts are folded under each."""
    query = select(_A.cause_id, func.count()).where(
        _A.cause_id.is_not(None), _A.resolved_at.is_(None)
    )
    found = session.execute(query.group_by(_A.cause_id)).all()
    return Counter({row[0]: row[1] for row in found})


def under(session: Session, alert_id: UUID) -> list[Alert]:
    """The alerts that were explained by this one, as far as nothing else explains them now."""
    query = select(Alert).where(_A.cause_id == alert_id).order_by(_A.opened_at, _A.id)
    return list(session.scalars(query))


def get(session: Session, wanted: UUID | str) -> Alert:
    """By id, or by how an id begins. Raises MissingError for none and for several."""
    if isinstance(wanted, UUID):
        found = [one for one in (session.get(Alert, wanted),) if one is not None]
    else:
        typed = wanted.strip().lower().replace("-", "")
        digits = func.replace(cast(_A.id, String), "-", "")
        query = select(Alert).where(func.substr(digits, 1, len(typed)) == typed).limit(2)
        usable = len(typed) >= SHORTEST_ID and all(c in "0123456789abcdef" for c in typed)
        found = list(session.scalars(query)) if usable else []
    if len(found) == 1:
        return found[0]
    what = "Several alerts have ids that begin with" if found else "There is no alert"
    raise MissingError(f"{what} {wanted}.", "`owtui alerts` lists them with their ids.")


def timeline(session: Session, alert_id: UUID) -> list[AlertEvent]:
    """The lines of an alert, oldest first."""
    e = ALERT_EVENT.c
    query = select(AlertEvent).where(e.alert_id == alert_id).order_by(e.at, e.created)
    return list(session.scalars(query))


def drop(session: Session, before: datetime) -> None:
    """Remove alerts that ended before this, and whose end people know."""
    session.execute(delete(ALERT).where(and_(_A.resolved_at < before, _A.told.not_in(OWED))))
