"""Going back and forward: every place is as it was left, and closing a screen is a step back."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from textual.pilot import Pilot

from owtui.console.app import ConsoleApp
from owtui.console.history import History, Place
from owtui.console.screens.fleet import FleetScreen
from tests.console.driving import driven, press, settled, shown, type_text


def _fleet(pilot: Pilot[int]) -> FleetScreen:
    return cast(FleetScreen, cast(ConsoleApp, pilot.app).go("fleet"))


async def _filter(pilot: Pilot[int], text: str) -> None:
    await type_text(pilot, f"/{text}")
    await press(pilot, "enter")


async def test_back_brings_filter_sort_cursor_and_marks_and_forward_the_other(folder: Path) -> None:
    async with driven(folder) as pilot:
        table = _fleet(pilot).table
        await _filter(pilot, "ap-roof")
        await press(pilot, "space", "space", "j")
        await press(pilot, "O")
        marks, cursor, order = table.marks, table.cursor_key, list(table.order)
        await press(pilot, "slash", "ctrl+u")
        await type_text(pilot, "gw")
        await press(pilot, "enter")
        await press(pilot, "u")
        assert len(table.order) == 2 and not table.marks
        await press(pilot, "left_square_bracket")
        assert "/ap-roof" in shown(pilot.app)[0]
        assert (table.marks, table.cursor_key, list(table.order)) == (marks, cursor, order)
        await press(pilot, "right_square_bracket")
        assert "/gw" in shown(pilot.app)[0]
        assert len(table.order) == 2 and not table.marks


async def test_a_device_left_by_escape_is_opened_again_on_its_page(folder: Path) -> None:
    async with driven(folder) as pilot:
        await press(pilot, "enter")
        await press(pilot, "d")
        title = shown(pilot.app)[0]
        await press(pilot, "escape")
        assert shown(pilot.app)[0] != title
        await press(pilot, "right_square_bracket")
        await settled(pilot)
        assert shown(pilot.app)[0] == title
        assert "[Facts]" in shown(pilot.app)[1]
        await press(pilot, "left_square_bracket")
        assert "Fleet" in shown(pilot.app)[0] and shown(pilot.app)[0] != title


async def test_back_from_a_job_goes_where_it_was_opened_from(folder: Path) -> None:
    async with driven(folder) as pilot:
        await press(pilot, "6")
        await press(pilot, "down", "enter")
        job = shown(pilot.app)[0]
        await press(pilot, "1")
        await press(pilot, "alt+left")
        assert shown(pilot.app)[0] == job
        await press(pilot, "alt+left")
        assert "Jobs" in shown(pilot.app)[0]
        await press(pilot, "alt+left")
        assert "Fleet" in shown(pilot.app)[0]
        await press(pilot, "alt+left")
        assert "There is nothing before this." in "\n".join(shown(pilot.app))


async def test_other_columns_keep_cursor_marks_and_order(folder: Path) -> None:
    async with driven(folder) as pilot:
        table = _fleet(pilot).table
        await press(pilot, "space", "space", "j", "O")
        before = (table.marks, table.cursor_key, list(table.order))
        await type_text(pilot, ":columns ip,uptime,tags")
        await press(pilot, "enter")
        assert (table.marks, table.cursor_key, list(table.order)) == before
        assert len(table.marks) == 2
        assert [column.key for column in table.columns] == ["state", "name", "ip", "uptime", "tags"]


async def test_a_resize_to_other_columns_keeps_the_marks(folder: Path) -> None:
    async with driven(folder) as pilot:
        table = _fleet(pilot).table
        await press(pilot, "space", "space")
        cursor = table.cursor_key
        await pilot.resize_terminal(200, 60)
        await settled(pilot)
        assert "GROUP" in shown(pilot.app)[1]
        assert len(table.marks) == 2 and table.cursor_key == cursor


def test_a_new_place_forgets_what_lay_ahead() -> None:
    history = History()
    for view in ("fleet", "jobs", "audit"):
        history.visit(Place(view))
    assert history.back() == Place("jobs")
    history.leave({"cursor": "7"})
    history.visit(Place("pulse"))
    assert [place.view for place in history.places] == ["fleet", "jobs", "pulse"]
    assert history.forward() is None
    assert history.back() == Place("jobs", state={"cursor": "7"})


def test_only_so_many_places_are_kept() -> None:
    history = History()
    for number in range(300):
        history.visit(Place("device", (str(number),)))
    assert len(history.places) == 100
    assert history.current == Place("device", ("299",))
