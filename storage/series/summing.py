"""Points and sums of spans become one value a bucket. Pure; times are milliseconds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from storage.series.chunk import Sums
from storage.series.codec import Ints
from storage.series.model import Floats, How, bucket_count

SUMMABLE = frozenset({How.MEAN, How.SUM, How.MIN, How.MAX, How.COUNT})
"""What sums of spans answer; the others need the points."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Buckets of one length, from `start` up to `end`, both in milliseconds."""

    start: int
    end: int
    step: int

    @classmethod
    def of(cls, start_s: float, end_s: float, step_s: float) -> Grid:
        """Raises ValueError when there is no bucket."""
        bucket_count(start_s, end_s, step_s)
        return cls(round(start_s * 1000), round(end_s * 1000), round(step_s * 1000))

    @property
    def count(self) -> int:
        """How many there are; the last may end after `end`."""
        return -((self.start - self.end) // self.step)

    def whole(self, span: int, begin: int) -> bool:
        """Whether the span of a length that begins there lies in buckets as a whole.

        Spans of one length follow each other without gaps, so all of a day's hours do if one does.
        """
        return self.step % span == 0 and (begin - self.start) % span == 0

    def holds(self, begin: int, length: int) -> bool:
        """Whether the range holds all of it."""
        return self.start <= begin and begin + length <= self.end


class Pairs:
    """Which values there are in which bucket, gathered in parts."""

    MOST = 1 << 20  # that wait to be sorted

    def __init__(self, grid: Grid) -> None:
        self._grid = grid
        self._parts: list[tuple[Ints, Floats]] = []
        self._waiting = 0

    def add(self, times: Ints, values: Floats) -> None:
        """Points within the grid, in any order."""
        if not len(times):
            return
        self._parts.append(((times - self._grid.start) // self._grid.step, values))
        self._waiting += len(times)
        if self._waiting > self.MOST:
            self._settle()

    def counts(self) -> Floats:
        """How many each bucket has; NaN where it has none."""
        buckets = np.full(self._grid.count, np.nan)
        if self._parts:
            self._settle()
            at, counts = np.unique(self._parts[0][0], return_counts=True)
            buckets[at] = counts
        return buckets

    def _settle(self) -> None:
        """Each pair once."""
        places, values = (np.concatenate(column) for column in zip(*self._parts, strict=True))
        order = np.lexsort((values, places))
        places, values = places[order], values[order]
        fresh = np.append(True, (np.diff(places) != 0) | (np.diff(values) != 0))
        self._parts = [(places[fresh], values[fresh])]
        self._waiting = 0


def summed(grid: Grid, how: How, parts: list[Sums]) -> Floats:
    """The buckets of sums, none of which crosses an edge. `how` is one of SUMMABLE."""
    values = np.full(grid.count, np.nan)
    if not parts:
        return values
    times, counts, sums, lows, highs = (np.concatenate(c) for c in zip(*parts, strict=True))
    if not len(times):
        return values
    places = (times - grid.start) // grid.step
    order = np.argsort(places, kind="stable")
    places = places[order]
    firsts = np.concatenate(([0], np.flatnonzero(np.diff(places)) + 1))
    at = places[firsts]
    counted = np.add.reduceat(counts[order], firsts)
    if how is How.COUNT:
        values[at] = counted
    elif how is How.MIN:
        values[at] = np.minimum.reduceat(lows[order], firsts)
    elif how is How.MAX:
        values[at] = np.maximum.reduceat(highs[order], firsts)
    else:
        total = np.add.reduceat(sums[order], firsts)
        values[at] = total / counted if how is How.MEAN else total
    return values


def gathered(grid: Grid, how: How, times: Ints, values: Floats) -> Floats:
    """The buckets of points in the order of time, all within the grid."""
    if how in SUMMABLE:
        return summed(grid, how, [Sums.of(times, values, grid.step, grid.start)])
    if how is How.DISTINCT:
        pairs = Pairs(grid)
        pairs.add(times, values)
        return pairs.counts()
    buckets = np.full(grid.count, np.nan)
    if not len(times):
        return buckets
    places = (times - grid.start) // grid.step
    if how is How.LAST:
        lasts = np.append(np.flatnonzero(np.diff(places)), len(places) - 1)
        buckets[places[lasts]] = values[lasts]
        return buckets
    order = np.lexsort((values, places))
    places, values = places[order], values[order]
    fresh = np.append(True, (np.diff(places) != 0) | (np.diff(values) != 0))
    runs = np.flatnonzero(fresh)  # one a bucket and value
    lengths = np.diff(np.append(runs, len(places)))
    # Of each bucket first the longest run, then the smallest value: runs are in that order already.
    ranked = np.lexsort((values[runs], -lengths, places[runs]))
    at, firsts = np.unique(places[runs][ranked], return_index=True)
    buckets[at] = values[runs][ranked][firsts]
    return buckets
