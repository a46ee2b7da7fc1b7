"""Stateful and property tests: the file against a plain dict, buckets against a naive sum."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from storage.series import How, Key, Point, SeriesFile, chunk, codec
from storage.series.chunk import Columns
from storage.series.model import DEFAULT_RETENTION_S

HOUR, DAY = 3600, 86_400
EPOCH = 20_000 * DAY  # midnight UTC
KEYS = [
    Key(UUID(int=1), "cpu", "cpu_usage"),
    Key(UUID(int=1), "traffic", "rx_bytes", (("ifname", "wan"),)),
    Key(UUID(int=1), "traffic", "rx_bytes", (("ifname", "lan"),)),
    Key(UUID(int=2), "cpu", "cpu_usage"),
    Key(UUID(int=2), "wifi_clients", "clients", (("ifname", "wlan0"),)),
]

values = st.one_of(
    st.integers(-3, 3).map(float),
    st.integers(0, 2**48).map(float),
    st.integers(-10_000, 10_000).map(lambda number: number / 100),
    st.floats(-1e100, 1e100),  # sums of larger ones overflow
)
moments = st.one_of(
    st.integers(0, 12).map(lambda part: part * 6 * HOUR),  # edges, and the same ones again
    st.integers(0, 72).map(lambda hour: hour * HOUR),
    st.integers(0, 3 * DAY * 1000).map(lambda ms: ms / 1000),
)


def naive(points: list[tuple[float, float]], how: How) -> float:
    """One bucket as its words say."""
    found = [value for _, value in sorted(points)]
    if not found:
        return math.nan
    counted = Counter(found)
    answers: dict[How, Any] = {
        How.MEAN: lambda: math.fsum(found) / len(found),
        How.SUM: lambda: math.fsum(found),
        How.MIN: lambda: min(found),
        How.MAX: lambda: max(found),
        How.LAST: lambda: found[-1],
        How.COUNT: lambda: len(found),
        How.DISTINCT: lambda: len(counted),
        How.MODE: lambda: min(counted, key=lambda value: (-counted[value], value)),
    }
    return float(answers[how]())


def naive_buckets(
    points: Iterable[tuple[float, float]], start: float, end: float, step: float, how: How
) -> list[float]:
    """All buckets of some points, in milliseconds as the store keeps them."""
    begin, stop, length = round(start * 1000), round(end * 1000), round(step * 1000)
    inside: dict[int, list[tuple[float, float]]] = {}
    for at, value in points:
        if begin <= (moment := round(at * 1000)) < stop:
            inside.setdefault((moment - begin) // length, []).append((at, value))
    return [
        naive(inside[nth], how) if nth in inside else math.nan
        for nth in range(-((begin - stop) // length))
    ]


def same(ours: Any, theirs: list[float], scale: float) -> None:
    """Equal but for the order of additions, whose error grows with what was added."""
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=scale * 1e-12)


def check_buckets(
    file: SeriesFile,
    model: dict[Key, dict[float, float]],
    start: float,
    end: float,
    step: float,
    how: How,
) -> None:
    """All series of a model, in one way."""
    found = file.buckets(KEYS, start, end, step, how)
    for key, series in model.items():
        scale = max(map(abs, series.values()), default=0.0) * max(1, len(series))
        same(found.values[key], naive_buckets(series.items(), start, end, step, how), scale)


class Machine(RuleBasedStateMachine):
    """Writes, compactions and reopenings in any order; what is read is what a dict holds."""

    @initialize()
    def begin(self) -> None:
        self.folder = TemporaryDirectory()
        self.path = Path(self.folder.name) / "series.db"
        self.now = float(EPOCH)
        self.file = SeriesFile.open(self.path, lambda: self.now)
        self.model: dict[Key, dict[float, float]] = {key: {} for key in KEYS}

    def teardown(self) -> None:
        if hasattr(self, "file"):
            self.file.close()
            self.folder.cleanup()

    @rule(batch=st.lists(st.tuples(st.sampled_from(KEYS), moments, values), max_size=12))
    def write(self, batch: list[tuple[Key, float, float]]) -> None:
        self.file.write([Point(key, EPOCH + at, value) for key, at, value in batch])
        for key, at, value in batch:
            self.model[key][round((EPOCH + at) * 1000) / 1000] = value

    @rule(begin=moments, count=st.integers(1, 400), step=st.sampled_from([1, 60, 300, 700]))
    def write_regularly(self, begin: float, count: int, step: int) -> None:
        batch = [
            Point(KEYS[0], EPOCH + int(begin) + nth * step, float(nth % 7)) for nth in range(count)
        ]
        self.file.write(batch)
        self.model[KEYS[0]].update({point.time_s: point.value for point in batch})

    @rule(passed=st.sampled_from([0, HOUR, 5 * HOUR, DAY, 4 * DAY]))
    def compact(self, passed: int) -> None:
        self.now += passed
        self.file.compact(self.now)

    @rule()
    def reopen(self) -> None:
        self.file.close()
        self.file = SeriesFile.open(self.path, lambda: self.now)

    @rule(object_id=st.sampled_from([UUID(int=1), UUID(int=2)]))
    def forget(self, object_id: UUID) -> None:
        self.file.forget([object_id])
        for key, series in self.model.items():
            if key.object_id == object_id:
                series.clear()

    @rule(start=moments, length=st.integers(1, 3 * DAY))
    def read(self, start: float, length: int) -> None:
        low, high = EPOCH + start, EPOCH + start + length
        found = self.file.read(KEYS, low, high)
        for key, series in self.model.items():
            inside = sorted((at, v) for at, v in series.items() if low <= at < high)
            assert list(zip(found[key].times_s, found[key].values, strict=True)) == inside

    @rule(
        start=st.one_of(st.sampled_from([0, HOUR, DAY, DAY + HOUR, 1800]), moments),
        length=st.one_of(st.integers(1, 4).map(lambda days: days * DAY), st.integers(1, 4 * DAY)),
        step=st.sampled_from([700, HOUR, 5 * HOUR, DAY, 2 * DAY]),
    )
    def buckets(self, start: float, length: int, step: int) -> None:
        low, high = EPOCH + start, EPOCH + start + length
        for how in How:
            check_buckets(self.file, self.model, low, high, step, how)

    @rule(at=moments, within=st.sampled_from([1, HOUR, DAY, 3 * DAY]))
    def latest_at(self, at: float, within: int) -> None:
        found = self.file.latest_at(KEYS, EPOCH + at, within)
        moment = round((EPOCH + at) * 1000)
        for key, series in self.model.items():
            inside = [
                (when, v)
                for when, v in series.items()
                if moment - within * 1000 < round(when * 1000) <= moment
            ]
            assert found.get(key) == (Point(key, *max(inside)) if inside else None)

    @invariant()
    def names(self) -> None:
        if not hasattr(self, "file"):
            return
        for key, series in self.model.items():
            assert (key in self.file.series_of(key.object_id)) == bool(series)


Machine.TestCase.settings = settings(
    max_examples=20,
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestFile = Machine.TestCase


def steady(low: float, high: float, seed: int) -> list[Point]:
    """A point in most minutes of a range."""
    random = Random(seed)
    return [
        Point(key, float(at), round(random.gauss(40, 20), 2))
        for at in range(int(low), int(high), 60)
        for key in KEYS[:2]
        if random.random() < 0.9
    ]


@pytest.fixture(scope="module")
def filled(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[SeriesFile, dict[Key, dict[float, float]]]]:
    """Four days: folded ones, one of hours, hot points, and late ones of each place."""
    now = EPOCH + 3 * DAY + 5 * HOUR
    file = SeriesFile.open(tmp_path_factory.mktemp("filled") / "series.db", lambda: now)
    model: dict[Key, dict[float, float]] = {key: {} for key in KEYS}

    def write(points: list[Point]) -> None:
        file.write(points)
        for point in points:
            model[point.key][point.time_s] = point.value

    write(steady(EPOCH + 7 * HOUR, EPOCH + 3 * DAY + 4 * HOUR, seed=1))
    file.compact(now)
    write(steady(EPOCH + DAY + HOUR, EPOCH + DAY + 3 * HOUR, seed=2))  # replaces some, folded
    file.compact(now)
    write(steady(EPOCH + 2 * DAY + 9 * HOUR, EPOCH + 2 * DAY + 9.5 * HOUR, seed=3))  # stays hot
    write(steady(now - HOUR, now, seed=4))
    yield file, model
    file.close()


@pytest.mark.parametrize("how", list(How))
@given(
    start=st.one_of(st.integers(-24, 80).map(lambda hour: hour * HOUR), st.integers(0, 3 * DAY)),
    length=st.one_of(st.integers(1, 96).map(lambda hour: hour * HOUR), st.integers(1, 5 * DAY)),
    step=st.sampled_from([600, 1234, HOUR, 5 * HOUR, DAY, 7 * DAY]),
)
@settings(deadline=None, max_examples=30, suppress_health_check=list(HealthCheck))
def test_buckets_are_what_a_naive_sum_says(
    filled: tuple[SeriesFile, dict[Key, dict[float, float]]],
    how: How,
    start: int,
    length: int,
    step: int,
) -> None:
    check_buckets(*filled, EPOCH + start, EPOCH + start + length, step, how)


@pytest.mark.parametrize("how", list(How))
def test_pooled_buckets_are_those_of_all_points_together(
    filled: tuple[SeriesFile, dict[Key, dict[float, float]]], how: How
) -> None:
    file, model = filled
    for start, step in ((EPOCH, DAY), (EPOCH + 1800, 600)):
        end = EPOCH + 4 * DAY
        points = [(at, v) for key in KEYS[:2] for at, v in model[key].items()]
        expected = naive_buckets(points, start, end, step, how)
        found = file.pooled(KEYS[:2], start, end, step, how)
        if how is How.LAST:  # two series at one moment: either is the last
            assert np.isnan(found).tolist() == np.isnan(expected).tolist()
        else:
            same(found, expected, 1e5)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2**42), values)))
@settings(deadline=None)
def test_a_block_holds_what_it_was_given(rows: list[tuple[int, int, float]]) -> None:
    columns = Columns(
        np.array([row[0] for row in rows], np.int64) + 5 * chunk.SHARD,
        np.array([row[1] for row in rows], np.int64),
        np.array([row[2] for row in rows], np.float64),
    ).settled()
    back = chunk.unpack_block(chunk.pack_block(columns), 5)
    for ours, theirs in zip(back, columns, strict=True):
        assert ours.tolist() == theirs.tolist()


@given(st.lists(values))
@settings(deadline=None)
def test_each_way_to_write_floats_gives_them_back(numbers: list[float]) -> None:
    column = np.array(numbers, np.float64)
    for way in codec.pack_floats(column):
        assert codec.unpack_floats(way, 0)[0].tolist() == numbers


def test_what_is_older_than_three_years_goes(tmp_path: Path) -> None:
    now = EPOCH + DEFAULT_RETENTION_S + 3 * DAY
    file = SeriesFile.open(tmp_path / "series.db", lambda: now)
    file.write([Point(KEYS[0], EPOCH + day * DAY, day) for day in range(5)])
    file.compact(EPOCH + 10 * DAY)
    assert file.compact(now).dropped_days == 3
    left = file.read(KEYS[:1], 0, now)[KEYS[0]]
    assert left.values.tolist() == [3, 4]
    file.close()
