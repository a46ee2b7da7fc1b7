"""The store in a SQLite file, for asyncio: each call waits on a thread of an executor."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from functools import partial
from pathlib import Path
from typing import ParamSpec, Self, TypeVar
from uuid import UUID

from storage.series.file import SeriesFile
from storage.series.model import (
    STALE_S,
    Buckets,
    Compacted,
    Floats,
    How,
    Key,
    Point,
    Samples,
    Sizes,
)

P = ParamSpec("P")
T = TypeVar("T")


class SqliteSeries:
    """`Series` over a file. A cancelled caller does not undo what a thread already began."""

    def __init__(self, file: SeriesFile, executor: Executor | None = None) -> None:
        self.file = file
        self._executor = executor

    @classmethod
    def open(cls, path: Path, clock: Callable[[], float], executor: Executor | None = None) -> Self:
        """See `SeriesFile.open`; blocks. Without an executor the loop's own is used."""
        return cls(SeriesFile.open(path, clock), executor)

    async def write(self, points: Sequence[Point]) -> None:
        """See `Series`."""
        await self._off(self.file.write, points)

    async def last(self, keys: Sequence[Key]) -> dict[Key, Point]:
        """See `Series`."""
        return await self._off(self.file.last, keys)

    async def latest_at(
        self, keys: Sequence[Key], time_s: float, within_s: float = STALE_S
    ) -> dict[Key, Point]:
        """See `Series`."""
        return await self._off(self.file.latest_at, keys, time_s, within_s)

    async def read(self, keys: Sequence[Key], start_s: float, end_s: float) -> dict[Key, Samples]:
        """See `Series`."""
        return await self._off(self.file.read, keys, start_s, end_s)

    async def buckets(
        self, keys: Sequence[Key], start_s: float, end_s: float, step_s: float, how: How
    ) -> Buckets:
        """See `Series`."""
        return await self._off(self.file.buckets, keys, start_s, end_s, step_s, how)

    async def pooled(
        self, keys: Sequence[Key], start_s: float, end_s: float, step_s: float, how: How
    ) -> Floats:
        """See `Series`."""
        return await self._off(self.file.pooled, keys, start_s, end_s, step_s, how)

    async def series_of(self, object_id: UUID) -> list[Key]:
        """See `Series`."""
        return await self._off(self.file.series_of, object_id)

    async def forget(self, object_ids: Iterable[UUID]) -> None:
        """See `Series`."""
        await self._off(self.file.forget, list(object_ids))

    async def compact(self, now_s: float) -> Compacted:
        """See `Series`. Waits on a thread too; batches are written between its steps."""
        return await self._off(self.file.compact, now_s)

    async def sizes(self) -> Sizes:
        """See `Series`."""
        return await self._off(self.file.sizes)

    async def close(self) -> None:
        """See `Series`."""
        await self._off(self.file.close)

    async def _off(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, partial(call, *args, **kwargs))
