"""The Settings screen: values with what set them, explained, and the theme chosen there."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import Any, cast

import pytest
from textual.pilot import Pilot

from owtui.console.app import ConsoleApp
from owtui.console.screens.settings import SettingsScreen
from owtui.console.screens.text import TextScreen
from owtui.settings import Origin, Settings
from tests.console.driving import driven, press, shown, type_text, until


async def _open(pilot: Pilot[Any], **origins: Origin) -> ConsoleApp:
    app = cast(ConsoleApp, pilot.app)
    app.session.loaded = replace(app.session.loaded, origins=origins)
    await type_text(pilot, ":settings")
    await press(pilot, "enter")
    await until(pilot, lambda: isinstance(app.screen, SettingsScreen))
    await press(pilot)
    return app


async def test_each_is_shown_with_its_value_and_what_set_it(folder: Path) -> None:
    async with driven(folder, parallel=7) as pilot:
        await _open(pilot, parallel=Origin("file", "/x/config.toml", 4))
        assert f"1 of {len(fields(Settings))} set" in shown(pilot.app)[0]
        await type_text(pilot, "/paral")
        await press(pilot, "enter")
        row = shown(pilot.app)[2]
        assert row.split() == [">", "parallel", "7", "config.toml:4"]
        assert "How many devices are worked on at once" in shown(pilot.app)[-3]
        await press(pilot, "enter")
        assert isinstance(pilot.app.screen, TextScreen)
        assert any("It comes from /x/config.toml, line 4." in line for line in shown(pilot.app))
        await press(pilot, "escape", "escape")
        assert sum(bool(line.strip()) for line in shown(pilot.app)[2:-3]) > 10


async def test_the_theme_is_chosen_for_the_session_alone(folder: Path) -> None:
    async with driven(folder) as pilot:
        app = await _open(pilot)
        await type_text(pilot, "/name=theme")
        await press(pilot, "enter", "enter", "2")
        assert app.theme == "owtui-light"
        assert "owtui-light" in shown(app)[2] and "chosen here" in shown(app)[2]
        assert app.session.settings.theme == "owtui-dark"


async def test_what_is_wrong_comes_first_and_in_full_at_enter(folder: Path) -> None:
    async with driven(folder, keys={"act.menu": ["ctrl+a"], "app.help": ["x"]}) as pilot:
        await _open(pilot)
        await press(pilot, "g")
        first = shown(pilot.app)[2]
        assert "! " in first and " at once" in first
        await press(pilot, "enter")
        assert "Settings › Warning" in shown(pilot.app)[0]


async def test_a_password_is_shown_neither_in_the_list_nor_copied(folder: Path) -> None:
    async with driven(folder, (120, 40)) as pilot:
        app = cast(ConsoleApp, pilot.app)
        loaded = app.session.loaded
        chosen = replace(loaded.settings, database="postgresql://eva:sesame@db/owtui")
        app.session.loaded = replace(loaded, settings=chosen)
        await _open(pilot)
        screen = app.screen
        assert isinstance(screen, SettingsScreen)
        texts = [*shown(app), *(copy.text() for copy in screen.copies())]
        assert any("eva:***@db" in text for text in texts)
        assert not any("sesame" in text for text in texts)


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_it_fits_every_size_in_ascii(folder: Path, size: tuple[int, int]) -> None:
    async with driven(folder, size, ascii=True, color=False) as pilot:
        await _open(pilot)
        lines = shown(pilot.app)
        assert all(line.isascii() for line in lines)
        assert [word in lines[1] for word in ("SETTING", "VALUE", "FROM")] == [True] * 3
        await press(pilot, "enter")
        assert all(line.isascii() for line in shown(pilot.app))


async def test_no_key_looks_for_faults_among_settings(folder: Path) -> None:
    async with driven(folder) as pilot:
        await type_text(pilot, ":settings")
        await press(pilot, "enter")
        before = shown(pilot.app)
        await press(pilot, "F")
        assert shown(pilot.app) == before
        await press(pilot, "question_mark")
        assert not any("not well" in line for line in shown(pilot.app)[:12])
