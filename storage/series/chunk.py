"""What lies in the file: blocks of many series for the day that is written, chunks of one after it.

A block holds `SHARD` neighbouring series of a batch or an hour, sorted by series and time. A chunk
holds the values of a series' UTC day; their times are a column of its own, since all series of a
device were read at the same moments. Beside it stand the sums of its hours. Times are milliseconds
of the epoch.
"""

from __future__ import annotations

import struct
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from storage.series import codec
from storage.series.codec import BadFrame, Ints
from storage.series.model import Floats

SHARD = 256
"""Series a block: a chart decodes little, a tick of 30,000 points writes 118 rows."""

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS

_COUNT = struct.Struct("<I")


class Columns(NamedTuple):
    """Points as three columns of one length."""

    ids: Ints
    times: Ints
    values: Floats

    @classmethod
    def none(cls) -> Self:
        """No points."""
        return cls(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))

    @classmethod
    def joined(cls, parts: list[Columns]) -> Columns:
        """All points, the older parts first, sorted; of two at one time the later part's stays."""
        if not parts:
            return cls.none()
        ids, times, values = (np.concatenate(column) for column in zip(*parts, strict=True))
        return Columns(ids, times, values).settled()

    def settled(self) -> Columns:
        """Sorted by series and time; of two points at one time the one further back stays."""
        step = np.diff(self.ids)
        if ((step > 0) | ((step == 0) & (np.diff(self.times) > 0))).all():
            return self
        order = np.lexsort((self.times, self.ids))  # stable
        ids, times = self.ids[order], self.times[order]
        last = np.append((np.diff(ids) != 0) | (np.diff(times) != 0), True)
        return Columns(ids[last], times[last], self.values[order][last])

    def where(self, chosen: NDArray[np.bool_] | slice) -> Columns:
        """The points that are chosen."""
        return Columns(self.ids[chosen], self.times[chosen], self.values[chosen])


def extent(points: Columns) -> tuple[int, int, int]:
    """The first and last time of points, and how many there are."""
    return int(points.times.min()), int(points.times.max()), len(points.ids)


def pack_block(points: Columns) -> bytes:
    """Points of one shard, sorted."""
    locals_ = (points.ids % SHARD).astype(np.uint8).tobytes()
    raw = _COUNT.pack(len(points.ids)) + locals_ + codec.pack_ints(points.times)
    return codec.squeeze(raw + codec.pack_floats(points.values)[0], codec.FAST)


def unpack_block(frame: bytes, shard: int) -> Columns:
    """The points again. Raises BadFrame."""
    raw = codec.expand(frame)
    try:
        (count,) = _COUNT.unpack_from(raw)
        ids = np.frombuffer(raw, np.uint8, count, _COUNT.size).astype(np.int64) + shard * SHARD
    except (struct.error, ValueError) as error:
        raise BadFrame("a block is cut") from error
    times, at = codec.unpack_ints(raw, _COUNT.size + count, count)
    return Columns(ids, times, codec.unpack_floats(raw, at)[0])


def pack_times(times: Ints) -> bytes:
    """When the points of a day were, in the order of time."""
    return codec.squeeze(_COUNT.pack(len(times)) + codec.pack_ints(times), codec.SMALL)


def unpack_times(frame: bytes) -> Ints:
    """The times again. Raises BadFrame."""
    raw = codec.expand(frame)
    try:
        (count,) = _COUNT.unpack_from(raw)
    except struct.error as error:
        raise BadFrame("the times of a chunk are cut") from error
    return codec.unpack_ints(raw, _COUNT.size, count)[0]


def pack_values(values: Floats) -> bytes:
    """The values of a day, in the way that takes the fewest bytes."""
    return min((codec.squeeze(way, codec.SMALL) for way in codec.pack_floats(values)), key=len)


def unpack_values(frame: bytes) -> Floats:
    """The values again. Raises BadFrame."""
    return codec.unpack_floats(codec.expand(frame), 0)[0]


class Sums(NamedTuple):
    """Sums of spans of one length, in the order of time; spans without points are not there."""

    times: Ints  # where each span begins
    counts: Ints
    sums: Floats
    lows: Floats
    highs: Floats

    def where(self, chosen: NDArray[np.bool_]) -> Sums:
        """The spans that are chosen."""
        return Sums(
            self.times[chosen],
            self.counts[chosen],
            self.sums[chosen],
            self.lows[chosen],
            self.highs[chosen],
        )

    @classmethod
    def of(cls, times: Ints, values: Floats, span_ms: int, origin: int = 0) -> Sums:
        """The sums of points in the order of time; spans are counted from `origin`."""
        if not len(times):
            empty = np.empty(0, np.int64)
            return cls(empty, empty, *(np.empty(0) for _ in range(3)))
        begins = times - (times - origin) % span_ms
        edges = np.flatnonzero(np.diff(begins)) + 1
        firsts = np.concatenate(([0], edges))
        ends = np.append(edges, len(times))
        return cls(
            begins[firsts],
            ends - firsts,
            np.add.reduceat(values, firsts),
            np.minimum.reduceat(values, firsts),
            np.maximum.reduceat(values, firsts),
        )


def pack_hours(sums: Sums, decimals: int | None) -> bytes:
    """The hours of a day whose values have so many decimals. Not compressed: too short to gain."""
    begin = sums.times - sums.times % DAY_MS
    hours = ((sums.times - begin) // HOUR_MS).astype(np.uint8).tobytes()
    raw = struct.pack("<B", len(hours)) + hours + codec.pack_ints(sums.counts)
    # 0.1 + 0.2 is 0.3 and not 0.30000000000000004, which takes eight bytes.
    totals = sums.sums if decimals is None else np.round(sums.sums, decimals)
    for column in (totals, sums.lows, sums.highs):
        raw += codec.pack_floats(column)[0]
    return raw


def unpack_hours(raw: bytes, day_ms: int) -> Sums:
    """The hours again, `day_ms` being the begin of their day. Raises BadFrame."""
    try:
        count = raw[0]
        hours = np.frombuffer(raw, np.uint8, count, 1).astype(np.int64)
    except (IndexError, ValueError) as error:
        raise BadFrame("the hours of a day are cut") from error
    counts, at = codec.unpack_ints(raw, 1 + count, count)
    columns = []
    for _ in range(3):
        column, at = codec.unpack_floats(raw, at)
        columns.append(column)
    return Sums(day_ms + hours * HOUR_MS, counts, *columns)
