"""The two flags, to OpenWISP's acceptance example 1 and its neighbours."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from owtui.engine.monitoring.judge import Flags, Memory, Verdict, judge
from owtui.engine.monitoring.metrics import METRICS, Threshold

MINUTE = 60.0
ABOVE_90 = Threshold(">", 90, 5)


class Judged:
    """One metric judged value by value, each at the moment it is taken."""

    def __init__(self, threshold: Threshold) -> None:
        self.threshold = threshold
        self.flags = Flags()
        self.memory = Memory()
        self.told = 0

    def take(self, value: float, minute: float, *, late_s: float = 0) -> Verdict | None:
        at = minute * MINUTE
        verdict = judge(self.flags, self.threshold, value, at, at + late_s, self.memory)
        if verdict is not None:
            self.flags = verdict.flags
            self.told += verdict.notify
        return verdict


def test_acceptance_1_the_tolerant_flag_waits_and_the_immediate_one_does_not() -> None:
    metric = Judged(ABOVE_90)
    steps = [
        (-10, 89, True, True, 0),
        (0, 92, False, True, 0),
        (5, 95, False, False, 1),
        (6, 50, True, False, 1),
        (7, 51, True, False, 1),
        (12, 50, True, True, 2),
    ]
    for minute, value, healthy, tolerant, told in steps:
        metric.take(value, minute)
        assert (metric.flags, metric.told) == (Flags(healthy, tolerant), told), minute


def test_acceptance_1_without_tolerance_each_crossing_is_told_at_once() -> None:
    metric = Judged(Threshold(">", 90, 0))
    told = []
    for minute, value in enumerate((99, 95, 60, 40)):
        metric.take(value, minute)
        told.append(metric.told)
    assert told == [1, 1, 2, 2]


def test_a_first_value_that_is_healthy_tells_nobody() -> None:
    metric = Judged(ABOVE_90)
    metric.take(10, 0)
    assert (metric.flags, metric.told) == (Flags(True, True), 0)


def test_acceptance_3_what_is_older_than_five_minutes_is_never_judged() -> None:
    metric = Judged(Threshold(">", 90, 0))
    metric.take(10, 60)
    assert metric.take(400, 30, late_s=30 * MINUTE) is None
    assert metric.flags == Flags(True, True)


def test_a_value_on_the_threshold_is_healthy() -> None:
    assert not METRICS["disk"].alert.crossed(90)  # type: ignore[union-attr]
    assert METRICS["ping"].alert.crossed(0)  # type: ignore[union-attr]


def test_one_good_value_within_the_tolerance_keeps_the_alert_back() -> None:
    metric = Judged(ABOVE_90)
    for minute, value in enumerate((10, 95, 95, 95, 50, 95, 95, 95, 95)):
        metric.take(value, minute)
    assert metric.flags == Flags(False, True)
    metric.take(95, 9)
    metric.take(95, 10)
    assert metric.flags == Flags(False, False)


def test_values_as_far_apart_as_a_silent_device_is_polled_are_enough() -> None:
    metric = Judged(ABOVE_90)
    for minute, value, tolerant in (
        *((0, 10, True), (15, 95, True), (31, 95, False)),
        *((46, 10, False), (61, 10, True)),
    ):
        metric.take(value, minute)
        assert metric.flags.tolerant is tolerant, minute


def test_after_a_long_silence_one_value_proves_nothing() -> None:
    metric = Judged(ABOVE_90)
    metric.take(10, 0)
    metric.take(95, 1)
    metric.take(95, 600)
    assert metric.flags.tolerant is True


@given(st.lists(st.booleans(), min_size=1, max_size=60), st.integers(0, 30))
def test_the_tolerant_flag_moves_only_when_the_whole_tolerance_agrees(
    sides: list[bool], tolerance: int
) -> None:
    metric = Judged(Threshold(">", 0.5, tolerance))
    for minute, crossed in enumerate(sides):
        before = metric.flags.tolerant
        metric.take(float(crossed), minute)
        assert metric.flags.healthy is not crossed
        if before is None or metric.flags.tolerant is before:
            continue
        held = max(tolerance if tolerance >= 5 else 0, 0)
        assert set(sides[max(0, minute - held) : minute + 1]) == {crossed}


@given(st.permutations(range(8)))
def test_points_that_come_out_of_order_are_remembered_in_order(order: list[int]) -> None:
    memory = Memory()
    for minute in order:
        memory.add(minute * MINUTE, minute % 2 == 0, 1e9)
    assert [at for at, _ in memory.points] == [minute * MINUTE for minute in range(8)]
