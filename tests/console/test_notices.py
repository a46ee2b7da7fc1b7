"""Notices: every toast is kept, the newest first, and can be read in full and copied."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from textual.pilot import Pilot

from owtui.console.app import ConsoleApp
from owtui.console.noticing import MOST
from owtui.console.screens.notices import NoticesScreen
from owtui.console.screens.text import TextScreen
from owtui.engine.events import Notice
from tests.console.driving import driven, press, shown, type_text, until
from tests.console.seed import NOW


async def _open(pilot: Pilot[Any]) -> NoticesScreen:
    await type_text(pilot, ":notices")
    await press(pilot, "enter")
    await until(pilot, lambda: isinstance(pilot.app.screen, NoticesScreen))
    await press(pilot)
    return cast(NoticesScreen, pilot.app.screen)


def _rows(app: Any) -> list[str]:
    """What the table says, toasts aside."""
    table = cast(NoticesScreen, app.screen).table
    found = [table.row(key) for key in table.order]
    return [" ".join(row.text(at) for at in range(4)) for row in found if row]


async def test_what_was_told_is_listed_the_newest_first_with_level_and_age(folder: Path) -> None:
    async with driven(folder) as pilot:
        app = cast(ConsoleApp, pilot.app)
        app.notify("first", markup=False)
        app.session.now = lambda: NOW + timedelta(minutes=3)
        app.screen.notify("second\nline", severity="error")
        await _open(pilot)
        assert _rows(app) == ["✖ <10s error second line", "▲ 3m info first"]
        assert [piece.text for piece in cast(NoticesScreen, app.screen).counts()] == ["2 notices"]


async def test_a_notice_of_the_engine_appears_while_one_looks(folder: Path) -> None:
    async with driven(folder) as pilot:
        app = cast(ConsoleApp, pilot.app)
        app.notify("first")
        screen = await _open(pilot)
        assert app.bridge.engine is not None
        told = Notice("x", "The disk is nearly full.", "Make room.", level="warning")
        app.bridge.engine.bus.publish(told)
        await until(pilot, lambda: len(screen.table.order) == 2)
        assert _rows(app)[0] == "! <10s warning The disk is nearly full. Make room."
        assert screen.table.cursor_key == screen.table.order[0]


async def test_it_can_be_filtered_read_in_full_and_copied(folder: Path) -> None:
    async with driven(folder) as pilot:
        app = cast(ConsoleApp, pilot.app)
        long = "word " * 60 + "end"
        app.notify(long, severity="warning")
        app.notify("other")
        screen = await _open(pilot)
        await type_text(pilot, "/level=warning")
        await press(pilot, "enter")
        assert len(screen.table.order) == 1
        row, everything = (copy.text() for copy in screen.copies())
        assert row == everything == f"2026-11-23T16:12:00Z\twarning\t{long}"
        app.clear_notifications()
        await press(pilot, "enter")
        assert isinstance(app.screen, TextScreen)
        assert any(line.rstrip().endswith("end") for line in shown(app))


async def test_only_the_newest_are_kept_and_that_is_said(folder: Path) -> None:
    async with driven(folder) as pilot:
        app = cast(ConsoleApp, pilot.app)
        for number in range(MOST + 5):
            app.notify(f"number {number}")
        app.clear_notifications()
        screen = await _open(pilot)
        rows = _rows(app)
        assert len(rows) == MOST
        assert rows[0].endswith(f"number {MOST + 4}") and rows[-1].endswith("number 5")
        assert [piece.text for piece in screen.counts()] == [f"the {MOST} newest"]


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_it_fits_every_size_in_ascii(folder: Path, size: tuple[int, int]) -> None:
    async with driven(folder, size, ascii=True, color=False) as pilot:
        app = cast(ConsoleApp, pilot.app)
        app.notify("The disk is full.", severity="error")
        await _open(pilot)
        app.clear_notifications()
        await pilot.pause()
        lines = shown(app)
        assert all(line.isascii() for line in lines)
        assert lines[2].split() == [">", "x", "<10s", "error", "The", "disk", "is", "full."]
