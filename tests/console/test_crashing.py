"""A bug in a screen is one screen's: it is logged and told, and console and engine go on."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
from textual import events
from textual.pilot import Pilot
from textual.strip import Strip

from owtui.console.app import ConsoleApp
from owtui.console.screens.fleet import FleetScreen
from owtui.console.screens.jobs import JobsScreen
from tests.console.driving import DEADLINE_S, driven, press, shown
from widgets.rowtable import RowTable


def _break(*_: Any) -> Any:
    secret = "hunter2"
    raise RuntimeError(f"a bug, with {len(secret)} letters")


async def _recovering(pilot: Pilot[Any]) -> ConsoleApp:
    app = cast(ConsoleApp, pilot.app)
    app.recovers = True
    return app


async def _until(holds: Callable[[], object]) -> None:
    """Wait without the pilot, which waits for every screen, also one that is broken."""
    async with asyncio.timeout(DEADLINE_S):
        while not holds():  # noqa: ASYNC110 — of a screen there is no event that could be waited on
            await asyncio.sleep(0.01)


def _says(app: Any, words: str) -> bool:
    return words in "\n".join(shown(app))


async def test_a_key_whose_action_breaks_is_told_and_the_next_key_works(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with driven(folder) as pilot:
        app = await _recovering(pilot)
        monkeypatch.setattr(FleetScreen, "action_list_wide", _break)
        with caplog.at_level(logging.ERROR):
            await press(pilot, "w")
            await _until(lambda: _says(app, "That did not work"))
        assert "a bug, with 7 letters" in caplog.text
        await press(pilot, "6")
        assert "Jobs" in shown(app)[0]


async def test_a_screen_that_breaks_gives_way_to_one_that_says_so(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with driven(folder) as pilot:
        app = await _recovering(pilot)
        with monkeypatch.context() as broken:
            broken.setattr(JobsScreen, "on_row_table_cursor_moved", _break)
            await pilot.press("6")
            await _until(lambda: _says(app, "has met a bug"))
            assert _says(app, "owtui.log")
            assert not _says(app, "hunter2")
        await press(pilot, "enter")
        assert "Jobs" in shown(app)[0]
        await press(pilot, "1")
        assert "40 dev" in shown(app)[0]
        assert app.bridge.engine is not None


async def test_a_widget_that_cannot_be_drawn_takes_only_its_screen_with_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with driven(folder) as pilot:
        app = await _recovering(pilot)
        with monkeypatch.context() as broken:
            broken.setattr(RowTable, "render_line", lambda self, y: cast(Strip, _break()))
            await pilot.press("j")
            await _until(lambda: _says(app, "has met a bug"))
        await press(pilot, "enter")
        await _until(lambda: "40 dev" in shown(app)[0])
        await press(pilot, "j")
        assert _says(app, "ap-hall-04")


async def test_a_console_that_keeps_breaking_leaves_with_a_sentence_and_no_traceback(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async with driven(folder) as pilot:
        app = await _recovering(pilot)
        monkeypatch.setattr(JobsScreen, "on_mount", _break)
        for _ in range(7):
            if not app.is_running:
                break
            app.post_message(events.Key("6", "6"))
            await _until(lambda: _says(app, "has met a bug") or not app.is_running)
            app.post_message(events.Key("1", "1"))
            await _until(lambda: _says(app, "40 dev") or not app.is_running)
        await _until(lambda: not app.is_running)
    assert app.return_code == 1
    assert "hunter2" not in capsys.readouterr().err
