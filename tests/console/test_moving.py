"""Letters move rows and lines on every screen, also where the screen is no list of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.console.driving import driven, press, type_text
from tests.console.upgradeseed import sow_upgrades
from widgets.lineview import LineView
from widgets.rowtable import RowTable


async def test_letters_move_the_rows_of_a_batch_and_of_a_job(folder: Path) -> None:
    sow_upgrades(folder / "owtui.db")
    async with driven(folder) as pilot:
        for opened in (["4", "enter"], ["6", "down", "down", "enter", "tab"]):
            await press(pilot, *opened)
            table = pilot.app.screen.focused
            assert isinstance(table, RowTable) and table.total > 1
            await press(pilot, "g", "j")
            second = table.cursor_key
            await press(pilot, "k")
            assert table.cursor_key != second
            await press(pilot, "G")
            last = table.cursor_key
            await press(pilot, "j")
            assert table.cursor_key == last


@pytest.mark.parametrize("command", ["about", "help"])
async def test_letters_scroll_what_is_a_text(folder: Path, command: str) -> None:
    async with driven(folder) as pilot:
        await type_text(pilot, f":{command}")
        await press(pilot, "enter")
        view = pilot.app.screen.query_one(LineView)
        await press(pilot, "j", "j", "k")
        assert view.scroll_offset.y == 1
        await press(pilot, "G")
        assert view.scroll_offset.y == view.max_scroll_y > 1
        await press(pilot, "g")
        assert view.scroll_offset.y == 0


async def test_letters_move_on_every_page_of_a_device(folder: Path) -> None:
    async with driven(folder) as pilot:
        await press(pilot, "enter", "j")
        assert pilot.app.screen.query_one("#overview", LineView).scroll_offset.y == 1
        await press(pilot, *["tab"] * 6, "G")  # Facts
        facts = pilot.app.screen.query_one("#facts", LineView)
        assert facts.scroll_offset.y == facts.max_scroll_y > 1
