"""Charts: read once, chosen without asking, zoomed, moved, laid over one another, exported."""

from __future__ import annotations

import csv
import time
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any, cast

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from owtui.console.app import ConsoleApp
from owtui.console.chartpage import ChartPage
from owtui.console.presenters.window import NAMES, Window
from owtui.console.screens.charts import ChartsScreen
from owtui.console.screens.device import DeviceScreen
from owtui.engine.events import PointsAdded
from owtui.errors import InputError
from storage.series import Key, Point
from tests.console.chartseed import sow_series
from tests.console.driving import driven, press, shown, type_text, until
from tests.console.seed import NOW, id_of
from widgets.chartview import ChartView
from widgets.fullchart import FullChart


@pytest.fixture
def measured(folder: Path) -> Path:
    """The seeded fleet with a day of history of three roofs."""
    sow_series(folder)
    return folder


async def charts_of(pilot: Pilot[Any], name: str = "ap-roof-02") -> ChartPage:
    """Open the charts of a device with `m`, as read."""
    await type_text(pilot, f"/name={name}")
    await press(pilot, "enter")
    await press(pilot, "m")
    page = cast(DeviceScreen, pilot.app.screen).charts
    await until(pilot, lambda: page.shown)
    await press(pilot)
    return page


def large(page: ChartPage) -> list[str]:
    """The titles of the large charts."""
    views = [view for view in page.query(ChartView) if view.display]
    return [view.figure.title for view in views if view.figure is not None]


def counted(app: Any) -> list[str]:
    """Count from now on what is asked of the engine."""
    bridge, asked = cast(ConsoleApp, app).bridge, []
    call = bridge.call

    async def counting(ask: Any) -> Any:
        asked.append(ask)
        return await call(ask)

    bridge.call = counting  # type: ignore[method-assign]
    return cast("list[str]", asked)


async def test_m_shows_one_large_chart_over_all_others_with_what_was_lost(measured: Path) -> None:
    async with driven(measured) as pilot:
        page = await charts_of(pilot)
        text = "\n".join(shown(pilot.app))
        assert "[Charts]" in text and "[1d]" in text
        assert large(page) == ["Ping Success Rate"]
        for label in ("Round Trip Time", "Traffic: wan", "Memory Usage", "CPU Load"):
            assert label in text
        await press(pilot, "j", "j")
        assert large(page) == ["Round Trip Time"]
        assert "××× no reply" in "\n".join(shown(pilot.app))
        assert "b Average Max RTT" in "\n".join(shown(pilot.app))


async def test_moving_the_cursor_and_zooming_the_pane_ask_nobody(measured: Path) -> None:
    async with driven(measured, (120, 40)) as pilot:
        page = await charts_of(pilot)
        asked = counted(pilot.app)
        assert large(page) == ["Ping Success Rate", "Packet loss"]
        await press(pilot, "down", "j", "end")
        assert large(page)[-1] == "Disk Usage"
        await press(pilot, "k", "k", "z")
        full = page.query_one(FullChart)
        await until(pilot, lambda: any("┤" in line.plain for line in full._lines))
        assert "Memory Usage" in "\n".join(shown(pilot.app))
        await press(pilot, "z")
        assert len(large(page)) == 2
        assert asked == []


async def test_four_large_charts_where_there_is_room(measured: Path) -> None:
    async with driven(measured, (200, 60)) as pilot:
        page = await charts_of(pilot)
        assert len(large(page)) == 4


async def test_ranges_by_key_and_the_past_and_back_to_now(measured: Path) -> None:
    async with driven(measured) as pilot:
        page = await charts_of(pilot)
        await press(pilot, "equals_sign")
        assert page.window == Window("6h") and "[6h]" in "\n".join(shown(pilot.app))
        step = page.shown[0].figure.step_s
        assert step == 300
        await press(pilot, "minus", "minus", "minus")
        assert page.window == Window("7d")
        await press(pilot, "equals_sign", "equals_sign", "less_than_sign")
        assert not page.window.moves and page.window.end == NOW - timedelta(hours=12)
        assert "2026-11-22 04:1" in "\n".join(shown(pilot.app))
        await press(pilot, "left", "right", "right")
        assert page.window == Window("1d"), "at the end it follows the time again"


async def test_a_range_of_ones_own_is_typed_and_a_wrong_one_is_told(measured: Path) -> None:
    async with driven(measured) as pilot:
        page = await charts_of(pilot)
        await press(pilot, "v")
        field = pilot.app.screen.query_one(Input)
        field.value = "2026-11-23/2026-11-24"
        await press(pilot, "enter")
        assert "future" in "\n".join(shown(pilot.app))
        field.value = "2026-11-23 06:00:00/2026-11-23 09:00:00"
        await press(pilot, "enter")
        span = page.window.span(NOW, UTC)
        assert (span.end_s - span.start_s, span.step_s) == (3 * 3600, 300)
        assert page.shown[0].figure.start_s == span.start_s


async def test_the_command_opens_a_chart_of_a_range_and_refuses_none(measured: Path) -> None:
    async with driven(measured) as pilot:
        await type_text(pilot, ":chart ap-roof-01 cpu 6h")
        await press(pilot, "enter")
        page = cast(DeviceScreen, pilot.app.screen).charts
        await until(pilot, lambda: large(page) == ["CPU Load"])
        assert page.window == Window("6h")
        await press(pilot, "escape")
        await type_text(pilot, ":chart ap-roof-01 cpu tomorrow")
        await press(pilot, "enter")
        assert "is no range" in "\n".join(shown(pilot.app))
        assert not isinstance(pilot.app.screen, DeviceScreen)


async def test_the_place_is_kept_with_its_range_and_chart(measured: Path) -> None:
    async with driven(measured) as pilot:
        await charts_of(pilot)
        await press(pilot, "j", "j", "equals_sign", "escape")
        await press(pilot, "right_square_bracket")
        page = cast(DeviceScreen, pilot.app.screen).charts
        await until(pilot, lambda: page.shown)
        assert (page.window, page.list.cursor_key) == (Window("6h"), "rtt")


async def test_keys_of_charts_are_offered_on_that_page_alone(measured: Path) -> None:
    async with driven(measured) as pilot:
        await charts_of(pilot)
        assert "range" in shown(pilot.app)[-1]
        await press(pilot, "tab")
        assert "[Interfaces]" in shown(pilot.app)[1] and "range" not in shown(pilot.app)[-1]
        screen = cast(DeviceScreen, pilot.app.screen)
        assert not screen.check_action("list_export", ())


async def test_marked_devices_are_lines_of_one_chart(measured: Path) -> None:
    async with driven(measured) as pilot:
        await type_text(pilot, "/ap-roof-0")
        await press(pilot, "enter")
        await press(pilot, "asterisk", "m")
        screen = cast(ChartsScreen, pilot.app.screen)
        page = screen.charts
        await until(pilot, lambda: page.shown)
        page.choose("cpu")
        await press(pilot)
        text = "\n".join(shown(pilot.app))
        assert "a ap-roof-01" in text and "c ap-roof-03" in text
        keys = [one.key for one in page.shown]
        assert keys[-2:] == ["gen_wifi_clients", "general_traffic"]
        assert page.shown[-1].drawn[""].summary["total"] is not None
        await press(pilot, "escape")
        await press(pilot, "right_square_bracket")
        assert isinstance(pilot.app.screen, ChartsScreen), "a place of the history"


async def test_export_writes_what_the_chart_shows(measured: Path, tmp_path: Path) -> None:
    async with driven(measured) as pilot:
        await type_text(pilot, ":chart ap-roof-02 traffic:wan")
        await press(pilot, "enter")
        page = cast(DeviceScreen, pilot.app.screen).charts
        await until(pilot, lambda: large(page) == ["Traffic: wan"])
        asked = counted(pilot.app)
        for name in ("out.csv", "out.json"):
            await press(pilot, "E")
            pilot.app.screen.query_one(Input).value = str(tmp_path / name)
            await press(pilot, "enter")
            await until(pilot, (tmp_path / name).exists)
        assert asked == [], "what is shown is written, nothing is read again"
    rows = list(csv.reader(StringIO((tmp_path / "out.csv").read_text("utf-8"))))
    assert rows[0][:2] == ["time", "total - Traffic: wan"]
    assert len(rows) == 1 + 145
    assert '"chart": "traffic:wan"' in (tmp_path / "out.json").read_text("utf-8")


async def test_new_points_are_shown_when_they_would_move_a_bar_and_not_while_frozen(
    measured: Path,
) -> None:
    async with driven(measured) as pilot:
        page = await charts_of(pilot)
        app = cast(ConsoleApp, pilot.app)
        await press(pilot, "equals_sign", "equals_sign")
        screen = cast(DeviceScreen, app.screen)

        async def add(value: float, at: datetime) -> None:
            point = Point(Key(id_of("ap-roof-02"), "cpu", "cpu_usage"), at.timestamp(), value)
            await app.bridge.call(lambda engine: engine.series.write([point]))
            app.session.now = lambda: at + timedelta(seconds=1)
            screen.take_events([PointsAdded(str(id_of("ap-roof-02")))])
            await press(pilot)

        def newest() -> str:
            return next(one.item.text for one in page.shown if one.key == "cpu")

        before = newest()
        await add(77, NOW + timedelta(seconds=2))
        assert newest() == before, "a bar of a minute is read again after six seconds"
        await add(88, NOW + timedelta(seconds=61))
        assert newest() == "88%"
        await press(pilot, "p")
        await add(99, NOW + timedelta(seconds=181))
        assert newest() == "88%", "frozen"
        await press(pilot, "p")
        assert newest() == "99%"


async def test_points_of_another_device_and_a_past_window_read_nothing(measured: Path) -> None:
    async with driven(measured) as pilot:
        page = await charts_of(pilot)
        app = cast(ConsoleApp, pilot.app)
        screen = cast(DeviceScreen, app.screen)
        app.session.now = lambda: NOW + timedelta(hours=1)
        asked = counted(app)
        screen.charts_moved([PointsAdded(str(id_of("ap-roof-01")))])
        await press(pilot)
        assert asked == []
        await press(pilot, "less_than_sign")
        assert len(asked) == 1
        app.session.now = lambda: NOW + timedelta(hours=2)
        screen.charts_moved()
        await press(pilot)
        assert len(asked) == 1 and not page.is_due


async def test_a_device_without_history_says_so(measured: Path) -> None:
    async with driven(measured) as pilot:
        await type_text(pilot, ":chart cpe-01")
        await press(pilot, "enter")
        await until(pilot, lambda: "Nothing was measured" in "\n".join(shown(pilot.app)))
        await press(pilot, "z", "z", "j")
        await press(pilot, "E")
        assert "no chart to export" in "\n".join(shown(pilot.app))


async def test_what_was_done_to_the_device_is_marked(measured: Path) -> None:
    async with driven(measured) as pilot:
        page = await charts_of(pilot)
        assert [event.letter for event in page.shown[0].figure.events] == ["J", "J", "J"]
        assert "J 11-23 16:10 Reboot on 3 devices: in-progress (job 3) by eva" in "\n".join(
            shown(pilot.app)
        )


def test_a_window_zooms_and_moves_within_what_can_be() -> None:
    assert [Window("1h").zoomed(True, NOW), Window("365d").zoomed(False, NOW)] == [
        Window("1h"),
        Window("365d"),
    ]
    for name in NAMES:
        back = Window(name).panned(False, NOW)
        assert back.end is not None and back.end < NOW and not back.moves
        assert back.panned(True, NOW) == Window(name)
        assert Window.parse(back.text, NOW, UTC) == back
    part = Window("", NOW - timedelta(hours=9), NOW - timedelta(hours=7))
    closer = part.zoomed(True, NOW)
    assert closer.end is not None and closer.start is not None
    assert closer.end - closer.start == timedelta(hours=1)
    longest = Window("", NOW - timedelta(days=300), NOW).zoomed(False, NOW)
    longest.span(NOW, UTC)
    with pytest.raises(InputError):
        Window.parse("soon", NOW, UTC)


def test_a_window_that_was_moved_is_written_in_this_machines_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TZ", "Europe/Rome")
    time.tzset()
    try:
        moved = Window("1d").panned(False, NOW)
        assert Window.parse(moved.text, NOW) == moved
    finally:
        monkeypatch.undo()
        time.tzset()


async def test_a_history_that_cannot_be_read_is_told_once(measured: Path) -> None:
    async with driven(measured) as pilot:
        page = await charts_of(pilot)
        app = cast(ConsoleApp, pilot.app)
        asked = counted(app)

        async def broken(ask: Any) -> Any:
            asked.append(ask)
            raise InputError("The history is away.")

        app.bridge.call = broken  # type: ignore[method-assign]
        await press(pilot, "equals_sign")
        assert "The history is away." in "\n".join(shown(app))
        screen = cast(DeviceScreen, app.screen)
        screen.tick()
        await press(pilot)
        assert len(asked) == 1 and not page.is_due
