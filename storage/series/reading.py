"""What a read sees: the days, and over them what is not in days yet."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from itertools import groupby

import numpy as np

from storage.series import fresh
from storage.series.chunk import DAY_MS, HOUR_MS, SHARD, Columns, Sums
from storage.series.codec import Ints
from storage.series.days import Days
from storage.series.model import Floats, How
from storage.series.summing import SUMMABLE, Grid, Pairs, gathered, summed


class Snapshot:
    """The points as one read transaction sees them."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._days = Days(connection)

    def points(self, ids: Iterable[int], low: int, high: int) -> dict[int, tuple[Ints, Floats]]:
        """Times and values of each series in `[low, high)`."""
        found = {}
        for number, own in self._fresh(ids, low, high):
            found[number] = _over(self._days.points(number, low, high), own)
        return found

    def buckets(self, ids: Iterable[int], grid: Grid, how: How) -> dict[int, Floats]:
        """A value a bucket; from the sums of hours and days where buckets are of whole ones."""
        if how not in SUMMABLE or not grid.whole(HOUR_MS, 0):
            points = self.points(ids, grid.start, grid.end)
            return {number: gathered(grid, how, *own) for number, own in points.items()}
        return {number: summed(grid, how, parts) for number, parts in self.sums(ids, grid)}

    def pooled(self, ids: Iterable[int], grid: Grid, how: How) -> Floats:
        """The same over all of them as if they were one series."""
        if how is How.DISTINCT:
            return self._distinct(ids, grid)
        if how in SUMMABLE and grid.whole(HOUR_MS, 0):
            return summed(grid, how, [part for _, parts in self.sums(ids, grid) for part in parts])
        points = list(self.points(ids, grid.start, grid.end).values())
        if not points:
            return np.full(grid.count, np.nan)
        times, values = (np.concatenate(column) for column in zip(*points, strict=True))
        order = np.argsort(times, kind="stable")
        return gathered(grid, how, times[order], values[order])

    def _distinct(self, ids: Iterable[int], grid: Grid) -> Floats:
        """How many values each bucket has, a UTC day and a shard at a time: the clients of a fleet
        are fifty million points a week, of which a thousandth differs."""
        wanted = sorted(set(ids))
        pairs = Pairs(grid)
        low = grid.start
        while low < grid.end:
            high = min(grid.end, low - low % DAY_MS + DAY_MS)
            for _, own in _by_shard(wanted):
                for times, values in self.points(own, low, high).values():
                    pairs.add(times, values)
                self._days.forget()
            low = high
        return pairs.counts()

    def sums(self, ids: Iterable[int], grid: Grid) -> Iterator[tuple[int, list[Sums]]]:
        """Each series with sums of spans within the buckets of a grid of whole hours."""
        for number, own in self._fresh(ids, grid.start, grid.end):
            opened = set(np.unique(own.times // DAY_MS).tolist())
            parts = self._days.sums(number, grid, opened)
            for day in opened:
                low = max(grid.start, day * DAY_MS)
                high = min(grid.end, (day + 1) * DAY_MS)
                points = own.where((own.times >= low) & (own.times < high))
                joined = _over(self._days.points(number, low, high), points)
                parts.append(Sums.of(*joined, grid.step, grid.start))
            yield number, parts

    def newest(self, ids: Iterable[int], low: int, high: int) -> dict[int, tuple[int, float]]:
        """The newest point in `[low, high)` of each series that has one there."""
        found = {}
        for shard, own in _by_shard(ids):
            recent = fresh.newest(self._connection, shard, own, low, high)
            for number in own:
                best = recent.get(number)
                older = self._days.newest(number, best[0] + 1 if best else low, high)
                if newest := older or best:
                    found[number] = newest
        return found

    def _fresh(self, ids: Iterable[int], low: int, high: int) -> Iterator[tuple[int, Columns]]:
        """Each series with its points that are not in days, or not yet."""
        for shard, own in _by_shard(ids):
            points = fresh.points(self._connection, shard, own, low, high)
            for number in own:
                begin, end = np.searchsorted(points.ids, (number, number + 1))
                yield number, points.where(slice(int(begin), int(end)))


def _over(old: tuple[Ints, Floats], new: Columns) -> tuple[Ints, Floats]:
    """Two ranges of one series as one; of two points at one time the new one stays."""
    if not len(new.times):
        return old
    number = new.ids[0]
    packed = Columns(np.full(len(old[0]), number), *old)
    joined = Columns.joined([packed, new])
    return joined.times, joined.values


def _by_shard(ids: Iterable[int]) -> Iterator[tuple[int, list[int]]]:
    for shard, own in groupby(sorted(set(ids)), key=lambda number: number // SHARD):
        yield shard, list(own)
