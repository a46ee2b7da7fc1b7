"""The page Checks of a device: what runs there, how it went, running it now."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

from textual.pilot import Pilot

from owtui.console.app import ConsoleApp
from owtui.console.presenters.checks import line, rows
from owtui.console.screens.device import DeviceScreen
from owtui.console.timetravel import travel
from owtui.engine.monitoring.checkdesk import CheckRow
from owtui.engine.monitoring.rota import Lag
from storage.series import Key, Point
from tests.console.driving import driven, press, settled, shown, type_text, until
from tests.console.seed import NOW, id_of
from widgets.glyphs import UTF8


def text(pilot: Pilot[Any]) -> str:
    return "\n".join(shown(pilot.app))


async def opened(pilot: Pilot[Any], name: str = "ap-roof-01") -> DeviceScreen:
    """The page of a device that was pinged two minutes ago."""
    app = cast(ConsoleApp, pilot.app)
    at = NOW.timestamp() - 120
    points = [
        Point(Key(id_of(name), "ping", field), at, value)
        for field, value in (("reachable", 1.0), ("loss", 0.0), ("rtt_avg", 4.5))
    ]
    await app.bridge.call(lambda engine: engine.series.write(points))
    await type_text(pilot, f":devices show {name}")
    await press(pilot, "enter")
    await until(pilot, lambda: isinstance(pilot.app.screen, DeviceScreen))
    await settled(pilot)
    screen = cast(DeviceScreen, pilot.app.screen)
    screen.recall({"tab": "Checks"})
    await until(pilot, lambda: "reachable 1" in text(pilot))
    return screen


async def test_each_check_tells_when_it_ran_and_what_it_found(watched: Path) -> None:
    async with driven(watched, (140, 40)) as pilot:
        await opened(pilot)
        line = next(line for line in shown(pilot.app) if "reachable 1" in line)
        assert re.search(r"Ping +300 s +2m +reachable 1, loss 0, rtt_avg 4.5", line)
        assert "checks are in time" in text(pilot)
        off = next(line for line in shown(pilot.app) if "Iperf3" in line)
        assert " off " in off
        assert "not run yet" in text(pilot)


async def test_n_has_the_check_run_and_the_job_is_told(watched: Path) -> None:
    async with driven(watched, (140, 40), read_only=True) as pilot:
        screen = await opened(pilot)
        labels = [key.label for key in screen.usable_keys()]
        assert "run now" in labels and "actions" not in labels
        await press(pilot, "n")
        await until(pilot, lambda: re.search(r"Job \d+ runs it", text(pilot)))
        app = cast(ConsoleApp, pilot.app)
        (job, *_) = await app.bridge.call(lambda engine: engine.jobs.recent(1))
        assert job["title"] == "Run checks on 1 device"
        screen.recall({"tab": "Config"})
        assert "run now" not in [key.label for key in screen.usable_keys()]


async def test_the_marked_devices_are_checked_by_the_menu(watched: Path) -> None:
    async with driven(watched, (120, 40)) as pilot:
        await press(pilot, "space", "space", "a", "h")
        await until(pilot, lambda: "Run checks: " in text(pilot))
        await press(pilot, "f5")
        await until(pilot, lambda: "is checked; nothing is changed on it" in text(pilot))


def test_a_turn_that_is_late_is_said_and_one_that_runs() -> None:
    ran = NOW - timedelta(minutes=7)
    made = [
        CheckRow(id_of("x"), "x", type_, type_, active, 300.0, {}, "default", **more)
        for type_, active, more in (
            ("b-late", True, {"ran_at": ran, "due_in_s": -120.0, "healthy": False}),
            ("a-off", False, {}),
            ("c-runs", True, {"is_running": True, "due_in_s": None}),
            ("d-next", True, {"due_in_s": 61.0}),
        )
    ]
    cells = {row.key: [row.text(n) for n in range(6)] for row in rows(made, NOW, UTF8)}
    assert list(cells) == ["b-late", "c-runs", "d-next", "a-off"]
    assert cells["b-late"][3] == "7m" and cells["b-late"][5] == "late 2m"
    assert (cells["c-runs"][5], cells["d-next"][5]) == ("runs now", "in 1m")
    assert [one.text for one in line(Lag(), "")] == ["checks are in time"]
    late = line(Lag(3.0, 90.0, 4), "")
    assert [one.text for one in late] == ["checks begin 3 s late, 1 in 100 90 s; 4 overdue"]
    assert "run by the engine of noc-1" in line(None, "noc-1")[0].text


async def test_at_another_time_only_what_had_run_by_then_is_told(watched: Path) -> None:
    async with driven(watched, (140, 40)) as pilot:
        screen = await opened(pilot)
        screen.ask(lambda: travel(screen, NOW - timedelta(minutes=5)), "time")
        await until(pilot, lambda: "reachable 1" not in text(pilot))
        assert "AS OF 16:07" in shown(pilot.app)[0] and "checks are" not in text(pilot)
        assert "run now" not in [key.label for key in screen.usable_keys()]
