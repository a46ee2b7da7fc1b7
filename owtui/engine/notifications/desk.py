"""Notifications as faces see them: the list, who is told by which ways, and the sinks.

Everything belongs to the operator of this process, unless another is named. What a person changes
is audited in the same transaction; that something was read is not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID, uuid4

from sqlmodel import Session

from owtui.engine.bus import Bus
from owtui.engine.events import Event, NotificationChanged
from owtui.engine.fleet import Fleet
from owtui.engine.inventory.owners import note
from owtui.engine.notifications.deciding import EVERYBODY
from owtui.engine.notifications.outbox import Outbox
from owtui.engine.notifications.parcels import Packer
from owtui.engine.notifications.preferences import PreferencesDesk
from owtui.engine.notifications.sink import EMAIL, Sinks
from owtui.engine.notifications.teller import Plan, Teller
from owtui.engine.notifications.telling import Telling
from owtui.engine.notifications.testing import try_out
from owtui.errors import InputError
from owtui.operator import Operator
from owtui.settings import Settings
from storage import deliveries, notifications
from storage.db import Database
from storage.rows import DeviceRow
from storage.secrets import Secret, Vault
from storage.tables import Notification
from storage.tables.base import now

PERIODS: Mapping[str, timedelta | None] = {
    "1d": timedelta(days=1),
    "1w": timedelta(weeks=1),
    "1m": timedelta(days=30),
    "forever": None,
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One notification. `device` is its name, "" where it is about none or it is gone."""

    id: UUID
    type: str
    level: str
    text: str
    at: datetime
    unread: bool
    emailed: bool
    told_at: datetime  # when it was written; `at` is when it was so
    device: str = ""
    device_id: UUID | None = None
    alert_id: UUID | None = None

    def as_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return asdict(self)


@dataclass
class Notifications:
    """The desk. `tell` is what monitoring and others call in their transactions."""

    database: Database
    fleet: Fleet
    operator: Operator
    bus: Bus
    settings: Settings
    vault: Callable[[], Vault]
    present: Callable[[], datetime] = now
    preferences: PreferencesDesk = field(init=False)

    def __post_init__(self) -> None:
        self.preferences = PreferencesDesk(self.database, self.operator, self.bus)

    # -- telling ------------------------------------------------------------------------------

    @property
    def site(self) -> str:
        """How mails name this fleet."""
        return self.settings.notify_site or self.settings.fleet

    @cached_property
    def sinks(self) -> Sinks:
        """The ways out that the settings ask for."""
        return Sinks.load(self.settings)

    @cached_property
    def teller(self) -> Teller:
        """What writes notifications."""
        chosen = self.settings
        plan = Plan(
            self.site, EMAIL in self.sinks.on, self.sinks.streams, chosen.notify_email_every_s
        )
        return Teller(plan, self.present)

    def tell(self, session: Session, told: Sequence[Telling]) -> Sequence[Event]:
        """Tell people, in the caller's transaction; the events are to be published after it."""
        return self.teller.tell(session, told)

    @cached_property
    def outbox(self) -> Outbox:
        """What sends; at work where the engine is held."""
        packer = Packer(self.site, self.settings.notify_email_limit)
        return Outbox(
            *(self.database, self.sinks, packer, self.teller, self.bus, self.vault, self.present)
        )

    def moved(self) -> None:
        """Somebody wrote notifications: tell the faces, and send what is due."""
        self.bus.publish(NotificationChanged("*"))
        if "outbox" in self.__dict__:
            self.outbox.nudge()

    async def tidy(self, at: datetime | None = None) -> int:
        """Forget what is older than 90 days, and whose ignoring is over; return how many went."""
        moment = at or self.present()
        before = moment - timedelta(days=notifications.RETENTION_DAYS)

        def drop(session: Session) -> int:
            notifications.drop_ignored(session, moment)
            gone = notifications.drop(session, before)
            deliveries.drop(session, before)
            return gone

        return await self.database.awrite(drop)

    # -- the list -----------------------------------------------------------------------------

    async def know(self) -> bool:
        """Tell this process's operator from now on; False where that is so already."""
        name = self.operator.name
        found = await self.database.aread(notifications.recipients)
        if any(one.operator == name for one in found):
            return False
        return await self.database.awrite(lambda s: notifications.know(s, name))

    async def rows(
        self, *, unread: bool = False, limit: int = 20, offset: int = 0, who: str | None = None
    ) -> list[Entry]:
        """What was told, what is unread first; `who` "" is everybody's record."""
        name = self._who(who)
        found = await self.database.aread(
            lambda s: notifications.rows(s, name, unread=unread, limit=limit, offset=offset)
        )
        return [self._entry(one) for one in found]

    async def since(self, at: datetime, limit: int = 200) -> list[Entry]:
        """What is unread and was told after a time, the oldest first: for toasts."""
        name = self.operator.name
        found = await self.database.aread(lambda s: notifications.since(s, name, at, limit))
        return [self._entry(one) for one in found]

    async def unread(self, who: str | None = None) -> int:
        """How many are unread."""
        name = self._who(who)
        return await self.database.aread(lambda s: notifications.unread_count(s, name))

    async def read(self, ids: Collection[UUID] | None = None, who: str | None = None) -> int:
        """Mark some as read, or all; return how many were unread."""
        name = self._who(who)
        marked = await self.database.awrite(lambda s: notifications.mark_read(s, name, ids))
        self.bus.publish(NotificationChanged(name))
        return marked

    async def find(self, words: Collection[str], who: str | None = None) -> list[UUID]:
        """Notifications by the beginnings of their ids. Raises InputError for none or several."""
        entries = await self.rows(limit=100_000, who=who)
        found = []
        for word in words:
            fit = [one.id for one in entries if str(one.id).startswith(word.lower())]
            if len(fit) != 1:
                what = "Several notifications begin" if fit else "No notification begins"
                raise InputError(f"{what} with “{word}”.", "`owtui notifications` lists them.")
            found.append(fit[0])
        return found

    # -- devices that are ignored ---------------------------------------------------------------

    async def ignore(self, device: DeviceRow, period: str) -> datetime | None:
        """Tell nothing of a device for 1d, 1w, 1m, or forever; return until when."""
        if period not in PERIODS:
            raise InputError(f"“{period}” is no period.", f"Known: {', '.join(PERIODS)}.")
        span = PERIODS[period]
        till = self.present() + span if span is not None else None

        def write(session: Session) -> None:
            notifications.ignore(session, self.operator.name, device.id, till)
            note(session, self.operator, "ignore_notifications", {"period": period}, device)

        await self.database.awrite(write)
        self.bus.publish(NotificationChanged(self.operator.name))
        return till

    async def heed(self, device: DeviceRow) -> bool:
        """Tell of a device again; False where it was not ignored."""

        def write(session: Session) -> bool:
            gone = notifications.heed(session, self.operator.name, device.id)
            if gone:
                note(session, self.operator, "heed_notifications", {}, device)
            return gone

        return await self.database.awrite(write)

    async def ignored(self) -> list[dict[str, Any]]:
        """The devices that this operator ignores, and until when; None is for good."""
        name, at = self.operator.name, self.present()
        found = await self.database.aread(lambda s: notifications.ignored(s, at, name))
        rows = self.fleet.rows
        return [
            {"device": rows[one.device_id].name, "till": one.valid_till}
            for one in found
            if one.device_id in rows
        ]

    # -- the sinks ------------------------------------------------------------------------------

    async def sink_rows(self) -> list[dict[str, Any]]:
        """The kinds of sinks: whether they are on, have a secret, and how many wait or failed."""
        counts = await self.database.aread(deliveries.counts)
        sealed = await self.database.aread(deliveries.secrets)
        problems = {one.name: one.sentence for one in self.sinks.problems}
        return [
            {
                "sink": name,
                "on": name in self.sinks.on,
                "secret": name in sealed,
                **{state: counts.get((name, state), 0) for state in ("waiting", "sent", "failed")},
                "problem": problems.get(name, ""),
            }
            for name in sorted(self.sinks.known)
        ]

    async def set_secret(self, sink: str, text: str) -> None:
        """Seal what a sink logs in or signs with; "" forgets it. Raises InputError."""
        if sink not in self.sinks.known:
            self.sinks.get(sink)
        opened = await asyncio.to_thread(self.vault) if text else None

        def write(session: Session) -> None:
            if opened is None:
                deliveries.drop_secret(session, sink)
            else:
                deliveries.put_secret(session, opened, sink, Secret(text))
            note(session, self.operator, "set_sink_secret", {"sink": sink, "set": bool(text)})

        await self.database.awrite(write)

    async def test(self, sink: str, to: str = "") -> None:
        """Send a test from this process, now. Raises InputError, SinkError."""
        found = self.sinks.get(sink)
        if sink == EMAIL and not to:
            to = await self._address()
        secret = await self.outbox.secret(sink)
        await try_out(found, uuid4(), self.site, to, secret, self.present())
        await self.database.awrite(
            lambda s: note(s, self.operator, "test_sink", {"sink": sink, "to": to})
        )

    async def _address(self) -> str:
        known = {
            one.operator: one.email for one in await self.database.aread(notifications.recipients)
        }
        found = known.get(self.operator.name) or known.get(EVERYBODY)
        if not found:
            raise InputError(
                "No address is known to send a test to.",
                "Name one with --to, or set yours: `owtui notifications recipients set`.",
            )
        return found

    def _who(self, who: str | None) -> str:
        return self.operator.name if who is None else who

    def _entry(self, row: Notification) -> Entry:
        device = self.fleet.rows.get(row.device_id) if row.device_id else None
        return Entry(
            id=row.id,
            type=row.type,
            level=row.level,
            text=row.text,
            at=row.at,
            unread=row.unread,
            emailed=row.emailed,
            told_at=row.created,
            device=device.name if device else "",
            device_id=row.device_id,
            alert_id=row.alert_id,
        )
