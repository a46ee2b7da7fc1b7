"""Picking some of many and their order: marks, moves, the usual ones, and Esc changes nothing."""

from __future__ import annotations

import pytest

from tests.widgets.screen import Bench, text_of
from widgets.glyphs import ASCII
from widgets.pickdialog import Item, PickDialog

ITEMS = [Item(key, key.upper(), f"about {key}") for key in ("ip", "model", "fw", "cpu", "tags")]


async def picked(*keys: str, chosen: tuple[str, ...] = ("fw", "ip")) -> object:
    """Open it, press keys, and give what it ended with; "open" when it is still there."""
    app, got = Bench(), list[object]()
    async with app.run_test(size=(80, 20)) as pilot:
        dialog = PickDialog("Columns", ITEMS, chosen, usual=("ip", "model"))
        app.push_screen(dialog, got.append)
        await pilot.pause()
        await pilot.press(*keys)
        await pilot.pause()
        assert app.leaked == []
    return got[0] if got else "open"


@pytest.mark.parametrize(
    ("keys", "result"),
    [
        (["enter"], ("fw", "ip")),
        (["escape"], None),
        (["space", "enter"], ("ip",)),
        (["j", "j", "space", "enter"], ("fw", "ip", "model")),
        (["J", "enter"], ("ip", "fw")),
        (["shift+down", "shift+up", "enter"], ("fw", "ip")),
        (["down", "K", "enter"], ("ip", "fw")),
        (["K", "enter"], ("fw", "ip")),  # no further up than the first place
        (["end", "space", "K", "K", "K", "K", "enter"], ("tags", "fw", "ip")),
        (["u", "enter"], ("ip", "model")),
        (["space", "j", "space", "enter"], ()),
        (["x", "q"], "open"),
    ],
)
async def test_keys_mark_and_move(keys: list[str], result: object) -> None:
    assert await picked(*keys) == result


async def test_what_is_not_there_is_left_out() -> None:
    assert await picked("enter", chosen=("never", "cpu", "cpu")) == ("cpu",)


async def test_it_shows_what_is_marked_first_and_is_ascii_where_wanted() -> None:
    app = Bench()
    async with app.run_test(size=(80, 20)) as pilot:
        app.push_screen(PickDialog("Columns", ITEMS, ["fw"], glyphs=ASCII))
        await pilot.pause()
        lines = [line for line in text_of(app) if "about" in line]
        assert [line.split("about")[1].split()[0] for line in lines] == [
            *("fw", "ip", "model", "cpu", "tags")
        ]
        assert [("*" in line) for line in lines] == [True, False, False, False, False]
        assert "\n".join(text_of(app)).isascii()
        assert "u usual" not in "\n".join(text_of(app))
