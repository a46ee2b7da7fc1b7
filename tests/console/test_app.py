"""Beginning and end: what is told when something cannot start, and that all ends in order."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import nullcontext
from functools import partial
from pathlib import Path

import pytest

from owtui.console.app import ConsoleApp
from owtui.console.boot import for_terminal
from owtui.console.bridge import Bridge
from owtui.console.frame import Frame
from owtui.console.plainly import ascii_of
from owtui.console.preview import Preview
from tests.console.driving import console, driven, loaded, press, settled, shown, until


async def test_an_engine_that_cannot_start_says_why_and_the_console_can_be_left(
    tmp_path: Path,
) -> None:
    app = console(tmp_path, database="sqlite:////proc/none/owtui.db")
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until(pilot, lambda: app.session.failed)
        await pilot.pause()
        assert "cannot be opened" in "\n".join(shown(app))
        assert "NO ENGINE" in shown(app)[-2]
        await pilot.press("q")
    assert app.return_value == 2
    assert app.bridge.stop(5)


async def test_an_unknown_theme_and_an_unusable_keymap_are_told_and_do_no_harm(
    folder: Path,
) -> None:
    async with driven(folder, theme="neon", keys={"app.nothing": ["x"]}) as pilot:
        text = " ".join("\n".join(shown(pilot.app)).split())
        assert "There is no theme “neon”" in text
        assert "There is no key id “app.nothing”" in text
        assert pilot.app.theme == "owtui-dark"


async def test_without_colours_the_terminal_s_own_theme_is_used(folder: Path) -> None:
    async with driven(folder, color=False) as pilot:
        assert pilot.app.theme == "ansi-dark"


async def test_without_colours_no_colour_leaves_and_the_cursor_is_seen(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")  # Textual has an answer of its own to it
    async with driven(folder, color=False) as pilot:
        for keys in ((), ("x",), ("escape", "question_mark"), ("escape", "6")):
            await press(pilot, *keys)
            strips = pilot.app.screen._compositor.render_strips()
            styles = [segment.style for strip in strips for segment in strip if segment.style]
            assert not [style for style in styles if style.color or style.bgcolor]
            assert keys == ("escape", "question_mark") or any(style.reverse for style in styles)


async def test_in_ascii_every_screen_and_notice_is_ascii(folder: Path) -> None:
    async with driven(folder, ascii=True) as pilot:
        pilot.app.notify("“é” is no parameter…")
        for keys in (("a",), ("p", *"secret"), ("escape", "escape", "6", "enter"), ("f1",)):
            await press(pilot, *keys)
            lines = shown(pilot.app)
            assert all(line.isascii() for line in lines), lines
            assert all(len(line) <= 80 for line in lines)
        assert any('"?" is no parameter~' in line for line in lines)


def test_ascii_takes_as_many_cells_as_what_it_stands_for() -> None:
    assert ascii_of("“roof” → 東京…") == '"roof" > ????~'
    assert ascii_of("cafe\u0301") == "cafe"


@pytest.mark.parametrize(
    ("environ", "symbols"),
    [
        ({}, True),
        ({"LANG": "de_DE.UTF-8"}, True),
        ({"LANG": "C", "LC_ALL": "en_US.utf8"}, True),
        ({"LC_CTYPE": "C.UTF-8"}, True),  # nothing was set: Python filled it in
        ({"LC_CTYPE": "UTF-8"}, True),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, False),  # LANG=C, and Python filled in the rest
        ({"LC_ALL": "C"}, False),
        ({"LC_ALL": "POSIX", "LANG": "de_DE.UTF-8"}, False),
        ({"LANG": "de_DE.ISO-8859-1@euro"}, False),
        ({"LANG": "de_DE"}, False),
        ({"TERM": "linux", "LANG": "C.UTF-8"}, False),
    ],
)
def test_a_terminal_without_utf8_gets_ascii_by_itself(
    tmp_path: Path, environ: dict[str, str], symbols: bool
) -> None:
    assert for_terminal(loaded(tmp_path), environ).settings.ascii is not symbols
    assert for_terminal(loaded(tmp_path, ascii=True), environ).settings.ascii


async def test_a_remapped_key_acts_and_is_shown_under_its_new_name(folder: Path) -> None:
    async with driven(folder, keys={"app.help": ["f12"]}) as pilot:
        assert "F12 help" in shown(pilot.app)[-1]
        await press(pilot, "f12")
        assert "Help" in shown(pilot.app)[0]


async def test_ctrl_c_says_how_to_leave_and_ctrl_z_stops_only_where_there_is_a_shell(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[tuple[int, int]] = []

    def stop_and_go_on(group: int, number: int) -> None:
        sent.append((group, number))
        os.kill(os.getpid(), signal.SIGCONT)

    monkeypatch.setattr(os, "killpg", stop_and_go_on)
    monkeypatch.setattr(os, "getpgrp", lambda: 42)
    monkeypatch.setattr(os, "getsid", lambda _pid: 42)
    monkeypatch.setattr(ConsoleApp, "suspend", lambda _app: nullcontext())  # there is no terminal
    async with driven(folder) as pilot:
        await press(pilot, "ctrl+c")
        assert any("q leaves owtui." in line for line in shown(pilot.app))
        await press(pilot, "ctrl+z")
        assert any("Jobs run, and would stand" in line for line in shown(pilot.app))
        pilot.app.session.jobs = []
        await press(pilot, "ctrl+z")
        assert any("There is no shell to go back" in line for line in shown(pilot.app))
        assert sent == []
        monkeypatch.setattr(os, "getsid", lambda _pid: 41)
        await press(pilot, "ctrl+z")
        assert sent == [(42, signal.SIGSTOP)]


async def test_root_screens_are_as_they_were_left(folder: Path) -> None:
    async with driven(folder) as pilot:
        await press(pilot, "space", "j", "F")
        before = shown(pilot.app)[1:20]
        await press(pilot, "6")
        assert "Jobs" in shown(pilot.app)[0]
        await press(pilot, "minus")
        assert shown(pilot.app)[1:20] == before


async def test_help_names_the_keys_of_the_screen_one_comes_from_and_can_be_searched(
    folder: Path,
) -> None:
    async with driven(folder) as pilot:
        await press(pilot, "question_mark")
        assert "Run a command" in "\n".join(shown(pilot.app))
        await press(pilot, "slash")
        await press(pilot, *"regex", "enter")
        assert any("/regex/" in line for line in shown(pilot.app))
        await press(pilot, "question_mark")
        await press(pilot, "escape", "escape")
        assert "Fleet" in shown(pilot.app)[0]
        assert "Help" not in shown(pilot.app)[0]


async def test_every_screen_ticks_once(folder: Path) -> None:
    async with driven(folder) as pilot:
        for keys in ((), ("enter",), ("6",), ("enter",), ("f1",), ("escape", "0")):
            await press(pilot, *keys)
            frame = pilot.app.screen
            assert isinstance(frame, Frame)
            ticks = [one for one in frame._timers if one._interval == Frame.TICK_S]
            assert len(ticks) == 1, frame


async def test_low_bandwidth_collects_longer_and_ticks_slower(tmp_path: Path) -> None:
    slow = Bridge(loaded(tmp_path, low_bandwidth=True), lambda message: None)
    quick = Bridge(loaded(tmp_path), lambda message: None)
    assert slow._collect_s > quick._collect_s >= 0.5


async def test_low_bandwidth_has_no_preview_until_it_is_wanted_and_few_colours(
    folder: Path,
) -> None:
    async with driven(folder, (120, 40), low_bandwidth=True) as pilot:
        app = pilot.app
        assert (app.theme, app.animation_level) == ("ansi-dark", "none")
        assert not app.screen.query_one(Preview).display
        await press(pilot, "z")
        assert app.screen.query_one(Preview).display


async def test_a_console_that_is_left_before_the_engine_runs_ends_it_as_well(folder: Path) -> None:
    app = ConsoleApp(loaded(folder), partial(Bridge, role="attach"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("q")
    assert app.return_value == 0
    assert app.bridge.stop(20)


async def test_what_moves_faster_than_it_is_read_is_read_again_and_not_for_ever_put_off(
    folder: Path,
) -> None:
    async with driven(folder) as pilot:
        frame = pilot.app.screen
        assert isinstance(frame, Frame)
        gate, begun = asyncio.Event(), []

        async def slow() -> None:
            begun.append(len(begun))
            await gate.wait()

        frame.load(slow, "slow")
        await until(pilot, lambda: begun)
        for _ in range(5):
            frame.load(slow, "slow")
        gate.set()
        await settled(pilot)
        assert begun == [0, 1]
