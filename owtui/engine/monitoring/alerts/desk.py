"""The desk for alerts: what a face lists, and what a person says about them, audited.

It reads and writes the tables, so that it works in every process; the holder of the engine learns
by their revisions what to do about it.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session

from owtui.engine.bus import Bus
from owtui.engine.events import AlertChanged
from owtui.engine.fleet import Fleet
from owtui.engine.inventory.owners import note as audited
from owtui.engine.monitoring.alerts.entries import (
    SEVERITIES,
    STATES,
    AlertRow,
    AlertText,
    Counts,
    Line,
)
from owtui.engine.monitoring.alerts.quiet import Hush, Quiet, Views
from owtui.engine.monitoring.alerts.quietdesk import QuietDesk
from owtui.engine.monitoring.alerts.stood import stood
from owtui.engine.monitoring.alerts.thresholddesk import ThresholdDesk
from owtui.engine.selection import parse
from owtui.engine.watch import INTERVAL_S, Watcher
from owtui.errors import InputError
from owtui.operator import Operator
from storage import alerts, quiet, revisions
from storage.db import Database
from storage.errors import RuleError
from storage.rules import storable
from storage.tables import Alert, now

Which = UUID | str
"""An alert by its id, or by how that begins."""

ALL = "all"
PERIODS = {"1h": timedelta(hours=1), "4h": timedelta(hours=4), "1d": timedelta(days=1)}
"""What a face offers to silence for."""

LIMIT = 1000


class Alerts:
    """Lists alerts and takes what people say of them. Everything raises StorageError."""

    def __init__(
        self,
        database: Database,
        fleet: Fleet,
        operator: Operator,
        bus: Bus,
        views: Views | None = None,
        present: Callable[[], datetime] = now,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.quiet = QuietDesk(database, fleet, operator, bus, views, present)
        self.thresholds = ThresholdDesk(database, fleet, operator, bus)
        self._database = database
        self._fleet = fleet
        self._operator = operator
        self._bus = bus
        self._views = views
        self._present = present
        self._sleep = sleep

    # -- asking ---------------------------------------------------------------------------------

    async def rows(
        self,
        filter: str = "",
        *,
        state: str = "",
        severity: str = "",
        kind: str = "",
        limit: int = LIMIT,
    ) -> list[AlertRow]:
        """Alerts, the critical ones first, then the newest; of the devices of a filter.

        state: "" all that are open and not folded, "all", or one of `STATES`
        Raises FilterError, InputError.
        """
        if state not in ("", ALL, *STATES):
            raise InputError(f"There is no state {state}.", f"Known: {', '.join(STATES)}, all.")
        if severity and severity not in SEVERITIES:
            raise InputError(f"There is no severity {severity}.", f"Known: {' '.join(SEVERITIES)}.")
        resolved = {ALL: None, "resolved": True}.get(state, False)
        at = self._present()
        ids: set[UUID] | None = None
        if filter.strip():
            chosen = parse(filter, self._views).choose(self._fleet.rows.values(), at)
            ids = {row.id for row in chosen}

        def read(session: Session) -> list[AlertRow]:
            # What is open is all read: most of its states are not the database's to know.
            most = None if resolved is False else limit
            found = alerts.rows(
                session,
                resolved=resolved,
                device_ids=ids,
                kind=kind,
                severity=severity,
                limit=most,
            )
            return sorted(self._told(session, found, at), key=_order)

        found = await self._database.aread(read)
        return [one for one in found if _in_state(one, state)][:limit]

    async def counts(self) -> Counts:
        """The open alerts in numbers."""
        at = self._present()
        return Counts.of(await self._database.aread(lambda s: self._open(s, at)))

    async def stood(self, at: datetime) -> list[AlertRow]:
        """The alerts that were open at a moment, folded ones as well, as they stood then.

        Quiet times are those that are known today. It reaches back as far as alerts are kept.
        """

        def read(session: Session) -> list[AlertRow]:
            found = [stood(one, lines, at) for one, lines in alerts.open_at(session, at)]
            there = [one for one in found if one is not None]
            behind = Counter(one.cause_id for one in there if one.cause_id is not None)
            return sorted(self._told(session, there, at, behind), key=_order)

        return await self._database.aread(read)

    async def of_device(self, device_id: UUID) -> list[AlertRow]:
        """The open alerts of a device, folded ones as well."""
        at = self._present()
        found = await self._database.aread(lambda s: self._open(s, at))
        return [one for one in found if one.device_id == device_id]

    async def get(self, which: Which, then: datetime | None = None) -> AlertText:
        """All of one alert, with its timeline; as it stood then. Raises MissingError."""
        if then is not None:
            return await self._get_then(which, then)
        at = self._present()

        def read(session: Session) -> AlertText:
            found = alerts.get(session, which)
            cause = alerts.get(session, found.cause_id) if found.cause_id else None
            row, *folded = self._told(session, [found, *alerts.under(session, found.id)], at)
            lines = alerts.timeline(session, found.id)
            return AlertText(
                row=row,
                timeline=tuple(map(Line.of, lines)),
                before=tuple(found.before),
                folded=tuple(folded),
                cause=self._told(session, [cause], at)[0] if cause else None,
            )

        return await self._database.aread(read)

    async def _get_then(self, which: Which, then: datetime) -> AlertText:
        there = {one.id: one for one in await self.stood(then)}

        def read(session: Session) -> AlertText:
            found = alerts.get(session, which)
            row = there.get(found.id) or self._told(session, [found], then)[0]
            return AlertText(
                row=row,
                timeline=tuple(
                    Line.of(one) for one in alerts.timeline(session, found.id) if one.at <= then
                ),
                before=tuple(found.before),
                folded=tuple(one for one in there.values() if one.cause_id == row.id),
                cause=there.get(row.cause_id) if row.cause_id else None,
            )

        return await self._database.aread(read)

    async def changes(self) -> AsyncIterator[None]:
        """Come back whenever alerts were written, by whatever process; looks once a second."""
        moved = False

        async def note_it(topics: frozenset[str]) -> None:
            nonlocal moved
            if revisions.DEVICES in topics:
                await self._fleet.load()
            moved = bool(topics & {revisions.ALERTS, revisions.CHECKS})

        watcher = Watcher(lambda: self._database.aread(revisions.counters), note_it)
        while True:
            moved = False
            await watcher.look()
            if moved:
                yield
            await self._sleep(INTERVAL_S)

    # -- what people say ------------------------------------------------------------------------

    async def ack(self, which: Collection[Which], note: str = "") -> list[AlertRow]:
        """Somebody looks after them: people are not told of them any more."""

        def change(session: Session, one: Alert, at: datetime) -> str:
            _must_be_open(one)
            one.acked_at, one.acked_by = at, self._operator.name
            one.note = storable(note.strip()) or one.note
            return note.strip()

        return await self._change(which, "acked", change)

    async def unack(self, which: Collection[Which]) -> list[AlertRow]:
        """Nobody looks after them any more: what was not told is told."""

        def change(session: Session, one: Alert, at: datetime) -> str:
            one.acked_at, one.acked_by = None, ""
            return ""

        return await self._change(which, "unacked", change)

    async def silence(
        self, which: Collection[Which], until: datetime | timedelta, note: str = ""
    ) -> list[AlertRow]:
        """Tell nobody of them until then, or for so long. Raises InputError for the past."""
        at = self._present()
        end = at + until if isinstance(until, timedelta) else until
        if end <= at:
            raise InputError("That time is over.", "Silence for 1h, 4h, 1d, or until a time ahead.")

        def change(session: Session, one: Alert, at: datetime) -> str:
            _must_be_open(one)
            one.silenced_until, one.silenced_by = end, self._operator.name
            one.note = storable(note.strip()) or one.note
            return f"until {end.astimezone():%Y-%m-%d %H:%M %Z}" + (note and f": {note.strip()}")

        return await self._change(which, "silenced", change)

    async def unsilence(self, which: Collection[Which]) -> list[AlertRow]:
        """People are told of them again."""

        def change(session: Session, one: Alert, at: datetime) -> str:
            one.silenced_until, one.silenced_by = None, ""
            return ""

        return await self._change(which, "unsilenced", change)

    async def note(self, which: Collection[Which], text: str) -> list[AlertRow]:
        """Keep a note with them, in the place of an earlier one; the timeline has all of them."""

        def change(session: Session, one: Alert, at: datetime) -> str:
            one.note = storable(text.strip())
            return text.strip()

        return await self._change(which, "note", change)

    # -- the tables -----------------------------------------------------------------------------

    async def _change(
        self,
        which: Collection[Which],
        kind: str,
        change: Callable[[Session, Alert, datetime], str],
    ) -> list[AlertRow]:
        """All of them or none, each with a line in its timeline and in the audit."""
        at = self._present()

        def write(session: Session) -> list[AlertRow]:
            found = list({one.id: one for one in (alerts.get(session, w) for w in which)}.values())
            for one in found:
                text = change(session, one, at)
                session.add(one)
                alerts.line(session, one.id, at, kind, text, self._operator.name)
                row = self._fleet.rows.get(one.device_id) if one.device_id else None
                detail = {"alert": str(one.id), "kind": one.kind, "what": one.what, "text": text}
                audited(session, self._operator, f"alert_{kind}", detail, row)
            session.flush()
            return self._told(session, found, at)

        told = await self._database.awrite(write)
        self._bus.publish(AlertChanged("*"))
        return told

    def _open(self, session: Session, at: datetime) -> list[AlertRow]:
        found = self._told(session, alerts.rows(session, resolved=False), at)
        return sorted(found, key=_order)  # stable: the newest stay first among their like

    def _told(
        self,
        session: Session,
        found: Sequence[Alert],
        at: datetime,
        behind: Mapping[UUID, int] | None = None,
    ) -> list[AlertRow]:
        hush = Hush(map(Quiet.of, quiet.rows(session)), at, self._views)
        behind = alerts.folded(session) if behind is None else behind
        rows = self._fleet.rows
        told = []
        for one in found:
            row = rows.get(one.device_id) if one.device_id else None
            hushed = hush.over(one.kind, row) if one.resolved_at is None else None
            told.append(AlertRow.of(one, row, at, hushed, behind.get(one.id, 0)))
        return told


def _order(one: AlertRow) -> tuple[bool, int]:
    return (one.resolved_at is not None, SEVERITIES.index(one.severity))


def _in_state(one: AlertRow, state: str) -> bool:
    if state == "":
        return one.resolved_at is None and one.cause_id is None
    return state == ALL or state in one.states


def _must_be_open(one: Alert) -> None:
    if one.resolved_at is not None:
        raise RuleError("That alert has ended.", "`owtui alerts` lists those that are open.")
