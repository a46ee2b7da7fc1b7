"""About: the facts of `owtui info` and of the terminal, without an engine too, without secrets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import pytest
from textual.pilot import Pilot

from owtui import __version__, about
from owtui.console.app import ConsoleApp
from owtui.console.presenters import about as presenter
from owtui.console.screens.about import AboutScreen
from tests.console.driving import console, driven, press, shown, type_text, until


async def _open(pilot: Pilot[Any], command: str = "about") -> AboutScreen:
    await type_text(pilot, f":{command}")
    await press(pilot, "enter")
    await until(pilot, lambda: isinstance(pilot.app.screen, AboutScreen))
    await press(pilot)
    return cast(AboutScreen, pilot.app.screen)


def test_what_stands_between_us_and_the_terminal_is_told() -> None:
    environ = {"TERM": "tmux-256color", "TMUX": "/tmp/x", "SSH_CONNECTION": "a b"}
    told = presenter.terminal(environ, (80, 24), None, "ascii", mouse=False, ascii_only=True)
    assert (told["multiplexer"], told["colours"], told["symbols"]) == ("tmux", "none", "ASCII")
    assert told["over_ssh"] and told["mouse"] == "the terminal's"


async def test_it_tells_what_owtui_info_tells_and_copies_it(folder: Path) -> None:
    async with driven(folder) as pilot:
        screen = await _open(pilot, "info")
        engine = cast(ConsoleApp, pilot.app).bridge.engine
        assert engine is not None
        as_json, as_text = (copy.text() for copy in screen.copies())
        copied = json.loads(as_json)
        assert copied.pop("terminal")["size"] == "80x24"
        assert copied.keys() == (await about.told(engine.loaded, engine)).keys()
        assert copied["devices"] == 40 and copied["operator"] == engine.operator.name
        assert f"version         {__version__}" in as_text and "size            80x24" in as_text
        text = "\n".join(shown(pilot.app))
        assert all(word in text for word in ("OWTUI", "FLEET", __version__, "master key"))


async def test_no_secret_is_in_it(folder: Path) -> None:
    async with driven(folder) as pilot:
        engine = cast(ConsoleApp, pilot.app).bridge.engine
        assert engine is not None
        url = engine.database._url.set(username="eva", password="sesame")
        engine.database._url = url
        screen = await _open(pilot)
        texts = [copy.text() for copy in screen.copies()]
        assert all("eva:***@" in text and "sesame" not in text for text in texts)


async def test_without_an_engine_it_says_why_and_the_rest(tmp_path: Path) -> None:
    app = console(tmp_path, database="sqlite:////proc/none/owtui.db")
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.session.failed)
        screen = await _open(pilot)
        text = screen.copies()[-1].text()
        assert __version__ in text and "cannot be opened" in text
    assert app.bridge.stop(60)


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_all_sections_can_be_read_at_every_size_in_ascii(
    folder: Path, size: tuple[int, int]
) -> None:
    async with driven(folder, size, ascii=True, color=False) as pilot:
        screen = await _open(pilot)
        screen._told = dict.fromkeys(screen._told, "x")
        screen._show()
        await pilot.pause()
        lines = shown(pilot.app)
        assert all(line.isascii() for line in lines)
        text = "\n".join(lines)
        assert all(title in text for title in ("OWTUI", "FLEET", "FILES", "TERMINAL"))
        assert f"{size[0]}x{size[1]}" in text
