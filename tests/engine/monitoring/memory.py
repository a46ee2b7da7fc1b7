"""A store of series in a dictionary: what the real ones are held against, and quick."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from uuid import UUID

import numpy as np

from storage.series import STALE_S, Buckets, Compacted, How, Key, Point, Samples, Sizes
from storage.series.model import Floats, bucket_count


class MemorySeries:
    """Implements storage.series.Series; `fails` is raised by the next writes while it is set."""

    def __init__(self) -> None:
        self.points: dict[Key, dict[float, float]] = defaultdict(dict)
        self.fails: Exception | None = None

    async def write(self, points: Sequence[Point]) -> None:
        if self.fails is not None:
            raise self.fails
        for point in points:
            self.points[point.key][round(point.time_s, 3)] = point.value

    async def last(self, keys: Sequence[Key]) -> dict[Key, Point]:
        return await self.latest_at(keys, float("inf"))

    async def latest_at(
        self, keys: Sequence[Key], time_s: float, within_s: float = STALE_S
    ) -> dict[Key, Point]:
        found = {}
        for key in keys:
            times = [at for at in self.points.get(key, {}) if at <= time_s]
            if times and (time_s == float("inf") or max(times) >= time_s - within_s):
                found[key] = Point(key, max(times), self.points[key][max(times)])
        return found

    async def read(self, keys: Sequence[Key], start_s: float, end_s: float) -> dict[Key, Samples]:
        found = {}
        for key in keys:
            told = sorted(self.points.get(key, {}).items())
            within = [(at, value) for at, value in told if start_s <= at < end_s]
            times, values = [at for at, _ in within], [value for _, value in within]
            found[key] = Samples(np.array(times, float), np.array(values, float))
        return found

    async def buckets(
        self, keys: Sequence[Key], start_s: float, end_s: float, step_s: float, how: How
    ) -> Buckets:
        values = {key: await self.pooled([key], start_s, end_s, step_s, how) for key in keys}
        return Buckets(start_s, step_s, values)

    async def pooled(
        self, keys: Sequence[Key], start_s: float, end_s: float, step_s: float, how: How
    ) -> Floats:
        held: list[list[tuple[float, float]]] = [
            [] for _ in range(bucket_count(start_s, end_s, step_s))
        ]
        for samples in (await self.read(keys, start_s, end_s)).values():
            for at, value in zip(samples.times_s.tolist(), samples.values.tolist(), strict=True):
                held[int((at - start_s) // step_s)].append((at, value))
        return np.array([_one(sorted(points), how) for points in held], float)

    async def series_of(self, object_id: UUID) -> list[Key]:
        return sorted(key for key in self.points if key.object_id == object_id)

    async def forget(self, object_ids: Iterable[UUID]) -> None:
        gone = set(object_ids)
        for key in [key for key in self.points if key.object_id in gone]:
            del self.points[key]

    async def compact(self, now_s: float) -> Compacted:
        return Compacted()

    async def sizes(self) -> Sizes:
        return Sizes(None, len(self.points), sum(map(len, self.points.values())), None)

    async def close(self) -> None:
        return None


def _one(points: list[tuple[float, float]], how: How) -> float:
    values = [value for _, value in points]
    if not values:
        return float("nan")
    match how:
        case How.MEAN:
            return sum(values) / len(values)
        case How.SUM:
            return sum(values)
        case How.MIN:
            return min(values)
        case How.MAX:
            return max(values)
        case How.LAST:
            return values[-1]
        case How.COUNT:
            return float(len(values))
        case How.DISTINCT:
            return float(len(set(values)))
        case How.MODE:
            return min(set(values), key=lambda value: (-values.count(value), value))
