"""Getting text out: the clipboard's escape sequence, the plain view, the mouse."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from owtui.console import clipboard
from owtui.console.app import ConsoleApp
from owtui.console.screens.text import TextScreen
from tests.console.driving import driven, press, settled, shown, type_text


def _said(coded: str) -> str:
    return base64.b64decode(coded.partition("52;c;")[2].partition("\x07")[0]).decode("utf-8")


def test_a_text_is_sent_as_osc_52() -> None:
    sent = clipboard.sequence("ap-röf\n", {"TERM": "xterm"})
    assert sent is not None and sent.startswith("\x1b]52;c;") and sent.endswith("\x07")
    assert _said(sent) == "ap-röf\n"


def test_tmux_is_asked_and_passed_by() -> None:
    sent = clipboard.sequence("x", {"TMUX": "/tmp/tmux-0/default,1,0", "TERM": "screen"})
    plain = clipboard.sequence("x", {})
    assert sent is not None and plain is not None
    wrapped = plain.replace("\x1b", "\x1b\x1b")
    assert sent == f"{plain}\x1bPtmux;{wrapped}\x1b\\"


def test_screen_gets_it_in_pieces_that_it_passes_on() -> None:
    text = "x" * 2000
    sent = clipboard.sequence(text, {"STY": "1.pts-0", "TERM": "screen"})
    assert sent is not None
    pieces = sent.split("\x1b\\")[:-1]
    assert all(piece.startswith("\x1bP") and len(piece) <= 242 for piece in pieces)
    assert _said("".join(piece.removeprefix("\x1bP") for piece in pieces)) == text


def test_a_text_over_the_cap_is_not_cut_but_refused() -> None:
    assert clipboard.sequence("x" * 56_000, {}) is not None
    assert clipboard.sequence("x" * 56_400, {}) is None


@pytest.fixture
def raw(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is written past the screen."""
    monkeypatch.delenv("TMUX", raising=False)
    written: list[str] = []
    monkeypatch.setattr(ConsoleApp, "write_raw", lambda self, text: written.append(text))
    return written


async def test_a_name_is_copied(folder: Path, raw: list[str]) -> None:
    async with driven(folder) as pilot:
        await press(pilot, "y")
        await press(pilot, "n")
        assert "OSC 52" in "\n".join(shown(pilot.app))
    assert [_said(one) for one in raw] == ["ap-hall-04"]


async def test_the_marked_devices_are_copied_and_counted(folder: Path, raw: list[str]) -> None:
    async with driven(folder) as pilot:
        await press(pilot, "space", "space", "y")
        assert "Copy 2 devices" in "\n".join(shown(pilot.app))
        await press(pilot, "j")
    assert len(json.loads(_said(raw[0]))) == 2


async def test_a_fleet_that_no_clipboard_takes_is_shown_plain(folder: Path, raw: list[str]) -> None:
    async with driven(folder) as pilot:
        await press(pilot, "asterisk", "y")
        await press(pilot, "j")
        lines = shown(pilot.app)
        assert lines[0].startswith("[") and lines[1].startswith("  {")
        assert not any("q quit" in line for line in lines), "the frame is still there"
        await press(pilot, "escape")
        assert "Fleet" in shown(pilot.app)[0]
    assert raw == []


async def test_the_plain_view_is_text_and_nothing_else(folder: Path) -> None:
    async with driven(folder) as pilot:
        await press(pilot, "enter")
        await press(pilot, "y")
        await press(pilot, "v")
        lines = shown(pilot.app)
        assert lines[0].rstrip() == "{"
        assert not any(mark in "".join(lines) for mark in "│─┃▔▁")


async def test_a_text_and_its_line_are_copied(folder: Path, raw: list[str]) -> None:
    async with driven(folder) as pilot:
        await press(pilot, "question_mark")
        await press(pilot, "y")
        await press(pilot, "l")
        await press(pilot, "y")
        await press(pilot, "t")
    line, text = map(_said, raw)
    assert line and text.startswith(line) and len(text.splitlines()) > 20


class _Driver:
    """Both halves of the mouse, as Textual's driver for Linux has them."""

    _mouse = True

    def __init__(self, real: Any) -> None:
        self._real = real
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def _enable_mouse_support(self) -> None:
        self.calls.append("on")

    def _disable_mouse_support(self) -> None:
        self.calls.append("off")


async def _with_driver(pilot: Pilot[Any]) -> _Driver:
    driver = _Driver(pilot.app._driver)
    pilot.app._driver = driver  # type: ignore[assignment]
    return driver


async def test_the_mouse_is_left_to_the_terminal_and_taken_back(folder: Path) -> None:
    async with driven(folder, size=(120, 40)) as pilot:
        driver = await _with_driver(pilot)
        await press(pilot, "percent_sign")
        assert driver.calls == ["off"] and not driver._mouse
        pilot.app.clear_notifications()
        await pilot.pause()
        assert "mouse off" in shown(pilot.app)[-2]
        await press(pilot, "percent_sign")
        assert driver.calls == ["off", "on"] and driver._mouse
        assert "mouse off" not in shown(pilot.app)[-2]


async def test_the_plain_view_leaves_the_mouse_alone_where_it_was_off(folder: Path) -> None:
    async with driven(folder, mouse=False) as pilot:
        driver = await _with_driver(pilot)
        await press(pilot, "y")
        await press(pilot, "v")
        await press(pilot, "escape")
        assert "on" not in driver.calls


async def test_hits_are_gone_through_and_long_lines_broken(folder: Path) -> None:
    text = "\n".join(f"line {n}{' mark' if n % 30 == 9 else ''}" for n in range(200))
    async with driven(folder) as pilot:
        app = pilot.app
        assert isinstance(app, ConsoleApp)
        await app.push_screen(TextScreen(app.session, ("Text",), text))
        await settled(pilot)
        await type_text(pilot, "/mark")
        await press(pilot, "enter")
        first = shown(pilot.app)[1]
        assert "mark" in first.lower()
        await press(pilot, "n")
        assert shown(pilot.app)[1] != first
        await press(pilot, "N")
        assert shown(pilot.app)[1] == first
