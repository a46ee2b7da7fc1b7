"""The fleet as it was: stepped through by key, told in the status line, changing nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from textual.pilot import Pilot

from owtui.console.timetravel import earlier, later, step
from owtui.engine.monitoring.health import Status
from owtui.engine.monitoring.past import status_point
from storage.series import Key, Point
from tests.console.driving import driven, press, shown, type_text, until

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
