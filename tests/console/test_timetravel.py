"""The fleet as it was: stepped through by key, told in the status line, changing nothing."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from textual.pilot import Pilot

from owtui.console.screens.device import DeviceScreen
from owtui.console.timetravel import earlier, later, step, travel
from owtui.engine.monitoring.health import Status
from owtui.engine.monitoring.past import status_point
from storage.series import Key, Point
from tests.console.driving import driven, press, settled, shown, type_text, until
from tests.console.seed import NOW as SEEDED

NOW = datetime(2026, 11, 27, 14, 5, 17, tzinfo=UTC)


def test_steps_grow_with_the_distance_and_are_whole() -> None:
    assert earlier(NOW, NOW) == datetime(2026, 11, 27, 14, 5, tzinfo=UTC)
    assert earlier(datetime(2026, 11, 27, 14, 5, tzinfo=UTC), NOW).minute == 4
    hours_ago = NOW - timedelta(hours=3)
    assert earlier(hours_ago, NOW) == datetime(2026, 11, 27, 11, tzinfo=UTC)
    assert step(timedelta(days=30)) == timedelta(days=1)


@given(st.integers(1, 60 * 24 * 400))
def test_forward_from_anywhere_ends_at_now(minutes: int) -> None:
    at: datetime | None = NOW - timedelta(minutes=minutes)
    for _ in range(1000):
        assert at is not None
        after = later(at, NOW)
        if after is None:
            return
        assert at < after < NOW
        at = after
    raise AssertionError("it never came to now")


@given(st.integers(0, 60 * 24 * 400))
def test_back_is_always_back(minutes: int) -> None:
    at = NOW - timedelta(minutes=minutes)
    assert earlier(at, NOW) < at


async def record(pilot: Pilot[Any], name: str, *, minutes: float, status: Status) -> None:
    """Something that was seen of a device some minutes before the console's now."""
    session = pilot.app.session
    (row,) = [one for one in session.rows.values() if one.name == name]
    at = session.now().timestamp() - minutes * 60
    points = [
        status_point(row.id, status, at),
        Point(Key(row.id, "data_collected", "data_collected"), at, float(status is Status.OK)),
        Point(Key(row.id, "cpu", "load_1"), at, 0.5),
        Point(Key(row.id, "cpu", "load_5"), at, 0.5),
        Point(Key(row.id, "cpu", "load_15"), at, 0.5),
    ]
    await session.bridge.call(lambda engine: engine.series.write(points))


def named(pilot: Pilot[Any], name: str) -> str:
    return next((line for line in shown(pilot.app) if f" {name} " in line), "")


async def test_the_fleet_is_shown_as_it_was_and_comes_back(folder: Path) -> None:
    async with driven(folder) as pilot:
        session = pilot.app.session
        name = next(one.name for one in session.rows.values() if one.status == "ok")
        await record(pilot, name, minutes=2, status=Status.CRITICAL)
        before = session.rows
        await press(pilot, "comma")
        await until(pilot, lambda: session.past is not None)
        assert any("AS OF" in line for line in shown(pilot.app))
        was = {one.name: one for one in session.rows.values()}
        assert was[name].status == "critical"
        assert {one.status for one in session.rows.values() if one.name != name} <= {
            *("unknown", "deactivated")
        }
        for _ in range(3):
            await press(pilot, "full_stop")
        await until(pilot, lambda: session.past is None)
        assert session.rows == before
        assert not any("AS OF" in line for line in shown(pilot.app))


async def test_nothing_is_changed_from_another_time(folder: Path) -> None:
    async with driven(folder) as pilot:
        session = pilot.app.session
        await record(pilot, next(iter(session.rows.values())).name, minutes=2, status=Status.OK)
        await press(pilot, "comma")
        await until(pilot, lambda: session.past is not None)
        assert "actions" not in shown(pilot.app)[-1]
        await type_text(pilot, ":apply reboot")
        await press(pilot, "enter")
        await until(pilot, lambda: any("another time" in line for line in shown(pilot.app)))


async def test_what_happens_meanwhile_waits(folder: Path) -> None:
    async with driven(folder) as pilot:
        session = pilot.app.session
        await record(pilot, next(iter(session.rows.values())).name, minutes=2, status=Status.OK)
        await press(pilot, "comma")
        await until(pilot, lambda: session.past is not None)
        at = session.now()
        assert session.stands_still
        await press(pilot, "comma")
        await until(pilot, lambda: session.now() < at)


async def go(pilot: Pilot[Any], minutes: float) -> None:
    """Travel so far back from now."""
    frame = pilot.app.screen
    to = SEEDED - timedelta(minutes=minutes)
    frame.ask(lambda: travel(frame, to), "time")
    await until(pilot, lambda: pilot.app.session.then == to)
    await settled(pilot)


async def device(pilot: Pilot[Any]) -> None:
    """Open ap-roof-01."""
    await type_text(pilot, ":devices show ap-roof-01")
    await press(pilot, "enter")
    await until(pilot, lambda: isinstance(pilot.app.screen, DeviceScreen))
    await settled(pilot)


def text(pilot: Pilot[Any]) -> str:
    return "\n".join(shown(pilot.app))


async def test_alerts_are_shown_as_they_stood_and_one_key_comes_back(watched: Path) -> None:
    async with driven(watched, (120, 40)) as pilot:
        await press(pilot, "2")
        await until(pilot, lambda: "gw-harbour" in text(pilot))
        await go(pilot, 25)
        await until(pilot, lambda: "gw-harbour" not in text(pilot))
        assert "AS OF 15:47" in shown(pilot.app)[0]
        listed = text(pilot)
        assert "ap-roof-06" in listed and "ap-roof-02" not in listed
        assert "ack eva" not in listed  # five minutes later
        assert "a new one is ordered" not in listed
        labels = {key.label for key in pilot.app.screen.usable_keys()}
        assert "now" in labels and not {"ack", "silence", "actions"} & labels
        await press(pilot, "semicolon")
        await until(pilot, lambda: "gw-harbour" in text(pilot) and "ack eva" in text(pilot))
        assert "AS OF" not in text(pilot)
        assert "now" not in {key.label for key in pilot.app.screen.usable_keys()}


async def test_the_pages_of_a_device_show_what_was_recorded_by_then(watched: Path) -> None:
    async with driven(watched, (120, 40)) as pilot:
        await device(pilot)
        screen = pilot.app.screen
        await go(pilot, 1)  # the report is two minutes old
        screen.recall({"tab": "Interfaces"})
        await until(pilot, lambda: "1m ago" in text(pilot) and "10.8.7.11" in text(pilot))
        await go(pilot, 14.5)  # before the report, after a point
        await until(pilot, lambda: "Of reports the newest alone is kept;" in text(pilot))
        assert re.search(r"Down +\d[\d.]+ Mbit/s", text(pilot)) and "10.8.7.11" not in text(pilot)
        screen.recall({"tab": "Sessions"})
        await until(pilot, lambda: text(pilot).count("open") == 3)
        await go(pilot, 100)
        await until(pilot, lambda: text(pilot).count("open") == 1)
        screen.recall({"tab": "Clients"})
        await until(pilot, lambda: "AA:00:00:00:00:09" in text(pilot))
        await go(pilot, 60 * 30)
        await until(pilot, lambda: "Leases and neighbours are not kept" in text(pilot))
        screen.recall({"tab": "Interfaces"})
        await until(pilot, lambda: "Nothing was recorded then. Of" in text(pilot))
        screen.recall({"tab": "Config"})
        assert "Config is of now" in shown(pilot.app)[0]


async def test_charts_end_at_the_moment_that_is_shown(watched: Path) -> None:
    async with driven(watched, (120, 40)) as pilot:
        await device(pilot)
        pilot.app.screen.recall({"tab": "Charts"})
        page = pilot.app.screen.charts
        await until(pilot, lambda: page.shown)
        newest = page.shown[0].figure
        await go(pilot, 12 * 60)
        await until(pilot, lambda: page.shown[0].figure != newest)
        assert page.window.name == "1d"
        assert "AS OF 04:12" in shown(pilot.app)[0]
        await press(pilot, "semicolon")
        await until(pilot, lambda: page.shown[0].figure == newest)


async def test_who_reads_a_device_from_another_time_is_told(watched: Path) -> None:
    async with driven(watched, (120, 40)) as pilot:
        await go(pilot, 5)
        await press(pilot, "r")
        await until(pilot, lambda: "What is shown stays AS OF" in text(pilot))


async def test_pulse_tells_the_sessions_and_the_day_of_that_moment(watched: Path) -> None:
    async with driven(watched, (120, 40)) as pilot:
        await press(pilot, "0")
        await until(pilot, lambda: "3 sessions open" in text(pilot))
        await go(pilot, 100)
        await until(pilot, lambda: "1 session open" in text(pilot))
        assert "AS OF 14:32" in shown(pilot.app)[0]
        await press(pilot, "semicolon")
        await until(pilot, lambda: "3 sessions open" in text(pilot))


async def test_the_clients_of_the_fleet_are_those_of_that_moment(watched: Path) -> None:
    async with driven(watched, (120, 40)) as pilot:
        await type_text(pilot, ":clients")
        await press(pilot, "enter")
        await until(pilot, lambda: "AA:00:00:00:00:01" in text(pilot))
        await go(pilot, 100)
        await until(pilot, lambda: "AA:00:00:00:00:09" in text(pilot))
        assert "AA:00:00:00:00:01" not in text(pilot) and "phone" not in text(pilot)
