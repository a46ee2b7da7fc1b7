"""Dialogs: No is the default, letters choose, forms check and never lose what was typed."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from textual import events
from textual.screen import Screen

from tests.widgets.screen import Bench, text_of
from widgets.dialog import Choice, ChoiceDialog, ConfirmDialog
from widgets.form import Field, FormDialog, PromptDialog
from widgets.glyphs import ASCII
from widgets.pickdialog import Item, PickDialog

CHOICES = [Choice("r", "Reboot", "waits"), Choice("x", "Run [bold]a[/] command")]


async def answer(screen: Screen[object], *keys: str) -> list[object]:
    """Open a dialog, press keys, and give what it ended with; nothing when it is still open."""
    app, got = Bench(), list[object]()
    async with app.run_test(size=(80, 20)) as pilot:
        app.push_screen(screen, got.append)
        await pilot.pause()
        await pilot.press(*keys)
        await pilot.pause()
        assert app.leaked == []
    return got


@pytest.mark.parametrize(
    ("keys", "result"),
    [(["enter"], False), (["escape"], False), (["n"], False), (["y"], True)],
)
async def test_only_yes_is_yes(keys: list[str], result: bool) -> None:
    assert await answer(ConfirmDialog("Reboot"), *keys) == [result]  # type: ignore[arg-type]


async def test_yes_can_be_reached_with_the_arrows() -> None:
    assert await answer(ConfirmDialog("Reboot"), "down", "enter") == [True]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("keys", "result"), [(["x"], "x"), (["down", "enter"], "x"), (["escape"], None)]
)
async def test_a_menu_gives_the_letter(keys: list[str], result: str | None) -> None:
    assert await answer(ChoiceDialog("Do", CHOICES), *keys) == [result]  # type: ignore[arg-type]


async def test_other_letters_do_nothing() -> None:
    assert await answer(ChoiceDialog("Do", CHOICES), *"qz") == []  # type: ignore[arg-type]


async def test_a_long_menu_scrolls_and_shows_every_label_whole() -> None:
    app = Bench()
    choices = [Choice(chr(97 + n), f"choice number {n:02} of many") for n in range(20)]
    async with app.run_test(size=(80, 24)) as pilot:
        app.push_screen(ChoiceDialog("Do", choices, default="t"))
        await pilot.pause()
        await pilot.pause()
        shown = "\n".join(text_of(app))
        assert ">  t choice number 19 of many" in shown
        assert "choice number 00" not in shown


async def test_what_a_menu_says_is_text_and_not_markup() -> None:
    app = Bench()
    async with app.run_test(size=(80, 20)) as pilot:
        app.push_screen(ChoiceDialog("A [b]", CHOICES, text="see [/x]", glyphs=ASCII))
        await pilot.pause()
        shown = "\n".join(text_of(app))
        assert "A [b]" in shown
        assert "see [/x]" in shown
        assert "Run [bold]a[/] command" in shown
        assert shown.isascii()


def form(**options: object) -> FormDialog:
    fields = [Field("name", "Name", "ap"), Field("password", "Password", secret=True)]
    return FormDialog("Device", fields, **options)  # type: ignore[arg-type]  # its own options


@pytest.mark.parametrize("save", ["f5", "ctrl+s", "enter"])
async def test_a_form_gives_its_values(save: str) -> None:
    got = await answer(form(), "shift+tab", *"quit", "enter", *"pw", save)  # type: ignore[arg-type]
    assert got == [{"name": "apquit", "password": "pw"}]


async def test_secrets_are_masked() -> None:
    app = Bench()
    async with app.run_test(size=(80, 20)) as pilot:
        app.push_screen(form())
        await pilot.pause()
        await pilot.press(*"hunter2")  # the first field that is empty has the cursor
        assert "hunter2" not in "\n".join(text_of(app))


@pytest.mark.parametrize("columns", [50, 80])
async def test_the_text_over_a_form_is_wrapped_and_never_cut(columns: int) -> None:
    app = Bench()
    async with app.run_test(size=(columns, 20)) as pilot:
        app.push_screen(form(text="a word " * 11 + "end"))
        await pilot.pause()
        assert " ".join(text_of(app)).replace("│", " ").split().count("word") == 11
        assert any("end" in line for line in text_of(app))


async def test_what_is_wrong_is_told_and_the_cursor_goes_there() -> None:
    def check(values: Mapping[str, str]) -> Mapping[str, str]:
        return {} if values["password"] else {"password": "it is empty"}

    app, got = Bench(), list[object]()
    async with app.run_test(size=(80, 20)) as pilot:
        app.push_screen(form(validate=check), got.append)
        await pilot.pause()
        await pilot.press("f5")
        assert "Password: it is empty" in "\n".join(text_of(app))
        assert got == []
        await pilot.press("x")
        assert "it is empty" not in "\n".join(text_of(app))
        await pilot.press("f5")
        assert got == [{"name": "ap", "password": "x"}]


async def test_escape_drops_an_untouched_form_and_asks_once_for_a_changed_one() -> None:
    assert await answer(form(), "escape") == [None]  # type: ignore[arg-type]
    assert await answer(form(), "x", "escape") == []  # type: ignore[arg-type]
    assert await answer(form(), "x", "escape", "escape") == [None]  # type: ignore[arg-type]


async def test_a_prompt_gives_one_line_that_passed_its_check() -> None:
    def check(line: str) -> str:
        return "" if line == "uptime" else "not that"

    prompt = PromptDialog("Run", "Command", validate=check)
    assert await answer(prompt, *"uptime", "enter") == ["uptime"]  # type: ignore[arg-type]
    prompt = PromptDialog("Run", "Command", validate=check)
    assert await answer(prompt, *"q", "enter") == []  # type: ignore[arg-type]


SMALL = (60, 15)  # the least that the console takes


async def test_a_key_typed_ahead_ends_a_menu_once() -> None:
    app, got = Bench(), list[object]()
    async with app.run_test(size=(80, 20)) as pilot:
        menu = ChoiceDialog("Do", CHOICES)
        app.push_screen(menu, got.append)
        await pilot.pause()
        for letter in "rx":  # both are there before the first is taken
            menu.post_message(events.Key(letter, letter))
        await pilot.pause()
        assert got == ["r"] and len(app.screen_stack) == 1


async def test_the_last_choice_can_be_seen_on_the_least_terminal() -> None:
    app = Bench()
    choices = [Choice(chr(97 + n), f"choice {n:02}") for n in range(14)]
    async with app.run_test(size=SMALL) as pilot:
        app.push_screen(ChoiceDialog("Do", choices, text="One line.\nAnother."))
        await pilot.pause()
        await pilot.press("end")
        await pilot.pause()
        assert any("> " in line and "choice 13" in line for line in text_of(app))


async def test_a_long_text_leaves_room_for_yes_and_no() -> None:
    app = Bench()
    async with app.run_test(size=(80, 24)) as pilot:
        app.push_screen(ConfirmDialog("Go", text="\n".join(f"line {n}" for n in range(40))))
        await pilot.pause()
        shown = "\n".join(text_of(app))
        assert "line 0" in shown and "n No" in shown and "y Yes" in shown


async def test_a_form_shows_the_field_one_types_into_and_its_keys_on_the_least_terminal() -> None:
    app = Bench()
    fields = [Field(str(n), f"field {n:02}") for n in range(12)]
    async with app.run_test(size=SMALL) as pilot:
        app.push_screen(FormDialog("Fill", fields, text="One line.\nAnother."))
        await pilot.pause()
        await pilot.press(*["tab"] * 11)
        await pilot.pause()
        shown = "\n".join(text_of(app))
        assert "field 11" in shown and "F5 save" in shown


async def test_the_keys_of_a_list_to_pick_from_are_seen_on_the_least_terminal() -> None:
    app = Bench()
    items = [Item(str(n), f"item {n:02}") for n in range(14)]
    async with app.run_test(size=SMALL) as pilot:
        app.push_screen(PickDialog("Columns", items, ["1"], text="One line."))
        await pilot.pause()
        await pilot.press("end")
        await pilot.pause()
        shown = "\n".join(text_of(app))
        assert "item 13" in shown and "Enter apply" in shown
