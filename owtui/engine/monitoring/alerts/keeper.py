"""Keeps the alerts of the fleet: what the holder of the engine has at work, and nobody else.

The monitor tells it of crossings inside its own transaction; all else follows in looks of its own
(`settling`), soon after something moved and every quarter of a minute while time alone may change
something. What it knows is in the tables: another holder goes on where this one was.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session

from owtui.engine.bus import Bus
from owtui.engine.events import AlertChanged, DriftChanged, Event
from owtui.engine.fleet import Fleet
from owtui.engine.monitoring.alerts import words
from owtui.engine.monitoring.alerts.before import before
from owtui.engine.monitoring.alerts.findings import Findings
from owtui.engine.monitoring.alerts.forecast import DiskForecast, Forecast
from owtui.engine.monitoring.alerts.opening import (
    Before,
    Ending,
    Opening,
    end_alerts,
    open_alerts,
    weigh,
)
from owtui.engine.monitoring.alerts.quiet import Hush, Quiet, Views
from owtui.engine.monitoring.alerts.seen import Documents, Jumps
from owtui.engine.monitoring.alerts.settling import Policy, World, settle
from owtui.engine.monitoring.alerts.uplinks import Source, Uplinks
from owtui.engine.monitoring.health import Status
from owtui.engine.monitoring.metrics import CRITICAL, spelled
from owtui.engine.monitoring.thresholds import Thresholds
from owtui.engine.monitoring.verdicts import Outcome
from owtui.engine.notifications.telling import Tell, nobody
from owtui.errors import PROBLEMS, Failure
from storage import alerts, quiet, revisions
from storage.db import Database
from storage.errors import StorageError
from storage.series import Series
from storage.tables import now

_log = logging.getLogger(__name__)

TICK_S = 15.0
GATHER_S = 1.0
LOOK_EVERY = timedelta(minutes=5)
FORESEE_EVERY = timedelta(hours=1)
TIDY_EVERY = timedelta(days=1)
TOPICS = frozenset({revisions.ALERTS, revisions.CHECKS, revisions.DEVICES, revisions.TOPOLOGIES})


class Keeper:
    """Opens, settles and ends alerts, and has them told.

    thresholds: those that hold now. tell: writes what people are told into the transaction.
    sources: who knows what is behind what. links_percent: how many links of a topology may be down
    """

    def __init__(
        self,
        fleet: Fleet,
        bus: Bus,
        database: Database,
        thresholds: Callable[[], Thresholds],
        *,
        tell: Tell = nobody,
        policy: Policy | None = None,
        views: Views | None = None,
        present: Callable[[], datetime] = now,
        sources: Sequence[Source] | None = None,
        forecasts: Sequence[Forecast] | None = None,
        links_percent: float = 50.0,
    ) -> None:
        self.tell = tell
        self.uplinks = Uplinks()
        self.sources: list[Source] = list((Jumps(), Documents()) if sources is None else sources)
        self.forecasts: list[Forecast] = list((DiskForecast(),) if forecasts is None else forecasts)
        self._fleet = fleet
        self._bus = bus
        self._database = database
        self._thresholds = thresholds
        self._policy = policy or Policy()
        self._views = views
        self._present = present
        self._findings = Findings(links_percent)
        self._looked: datetime | None = None
        self._settled: datetime | None = None
        self._foresaw: datetime | None = None
        self._tidied: datetime | None = None
        self._waiting = True  # the first look takes up what an earlier holder left
        self._loop: asyncio.AbstractEventLoop | None = None
        self._some = asyncio.Event()

    # -- what is told to it ---------------------------------------------------------------------

    def listen(self, session: Session, outcome: Outcome, at: datetime) -> Sequence[Event]:
        """A listener of the monitor, in its transaction, which may run twice."""
        openings, endings = [], []
        for one in outcome.crossings:
            place = (one.device_id, one.configuration, spelled(one.tags))
            if one.healthy:
                endings.append(Ending(place))
                continue
            critical = one.configuration in CRITICAL and self._critical(outcome, one.device_id)
            # "Data collected" is not told of a critical device upstream: here it is folded.
            tell = words.is_told(one.configuration) and (one.tell or one.configuration in CRITICAL)
            severity = "critical" if critical else "warning"
            openings.append(Opening(place, words.what(one), severity, tell))
        moved = end_alerts(session, endings, at)
        moved |= open_alerts(session, openings, at, self._before(at), self._policy.hold)
        moved |= weigh(session, outcome.moves, at)
        if outcome.points:
            self._findings.kept()
        if outcome.moved or outcome.moves:
            self.nudge()
        return [AlertChanged("*")] if moved else []

    def trouble(self, failure: Failure | None) -> None:
        """Points cannot be kept, or can again; for Monitor.on_trouble."""
        self._findings.trouble(failure)
        self.nudge()

    def moved(self, topics: Collection[str]) -> None:
        """Another process, or we, wrote what alerts depend on."""
        if TOPICS & set(topics):
            self.nudge()

    def nudge(self) -> None:
        """Have a look soon; from any thread."""
        self._waiting = True
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._some.set)

    # -- at work --------------------------------------------------------------------------------

    async def run(self, series: Series) -> None:
        """Look when something moved, and when time may have changed something; until cancelled."""
        self._loop = asyncio.get_running_loop()
        self._waiting = True  # another holder may have been at work
        heard = self._bus.subscribe([DriftChanged.topic], self.nudge)
        try:
            while True:
                try:
                    await self._turn(series)
                except StorageError as error:
                    _log.warning("the alerts wait for the database: %s", error)
                    self._waiting = True
                with contextlib.suppress(TimeoutError):
                    # Not wait_for: until Python 3.12 it may swallow a cancellation.
                    async with asyncio.timeout(TICK_S):
                        await self._some.wait()
                    await asyncio.sleep(GATHER_S)  # what moves together is looked at together
                self._some.clear()
                heard.take()
        finally:
            self._bus.unsubscribe(heard)
            self._loop = None

    async def _turn(self, series: Series) -> None:
        at = self._present()
        if self._foresaw is None or at - self._foresaw >= FORESEE_EVERY:
            await self.foresee(series)
        if self._tidied is None or at - self._tidied >= TIDY_EVERY:
            await self.tidy()
        await self.due()

    async def due(self) -> None:
        """Look, if something moved or time may have changed something; else now and then, since
        a device that leaves service is nothing that alerts hear of."""
        old = self._settled is None or self._present() - self._settled >= LOOK_EVERY
        if self._waiting or old:
            await self.settle()

    async def settle(self) -> None:
        """Look once at what is open or owed, now. Raises StorageError; then nothing is changed."""
        self._waiting = False
        at = self._present()
        if self._looked is None or at - self._looked >= LOOK_EVERY:
            await self.look()
        try:
            events, waiting = await self._database.awrite(lambda s: self._settle(s, at))
        except BaseException:
            self._waiting = True
            raise
        self._settled = at
        self._waiting |= waiting
        self._bus.publish(*events)

    async def look(self) -> None:
        """Read anew what is behind what."""
        self._looked = self._present()
        rows = self._fleet.rows

        def read(session: Session) -> Uplinks:
            return Uplinks(edge for one in self.sources for edge in one.edges(session, rows))

        self.uplinks = await self._database.aread(read)

    async def foresee(self, series: Series) -> None:
        """Look ahead, by the points so far."""
        at = self._foresaw = self._present()
        for one in self.forecasts:
            try:
                found = await one.outlooks(self._fleet.rows, self._thresholds(), series, at)
            except PROBLEMS as error:
                _log.warning("no forecast of %s: %s", one.subject, error)
                continue
            self._findings.foreseen(found)
        self._waiting = True

    async def tidy(self) -> None:
        """Remove alerts that ended a year ago, and quiet times that are long over."""
        at = self._tidied = self._present()
        oldest = at - timedelta(days=alerts.KEPT_DAYS)

        def drop(session: Session) -> None:
            alerts.drop(session, oldest)
            quiet.drop(session, oldest)

        await self._database.awrite(drop)

    # -- one look -------------------------------------------------------------------------------

    def _settle(self, session: Session, at: datetime) -> tuple[list[Event], bool]:
        rows = self._fleet.rows
        openings, endings = self._findings.due(session, rows, at)
        moved = end_alerts(session, endings, at)
        moved |= open_alerts(session, openings, at, self._before(at), self._policy.hold)
        hush = Hush(map(Quiet.of, quiet.rows(session)), at, self._views)
        world = World(rows, self._thresholds(), self.uplinks, hush, self._policy)
        done = settle(session, world, at)
        events = list(self.tell(session, done.tellings)) if done.tellings else []
        if moved or done.changed:
            events.append(AlertChanged("*"))
        return events, done.waiting

    def _before(self, at: datetime) -> Before:
        rows, uplinks = self._fleet.rows, self.uplinks
        return lambda session, ids: before(session, ids, rows, uplinks, at)

    def _critical(self, outcome: Outcome, device_id: UUID) -> bool:
        known = self._fleet.rows.get(device_id)
        status = outcome.statuses.get(device_id) or (known and known.status)
        return status == Status.CRITICAL
