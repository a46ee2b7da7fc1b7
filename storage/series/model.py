"""Series of points: their names, and the interface every store of them has.

A point is a number at a time. What is no number becomes one: a MAC address is its own 48 bits
(`mac_code`), an access technology its index. What has several values at one time, the clients of
an access point, is written one millisecond apart, one point a member (`members`), as OpenWISP
does with a microsecond; `count-distinct` then counts them. So no store needs a dictionary of
texts, and SQLite and VictoriaMetrics hold the same numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Protocol
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

RESOLUTION_S = 0.001
"""Times are kept to the millisecond, as VictoriaMetrics keeps them."""

DEFAULT_RETENTION_S = 26_280 * 3600.0  # 3 years [OpenWISP DEFAULT_RETENTION_POLICY]
SHORT_RETENTION_S = 24 * 3600.0  # [OpenWISP SHORT_RETENTION_POLICY]
SHORT_METRICS = frozenset({"config_applied", "data_collected"})
"""Metrics of checks that only say "still so": a day of them is enough [OpenWISP]."""

STALE_S = 24 * 3600.0
"""How far back `latest_at` looks unless told: older says nothing about a device's state."""

_MAC = re.compile(r"[0-9a-f]{12}\Z")


class Key(NamedTuple):
    """The name of a series. `tags` are sorted pairs, as `(("ifname", "wlan0"),)`.

    `metric` and `field` are OpenWISP's: `traffic` with `rx_bytes` and `tx_bytes`.
    """

    object_id: UUID
    metric: str
    field: str
    tags: tuple[tuple[str, str], ...] = ()


class Point(NamedTuple):
    """A value at a time, in seconds of the UTC epoch. A later one of the same time replaces it."""

    key: Key
    time_s: float
    value: float


class How(StrEnum):
    """How the points of a bucket become one value."""

    MEAN = "mean"
    SUM = "sum"
    MIN = "min"
    MAX = "max"
    LAST = "last"
    COUNT = "count"
    DISTINCT = "count-distinct"
    MODE = "mode"  # the smallest of the most frequent


@dataclass(frozen=True, slots=True)
class Samples:
    """The points of one series in the order of time."""

    times_s: Floats
    values: Floats


@dataclass(frozen=True, slots=True)
class Buckets:
    """A value a bucket; bucket n is `start_s + n * step_s` up to, not including, the next.

    NaN says that the bucket holds no point, whatever `how`: nobody reported. A device that
    reported nothing wrong, or no traffic, has a number there.
    """

    start_s: float
    step_s: float
    values: Mapping[Key, Floats]


@dataclass(frozen=True, slots=True)
class Sizes:
    """What a store holds. None where it does not tell."""

    bytes: int | None  # on the disk
    series: int
    points: int | None
    oldest_s: float | None  # time of the oldest point, to the day


@dataclass(frozen=True, slots=True)
class Compacted:
    """What a compaction did; nothing when all were zero."""

    batches: int = 0
    days: int = 0
    dropped_days: int = 0


class Series(Protocol):
    """A store of series. Ranges are `[start, end)` in seconds of the UTC epoch.

    Each method raises storage.errors.StorageError (SQLite) or owtui's OwtuiError (VictoriaMetrics):
    `owtui.errors.PROBLEMS` is both.
    """

    async def write(self, points: Sequence[Point]) -> None:
        """Write a batch, all or nothing. Any order, any age; ValueError for NaN and infinity."""

    async def last(self, keys: Sequence[Key]) -> dict[Key, Point]:
        """The newest point of each series that had one within `STALE_S`."""

    async def latest_at(
        self, keys: Sequence[Key], time_s: float, within_s: float = STALE_S
    ) -> dict[Key, Point]:
        """The newest point of each at or before a time and not older than `within_s` then."""

    async def read(self, keys: Sequence[Key], start_s: float, end_s: float) -> dict[Key, Samples]:
        """The points as written. Every key is in the answer, with no points if need be."""

    async def buckets(
        self, keys: Sequence[Key], start_s: float, end_s: float, step_s: float, how: How
    ) -> Buckets:
        """A value a bucket and series; the last bucket may reach beyond the end, its points not."""

    async def pooled(
        self, keys: Sequence[Key], start_s: float, end_s: float, step_s: float, how: How
    ) -> Floats:
        """The same over all keys as if they were one series: clients of a site, each once."""

    async def series_of(self, object_id: UUID) -> list[Key]:
        """The series of an object, sorted."""

    async def forget(self, object_ids: Iterable[UUID]) -> None:
        """Remove all points of these objects."""

    async def compact(self, now_s: float) -> Compacted:
        """Pack what is finished, drop what is too old. Once an hour, off the loop; may be late."""

    async def sizes(self) -> Sizes:
        """What is stored."""

    async def close(self) -> None:
        """Let go of files and connections."""


def is_short(metric: str) -> bool:
    """Whether points of the metric are kept for `SHORT_RETENTION_S` only."""
    return metric in SHORT_METRICS


def mac_code(mac: str) -> float:
    """A MAC address as a number: its 48 bits, which a float holds exactly. ValueError."""
    digits = mac.lower().replace(":", "").replace("-", "")
    if not _MAC.match(digits):
        raise ValueError(f"{mac!r} is not a MAC address")
    return float(int(digits, 16))


def mac_of(code: float) -> str:
    """The address again, in lower case with colons."""
    digits = f"{int(code):012x}"
    return ":".join(digits[at : at + 2] for at in range(0, 12, 2))


def members(key: Key, time_s: float, macs: Iterable[str]) -> list[Point]:
    """A set at a time as points, a millisecond apart, each address once; no point when empty."""
    codes = sorted({mac_code(mac) for mac in macs})
    return [Point(key, time_s + nth * RESOLUTION_S, code) for nth, code in enumerate(codes)]


def bucket_count(start_s: float, end_s: float, step_s: float) -> int:
    """How many buckets a range has. ValueError when it is empty or the step is no millisecond."""
    if step_s < RESOLUTION_S or not end_s > start_s:
        raise ValueError(f"no buckets of {step_s} s from {start_s} to {end_s}")
    return -int((round(start_s * 1000) - round(end_s * 1000)) // round(step_s * 1000))
