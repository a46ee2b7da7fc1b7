"""Firmware: where devices stand, the faulty ones alone, an upgrade of the marks, copies, a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from textual.pilot import Pilot

from owtui.console.presenters import firmware as presenter
from owtui.console.screens.device import DeviceScreen
from owtui.console.screens.firmware import NO_BUILD, FirmwareScreen
from owtui.engine.firmware.entries import OverviewRow
from tests.console.driving import driven, press, shown, type_text, until
from tests.console.upgradeseed import sow_upgrades
from widgets.finddialog import FindDialog


@pytest.fixture
def upgraded(folder: Path) -> Path:
    """The seeded fleet with a library of three builds."""
    sow_upgrades(folder / "owtui.db")
    return folder


async def _open(pilot: Pilot[Any], command: str = "firmware") -> FirmwareScreen:
    await type_text(pilot, f":{command}")
    await press(pilot, "enter")
    screen = pilot.app.screen
    assert isinstance(screen, FirmwareScreen)
    await until(pilot, lambda: screen.table.total > 0)
    return screen


async def test_each_device_is_told_with_what_it_runs_and_what_is_there_for_it(
    upgraded: Path,
) -> None:
    async with driven(upgraded, (120, 40)) as pilot:
        screen = await _open(pilot)
        text = "\n".join(shown(pilot.app))
        assert "roofs/24.10.9: 3 images, 0 run it" in text
        rows = {line[5:].split()[0]: line for line in shown(pilot.app)[3:-2] if line[5:].strip()}
        assert "No image is for ubnt,unifi" in rows["ap-hall-01"]
        assert "tplink_eap615-wall-v1" in rows["ap-roof-01"]
        assert "24.10.9" in rows["ap-roof-01"]
        await press(pilot, "F")
        assert "/!state=newest" in shown(pilot.app)[0]
        await press(pilot, "escape", *"/state=behind", "enter")
        assert 0 < len(screen.table.order) < screen.table.total
        assert all(screen.fields(key)["state"] == "behind" for key in screen.table.order)


async def test_an_upgrade_is_planned_for_the_marks(upgraded: Path) -> None:
    async with driven(upgraded, (120, 40)) as pilot:
        await _open(pilot)
        await press(pilot, *"/board=tplink,eap*", "enter", "asterisk", "U")
        await until(pilot, lambda: isinstance(pilot.app.screen, FindDialog))
        assert "Upgrade 12 marked to" in "\n".join(shown(pilot.app))
        assert "roofs/24.10.9" in "\n".join(shown(pilot.app))


async def test_devices_of_a_filter_alone_and_one_of_them_is_opened(upgraded: Path) -> None:
    async with driven(upgraded) as pilot:
        screen = await _open(pilot, "firmware gw-north")
        assert "Firmware › gw-north" in shown(pilot.app)[0]
        assert screen.table.total == 1
        await press(pilot, "enter")
        assert isinstance(pilot.app.screen, DeviceScreen)
        await press(pilot, "escape")
        await type_text(pilot, ":firmware nothing=here")
        await press(pilot, "enter")
        assert any("nothing" in line for line in shown(pilot.app)[-4:])
        assert pilot.app.screen is screen


async def test_a_row_is_copied_and_all_of_them_go_into_a_file(
    upgraded: Path, tmp_path: Path
) -> None:
    async with driven(upgraded) as pilot:
        screen = await _open(pilot)
        _, row, as_json = (copy.text() for copy in screen.copies())
        [told] = json.loads(as_json)
        assert told["device"] in row and told["reason"] in row
        file = tmp_path / "devices.csv"
        await press(pilot, "E")
        await press(pilot, "ctrl+u")
        await type_text(pilot, str(file))
        await press(pilot, "enter")
        await until(pilot, file.exists)
        head, *lines = file.read_text("utf-8").splitlines()
        assert head.startswith("device,model,board,os,release") and len(lines) == 40


async def test_without_a_build_it_says_how_one_is_made(folder: Path) -> None:
    async with driven(folder, (120, 40)) as pilot:
        screen = await _open(pilot)
        assert screen.table.total == 40
        await type_text(pilot, ":firmware tag=nobody")
        await press(pilot, "enter")
        await until(pilot, lambda: NO_BUILD[:40] in "\n".join(shown(pilot.app)))


@pytest.mark.parametrize(
    ("builds", "image", "reason", "state"),
    [
        (0, True, "", "newest"),
        (2, True, "", "behind"),
        (1, False, "No image is for it.", "no image"),
        (None, True, "", "unknown"),
        (None, False, "", "unknown"),
    ],
)
def test_the_state_is_one_word(builds: int | None, image: bool, reason: str, state: str) -> None:
    one = OverviewRow(
        *(uuid4(), "ap-1", "", "", "", ""),
        builds_behind=builds,
        image_id=uuid4() if image else None,
        reason=reason,
    )
    assert presenter.state(one) == state
