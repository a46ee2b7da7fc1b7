"""A device's configuration: how it stands, its templates, its own part, its history, the diff."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from sqlmodel import Session
from textual.pilot import Pilot

from owtui.console.app import ConsoleApp
from owtui.console.screens.device import DeviceScreen
from owtui.console.screens.editor import EditorScreen
from owtui.console.screens.generations import GenerationsScreen
from owtui.console.screens.text import DiffScreen
from owtui.console.screens.variables import VariablesScreen
from storage import running
from storage.db import Database
from storage.running import Drift, Observed
from tests.console.driving import driven, press, shown, type_text, until
from tests.console.seed import NOW, id_of

NETWORK = "/etc/config/network"


def text(pilot: Pilot[Any]) -> str:
    return "\n".join(shown(pilot.app))


async def page(pilot: Pilot[Any], name: str = "ap-roof-02") -> None:
    """Open the page Config of a device."""
    await type_text(pilot, f":config {name}")
    await press(pilot, "enter")
    await until(pilot, lambda: isinstance(pilot.app.screen, DeviceScreen))
    await until(pilot, lambda: "[Config]" in text(pilot) and "templates" in text(pilot))


async def test_it_says_how_it_stands_and_what_it_is_made_of(configured: Path) -> None:
    async with driven(configured) as pilot:
        await page(pilot)
        assert "modified: changed here, not on the device yet" in text(pilot)
        rows = [line.split() for line in shown(pilot.app)]
        assert ["1", "base", "v1", "default"] in rows
        assert ["2", "roof-ap", "v2", "chosen"] in rows
        assert any("own" in line and "general" in line for line in shown(pilot.app))
        assert any(
            "variables" in line and "1 set on the device" in line for line in shown(pilot.app)
        )
        assert any("history" in line and "nothing was applied" in line for line in shown(pilot.app))
        await press(pilot, "y", "c")
        assert "roof-ap\tv2\tchosen" in pilot.app.clipboard


async def test_a_variable_that_nothing_sets_is_told(configured: Path) -> None:
    async with driven(configured) as pilot:
        await page(pilot, "ap-roof-10")
        assert "not set: ssid" in text(pilot)


async def test_enter_opens_what_the_row_is_about(configured: Path) -> None:
    async with driven(configured) as pilot:
        await page(pilot)
        for steps, kind in (
            (2, EditorScreen),
            (3, EditorScreen),
            (4, VariablesScreen),
            (5, GenerationsScreen),
        ):
            await press(pilot, "home", *["down"] * steps, "enter")
            await until(pilot, lambda kind=kind: isinstance(pilot.app.screen, kind))
            await press(pilot, "escape")
            await until(pilot, lambda: isinstance(pilot.app.screen, DeviceScreen))


async def test_templates_are_added_taken_off_and_put_in_order(configured: Path) -> None:
    async with driven(configured) as pilot:
        await page(pilot)
        await press(pilot, "home", "enter")
        await until(pilot, lambda: "Templates of the device" in text(pilot))
        await press(pilot, "end", "space", "K", "enter")
        await until(pilot, lambda: "Its templates are saved" in text(pilot))
        app = cast(ConsoleApp, pilot.app)
        own = await app.bridge.call(lambda engine: engine.configs.devices.get(id_of("ap-roof-02")))
        assert [one.name for one in own.templates] == ["base", "guest", "roof-ap"]
        rows = [line.split() for line in shown(pilot.app)]
        assert ["2", "guest", "v1", "chosen"] in rows


async def test_e_opens_the_page_and_then_its_own_part(configured: Path) -> None:
    async with driven(configured) as pilot:
        await type_text(pilot, "/ap-roof-02")
        await press(pilot, "enter", "e")
        await until(pilot, lambda: "[Config]" in text(pilot))
        await press(pilot, "e")
        await until(pilot, lambda: isinstance(pilot.app.screen, EditorScreen))
        await until(pilot, lambda: "Fleet › ap-roof-02" in shown(pilot.app)[0])


async def test_d_shows_what_it_should_have_without_secrets(configured: Path) -> None:
    async with driven(configured) as pilot:
        await type_text(pilot, "/ap-roof-02")
        await press(pilot, "enter", "D")
        await until(pilot, lambda: isinstance(pilot.app.screen, DiffScreen))
        told = cast(DiffScreen, pilot.app.screen)._text
        assert "option ssid 'roof 02'" in told and "not-for-your-eyes" not in told
        await press(pilot, "escape")
        await type_text(pilot, ":config diff ap-roof-03")
        await press(pilot, "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, DiffScreen))
        assert "option ssid 'roofs'" in cast(DiffScreen, pilot.app.screen)._text


def drift(folder: Path, name: str) -> None:
    """Let a device have moved away from what was applied to it, as a poll would record it."""

    def write(session: Session) -> None:
        device = id_of(name)
        running.expect(session, device, {NETWORK: "1" * 32}, {}, ())
        moved = Drift(("network",), "moved", NOW, "root over SSH")
        seen = Observed(device, NOW, "mark", {NETWORK: "2" * 32}, {}, drift=moved)
        running.save(session, None, [seen])

    database = Database.open(f"sqlite:///{folder / 'owtui.db'}")
    try:
        database.write(write)
    finally:
        database.close()


async def test_i_leaves_drift_as_it_is_until_it_moves(configured: Path) -> None:
    drift(configured, "ap-roof-02")
    async with driven(configured, (120, 24)) as pilot:
        await page(pilot)
        await until(pilot, lambda: "drift: network by root over SSH" in text(pilot))
        assert "ignore drift" in shown(pilot.app)[-1]
        await press(pilot, "i", "escape")
        assert "(ignored)" not in text(pilot)
        await press(pilot, "i", "y")
        await until(pilot, lambda: "root over SSH (ignored)" in text(pilot))
        assert "ignore drift" not in shown(pilot.app)[-1]
        app = cast(ConsoleApp, pilot.app)
        device = id_of("ap-roof-02")
        told = await app.bridge.call(lambda engine: engine.audit([device], limit=5))
        assert (told[0]["action"], told[0]["operator"]) == ("ignore_drift", "eva")
        (row,) = await app.bridge.call(lambda engine: engine.polls.running.drift([device]))
        assert (row.drifted, row.ignored) == (True, True)
        assert not app.session.rows[device].drift


async def test_nobody_leaves_drift_that_is_not_there_or_may_not(configured: Path) -> None:
    async with driven(configured, (120, 24)) as pilot:
        await page(pilot)
        await press(pilot, "i")
        assert "as it has drifted" not in text(pilot)
    drift(configured, "ap-roof-02")
    async with driven(configured, (120, 24), read_only=True) as pilot:
        await page(pilot)
        await until(pilot, lambda: "drift: network" in text(pilot))
        await press(pilot, "i")
        assert "as it has drifted" not in text(pilot)


async def test_what_was_applied_is_read_and_compared(configured: Path) -> None:
    async with driven(configured) as pilot:
        await type_text(pilot, ":config history ap-roof-02")
        await press(pilot, "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, GenerationsScreen))
        await until(pilot, lambda: "Fleet › ap-roof-02 › History" in shown(pilot.app)[0])
        assert "Nothing was applied to it yet." in text(pilot)


async def test_a_device_without_a_configuration_gets_its_first_one_here(configured: Path) -> None:
    async with driven(configured) as pilot:
        await page(pilot, "gw-north")
        assert "no configuration of ours yet" in text(pilot)
        await press(pilot, "e")
        await until(pilot, lambda: isinstance(pilot.app.screen, EditorScreen))
        screen = cast(EditorScreen, pilot.app.screen)
        await until(pilot, lambda: screen.sheet is not None)
        screen.edit.replace('{"general": {"timezone": "UTC"}}')
        await press(pilot, "f5")
        await until(pilot, lambda: "Saved as v1" in text(pilot))
        await press(pilot, "escape")
        await until(
            pilot, lambda: any("own" in line and "general" in line for line in shown(pilot.app))
        )


async def test_the_page_comes_back_with_the_history_of_places(configured: Path) -> None:
    async with driven(configured) as pilot:
        await page(pilot)
        await press(pilot, "1", "left_square_bracket")
        await until(pilot, lambda: "[Config]" in text(pilot))
