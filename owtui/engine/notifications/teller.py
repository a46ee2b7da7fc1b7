"""Writes what is told: notifications and what is to be sent, in the transaction of their cause.

Ids and keys are made of what is told and to whom. So a transaction that runs twice, an engine that
tells again after a crash, and two engines that see the same, all come to the same rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from sqlmodel import Session

from owtui.engine.events import Event, NotificationChanged
from owtui.engine.notifications import batching
from owtui.engine.notifications.batching import Mailbox, Place
from owtui.engine.notifications.deciding import EVERYBODY, Ignored, Preferences, Ways
from owtui.engine.notifications.sink import EMAIL
from owtui.engine.notifications.telling import Telling
from owtui.engine.notifications.types import TYPES, Types
from storage import deliveries, notifications
from storage.rules import storable
from storage.tables import Delivery, Recipient
from storage.tables.base import now

NAMESPACE = UUID("6a0a3f5e-3f0e-5d0c-9d0b-6f77747569ff")
STREAM_MOST = 100  # notifications in one parcel to a webhook or a program


@dataclass(frozen=True, slots=True)
class Plan:
    """What the settings say of telling. `streams`: sinks that get all that everybody is told."""

    site: str = "owtui"
    mail: bool = False
    streams: tuple[str, ...] = ()
    interval_s: float = 10800.0


@dataclass(slots=True)
class _Draft:
    """One notification that is not written yet."""

    id: UUID
    operator: str
    told: Telling
    mail: bool
    delivery_id: UUID | None = None


@dataclass(slots=True)
class Teller:
    """`tell` is a telling.Tell. `present` is the time that mails are batched by."""

    plan: Plan = field(default_factory=Plan)
    present: Callable[[], datetime] = now
    types: Types = field(default_factory=lambda: TYPES)

    def tell(self, session: Session, told: Sequence[Telling]) -> Sequence[Event]:
        """Write it; what nobody wants, what was told already and gone devices are left out."""
        devices = {one.device_id for one in told if one.device_id}
        there = notifications.present_devices(session, devices) if devices else set()
        told = [_storable(one) for one in told if one.device_id is None or one.device_id in there]
        if not told:
            return ()
        moment = self.present()
        known = notifications.recipients(session, lock=True)
        drafts = self._drafts(session, told, known, moment)
        fresh = notifications.unknown(session, drafts.keys())
        new = [draft for id_, draft in drafts.items() if id_ in fresh]
        if not new:
            return ()
        out = [row for one in known for row in self._mails(session, one, new, moment)]
        out += self._streamed(new, moment)
        deliveries.add(session, out)
        notifications.add(session, [_row(draft, moment) for draft in new])
        return [NotificationChanged(who) for who in sorted({draft.operator for draft in new})]

    def _drafts(
        self,
        session: Session,
        told: Sequence[Telling],
        known: Sequence[Recipient],
        moment: datetime,
    ) -> dict[UUID, _Draft]:
        """A notification for each that is told of each, by its id."""
        chosen = chosen_in(session)
        ignored = Ignored(
            (one.operator, one.device_id, one.valid_till)
            for one in notifications.ignored(session, moment)
        )
        drafts: dict[UUID, _Draft] = {}
        for who in self._audience(known):
            for one in told:
                kind = self.types.get(one.type, one.level)
                ways = chosen.ways(who, one.organization_id, kind)
                if not ways.web or ignored.covers(who, one.device_id, moment):
                    continue
                id_ = _id(who, one)
                drafts.setdefault(id_, _Draft(id_, who, one, bool(ways.email)))
        return drafts

    def _audience(self, known: Sequence[Recipient]) -> list[str]:
        """Who there is. Everybody's record is kept where something is made of it: a mail to the
        team, a stream to a sink, or the only list while nobody is known."""
        names = [one.operator for one in known if one.operator != EVERYBODY]
        team = any(one.operator == EVERYBODY and one.email for one in known)
        return [EVERYBODY, *names] if team or self.plan.streams or not names else names

    def _mails(
        self, session: Session, one: Recipient, new: Sequence[_Draft], moment: datetime
    ) -> list[Delivery]:
        """The mails that one recipient's notifications go into; those that are new."""
        if not (self.plan.mail and one.email):
            return []
        made: dict[str, Delivery] = {}
        box = Mailbox(one.last_email_at, one.batch_start)
        for draft in new:
            if draft.operator != one.operator or not draft.mail:
                continue
            place, box = batching.put(box, moment, self.plan.interval_s)
            key, due, since = _place(one.operator, draft, box, moment, self.plan.interval_s, place)
            if key not in made:
                payload = {"operator": one.operator, "since": since}
                made[key] = _delivery(EMAIL, key, due, payload)
            if place is Place.OVERDUE:
                deliveries.hurry(session, key, moment)
            draft.delivery_id = made[key].id
        one.last_email_at, one.batch_start = box.last_email_at, box.batch_start
        return list(made.values())

    def _streamed(self, new: Sequence[_Draft], moment: datetime) -> list[Delivery]:
        """What goes to the sinks that are nobody's own: all that everybody was told."""
        told = [
            draft
            for draft in new
            if draft.operator == EVERYBODY
            and self.types.get(draft.told.type, draft.told.level).sinks
        ]
        made = []
        for start in range(0, len(told), STREAM_MOST):
            chunk = told[start : start + STREAM_MOST]
            payload = {
                "site": self.plan.site,
                "notifications": [as_json(draft.id, draft.told) for draft in chunk],
            }
            name = uuid5(NAMESPACE, " ".join(str(draft.id) for draft in chunk))
            made += [
                _delivery(sink, f"{sink}:{name}", moment, payload) for sink in self.plan.streams
            ]
        return made


def chosen_in(session: Session) -> Preferences:
    """All that people prefer."""
    return Preferences(
        ((one.operator, one.organization_id, one.type), Ways(one.web, one.email))
        for one in notifications.settings(session)
    )


def as_json(id_: UUID, told: Telling) -> dict[str, Any]:
    """One notification as sinks are given it."""
    return {
        "id": str(id_),
        "type": told.type,
        "level": told.level,
        "text": told.text,
        "at": told.at.isoformat(),
        "organization_id": str(told.organization_id) if told.organization_id else None,
        "device_id": str(told.device_id) if told.device_id else None,
        "alert_id": str(told.alert_id) if told.alert_id else None,
        "data": dict(told.data),
    }


def _storable(told: Telling) -> Telling:
    """The same with what devices and servers said as databases can keep it."""
    return replace(told, text=storable(told.text), data=storable(dict(told.data)))


def _id(operator: str, told: Telling) -> UUID:
    what = (told.type, told.alert_id, told.device_id, told.at.isoformat(), told.text)
    return uuid5(NAMESPACE, "\0".join((operator, *map(str, what))))


def _place(
    operator: str,
    draft: _Draft,
    box: Mailbox,
    moment: datetime,
    interval_s: float,
    place: Place,
) -> tuple[str, datetime, str]:
    """The key of the mail that a notification goes into, when that is due, and since when its
    batch gathers, "" for none."""
    due = batching.due(box, interval_s)
    if place is Place.AT_ONCE or box.batch_start is None or due is None:
        return f"{EMAIL}:{operator}:{draft.id}", moment, ""
    since = box.batch_start.isoformat()
    return f"{EMAIL}:{operator}:batch:{since}", due, since


def _delivery(sink: str, key: str, due: datetime, payload: dict[str, Any]) -> Delivery:
    return Delivery(id=uuid5(NAMESPACE, key), sink=sink, key=key, due_at=due, payload=payload)


def _row(draft: _Draft, moment: datetime) -> dict[str, Any]:
    told = draft.told
    return {
        "id": draft.id,
        "created": moment,
        "modified": moment,
        "operator": draft.operator,
        "type": told.type,
        "level": told.level,
        "text": told.text,
        "at": told.at,
        "unread": True,
        "emailed": False,
        "device_id": told.device_id,
        "alert_id": told.alert_id,
        "delivery_id": draft.delivery_id,
        "data": dict(told.data),
    }
