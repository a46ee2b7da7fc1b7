"""Help: everything that can be done, from one table each, found by two letters."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest
from textual.pilot import Pilot

from owtui import columns
from owtui.console import verbs
from owtui.console.app import ConsoleApp
from owtui.console.presenters import help as presenter
from owtui.console.screens.fleet import FleetScreen
from owtui.console.screens.help import HelpScreen
from tests.console.driving import driven, press, settled, shown, until
from widgets.plaintext import width_of

LINES = [
    presenter.Line("Devices", "   s   A shell on the device"),
    presenter.Line("Jobs", "   P   Pause the job"),
    presenter.Line("Jobs", "   X   Abort"),
]


def test_a_section_is_found_by_its_title_and_a_line_by_its_words() -> None:
    assert [line.text for line in presenter.only(LINES, "JOBS")] == [one.text for one in LINES[1:]]
    assert presenter.only(LINES, "job pause") == [LINES[1]]
    assert presenter.only(LINES, "sh") == [LINES[0]]
    assert presenter.only(LINES, "") == LINES
    assert presenter.only(LINES, "zz") == []


def test_lines_stand_under_their_titles() -> None:
    shell, *jobs = (line.text for line in LINES)
    assert presenter.text(LINES).splitlines() == [" Devices", shell, "", " Jobs", *jobs]


def _help(pilot: Pilot[Any]) -> HelpScreen:
    return cast(HelpScreen, cast(ConsoleApp, pilot.app).screen)


async def _narrow(pilot: Pilot[Any], text: str) -> list[str]:
    await press(pilot, "slash", "ctrl+u", *("space" if c == " " else c for c in text), "enter")
    await until(pilot, lambda: _help(pilot)._typed == text)
    await settled(pilot)
    return shown(pilot.app)


async def test_every_key_action_and_command_is_in_it(folder: Path) -> None:
    async with driven(folder) as pilot:
        fleet = cast(FleetScreen, pilot.app.screen)
        commands = [f":{one.usage}" for one in verbs.offered(fleet)]
        actions = [one.title for one in fleet.actions()]
        keys = [key.help for key in fleet.usable_keys() if key.keys]
        await press(pilot, "question_mark")
        text = "\n".join(line.text for line in _help(pilot)._lines)
        assert len(commands) > 30 and len(actions) > 10 and len(keys) > 30
        assert [one for one in (*commands, *actions, *keys) if one not in text] == []
        # and what other screens can do, too
        assert "Jobs: Pause or resume the job" in text


async def test_only_what_matches_stays_and_escape_brings_all_back(folder: Path) -> None:
    async with driven(folder) as pilot:
        await press(pilot, "question_mark")
        whole = shown(pilot.app)
        lines = await _narrow(pilot, "reg")
        body = [line.strip(" ▁▂▃▄▅▆▇█") for line in lines[1:-2] if line.strip()]
        assert body == [
            "Filter of devices (/)",
            "/regex/ ~fuzzy    a regular expression; a few wrong letters",
        ]
        assert "/reg" in lines[0]
        lines = await _narrow(pilot, "qqq")
        assert "Nothing here is called that." in lines[1]
        await press(pilot, "escape")
        assert shown(pilot.app) == whole
        await press(pilot, "escape")
        assert isinstance(pilot.app.screen, FleetScreen)


async def test_in_read_only_mode_nothing_that_changes_is_in_it(folder: Path) -> None:
    async with driven(folder, read_only=True) as pilot:
        await press(pilot, "question_mark")
        text = "\n".join(line.text for line in _help(pilot)._lines)
        assert "Reboot" not in text and ":run" not in text and "Pause or resume the job" not in text
        assert ":audit [FILTER]" in text


async def test_it_is_of_the_screen_one_comes_from(folder: Path) -> None:
    async with driven(folder) as pilot:
        await press(pilot, "0", "question_mark")
        assert "Help › Pulse" in shown(pilot.app)[0]
        sections = [line.section for line in _help(pilot)._lines]
        assert "Pages and panes" in sections and "Devices" not in sections


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_it_fits_every_size_in_ascii(folder: Path, size: tuple[int, int]) -> None:
    async with driven(folder, size, ascii=True, color=False) as pilot:
        await press(pilot, "question_mark")
        lines = _help(pilot)._lines
        assert all(f"{line.section}{line.text}".isascii() for line in lines)
        long = [line.text for line in lines if width_of(line.text) > 79]
        assert len(long) <= 3, "\n".join(long)  # those are wrapped


def test_the_filter_language_is_told_with_keys_that_exist() -> None:
    for shown_, told in presenter._FILTER:
        for word in f"{shown_} {told}".split():
            key, sign, _ = word.partition("=")
            if sign and key.isalpha() and key not in ("key", "a"):
                assert columns.column(key) is not None, word
