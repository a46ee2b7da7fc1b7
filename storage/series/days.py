"""Days of series: a row of sums, a row of values, and times shared by what was read together."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterator

import numpy as np

from storage.series import chunk, codec
from storage.series.chunk import DAY_MS, HOUR_MS, Columns, Sums
from storage.series.codec import Ints
from storage.series.model import Floats
from storage.series.schema import LOW, SHIFT
from storage.series.summing import Grid

# CROSS JOIN: SQLite is to take the days one by one, not to read the whole table.
_DAYS = "WITH RECURSIVE days (d) AS (VALUES (?) UNION ALL SELECT d + 1 FROM days WHERE d < ?) "
_BODY = _DAYS + (
    "SELECT d, body.frame, clock.id, clock.frame FROM days"
    f" CROSS JOIN body ON body.id = (d << {SHIFT}) | ?"
    " CROSS JOIN clock ON clock.id = body.clock"
)
_HEADS = _DAYS + (
    "SELECT d, count, sum, day.low, day.high, hours FROM days"
    f" CROSS JOIN day ON day.id = (d << {SHIFT}) | ?"
)


class Days:
    """The days as one transaction sees them; times are unpacked once for all series of a read."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._clocks: dict[int, Ints] = {}
        edges = connection.execute("SELECT min(id), max(id) FROM body").fetchone()
        self._span = None if edges[0] is None else (edges[0] >> SHIFT, edges[1] >> SHIFT)

    def forget(self) -> None:
        """Let the times go that were unpacked so far: other series are read now."""
        self._clocks.clear()

    def points(self, number: int, low: int, high: int) -> tuple[Ints, Floats]:
        """Times and values of a series in `[low, high)`."""
        parts = [(times, values) for _, times, values in self._bodies(number, low, high)]
        if not parts:
            return np.empty(0, np.int64), np.empty(0)
        times, values = (np.concatenate(column) for column in zip(*parts, strict=True))
        begin, end = np.searchsorted(times, (low, high))
        return times[begin:end], values[begin:end]

    def newest(self, number: int, low: int, high: int) -> tuple[int, float] | None:
        """The newest point of a series in `[low, high)`."""
        for day in reversed(self._range(low, high)):
            begin = max(low, day * DAY_MS)
            times, values = self.points(number, begin, min(high, (day + 1) * DAY_MS))
            if len(times):
                return int(times[-1]), float(values[-1])
        return None

    def sums(self, number: int, grid: Grid, opened: set[int]) -> list[Sums]:
        """Sums of a series within a grid of whole hours, by as few bytes as will do.

        `opened` are days that have points elsewhere too: those are left to the caller.
        """
        days = self._range(grid.start, grid.end)
        if not days:
            return []
        parts, heads = [], []
        row: tuple[int, int, float, float, float, bytes]
        for row in self._connection.execute(_HEADS, (days[0], days[-1], number)):
            begin = row[0] * DAY_MS
            if row[0] in opened:
                continue
            if not grid.holds(begin, DAY_MS):
                parts += self._cut(number, grid, row[0], row[5])
            elif grid.whole(DAY_MS, begin):
                heads.append((begin, *row[1:5]))
            else:
                parts.append(chunk.unpack_hours(row[5], begin))
        if heads:
            times, counts, *rest = (np.array(column) for column in zip(*heads, strict=True))
            parts.append(Sums(times, counts, *rest))
        return parts

    def _cut(self, number: int, grid: Grid, day: int, hours: bytes) -> list[Sums]:
        """The part of a day that the grid holds; an hour that it cuts is read point by point."""
        sums = chunk.unpack_hours(hours, day * DAY_MS)
        inside = (sums.times >= grid.start) & (sums.times + HOUR_MS <= grid.end)
        parts = [sums.where(inside)]
        cut = grid.end - grid.end % HOUR_MS
        if cut != grid.end and (sums.times == cut).any():
            parts.append(Sums.of(*self.points(number, max(cut, grid.start), grid.end), HOUR_MS))
        return parts

    def _bodies(self, number: int, low: int, high: int) -> Iterator[tuple[int, Ints, Floats]]:
        days = self._range(low, high)
        if not days:
            return
        rows = self._connection.execute(_BODY, (days[0], days[-1], number)).fetchall()
        for day, frame, clock, times in rows:
            known = self._clocks.get(clock)
            if known is None:
                known = self._clocks[clock] = chunk.unpack_times(times)
            values = chunk.unpack_values(frame)
            if len(values) != len(known):
                raise codec.BadFrame("a day has more times than values, or fewer")
            yield day, known, values

    def _range(self, low: int, high: int) -> range:
        """The days that may hold points in `[low, high)`."""
        if self._span is None:
            return range(0)
        first, last = self._span
        return range(max(low // DAY_MS, first), min((high - 1) // DAY_MS, last) + 1)


def put(connection: sqlite3.Connection, day: int, points: Columns) -> None:
    """Write a day of some series, in the place of what was there. Points are sorted."""
    firsts = np.flatnonzero(np.append(True, np.diff(points.ids) != 0))
    bodies, heads = [], []
    for begin, end in zip(firsts, np.append(firsts[1:], len(points.ids)), strict=True):
        at = (day << SHIFT) | int(points.ids[begin])
        times, values = points.times[begin:end], points.values[begin:end]
        bodies.append((at, _clock(connection, day, times), chunk.pack_values(values)))
        hours = Sums.of(times, values, HOUR_MS)
        packed = chunk.pack_hours(hours, codec.decimals_of(values))
        figures = (len(times), float(hours.sums.sum()), float(values.min()), float(values.max()))
        heads.append((at, *figures, packed))
    connection.executemany("INSERT OR REPLACE INTO body VALUES (?, ?, ?)", bodies)
    connection.executemany("INSERT OR REPLACE INTO day VALUES (?, ?, ?, ?, ?, ?)", heads)


def _clock(connection: sqlite3.Connection, day: int, times: Ints) -> int:
    """The row of these times: an equal one, or a new one. Rows are never changed."""
    frame = chunk.pack_times(times)
    spot = zlib.crc32(frame)
    while True:
        at = (day << SHIFT) | spot
        row = connection.execute("SELECT frame FROM clock WHERE id = ?", (at,)).fetchone()
        if row is None:
            connection.execute("INSERT INTO clock VALUES (?, ?)", (at, frame))
            return at
        if row[0] == frame:
            return at
        spot = (spot + 1) & LOW


def drop(connection: sqlite3.Connection, before: int) -> int:
    """Drop the oldest day if it lies before a day; how many were dropped, 0 or 1."""
    (oldest,) = connection.execute("SELECT min(id) FROM body").fetchone()
    if oldest is None or oldest >> SHIFT >= before:
        return 0
    for table in ("body", "day", "clock"):
        connection.execute(f"DELETE FROM {table} WHERE id < ?", (((oldest >> SHIFT) + 1) << SHIFT,))
    return 1


def remove(connection: sqlite3.Connection, numbers: list[int]) -> None:
    """Remove all days of some series; times that nobody shares any more go with their day."""
    low, high = connection.execute("SELECT min(id) >> 32, max(id) >> 32 FROM body").fetchone()
    if low is None:
        return
    for table in ("body", "day"):
        connection.executemany(
            f"DELETE FROM {table} WHERE id = ?",
            (((day << SHIFT) | number,) for number in numbers for day in range(low, high + 1)),
        )
