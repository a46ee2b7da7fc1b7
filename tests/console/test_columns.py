"""`c` chooses the columns of the fleet and their order; the command and what is kept agree."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from tests.console.driving import driven, press, shown
from widgets.pickdialog import PickDialog


def columns(pilot: Pilot[Any]) -> list[str]:
    return [column.key for column in pilot.app.screen.query_one("#list").columns]


async def test_columns_are_taken_away_moved_and_brought_back(folder: Path) -> None:
    async with driven(folder) as pilot:
        before = columns(pilot)
        await press(pilot, "c")
        assert isinstance(pilot.app.screen, PickDialog)
        assert "always stay" in "\n".join(shown(pilot.app))
        await press(pilot, "J", "down", "space", "enter")
        first, second, _, *rest = before[2:]
        assert columns(pilot) == ["state", "name", second, first, *rest]
        await press(pilot, "c", "escape")
        assert columns(pilot) == ["state", "name", second, first, *rest]
        await press(pilot, "c", "u", "enter")
        assert columns(pilot) == before
        assert pilot.app.screen.shape()[0] == ()


async def test_what_was_chosen_is_there_the_next_time(folder: Path) -> None:
    async with driven(folder) as pilot:
        await press(pilot, "c", "space", "enter")
        chosen = columns(pilot)
        pilot.app.exit()
    async with driven(folder) as pilot:
        assert columns(pilot) == chosen


async def test_cursor_and_marks_stay(folder: Path) -> None:
    async with driven(folder) as pilot:
        table = pilot.app.screen.query_one("#list")
        await press(pilot, "space", "down", "down")
        marks, cursor = table.marks, table.cursor_key
        await press(pilot, "c", "space", "enter")
        assert (table.marks, table.cursor_key) == (marks, cursor)
