"""The parts of the facade that see devices and remember what was seen.

Made when first asked for; the monitor works only in the process that holds the engine.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from owtui.engine.bus import Bus
from owtui.engine.events import Notice
from owtui.engine.fleet import Fleet
from owtui.engine.parts import Parts
from owtui.engine.supervise import Work
from owtui.errors import Failure
from owtui.settings import Settings
from storage.db import Database

if TYPE_CHECKING:
    from owtui.engine.monitoring.charts.desk import ChartDesk
    from owtui.engine.monitoring.monitor import Monitor
    from owtui.engine.monitoring.polls import Polls
    from owtui.engine.monitoring.store import Store
    from storage.series import SeriesDamaged


class Measuring:
    """Mixed into Engine, which has the rest."""

    settings: Settings
    database: Database
    bus: Bus
    fleet: Fleet
    holds: bool
    _parts: Parts

    @cached_property
    def series(self) -> Store:
        """The history of this fleet; opened with the first question or point."""
        from owtui.engine.monitoring.store import Store

        store = Store.of(self._parts.loaded, self.database)
        store.damaged = self._history_damaged
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
        monitor.on_trouble = self._history_troubled
        return monitor

    @cached_property
    def polls(self) -> Polls:
        """The facts loop, and looks at devices on request."""
        from owtui.engine.monitoring.polls import Polls

        parts = self._parts
        polls = Polls(parts.reach, self.fleet, self.bus, parts.database, self.settings, parts.vault)
        polls.monitor = lambda: self.monitor if self.holds else None
        return polls

    async def _begin_measuring(self, *, polling: bool) -> list[tuple[Work, str]]:
        """What the holder does from now on: works with their names."""
        works: list[tuple[Work, str]] = [(self.polls.ingest.run, "ingest")]
        if not polling:
            return works
        await self.monitor.load()
        self.polls.sync()
        return [
            *works,
            (self.polls.scheduler.run, "poll"),
            (self.polls.running.run, "running"),
            (self.monitor.run, "monitor"),
            (self.monitor.housekeep, "housekeeping"),
        ]

    def _measured_moved(self, gone: Collection[UUID]) -> Work | None:
        """Devices were removed: their history goes as well, where it is written."""
        if not (gone and self.holds and "monitor" in self.__dict__):
            return None
        self.monitor.sync()
        return partial(self.series.forget, gone)

    async def _end_measuring(self) -> None:
        """Write what was seen, and let the history go."""
        if "polls" in self.__dict__:
            await self.polls.flush()
        if "monitor" in self.__dict__ and self.holds:
            await self.monitor.flush()
        if "series" in self.__dict__:
            await self.series.close()

    def _history_troubled(self, failure: Failure | None) -> None:
        if failure is None:
            self.bus.publish(Notice("series", "The monitoring history is written again."))
        else:
            self.bus.publish(Notice("series", failure.sentence, failure.hint, "error"))

    def _history_damaged(self, error: SeriesDamaged, aside: Path) -> None:
        hint = f"The old one is kept as {aside.name}; a new history has begun."
        self.bus.publish(Notice("series", error.sentence, hint, "error"))
