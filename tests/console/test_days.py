"""The day of devices in sparklines, and what their problem is: preview and wide list of Fleet."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, cast

import pytest
from textual.pilot import Pilot

from owtui.console.app import ConsoleApp
from owtui.console.screens.device import DeviceScreen
from owtui.console.screens.fleet import FleetScreen
from owtui.engine.monitoring import trends
from tests.console.driving import driven, press, shown, type_text, until
from tests.console.seed import NOW, id_of
from widgets.sparkline import Sparkline

BARS = r"[▁▂▃▄▅▆▇█]"


def text(pilot: Pilot[Any]) -> str:
    return "\n".join(shown(pilot.app))


async def at(pilot: Pilot[Any], name: str) -> FleetScreen:
    """Put the cursor on a device."""
    screen = cast(FleetScreen, pilot.app.screen)
    screen.table.move_to(str(id_of(name)))
    await until(pilot, lambda: re.search(rf"│ {name}\b", text(pilot)))
    return screen


async def test_the_preview_tells_the_problem_and_the_day(watched: Path) -> None:
    async with driven(watched, (120, 40)) as pilot:
        await at(pilot, "ap-roof-02")
        await until(pilot, lambda: re.search(r"Problem +CPU 95.2 % > 90 %", text(pilot)))
        await until(pilot, lambda: re.search(rf"CPU +{BARS}{{10}}", text(pilot)))
        assert re.search(rf"Uplink +{BARS}{{8}}.*bit/s", text(pilot))
        await at(pilot, "cpe-01")  # nothing is measured there, and nothing is drawn
        lines = pilot.app.screen.query(Sparkline)
        await until(pilot, lambda: not any(one.display for one in lines))


async def test_the_overview_of_a_device_tells_the_problem(watched: Path) -> None:
    async with driven(watched) as pilot:
        await type_text(pilot, ":devices show ap-roof-06")
        await press(pilot, "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, DeviceScreen))
        await until(pilot, lambda: "Disk 96 % > 90 %" in text(pilot))


async def test_the_wide_list_asks_once_for_the_day_of_the_rows_in_sight(
    watched: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[set[Any]] = []
    real = trends.trends

    async def counted(series: Any, ids: Any, now_s: float) -> Any:
        asked.append(set(ids))
        return await real(series, ids, now_s)

    monkeypatch.setattr(trends, "trends", counted)
    async with driven(watched, (120, 24)) as pilot:
        await press(pilot, "z")
        await type_text(pilot, "/name=ap-roof-*")
        await press(pilot, "enter", "G")
        asked.clear()
        await press(pilot, "w")
        await until(pilot, lambda: asked)
        screen = cast(FleetScreen, pilot.app.screen)
        assert [column.key for column in screen.table.columns][-3:] == [
            *("cpu_day", "mem_day", "traffic_day"),
        ]
        row = screen.table.row
        key = str(id_of("ap-roof-01"))
        await until(pilot, lambda: re.search(BARS, row(key).text(len(screen.table.columns) - 3)))
        assert len(asked) == 1
        assert asked[0] == {id_of(f"ap-roof-{n:02}") for n in range(1, 13)}
        screen.tick()  # within a minute nothing is asked again
        await press(pilot, "g", "G")
        assert len(asked) == 1
        await press(pilot, "w")
        assert screen.table.columns[-1].key != "traffic_day"


async def test_the_next_session_is_wide_again(watched: Path) -> None:
    async with driven(watched, (120, 24)) as pilot:
        await press(pilot, "w")
        pilot.app.exit()
    async with driven(watched, (120, 24)) as pilot:
        screen = cast(FleetScreen, pilot.app.screen)
        await until(pilot, lambda: screen.table.columns[-1].key == "traffic_day")


async def test_the_column_of_errors_tells_metrics_too(watched: Path) -> None:
    async with driven(watched, (120, 24)) as pilot:
        await type_text(pilot, ":columns name status error")
        await press(pilot, "enter")
        await until(pilot, lambda: "CPU 95.2 % > 90 %" in text(pilot))
        line = next(line for line in shown(pilot.app) if "ap-roof-07" in line)
        assert "does not answer" in line and "is not reachable" not in line


async def test_trends_are_hours_of_the_day_and_the_uplinks_count(watched: Path) -> None:
    async with driven(watched) as pilot:
        app = cast(ConsoleApp, pilot.app)
        ids = [id_of("ap-roof-01"), id_of("cpe-01")]
        found = await app.bridge.call(lambda e: trends.trends(e.series, ids, NOW.timestamp()))
        day = found[ids[0]]
        assert len(day.cpu) == len(day.memory) == 23
        assert all(value is not None and 0 < value <= 100 for value in day.cpu)
        assert max(value or 0 for value in day.traffic) == pytest.approx(41e6, rel=0.1)
        assert found[ids[1]] == trends.Trend()
