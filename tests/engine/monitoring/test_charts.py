"""Charts: their ranges and buckets, their values, what was lost."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from owtui.engine.monitoring.charts.draw import Subject, draw, draw_general, rounded, subjects
from owtui.engine.monitoring.charts.kinds import CHARTS
from owtui.engine.monitoring.charts.spans import RANGES, custom, named, parse, step_s
from owtui.errors import InputError
from storage.series import Key, Point, members
from tests.engine.monitoring.memory import MemorySeries

DEVICE, OTHER = UUID(int=1), UUID(int=2)
NOW = datetime(2026, 11, 27, 13, 37, tzinfo=UTC)
ROME = ZoneInfo("Europe/Rome")
WAN = (("ifname", "wan"),)


def traffic(name: str) -> Subject:
    chart = CHARTS.get("traffic")
    assert chart is not None
    return Subject(chart, (("ifname", name),))


@pytest.mark.parametrize(
    ("name", "minutes", "count"),
    [("1d", 10, 145), ("3d", 20, 217), ("7d", 60, 158), ("30d", 1440, 31), ("365d", 10080, 53)],
)
def test_each_range_has_its_buckets(name: str, minutes: int, count: int) -> None:
    span = named(name, NOW, UTC)
    assert (span.step_s, span.count) == (minutes * 60, count)
    assert span.times_s[-1] <= NOW.timestamp() < span.times_s[-1] + span.step_s


def test_a_week_begins_at_midnight_of_the_reader_and_has_today_as_its_seventh_day() -> None:
    span = named("7d", NOW, ROME)
    assert datetime.fromtimestamp(span.start_s, ROME) == datetime(2026, 11, 21, tzinfo=ROME)


@pytest.mark.parametrize(
    ("days", "step_m"), [(1, 10), (2.9, 10), (3, 20), (6, 40), (8, 60), (27, 240), (30, 1440)]
)
def test_a_range_of_ones_own_has_openwisps_buckets(days: float, step_m: int) -> None:
    assert step_s(days) == step_m * 60
    assert step_s(210) == 86_400
    assert step_s(211) == 7 * 86_400


def test_a_range_is_refused_in_words() -> None:
    later = NOW + timedelta(hours=1)
    for start, end in [(NOW, NOW), (NOW - timedelta(days=1), later), (later, later)]:
        with pytest.raises(InputError):
            custom(start, end, NOW, UTC)
    with pytest.raises(InputError, match="longer than a year"):
        custom(NOW - timedelta(days=366), NOW, NOW, UTC)
    for text in ("2d", "yesterday", "2026-13-01/", "2026-11-01/later"):
        with pytest.raises(InputError):
            parse(text, NOW, UTC)


def test_a_range_is_read_as_people_write_it() -> None:
    span = parse("2026-11-01 10:00:00/2026-11-02", NOW, UTC)
    assert datetime.fromtimestamp(span.start_s, UTC) == datetime(2026, 11, 1, 10, tzinfo=UTC)
    assert parse("1d", NOW, UTC) == named("1d", NOW, UTC)
    assert parse("2026-11-26/", NOW, UTC).end_s == NOW.timestamp()


@pytest.fixture
def in_rome(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine whose clock is an hour ahead of UTC now, and was two in summer."""
    monkeypatch.setenv("TZ", "Europe/Rome")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("in_rome")
def test_without_a_zone_a_time_is_this_machines_also_of_the_summer() -> None:
    text = "2026-07-01 10:00:00/2026-07-02 10:00:00"
    assert parse(text, NOW) == parse(text, NOW, ROME)
    for name in RANGES:
        assert named(name, NOW) == named(name, NOW, ROME)


@given(st.floats(1 / 1440, 365), st.sampled_from([UTC, ROME]))
def test_every_range_has_a_bearable_number_of_buckets(days: float, zone: ZoneInfo) -> None:
    span = custom(NOW - timedelta(days=days), NOW, NOW, zone)
    assert 1 <= span.count <= 800
    assert span.start_s <= (NOW - timedelta(days=days)).timestamp()


async def written(points: list[Point]) -> MemorySeries:
    series = MemorySeries()
    await series.write(points)
    return series


def at(minutes: float) -> float:
    return NOW.timestamp() - minutes * 60


async def test_acceptance_4_traffic_is_summed_in_gigabytes_with_its_total_first() -> None:
    down, up = (Key(DEVICE, "traffic", field, WAN) for field in ("rx_bytes", "tx_bytes"))
    points = [Point(down, at(n), value) for n, value in enumerate([324, 399_999_676, 1e8, 7e8])]
    points += [Point(up, at(n), value) for n, value in enumerate([145, 99_999_855, 2e8, 3e8])]
    drawn = await draw(await written(points), DEVICE, traffic("wan"), named("1d", NOW, UTC))
    assert list(drawn.traces) == ["total", "download", "upload"]
    assert drawn.traces["download"][-1] == 1.2
    assert dict(drawn.summary) == {"total": 1.8, "download": 1.2, "upload": 0.6}


async def test_acceptance_7_a_client_on_two_interfaces_counts_once_in_general() -> None:
    mac = ["aa:00:00:00:00:01"]
    keys = [Key(DEVICE, "wifi_clients", "clients", (("ifname", name),)) for name in ("w0", "w1")]
    series = await written([one for key in keys for one in members(key, at(5), mac)])
    chart = CHARTS.get("gen_wifi_clients")
    assert chart is not None
    general = await draw_general(series, keys, chart, named("1d", NOW, UTC))
    assert general.summary == {"wifi_clients": 1}
    for subject in await subjects(series, DEVICE):
        drawn = await draw(series, DEVICE, subject, named("1d", NOW, UTC))
        assert drawn.summary == {"wifi_clients": 1}


async def test_what_nobody_reported_is_not_zero_and_what_did_not_answer_is_lost() -> None:
    reach = Key(DEVICE, "ping", "reachable")
    points = [Point(reach, at(35), 1), Point(reach, at(15), 0), Point(reach, at(5), 1)]
    points.append(Point(Key(DEVICE, "data_collected", "data_collected"), at(25), 0))
    chart = CHARTS.get("uptime")
    assert chart is not None
    drawn = await draw(await written(points), DEVICE, Subject(chart), named("1d", NOW, UTC))
    assert drawn.traces["uptime"][-4:] == [100, None, 0, 100]
    assert drawn.lost[-4:] == (False, True, True, False)
    assert not any(drawn.lost[:-4])


async def test_the_charts_of_a_device_are_those_it_has_points_for_in_their_order() -> None:
    series = await written(
        [
            Point(Key(DEVICE, "cpu", "cpu_usage"), at(1), 1),
            Point(Key(DEVICE, "ping", "reachable"), at(1), 1),
            Point(Key(DEVICE, "traffic", "rx_bytes", (("ifname", "wan"),)), at(1), 1),
            Point(Key(DEVICE, "traffic", "rx_bytes", (("ifname", "lan"),)), at(1), 1),
            Point(Key(OTHER, "disk", "used_disk"), at(1), 1),
        ]
    )
    found = await subjects(series, DEVICE)
    assert [one.id for one in found] == ["uptime", "traffic:lan", "traffic:wan", "cpu"]
    assert found[1].title == "Traffic: lan"


@pytest.mark.parametrize(
    ("value", "shown"), [(12.345, 12.35), (0.00123, 0.0012), (0, 0), (0.01, 0.01)]
)
def test_small_values_keep_two_more_decimals(value: float, shown: float) -> None:
    assert rounded(value) == pytest.approx(shown, abs=1e-9)


def test_the_table_of_charts_is_openwisps() -> None:
    names = [chart.name for chart in CHARTS if not chart.general]
    assert names[:4] == ["uptime", "signal_strength", "signal_quality", "access_tech"]
    assert [chart.order for chart in CHARTS] == sorted(chart.order for chart in CHARTS)
    for chart in CHARTS:
        assert len(chart.summary_labels) == len(chart.names), chart.name
    assert "1d" in RANGES
