"""The one place where what was observed is kept, judged and told.

A batch: its points go into the series; its values are judged in memory; flags that moved, statuses,
documents, Wi-Fi sessions and whatever listens are written in one transaction; then it is told. A
batch whose transaction fails changes nothing here, and is judged again when it is offered again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session

from owtui.engine.bus import Bus
from owtui.engine.events import DeviceChanged, Event, PointsAdded
from owtui.engine.fleet import Fleet
from owtui.engine.monitoring.book import Book
from owtui.engine.monitoring.chains import Chains
from owtui.engine.monitoring.health import Status
from owtui.engine.monitoring.ingest import pause_s
from owtui.engine.monitoring.judge import Memory
from owtui.engine.monitoring.metrics import CRITICAL
from owtui.engine.monitoring.presence import Presence
from owtui.engine.monitoring.thresholds import Thresholds
from owtui.engine.monitoring.verdicts import Observation, Outcome
from owtui.errors import PROBLEMS, Failure, failure_of
from storage import addresses, documents, metrics, states, wifi
from storage.db import Database
from storage.documents import Kept
from storage.errors import StorageError
from storage.series import Series
from storage.tables import now

_log = logging.getLogger(__name__)

Listener = Callable[[Session, Outcome, datetime], Sequence[Event]]
"""Told of each outcome inside its transaction, which may run twice; returns what to publish."""

Also = Callable[[Session, Mapping[UUID, Status]], None]

HOUR_S = 3600.0
MOST_WAITING = 20_000
"""Observations that wait for a database that is away: half an hour of checks of 1,000 devices."""
DOCUMENT_DAYS = 1  # the short retention (operations.md §1.1)


class Monitor:
    """Keeps and judges observations. Belongs to the engine's loop; only the holder has one at work.

    series: where points go. listeners: alerts, notifications. present: the time, aware UTC
    """

    def __init__(
        self,
        fleet: Fleet,
        bus: Bus,
        database: Database,
        series: Series,
        *,
        present: Callable[[], datetime] = now,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clear_management_ip: bool = True,
    ) -> None:
        self.series = series
        self.book = Book(lambda: fleet.rows)
        self.listeners: list[Listener] = []
        self.also_tidy: list[Callable[[], Awaitable[object]]] = []  # once an hour, like the history
        self.trouble: Failure | None = None  # why points cannot be kept, None while they can
        self.on_trouble: Callable[[Failure | None], None] = lambda failure: None
        self._fleet = fleet
        self._bus = bus
        self._database = database
        self._present = present
        self._sleep = sleep
        self._clear = clear_management_ip
        self._chains = Chains()
        self._presence = Presence()
        self._lock = asyncio.Lock()
        self._flushing = asyncio.Lock()
        self._waiting: list[Observation] = []
        self._failures = 0
        self._some = asyncio.Event()

    async def load(self) -> None:
        """Take up what is recorded: flags, thresholds, recent points of what is undecided.

        Counters and sessions are read anew when a device is seen next: where another process held
        the engine meanwhile, those that are remembered here are of hours ago.
        """
        async with self._lock:  # somebody may look at a device just now
            self._chains, self._presence = Chains(), Presence()
        flags = await self._database.aread(metrics.load)
        await self._read_thresholds()
        self.book.load(flags)
        await self._forget_unjudged()
        moment = self._present().timestamp()
        for id_, (key, threshold) in self.book.pending().items():
            try:
                since = moment - self.book.reach_s(threshold)
                found = await self.series.read([key], since, moment + 1)
            except PROBLEMS as error:
                self._troubled(failure_of(error))
                return
            points = zip(found[key].times_s.tolist(), found[key].values.tolist(), strict=True)
            self.book.remember(id_, Memory.of(points, threshold))

    async def reload(self) -> None:
        """Read the thresholds anew: somebody changed them."""
        await self._read_thresholds()
        await self._forget_unjudged()

    async def _read_thresholds(self) -> None:
        self.book.thresholds = Thresholds(await self._database.aread(metrics.settings))

    async def _forget_unjudged(self) -> None:
        """What nobody judges any more makes no status, and is judged anew when somebody does:
        with a flag left behind no alert would open, since none would move."""
        async with self._lock:
            orphans = self.book.unjudged()
            if not orphans:
                return
            await self._database.awrite(lambda session: metrics.save(session, orphans))
            self.book.clear(orphans)
        for device_id in {one.device_id for one in orphans}:
            self.offer(Observation(device_id, self._present()))

    def sync(self) -> None:
        """Forget devices that are gone, and how those were judged that are out of service."""
        rows = self._fleet.rows
        for one in (self.book, self._chains, self._presence):
            one.forget(rows.keys())
        self.book.reset([row.id for row in rows.values() if row.is_deactivated])

    # -- observations ---------------------------------------------------------------------------

    def offer(self, observation: Observation) -> None:
        """Take one; `run` writes it with others."""
        self._waiting.append(observation)
        self._some.set()

    async def run(self) -> None:
        """Write what is offered in batches of a second until cancelled; then `flush` writes."""
        while True:
            await self._some.wait()
            await self._sleep(pause_s(1.0, self._failures))
            await self.flush()

    async def flush(self) -> None:
        """Write what waits, now; what another flush has taken is written as well when it ends."""
        async with self._flushing:
            await self._flush()

    async def _flush(self) -> None:
        self._some.clear()
        batch, self._waiting = self._waiting, []
        if not batch:
            return
        try:
            await self.take(batch)
            self._failures = 0
        except StorageError as error:
            self._failures += 1
            _log.warning("%d observations wait for the database: %s", len(batch), error)
            self._waiting[:0] = batch
            del self._waiting[:-MOST_WAITING]  # the oldest: what is history is judged no more
            self._some.set()

    async def take(
        self, batch: Sequence[Observation], also: Also = lambda session, statuses: None
    ) -> Outcome:
        """Keep and judge a batch. Raises StorageError; then nothing is changed.

        also: written in the same transaction, with the statuses of the devices that were judged
        """
        async with self._lock:
            await self._look_up({one.device_id for one in batch})
            chain = sorted(batch, key=lambda one: one.at)
            moment = self._present()
            told = self._chains.readings(chain)
            outcome = self.book.judge(zip(chain, told, strict=True), moment.timestamp())
            await self._keep_points(outcome)
            events = await self._write(outcome, chain, moment, also)
            self.book.keep(outcome)
            self._follow(chain, outcome)
        moved = await self._fleet.refresh({one.device_id for one in batch})
        measured = {point.key.object_id for point in outcome.points}
        self._bus.publish(
            *(DeviceChanged(str(id_)) for id_ in moved),
            *(PointsAdded(str(id_)) for id_ in measured),
            *events,
        )
        return outcome

    async def reset(self, ids: Collection[UUID]) -> None:
        """Devices whose status became unknown: judge them anew (operations.md §1.6)."""
        async with self._lock:
            await self._database.awrite(lambda session: metrics.reset(session, ids))
            self.book.reset(ids)

    async def housekeep(self) -> None:
        """Once an hour: pack and drop points, old documents and sessions; until cancelled."""
        while True:
            await self._sleep(HOUR_S)
            await self.tidy()

    async def tidy(self) -> None:
        """Pack and drop what is old, now."""
        moment = self._present()

        def drop(session: Session) -> None:
            documents.drop(session, moment - timedelta(days=DOCUMENT_DAYS))
            wifi.drop(session, moment - timedelta(days=wifi.RETENTION_DAYS))

        try:
            await self.series.compact(moment.timestamp())
            await self._database.awrite(drop)
            for tidy in self.also_tidy:
                await tidy()
        except PROBLEMS as error:
            _log.warning("tidying the history: %s", error)

    # -- one batch ------------------------------------------------------------------------------

    async def _look_up(self, ids: set[UUID]) -> None:
        """Know the counters and the open sessions of devices that are seen for the first time."""
        unknown = self._chains.unknown(ids)
        if not unknown:
            return
        kept = await self._database.aread(lambda session: documents.load(session, unknown))
        there = await self._database.aread(lambda session: wifi.open_stays(session, unknown))
        self._chains.start(unknown, kept, await self._counted_before(unknown - kept.keys()))
        self._presence.start(there)

    async def _counted_before(self, ids: set[UUID]) -> set[UUID]:
        """Which of these without a document have traffic in the series: it was older than a day,
        and their whole counters would count for a second time."""
        try:
            return {
                id_
                for id_ in ids
                if any(key.metric == "traffic" for key in await self.series.series_of(id_))
            }
        except PROBLEMS as error:
            self._troubled(failure_of(error))
            return set()

    async def _keep_points(self, outcome: Outcome) -> None:
        """Points that cannot be kept are said and lost; judging goes on without them."""
        if not outcome.points:
            return
        try:
            await self.series.write(outcome.points)
        except PROBLEMS as error:
            self._troubled(failure_of(error))
        else:
            self._troubled(None)

    def _troubled(self, failure: Failure | None) -> None:
        if (failure and failure.sentence) == (self.trouble and self.trouble.sentence):
            return
        self.trouble = failure
        if failure is not None:
            _log.error("%s %s", failure.sentence, failure.hint)
        self.on_trouble(failure)

    async def _write(
        self, outcome: Outcome, batch: Sequence[Observation], moment: datetime, also: Also
    ) -> list[Event]:
        latest = {one.device_id: one for one in batch if one.document is not None and one.current}
        kept = [Kept.of(id_, one.at, one.document or {}) for id_, one in latest.items()]
        moves = self._presence.moves(latest.values())
        flagged = self.book.flagged(outcome)
        offline = _offline(outcome)
        gone = [id_ for id_, status in outcome.statuses.items() if status is Status.CRITICAL]
        updates = [states.StateUpdate(move.device_id, status=move.after) for move in outcome.moves]

        def write(session: Session) -> list[Event]:
            also(session, outcome.statuses)
            states.save(session, updates)
            metrics.save(session, flagged)
            documents.save(session, kept)
            wifi.see(session, moves.came, moves.left, moves.clients, moves.at)
            if offline:
                wifi.close_all(session, offline, moment)
            if self._clear and gone:
                addresses.clear_management_ip(session, gone)
            return [e for listen in self.listeners for e in listen(session, outcome, moment)]

        return await self._database.awrite(write)

    def _follow(self, batch: Sequence[Observation], outcome: Outcome) -> None:
        """Remember what the next batch is compared with."""
        for one in batch:
            if one.document is not None:
                self._chains.move(one.device_id, one.at, one.document)
        self._presence.keep([one for one in batch if one.document is not None and one.current])
        self._presence.close(_offline(outcome))


async def latest(database: Database, device_id: UUID) -> dict[str, Any] | None:
    """The latest document of a device, None where there is none."""
    found = await database.aread(lambda session: documents.load(session, [device_id]))
    return found[device_id].document() if device_id in found else None


def _offline(outcome: Outcome) -> set[UUID]:
    """Devices whose sessions end: a critical metric became unhealthy for its tolerance, and not
    when it was judged first (operations.md §1.10)."""
    return {
        one.device_id
        for one in outcome.crossings
        if one.configuration in CRITICAL and not one.healthy and not one.first
    }
