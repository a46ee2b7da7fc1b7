"""The parts of the facade that see devices and remember what was seen.

Made when first asked for; the monitor works only in the process that holds the engine.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from owtui.engine.bus import Bus
from owtui.engine.events import Notice
from owtui.engine.firmware.recognising import Recognising
from owtui.engine.fleet import Fleet
from owtui.engine.parts import Parts
from owtui.engine.supervise import Work
from owtui.errors import Failure
from owtui.settings import Settings
from storage import firmware, metrics, revisions
from storage.db import Database

if TYPE_CHECKING:
    from owtui.engine.firmware.desk import FirmwareDesk
    from owtui.engine.inventory.owners import Views
    from owtui.engine.jobs.jobs import Jobs
    from owtui.engine.monitoring.alerts.keeper import Keeper
    from owtui.engine.monitoring.charts.desk import ChartDesk
    from owtui.engine.monitoring.checking import Checking
    from owtui.engine.monitoring.monitor import Monitor
    from owtui.engine.monitoring.past import Picture
    from owtui.engine.monitoring.polls import Polls
    from owtui.engine.monitoring.readings import Reading
    from owtui.engine.monitoring.store import Store
    from owtui.engine.notifications.desk import Notifications
    from owtui.engine.topology.topologist import Topologist
    from owtui.engine.topology.updater import Updater
    from storage.series import SeriesDamaged


class Measuring:
    """Mixed into Engine, which has the rest."""

    settings: Settings
    database: Database
    bus: Bus
    fleet: Fleet
    holds: bool
    views: Views
    _parts: Parts
    _polls: bool
    _judges = False  # though it was held for one job

    if TYPE_CHECKING:

        @cached_property
        def checking(self) -> Checking:
            """Desks has it."""

        @property
        def jobs(self) -> Jobs:
            """Engine has it."""

        @cached_property
        def firmware(self) -> FirmwareDesk:
            """Desks has it."""

        @cached_property
        def topology_updater(self) -> Updater:
            """Desks has it."""

        @cached_property
        def notifications(self) -> Notifications:
            """Desks has it."""

    @cached_property
    def _judging(self) -> asyncio.Lock:
        return asyncio.Lock()

    @cached_property
    def series(self) -> Store:
        """The history of this fleet; opened with the first question or point."""
        from owtui.engine.monitoring.store import Store

        store = Store.of(self._parts.loaded, self.database)
        store.damaged = self._history_damaged
        store.writes = lambda: self.holds
        return store

    @cached_property
    def charts(self) -> ChartDesk:
        """What was measured, for faces to draw; of use in attached processes as well."""
        from owtui.engine.monitoring.charts.desk import ChartDesk

        return ChartDesk(self.series, self.database, self.fleet)

    @cached_property
    def monitor(self) -> Monitor:
        """Keeps and judges what is observed; at work where the engine is held."""
        from owtui.engine.monitoring.monitor import Monitor

        monitor = Monitor(self.fleet, self.bus, self.database, self.series)
        chosen = self.settings
        # With jitter, and as long as a turn takes.
        monitor.book.pause_s = 1.15 * max(900.0, chosen.facts_every_s, chosen.checks_every_s)
        monitor.listeners.append(self.keeper.listen)
        monitor.on_trouble = self._history_troubled
        monitor.also_tidy.append(self.notifications.tidy)
        monitor.also_tidy.append(self.topologist.tidy)
        return monitor

    @cached_property
    def keeper(self) -> Keeper:
        """Opens, settles and ends alerts; at work where the engine is held."""
        from owtui.engine.monitoring.alerts.keeper import Keeper
        from owtui.engine.monitoring.alerts.seen import Documents, Jumps
        from owtui.engine.monitoring.alerts.settling import Policy
        from owtui.engine.topology.behind import TopologyLinks

        return Keeper(
            self.fleet,
            self.bus,
            self.database,
            lambda: self.monitor.book.thresholds,
            policy=Policy.of(self.settings),
            views=self.views.get,
            tell=self.notifications.tell,
            sources=(Jumps(), Documents(), TopologyLinks()),
            links_percent=self.settings.topology_down_percent,
        )

    @cached_property
    def topologist(self) -> Topologist:
        """Updates topologies and follows their links; at work where the engine is held."""
        from owtui.engine.topology.meshing import EVERY_S, Meshing
        from owtui.engine.topology.topologist import Topologist

        meshing = Meshing(self.database, self.fleet, self.topology_updater)
        return Topologist(
            self.database,
            self.topology_updater,
            self.checking,
            history_days=self.settings.topology_history_days,
            updates=self.settings.topology_updates,
            zone=self.settings.zone,
            also={"meshes": (EVERY_S, meshing.run)} if self.settings.topology_mesh else {},
        )

    @cached_property
    def polls(self) -> Polls:
        """The facts loop, and looks at devices on request."""
        from owtui.engine.monitoring.polls import Polls

        parts = self._parts
        polls = Polls(parts.reach, self.fleet, self.bus, parts.database, self.settings, parts.vault)
        # One who holds the engine for a single job has taken up no flags: he only looks.
        polls.monitor = lambda: self.monitor if self.holds and self._polls else None
        polls.reach = self._reached
        polls.counts = lambda id_: self.checking.active(id_, "data_collected")
        return polls

    async def _reached(self, device_id: UUID, answered: bool) -> tuple[Reading, ...]:
        """The ping that a look asks for. One that failed waits for it, so that both are judged
        together; one that was answered has it run next, in its turn."""
        if answered:
            self.checking.soon(device_id)
            return ()
        return await self.checking.reach(device_id)

    async def check_now(self, device_id: UUID, types: Sequence[str]) -> list[dict[str, Any]]:
        """Run checks for a job, and keep and judge what they find: the holder's alone.

        ok: it could find out. bad: metrics of its that are unhealthy by what it found. Held for
        this one job, the engine takes up first what was judged before. Raises PROBLEMS.
        """
        from owtui.engine.monitoring.checkdesk import words

        await self._ready_to_judge()
        found = await self.checking.run_now([device_id], types)
        await self.monitor.flush()
        ids = [device_id]
        judged = await self.database.aread(lambda session: metrics.load(session, ids))
        bad = {one.configuration for one in judged if one.healthy is False}
        measured = {one.type: set(one.metrics) for one in self.checking.checks}
        return [
            {"type": one.type, "ok": one.failure is None, "text": words(one)}
            | {"bad": sorted(bad & measured.get(one.type, set()))}
            for one in found
        ]

    async def _ready_to_judge(self) -> None:
        if self._polls:
            return
        async with self._judging:
            if not self._judges:
                await self.monitor.load()
                self.checking.attach(self.monitor)
                await self.checking.load()
                self._judges = True

    async def look_at(self, ids: Collection[UUID]) -> None:
        """Somebody looks at these: where the fleet falls behind they go first."""
        if self.holds and "polls" in self.__dict__:
            self.polls.rota.prefer([str(id_) for id_ in ids])
            self.polls.scheduler.nudge()
            self.checking.hasten(ids)

    async def picture(self, at: datetime) -> Picture:
        """The fleet as it was recorded at a moment. Raises what the history raises."""
        from owtui.engine.monitoring.past import picture

        return await picture(self.series, self.fleet.rows, at)

    async def _recognise_firmware(self, ids: Collection[UUID] | None) -> int:
        if "firmware" not in self.__dict__ and not await self.database.aread(firmware.categories):
            return 0  # without a library the desk need not be made
        return await self.firmware.recognise(ids)

    async def _begin_measuring(self, *, polling: bool) -> list[tuple[Work, str]]:
        """What the holder does from now on: works with their names."""
        from owtui.engine.firmware.sweeping import Sweeping

        works: list[tuple[Work, str]] = [(self.polls.ingest.run, "ingest")]
        works += self._sending()
        if not polling:
            return works
        await self.monitor.load()
        self.checking.attach(self.monitor)
        await self.checking.load()
        self.polls.sync()
        await self.topologist.load()
        works.append((self.topologist.run, "topologies"))
        recognising = Recognising(self.fleet, self.bus, self._recognise_firmware)
        works.append((recognising.run, "recognise firmware"))
        sweeping = Sweeping(
            self.database, self.jobs.means.images, self.settings.firmware_backup_days
        )
        return [
            *works,
            (sweeping.run, "old firmware files"),
            (self.polls.scheduler.run, "poll"),
            (self.polls.running.run, "running"),
            (self.monitor.run, "monitor"),
            (self.monitor.housekeep, "housekeeping"),
            (self.checking.scheduler.run, "checks"),
            (partial(self.keeper.run, self.series), "alerts"),
        ]

    def _sending(self) -> list[tuple[Work, str]]:
        """What is told leaves this house where the engine is held; a bad sink is said."""
        desk = self.notifications
        for problem in desk.sinks.problems:
            key = f"sink:{problem.name}"
            self.bus.publish(Notice(key, problem.sentence, problem.hint, "error"))
        return [(desk.outbox.run, "outbox")] if desk.sinks.on else []

    def _fleet_moved(self, moved: Collection[UUID]) -> list[Work]:
        """The fleet is another one: poll and check what is there now. What else follows is
        returned: the history of removed devices goes, and configurations are looked at."""
        self.polls.sync()
        if not (self.holds and "monitor" in self.__dict__):
            return []
        self.checking.sync()
        self.monitor.sync()
        rows = self.fleet.rows
        gone = [id_ for id_ in moved if id_ not in rows]
        configured = [id_ for id_ in moved if id_ in rows and rows[id_].config_status]
        works: list[Work] = [partial(self.series.forget, gone)] if gone else []
        return [*works, partial(self._look_at_configs, configured)] if configured else works

    async def _look_at_configs(self, ids: Collection[UUID]) -> None:
        await self.checking.config_changed(ids)

    async def _measures_moved(self, topics: frozenset[str]) -> None:
        """Somebody set thresholds or alerts: who judges follows."""
        if not (self.holds and "monitor" in self.__dict__):
            return
        if revisions.CHECKS in topics:
            await self.monitor.reload()
        if topics & {revisions.TOPOLOGIES, revisions.ORGANIZATIONS}:
            self.topologist.moved()
        self.keeper.moved(topics)

    async def _end_measuring(self) -> None:
        """Write what was seen, and let the history go."""
        if "polls" in self.__dict__:
            await self.polls.flush()
        if "monitor" in self.__dict__ and self.holds:
            await self.monitor.flush()
        if "series" in self.__dict__:
            await self.series.close()

    def _history_troubled(self, failure: Failure | None) -> None:
        self.keeper.trouble(failure)
        if failure is None:
            self.bus.publish(Notice("series", "The monitoring history is written again."))
        else:
            self.bus.publish(Notice("series", failure.sentence, failure.hint, "error"))

    def _history_damaged(self, error: SeriesDamaged, aside: Path) -> None:
        hint = f"The old one is kept as {aside.name}; a new history has begun."
        self.bus.publish(Notice("series", error.sentence, hint, "error"))
