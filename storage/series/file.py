"""The store in a SQLite file, for threads: one writer with a lock, a connection a reading thread.

Several processes may read and write; all transactions are short. A batch is one transaction: after
kill -9 it is there or not, after a power cut the last few may be missing (synchronous=NORMAL).
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Self, TypeVar
from uuid import UUID

import numpy as np

from storage.series import chunk, days, names, schema
from storage.series.chunk import DAY_MS, SHARD, Columns
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
from storage.series.packing import Packing
from storage.series.reading import Snapshot
from storage.series.schema import SHIFT
from storage.series.summing import Grid

T = TypeVar("T")

READERS_KEPT = 4
AHEAD_S = 3600.0
"""`last` believes clocks of devices that are ahead by so much."""


class SeriesFile:
    """An open file of series. Methods are those of `Series`, and block."""

    def __init__(self, path: Path, writer: sqlite3.Connection, clock: Callable[[], float]) -> None:
        self.path = path
        self._clock = clock
        self._writer = writer
        self._lock = threading.Lock()
        self._readers: list[sqlite3.Connection] = []
        self._closed = False
        self._names = names.Names()

    @classmethod
    def open(cls, path: Path, clock: Callable[[], float]) -> Self:
        """Open the file or make it. `clock` tells seconds of the UTC epoch.

        Raises SeriesDamaged (see `set_aside`), SeriesNewer, SeriesFull, SeriesUnusable.
        """
        return cls(path, schema.connect(path, writing=True), clock)

    def write(self, points: Sequence[Point]) -> None:
        """See `Series`."""
        if not points:
            return
        times = np.rint(np.fromiter((p[1] for p in points), np.float64, len(points)) * 1000)
        values = np.fromiter((p[2] for p in points), np.float64, len(points))
        if not (np.isfinite(values).all() and np.isfinite(times).all()):
            raise ValueError("a point is no finite number at a finite time")
        with self._writing() as connection:
            known = self._names.as_of(connection)
            numbers, new = names.number(connection, known, (p[0] for p in points))
            columns = Columns(np.array(numbers), times.astype(np.int64), values)
            self._add(connection, Columns.joined([columns]))
        known.update(new)

    def last(self, keys: Sequence[Key]) -> dict[Key, Point]:
        """See `Series`."""
        return self.latest_at(keys, self._clock() + AHEAD_S, STALE_S + AHEAD_S)

    def latest_at(
        self, keys: Sequence[Key], time_s: float, within_s: float = STALE_S
    ) -> dict[Key, Point]:
        """See `Series`."""
        high = round(time_s * 1000) + 1

        def read(snapshot: Snapshot, numbers: dict[Key, int]) -> dict[Key, Point]:
            newest = snapshot.newest(numbers.values(), high - round(within_s * 1000), high)
            return {
                key: Point(key, newest[number][0] / 1000, newest[number][1])
                for key, number in numbers.items()
                if number in newest
            }

        return self._read(keys, read)

    def read(self, keys: Sequence[Key], start_s: float, end_s: float) -> dict[Key, Samples]:
        """See `Series`."""
        span = round(start_s * 1000), round(end_s * 1000)

        def read(snapshot: Snapshot, numbers: dict[Key, int]) -> dict[Key, Samples]:
            points = snapshot.points(numbers.values(), *span)
            found = {key: Samples(np.empty(0), np.empty(0)) for key in keys}
            for key, number in numbers.items():
                times, values = points[number]
                found[key] = Samples(times / 1000, values)
            return found

        return self._read(keys, read)

    def buckets(
        self, keys: Sequence[Key], start_s: float, end_s: float, step_s: float, how: How
    ) -> Buckets:
        """See `Series`."""
        grid = Grid.of(start_s, end_s, step_s)

        def read(snapshot: Snapshot, numbers: dict[Key, int]) -> dict[Key, Floats]:
            values = snapshot.buckets(numbers.values(), grid, how)
            found = {key: values[number] for key, number in numbers.items()}
            return {key: found.get(key, np.full(grid.count, np.nan)) for key in keys}

        return Buckets(start_s, step_s, self._read(keys, read))

    def pooled(
        self, keys: Sequence[Key], start_s: float, end_s: float, step_s: float, how: How
    ) -> Floats:
        """See `Series`."""
        grid = Grid.of(start_s, end_s, step_s)

        def read(snapshot: Snapshot, numbers: dict[Key, int]) -> Floats:
            return snapshot.pooled(numbers.values(), grid, how)

        return self._read(keys, read)

    def series_of(self, object_id: UUID) -> list[Key]:
        """See `Series`."""
        with self._reading() as connection:
            return names.keys_of(connection, object_id)

    def forget(self, object_ids: Iterable[UUID]) -> None:
        """See `Series`."""
        with self._writing() as connection:
            gone = names.forget(connection, object_ids)
            days.remove(connection, gone)

    def compact(self, now_s: float) -> Compacted:
        """See `Series`."""
        packing = Packing(round(now_s * 1000))
        dropped = folded = 0
        while self._step(packing.drop):  # first, since it makes room
            dropped += 1
        self._step(packing.sweep)
        last = self._step(packing.finished)
        shards = self._step(packing.shards)
        for shard in shards:
            self._step(partial(packing.pack, shard=shard, last=last))
        batches = self._step(partial(packing.packed, last=last))
        for shard in shards:
            while self._step(partial(packing.fold, shard=shard)):
                folded += 1
        with schema.worded(self.path), self._lock:
            # Else the log keeps the size it had at midnight. Readers are not waited for.
            self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return Compacted(batches, folded, dropped)

    def sizes(self) -> Sizes:
        """See `Series`. A point that replaced one counts twice until its day is folded."""
        with self._reading() as connection:
            (series,) = connection.execute("SELECT count(*) FROM series").fetchone()
            packed, oldest = connection.execute(
                "SELECT coalesce(sum(count), 0), (SELECT min(id) FROM day) FROM day"
            ).fetchone()
            recent, low = connection.execute(
                "SELECT coalesce(sum(count), 0), min(low) FROM"
                " (SELECT count, low FROM hour UNION ALL SELECT count, low FROM hot)"
            ).fetchone()
        begins = [low] if low is not None else []
        if oldest is not None:
            begins.append((oldest >> SHIFT) * DAY_MS)
        beside = (self.path.with_name(self.path.name + end) for end in ("", "-wal"))
        size = sum(path.stat().st_size for path in beside if path.exists())
        return Sizes(size, series, packed + recent, min(begins) / 1000 if begins else None)

    def close(self) -> None:
        """Finish what runs and let the file go. May be called twice."""
        with self._lock:
            self._closed = True
            while self._readers:
                self._readers.pop().close()
            self._writer.close()

    def _add(self, connection: sqlite3.Connection, points: Columns) -> None:
        """A batch: a row a shard. The points are sorted."""
        span = int(points.times.min()), int(points.times.max())
        batch = connection.execute(
            "INSERT INTO batch (written, low, high) VALUES (?, ?, ?)",
            (round(self._clock() * 1000), *span),
        ).lastrowid
        assert batch is not None
        shards = points.ids // SHARD
        edges = [0, *(np.flatnonzero(np.diff(shards)) + 1).tolist(), len(shards)]
        rows = []
        for begin, end in pairwise(edges):
            own = points.where(slice(begin, end))
            at = (batch << SHIFT) | int(shards[begin])
            rows.append((at, *chunk.extent(own), chunk.pack_block(own)))
        connection.executemany("INSERT INTO hot VALUES (?, ?, ?, ?, ?)", rows)

    def _read(self, keys: Sequence[Key], read: Callable[[Snapshot, dict[Key, int]], T]) -> T:
        with self._reading() as connection:
            numbers = names.find(connection, self._names.as_of(connection), keys)
            return read(Snapshot(connection), numbers)

    def _step(self, step: Callable[[sqlite3.Connection], T]) -> T:
        with self._writing() as connection:
            return step(connection)

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with (
            schema.worded(self.path),
            self._lock,
            schema.transaction(self._writer, "BEGIN IMMEDIATE"),
        ):
            yield self._writer

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """One snapshot, on a connection that no other thread uses meanwhile."""
        try:
            connection = self._readers.pop()
        except IndexError:
            connection = schema.connect(self.path, writing=False)
        try:
            with schema.worded(self.path), schema.transaction(connection, "BEGIN"):
                yield connection
        finally:
            with self._lock:
                if self._closed or len(self._readers) >= READERS_KEPT:
                    connection.close()
                else:
                    self._readers.append(connection)
