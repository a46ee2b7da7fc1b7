"""One of many is found by a few letters; letters are typed and never act."""

from __future__ import annotations

from typing import Any

import pytest

from tests.widgets.screen import Bench, text_of
from widgets.finddialog import FindDialog, Item
from widgets.glyphs import ASCII

ITEMS = [
    Item("1", "ap-roof-01", "EAP615, 24.10.0"),
    Item("2", "ap-roof-02", "WDR4300, 23.05.3"),
    Item("3", "gw-harbour", "x86-64, 24.10.0"),
]


@pytest.mark.parametrize(
    ("keys", "chosen"),
    [
        (["enter"], "1"),
        (["down", "down", "up", "enter"], "2"),
        ([*"roof", "space", *"23", "enter"], "2"),
        ([*"QUIT", *["backspace"] * 4, "g", "enter"], "3"),
        ([*"nothing", "enter", "escape"], None),
        (["pagedown", "pageup", "escape"], None),
    ],
)
async def test_what_is_typed_narrows_and_enter_chooses(keys: list[str], chosen: str | None) -> None:
    app, answers = Bench(), []
    async with app.run_test(size=(80, 24)) as pilot:
        app.push_screen(FindDialog("Device", ITEMS), answers.append)
        await pilot.pause()
        await pilot.press(*keys)
        await pilot.pause()
        assert answers == [chosen]
        assert app.leaked == []


async def test_the_cursor_begins_on_what_is_current_and_nothing_is_told() -> None:
    app, answers = Bench(), list[Any]()
    async with app.run_test(size=(80, 24)) as pilot:
        app.push_screen(FindDialog("Device", ITEMS, current="3", glyphs=ASCII), answers.append)
        await pilot.pause()
        assert any("> " in line and "gw-harbour" in line for line in text_of(app))
        assert "".join(text_of(app)).isascii()
        await pilot.press("enter")
        await pilot.pause()
        assert answers == ["3"]
        app.push_screen(FindDialog("Device", [], empty="No device uses it."))
        await pilot.pause()
        assert any("No device uses it." in line for line in text_of(app))


async def test_fifty_thousand_are_narrowed_at_once() -> None:
    import time

    app = Bench()
    items = [Item(str(n), f"ap-{n:05}", "EAP615") for n in range(50_000)]
    async with app.run_test(size=(80, 24)) as pilot:
        app.push_screen(FindDialog("Device", items))
        await pilot.pause()
        started = time.process_time()
        await pilot.press(*"49999")
        await pilot.pause()
        assert any("ap-49999" in line for line in text_of(app))
        assert time.process_time() - started < 4
