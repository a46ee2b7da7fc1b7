"""The demo's past: a day of each router's own series, from its twin, without a leap into now."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import UTC, datetime
from uuid import UUID

import pytest

from owtui.cli.demo_history import AWAY_S, DAY_S, STEP_S, document, past, twins
from owtui.engine.monitoring.readings import readings
from owtui.simulator.clock import Clock
from storage.series import Key, Point

AT = datetime(2026, 11, 27, 13, 37, tzinfo=UTC)
ONE = UUID(int=1)


def by_key(points: list[Point]) -> dict[Key, list[Point]]:
    found = defaultdict(list)
    for point in points:
        found[point.key].append(point)
    return found


@pytest.fixture(scope="module")
def told() -> dict[str, object]:
    return document(next(twins(1, 7)))


def test_the_same_seed_has_the_same_past(told: dict[str, object]) -> None:
    first, second = (list(past(ONE, told, AT, random.Random("7/0"))) for _ in range(2))
    assert first == second
    assert first != list(past(ONE, told, AT, random.Random("8/0")))


def test_every_metric_that_will_be_measured_has_a_day_of_it(told: dict[str, object]) -> None:
    found = by_key(list(past(ONE, told, AT, random.Random(1))))
    measured = {(one.configuration, one.tags) for one in readings(told, None, AT.timestamp())}
    kinds = {"cpu", "memory", "disk", "traffic"}
    assert {(key.metric, key.tags) for key in found} >= {one for one in measured if one[0] in kinds}
    for key, points in found.items():
        if key.metric != "wifi_clients":
            assert len(points) == DAY_S // STEP_S
        assert all(AT.timestamp() - DAY_S <= point.time_s < AT.timestamp() for point in points)
        if key.field in ("percent_used", "cpu_usage", "used_disk", "loss"):
            assert all(0 <= point.value <= 100 for point in points)


def test_who_is_away_is_lost_for_the_last_hours_and_not_before(told: dict[str, object]) -> None:
    found = by_key(list(past(ONE, told, AT, random.Random(1), is_away=True)))
    reachable = found[Key(ONE, "ping", "reachable")]
    since = AT.timestamp() - AWAY_S
    assert {p.value for p in reachable if p.time_s < since} == {1.0}
    assert {p.value for p in reachable if p.time_s >= since} == {0.0}
    assert max(p.time_s for p in found[Key(ONE, "cpu", "cpu_usage")]) < since


def test_a_twin_has_counted_no_more_than_a_router_that_is_made_after_it() -> None:
    before = document(next(twins(1, 7)))  # however long that took
    moment = [1e6]
    clock = Clock(monotonic=lambda: moment[0], wall=lambda: 1.7e9)
    router = next(twins(1, 7, clock))  # made when somebody first connects
    for waited_s in (0, 10):
        moment[0] += waited_s
        found = readings(document(router), before, AT.timestamp())
        grown = [one.values for one in found if one.configuration == "traffic"]
        assert grown
        for values in grown:
            assert all(0 <= value < 1e8 for value in values.values()), "no leap, no reset"
