"""Pulse: what it counts is what its filters find, and every row leads somewhere."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from textual.pilot import Pilot

from owtui.console.app import ConsoleApp
from owtui.console.presenters import pulse
from owtui.console.screens.device import DeviceScreen
from owtui.console.screens.fleet import FleetScreen
from owtui.console.screens.job import JobScreen
from owtui.console.screens.pulse import PANELS, PulseScreen
from owtui.engine.events import DeviceChanged
from owtui.engine.selection import parse
from storage import metrics, states
from storage.rows import DeviceRow
from tests.console.driving import driven, press, settled, shown, until
from tests.console.seed import id_of
from tests.rows import NOW, device
from widgets.glyphs import ASCII, UTF8
from widgets.rowtable import RowTable

EVERY_S = 60.0


def seen(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


def fleet() -> list[DeviceRow]:
    """Devices with everything that a count looks at, and names that a filter must quote."""
    odd = {"group": 'a "b" |c', "zone": "north wing", "model": "TP-Link * (v1)"}
    return [
        device("a", status="ok", last_seen=seen(5), facts={"version": "24.10.1"}, **odd),
        device("b", status="ok", last_seen=seen(400), facts={"version": "23.05.5"}),
        device("c", status="critical", failure_kind="host_key", last_seen=seen(90)),
        device("d", status="ok", host_key="changed", facts={"factory": True}),
        device("e", status="critical", failure_kind="unreachable", last_seen=seen(9000)),
        device("f", status="critical", failure_kind="timeout", failure_sentence="f is silent."),
        device("g", status="problem", failure_kind="auth", last_seen=seen(70), connections=1),
        device("h", is_deactivated=True, last_seen=seen(90_000), connections=1),
        device("i", status="unknown", connections=1, group="back\\slash"),
    ]


def counted(found: pulse.Tally) -> dict[str, int]:
    """Every filter that Pulse offers, with the number beside it."""
    rows = [*pulse.states(found, 10, UTF8), *pulse.attention(found, UTF8)]
    numbers = {row.key: int(row.text(2)) for row in rows}
    for kind in pulse.GROUPED:
        numbers |= {row.key: int(row.text(1)) for row in pulse.grouped(found, kind, 0, UTF8)}
    return numbers


def test_every_count_is_what_its_filter_finds() -> None:
    devices = fleet()
    numbers = counted(pulse.tally(devices, NOW, EVERY_S))
    assert len(numbers) > 15
    found = {filter_: len(parse(filter_).choose(devices, NOW)) for filter_ in numbers}
    assert numbers == found


def test_the_worst_come_first_and_of_equals_the_one_silent_longest() -> None:
    rows = pulse.worst(pulse.tally(fleet(), NOW, EVERY_S), 5, NOW, UTF8)
    assert [row.text(1) for row in rows] == ["e", "c", "f", "g", "i"]
    assert [row.text(3) for row in rows] == ["2h", "1m", "", "1m", ""]
    assert rows[2].text(2) == "is silent."  # the name is beside it


def test_late_is_who_was_not_seen_for_two_rounds() -> None:
    devices = [
        device("a", connections=1, last_seen=seen(119)),
        device("b", connections=1, last_seen=seen(121)),
        device("c", connections=1),
        device("d", connections=0),
        device("e", connections=1, is_deactivated=True),
    ]
    assert pulse.tally(devices, NOW, EVERY_S).late == 2
    assert pulse.tally(devices, NOW, 0).late == 0


def test_releases_are_told_by_how_many_lie_between_them_and_the_newest() -> None:
    versions = ("23.05.5", "24.10.0", "24.10.0-rc2", "24.10.0", "")
    devices = [device(str(n), facts={"version": v} if v else None) for n, v in enumerate(versions)]
    rows = pulse.grouped(pulse.tally(devices, NOW, EVERY_S), "fw", 0, UTF8)
    told = [(row.text(0), row.text(1), row.text(2)) for row in rows]
    assert told == [
        ("24.10.0", "2", "newest"),
        ("24.10.0-rc2", "1", "1"),
        ("23.05.5", "1", "2"),
        ("none", "1", ""),
    ]


def test_whatever_is_there_at_all_has_a_bar() -> None:
    devices = [device("x", status="critical"), *(device(str(n), status="ok") for n in range(999))]
    rows = {row.text(1): row.text(3) for row in pulse.states(pulse.tally(devices, NOW, 0), 9, UTF8)}
    assert (len(rows["critical"]), len(rows["ok"]), rows["problem"]) == (1, 8, "")


def _pulse(pilot: Pilot[Any]) -> PulseScreen:
    return cast(PulseScreen, cast(ConsoleApp, pilot.app).screen)


async def test_enter_opens_the_worst_and_going_back_leads_to_it_again(folder: Path) -> None:
    async with driven(folder) as pilot:
        await press(pilot, "0")
        assert "› Pulse" in shown(pilot.app)[0]
        await press(pilot, "j", "enter")
        assert isinstance(pilot.app.screen, DeviceScreen)
        assert "gw-harbour" in shown(pilot.app)[0]
        await press(pilot, "escape")
        assert _pulse(pilot).table.cursor_key == str(id_of("gw-harbour"))


async def test_enter_on_a_count_shows_those_devices_as_a_new_place(folder: Path) -> None:
    async with driven(folder) as pilot:
        await press(pilot, "0")
        await press(pilot, "tab", "j", "enter")
        fleet = pilot.app.screen
        assert isinstance(fleet, FleetScreen)
        assert fleet.filter_text.startswith("error_kind=unreachable | error_kind=refused")
        names = {"ap-roof-07", "gw-harbour"}
        assert set(fleet.table.order) == {str(id_of(name)) for name in names}
        await press(pilot, "left_square_bracket")
        assert _pulse(pilot).table.id == "attention"
        await press(pilot, "right_square_bracket")
        assert len(fleet.table.order) == 2


async def test_the_cursor_walks_through_all_panels_and_round(folder: Path) -> None:
    async with driven(folder) as pilot:
        await press(pilot, "0")
        visited = []
        for _ in range(60):
            visited.append(str(_pulse(pilot).table.id))
            await pilot.press("down" if len(visited) % 2 else "j")
        order = list(dict.fromkeys(visited))
        seen = [name for name in PANELS if name != "zone"]  # which gives way at 80 columns
        assert order == [*seen[1:], seen[0]]
        await press(pilot, "k", "up", "shift+tab")
        assert isinstance(pilot.app.screen, PulseScreen)


async def test_a_job_is_opened_from_its_row_and_shown_as_far_as_it_is(folder: Path) -> None:
    async with driven(folder) as pilot:
        await press(pilot, "0")
        assert any("Reboot on" in line and " 1/3" in line for line in shown(pilot.app))
        assert any("1 failed" in line for line in shown(pilot.app))
        await press(pilot, "tab", "tab", "enter")
        assert isinstance(pilot.app.screen, JobScreen)


async def test_a_device_that_falls_silent_is_counted_when_the_engine_tells(folder: Path) -> None:
    async with driven(folder) as pilot:
        await press(pilot, "0")
        app = cast(ConsoleApp, pilot.app)
        assert re.search(r"no answer +2 ", "\n".join(shown(app)))
        engine = app.bridge.engine
        assert engine is not None
        engine.fleet._replace({**engine.fleet.rows, **_silent(app, "ap-yard-01")})
        engine.bus.publish(DeviceChanged(str(id_of("ap-yard-01"))))
        await until(pilot, lambda: re.search(r"no answer +3 ", "\n".join(shown(app))))


def _silent(app: ConsoleApp, name: str) -> dict[Any, DeviceRow]:
    row = app.session.rows[id_of(name)]
    return {row.id: replace(row, status="critical", failure_kind="unreachable")}


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_all_panels_are_to_be_seen_at_every_size(folder: Path, size: tuple[int, int]) -> None:
    async with driven(folder, size) as pilot:
        await press(pilot, "0")
        text = "\n".join(shown(pilot.app))
        titles = ["STATE", "WORST", "ATTENTION", "JOB", "RELEASE", "CONFIG", "GROUP", "MODEL"]
        # At 80 columns the zones give way.
        more = ["ZONE", "north"] if size[0] > 80 else []
        assert [one for one in (*titles, *more) if one not in text] == []
        for name in ("deactivated", "gw-harbour", "not seen for 5m", "23.05.5", "yard", "Wi-Fi 1d"):
            assert name in text
        await pilot.resize_terminal(80, 24)
        await settled(pilot)
        assert "BEHIND" in "\n".join(shown(pilot.app))


async def test_in_ascii_it_is_ascii_and_without_colours_signs_tell(folder: Path) -> None:
    async with driven(folder, ascii=True, color=False) as pilot:
        await press(pilot, "0")
        lines = shown(pilot.app)
        assert all(line.isascii() for line in lines)
        assert any(f"{ASCII.critical} no answer" in line for line in lines)


async def test_the_worst_tell_what_the_problem_is_with_value_and_threshold(watched: Path) -> None:
    async with driven(watched, (120, 40)) as pilot:
        await press(pilot, "0")
        await until(pilot, lambda: "CPU 95.2 % > 90 %" in "\n".join(shown(pilot.app)))
        assert "Disk 96 % > 90 %" in "\n".join(shown(pilot.app))
        line = next(line for line in shown(pilot.app) if "ap-roof-07" in line)
        assert "does not answer" in line  # which says as much as "is not reachable"
        assert "is not reachable" not in line


async def test_a_problem_that_ends_is_no_longer_told(watched: Path) -> None:
    async with driven(watched, (120, 40)) as pilot:
        await press(pilot, "0")
        await until(pilot, lambda: "CPU 95.2 %" in "\n".join(shown(pilot.app)))
        app = cast(ConsoleApp, pilot.app)

        async def recover(engine: Any) -> None:
            def write(session: Any) -> None:
                well = metrics.Flagged(id_of("ap-roof-02"), "cpu", "cpu", "cpu_usage", "", True)
                metrics.save(session, [well])
                states.save(session, [states.StateUpdate(id_of("ap-roof-02"), status="ok")])

            await engine.database.awrite(write)
            await engine.fleet.load()
            engine.bus.publish(DeviceChanged(str(id_of("ap-roof-02"))))

        await app.bridge.call(recover)
        await until(pilot, lambda: "CPU 95.2 %" not in "\n".join(shown(pilot.app)))


async def test_the_day_s_traffic_and_clients_and_the_open_sessions_are_told(watched: Path) -> None:
    async with driven(watched) as pilot:
        await press(pilot, "0")
        await until(pilot, lambda: "3 sessions open" in "\n".join(shown(pilot.app)))
        lines = shown(pilot.app)
        traffic = next(line for line in lines if "Traffic 1d" in line)
        assert re.search(r"[▁▂▃▄▅▆▇█]{10}.*down \S+ Mbit/s  up \S+ Mbit/s", traffic)
        clients = next(line for line in lines if "Wi-Fi 1d" in line)
        assert re.search(r"\d+ clients?  3 sessions open", clients)


async def test_without_a_history_it_says_so(folder: Path) -> None:
    async with driven(folder) as pilot:
        await press(pilot, "0")
        await until(pilot, lambda: "nothing measured yet" in "\n".join(shown(pilot.app)))
        assert "0 sessions open" in "\n".join(shown(pilot.app))


async def test_enter_on_a_state_of_configurations_shows_those_devices(configured: Path) -> None:
    async with driven(configured, (120, 40)) as pilot:
        await press(pilot, "0")
        panel = pilot.app.screen.query_one("#config_status", RowTable)
        panel.focus()
        count = panel.row(panel.cursor_key or "").text(1)  # type: ignore[union-attr]
        await press(pilot, "enter")
        screen = cast(FleetScreen, pilot.app.screen)
        assert screen.filter_text.startswith("config_status=")
        assert len(screen.table.order) == int(count)
