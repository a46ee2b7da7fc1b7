"""What a device told last: its interfaces and radios, who is around it, its Wi-Fi sessions."""

from __future__ import annotations

import csv
from io import StringIO
from pathlib import Path
from typing import Any, cast

from textual.pilot import Pilot

from owtui.console.app import ConsoleApp
from owtui.console.presenters import interfaces
from owtui.console.screens.device import DeviceScreen
from owtui.console.screens.stays import StaysScreen
from owtui.engine.events import PointsAdded
from owtui.engine.monitoring.latest import Told
from storage.documents import Kept, save
from tests.console.driving import driven, press, shown, type_text, until
from tests.console.seed import NOW, id_of
from tests.console.watchseed import document


def text(pilot: Pilot[Any]) -> str:
    return "\n".join(shown(pilot.app))


async def opened(pilot: Pilot[Any], page: str, name: str = "ap-roof-01") -> None:
    """Open a device at a page, by Tab."""
    await type_text(pilot, f":devices show {name}")
    await press(pilot, "enter")
    await until(pilot, lambda: isinstance(pilot.app.screen, DeviceScreen))
    while f"[{page}]" not in text(pilot):
        await press(pilot, "tab")


async def test_radios_are_told_with_their_standard_and_the_clock_goes_on(watched: Path) -> None:
    async with driven(watched) as pilot:
        await opened(pilot, "Interfaces")
        await until(pilot, lambda: "WiFi 7 (802.11be): EHT80" in text(pilot))
        told = text(pilot)
        assert "WiFi 5 (802.11ac): VHT80" in told
        assert "36, 5.18 GHz" in told and "-95 dBm" in told and "1.1 Mbit/s" in told
        assert "2m ago" in told
        assert "2026-11-23 16:12" in told  # two minutes on since the document
        assert "1 days, 2 hours and 5" in told
        assert "\n lo" not in told  # it tells nothing


async def test_who_told_nothing_says_so(watched: Path) -> None:
    async with driven(watched) as pilot:
        await opened(pilot, "Interfaces", "ap-roof-02")
        await until(pilot, lambda: "It has told nothing for a day" in text(pilot))
        await press(pilot, "tab")
        await until(pilot, lambda: "Nobody is around" in text(pilot))


def test_an_old_report_is_called_stale() -> None:
    told = Told(NOW.replace(hour=3), document())
    [report, *_] = interfaces.sections(told, NOW)
    assert report.facts[0].value == "13h ago STALE"


async def test_clients_are_told_with_what_they_can_do(watched: Path) -> None:
    async with driven(watched, (120, 40)) as pilot:
        await opened(pilot, "Clients")
        await until(pilot, lambda: "AA:00:00:00:00:01" in text(pilot))
        lines = {line.split()[0]: line for line in shown(pilot.app) if ":00:0" in line}
        first = next(line for line in lines.values() if "00:00:01" in line)
        assert "10.8.3.120" in first and "phone" in first and "ht vht wmm" in first
        assert "ht !vht" in next(line for line in lines.values() if "00:00:02" in line)
        assert "STALE" in text(pilot)  # the neighbour's entry


async def test_sessions_are_told_the_open_ones_first(watched: Path) -> None:
    async with driven(watched) as pilot:
        await opened(pilot, "Sessions")
        await until(pilot, lambda: "AA:00:00:00:00:09" in text(pilot))
        rows = [line for line in shown(pilot.app) if "AA:00" in line]
        assert [("open" in row) for row in rows] == [True, True, True, False]
        assert "00:50" in rows[0] and "02:10" in rows[3]


async def test_a_list_is_filtered_and_exported_on_its_own_screen(
    watched: Path, tmp_path: Path
) -> None:
    async with driven(watched) as pilot:
        await opened(pilot, "Sessions")
        await until(pilot, lambda: "AA:00:00:00:00:09" in text(pilot))
        await press(pilot, "slash")
        await until(pilot, lambda: isinstance(pilot.app.screen, StaysScreen))
        await until(pilot, lambda: "4 sessions" in shown(pilot.app)[0])
        await type_text(pilot, "state=open")
        await press(pilot, "enter")
        assert "3 of 4 sessions" in shown(pilot.app)[0]
        await press(pilot, "E", *["backspace"] * len("sessions.csv"))
        await type_text(pilot, str(tmp_path / "open.csv"))
        await press(pilot, "f5")
        await until(pilot, lambda: (tmp_path / "open.csv").exists())
        rows = list(csv.DictReader(StringIO((tmp_path / "open.csv").read_text())))
        assert [row["is_open"] for row in rows] == ["yes"] * 3
        await press(pilot, "left_square_bracket", "left_square_bracket")
        assert "[Sessions]" in text(pilot)  # back on the device, at its page


async def test_the_commands_show_those_of_the_fleet_and_enter_opens_the_device(
    watched: Path,
) -> None:
    async with driven(watched, (120, 40)) as pilot:
        await type_text(pilot, ":clients")
        await press(pilot, "enter")
        await until(pilot, lambda: "4 clients" in shown(pilot.app)[0])
        assert "ap-roof-01" in text(pilot)
        await press(pilot, "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, DeviceScreen))
        await type_text(pilot, ":sessions @ap-roof-01")
        await press(pilot, "enter")
        await until(pilot, lambda: "4 sessions" in shown(pilot.app)[0])
        await type_text(pilot, ":sessions @ap-roof-*")
        await press(pilot, "enter")
        await until(pilot, lambda: "ap-roof-* is 12 devices." in text(pilot))


async def test_a_new_report_is_shown_when_it_comes(watched: Path) -> None:
    async with driven(watched) as pilot:
        await opened(pilot, "Clients")
        await until(pilot, lambda: "AA:00:00:00:00:01" in text(pilot))
        app, device = cast(ConsoleApp, pilot.app), id_of("ap-roof-01")

        async def report(engine: Any) -> None:
            moved = {**document(), "interfaces": [], "dhcp_leases": []}
            kept = Kept.of(device, NOW, moved)
            await engine.database.awrite(lambda session: save(session, [kept]))
            engine.bus.publish(PointsAdded(str(device)))

        await app.bridge.call(report)
        await until(pilot, lambda: "AA:00:00:00:00:01" not in text(pilot))
        assert "5C:A6:E6:10:07:60" in text(pilot)
