"""The series of this fleet, opened when first used and opened anew after what broke them.

Beside the inventory, one file a fleet; with `series` set, VictoriaMetrics for all engines. A
damaged file is put aside and said, and a new one begun: better without history than no console.
Only who writes it does so: else the writer would go on in the old file, where nobody looks.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar
from uuid import UUID

from owtui.settings import Loaded
from storage.db import Database
from storage.series import (
    STALE_S,
    Buckets,
    Compacted,
    Floats,
    How,
    Key,
    Point,
    Samples,
    Series,
    SeriesDamaged,
    Sizes,
    SqliteSeries,
    set_aside,
)
from storage.tables import now

T = TypeVar("T")

Damaged = Callable[[SeriesDamaged, Path], None]
"""Told of a file that was put aside, and where it is now."""


def path_of(loaded: Loaded, database: Database) -> Path:
    """series.db beside the inventory; in the data folder where that is on a server."""
    if database.path is None:
        fleet = loaded.settings.fleet
        return loaded.paths.data / ("series.db" if fleet == "main" else f"series-{fleet}.db")
    stem = database.path.stem.replace("owtui", "series", 1)
    name = stem if stem.startswith("series") else f"series-{stem}"
    return database.path.with_name(f"{name}.db")


class Store:
    """Implements storage.series.Series over one that may come and go. Belongs to one loop."""

    def __init__(
        self, make: Callable[[], Series], damaged: Damaged = lambda error, to: None
    ) -> None:
        self._make = make
        self._series: Series | None = None
        self._lock = asyncio.Lock()
        self.damaged = damaged
        self.writes: Callable[[], bool] = lambda: True  # whether this process keeps the points

    @classmethod
    def of(cls, loaded: Loaded, database: Database) -> Store:
        """The series that the settings name."""
        if loaded.settings.series:
            from owtui.engine.monitoring.victoria import VictoriaSeries

            return cls(lambda: VictoriaSeries.at(loaded.settings.series, time.time))
        path = path_of(loaded, database)
        return cls(lambda: SqliteSeries.open(path, time.time))

    async def write(self, points: Sequence[Point]) -> None:
        """See `Series`."""
        await self._do(lambda series: series.write(points))

    async def last(self, keys: Sequence[Key]) -> dict[Key, Point]:
        """See `Series`."""
        return await self._do(lambda series: series.last(keys))

    async def latest_at(
        self, keys: Sequence[Key], time_s: float, within_s: float = STALE_S
    ) -> dict[Key, Point]:
        """See `Series`."""
        return await self._do(lambda series: series.latest_at(keys, time_s, within_s))

    async def read(self, keys: Sequence[Key], start_s: float, end_s: float) -> dict[Key, Samples]:
        """See `Series`."""
        return await self._do(lambda series: series.read(keys, start_s, end_s))

    async def buckets(
        self, keys: Sequence[Key], start_s: float, end_s: float, step_s: float, how: How
    ) -> Buckets:
        """See `Series`."""
        return await self._do(lambda series: series.buckets(keys, start_s, end_s, step_s, how))

    async def pooled(
        self, keys: Sequence[Key], start_s: float, end_s: float, step_s: float, how: How
    ) -> Floats:
        """See `Series`."""
        return await self._do(lambda series: series.pooled(keys, start_s, end_s, step_s, how))

    async def series_of(self, object_id: UUID) -> list[Key]:
        """See `Series`."""
        return await self._do(lambda series: series.series_of(object_id))

    async def forget(self, object_ids: Iterable[UUID]) -> None:
        """See `Series`."""
        ids = list(object_ids)
        await self._do(lambda series: series.forget(ids))

    async def compact(self, now_s: float) -> Compacted:
        """See `Series`."""
        return await self._do(lambda series: series.compact(now_s))

    async def sizes(self) -> Sizes:
        """See `Series`."""
        return await self._do(lambda series: series.sizes())

    async def close(self) -> None:
        """See `Series`; a later call opens it again."""
        async with self._lock:
            series, self._series = self._series, None
        if series is not None:
            await series.close()

    async def _do(self, work: Callable[[Series], Awaitable[T]]) -> T:
        try:
            return await work(await self._open())
        except SeriesDamaged as error:
            await self._put_aside(error)
            raise

    async def _open(self) -> Series:
        async with self._lock:
            if self._series is None:
                self._series = await asyncio.to_thread(self._make)
            return self._series

    async def _put_aside(self, error: SeriesDamaged) -> None:
        async with self._lock:
            series, self._series = self._series, None
            if series is not None:
                await series.close()
            if not self.writes():
                return  # the next question opens what is there by then
            stamp = now().strftime("%Y%m%d-%H%M%S")
            aside = await asyncio.to_thread(set_aside, error.path, stamp)
        self.damaged(error, aside)
