"""The robust line through a series, and what it foresees."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from owtui.engine.monitoring.alerts.forecast import DiskForecast, outlook
from owtui.engine.monitoring.alerts.trend import trend
from owtui.engine.monitoring.metrics import Threshold
from storage import alerts, metrics
from storage.db import Database
from storage.series import Floats, Key, Point
from tests.engine.monitoring.alerting import START, AlertRig

HOUR = 3600.0
LIMIT = Threshold(">", 90)


def hours(count: int) -> Floats:
    return np.arange(count, dtype=np.float64) * HOUR


def test_a_line_is_found_and_when_it_crosses() -> None:
    found = trend(hours(48), 40 + 0.5 * np.arange(48.0))
    assert found is not None
    assert found.slope * HOUR == pytest.approx(0.5)
    assert found.value == pytest.approx(63.5)
    assert found.crosses_in(LIMIT) == pytest.approx(53 * HOUR)
    assert found.crosses_in(Threshold("<", 10)) is None
    assert found.crosses_in(Threshold(">", 63)) == 0


@given(st.sets(st.integers(0, 47), max_size=10), st.floats(0, 100))
def test_a_fifth_of_wild_points_bends_nothing(wild: set[int], value: float) -> None:
    values = 40 + 0.5 * np.arange(48.0)
    values[sorted(wild)] = value
    found = trend(hours(48), values)
    assert found is not None
    assert 0.35 <= found.slope * HOUR <= 0.65


@given(st.floats(-5, 5), st.floats(-50, 50))
def test_a_straight_line_is_found_exactly(slope: float, level: float) -> None:
    found = trend(hours(30), level + slope * np.arange(30.0))
    assert found is not None
    assert found.slope * HOUR == pytest.approx(slope, abs=1e-6)
    assert found.value == pytest.approx(level + 29 * slope, abs=1e-6)


def test_less_than_a_day_or_too_few_points_say_nothing() -> None:
    assert trend(hours(24), np.arange(24.0)) is None
    assert trend(hours(25), np.arange(25.0)) is not None
    gaps = np.full(48, np.nan)
    gaps[[0, 20, 47]] = 50.0
    assert trend(hours(48), gaps) is None


def test_it_opens_within_a_day_and_eases_beyond_a_day_and_a_half() -> None:
    rig_id = UUID(int=1)
    times = hours(48)

    def seen(last: float, slope: float) -> tuple[bool, bool, bool]:
        values = last + slope * (np.arange(48.0) - 47)
        one = outlook(rig_id, times, values, LIMIT, times[-1])
        return bool(one.what), one.near, one.came_true

    assert seen(80, 0.5) == (True, True, False)  # in 20 h
    assert seen(80, 0.3) == (True, False, False)  # in 33 h
    assert seen(80, 0.2)[0] is False  # in 50 h
    assert seen(80, -0.2)[0] is False
    assert seen(91, 0.1)[2] is True


async def test_a_disk_that_fills_is_told_a_day_before_and_not_twice(
    sqlite_database: Database,
) -> None:
    rig = await AlertRig(sqlite_database, ["gw", "calm"]).ready()
    rig.keeper.forecasts.append(DiskForecast())

    async def filled(percent_an_hour: float, until: float) -> None:
        for name, slope in (("gw", percent_an_hour), ("calm", 0.0)):
            key = Key(rig.ids[name], "disk", "used_disk")
            await rig.series.write(
                [
                    Point(key, (rig.now - timedelta(hours=h)).timestamp(), until - slope * h)
                    for h in range(1, 60)
                ]
            )
        await rig.keeper.foresee(rig.series)
        await rig.keeper.due()

    await filled(0.5, 82.0)
    await filled(0.5, 82.0)
    assert rig.told == [("gw", "forecast_problem")]
    one = rig.alert("gw", "forecast")
    assert (one.subject, one.opened_at) == ("disk", START)
    assert one.what == "disk 82 % now, > 90 % in 16h"
    assert rig.tellings[0].text == f"The device gw is about to go over a threshold: {one.what}."
    await filled(0.0, 50.0)
    assert rig.told[1:] == [("gw", "forecast_recovery")]


@pytest.mark.parametrize("why", ["its threshold was switched off", "too little of it is measured"])
async def test_where_nothing_can_be_foreseen_nothing_has_recovered(
    sqlite_database: Database, why: str
) -> None:
    rig = await AlertRig(sqlite_database, ["gw"]).ready()
    rig.keeper.forecasts.append(DiskForecast())
    key = Key(rig.ids["gw"], "disk", "used_disk")
    points = [Point(key, (rig.now - timedelta(hours=h)).timestamp(), 82 - h / 2) for h in range(60)]
    await rig.series.write(points)
    await rig.keeper.foresee(rig.series)
    await rig.keeper.due()
    if "threshold" in why:
        device = rig.ids["gw"]
        sqlite_database.write(
            lambda s: metrics.put_setting(s, "disk", device_id=device, is_active=False)
        )
        await rig.monitor.reload()
    else:
        rig.series.points.clear()  # a damaged history was put aside
    await rig.keeper.foresee(rig.series)
    await rig.keeper.due()
    assert rig.told == [("gw", "forecast_problem")]
    (one,) = sqlite_database.read(lambda s: alerts.rows(s, resolved=True))
    assert rig.lines(one)[-1].startswith("withdrawn")
