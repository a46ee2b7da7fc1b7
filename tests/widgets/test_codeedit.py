"""The editor: what is typed, offered, marked and undone; letters never leak, F-keys are left."""

from __future__ import annotations

from typing import Any

import pytest

from tests.widgets.screen import Bench, text_of
from widgets.codearea import CodeArea
from widgets.codeedit import CodeEdit, Mark, Offer, Offers
from widgets.codepaint import closes, depth, paint, shown
from widgets.glyphs import ASCII

TEXT = '{\n  "radios": [],\n  "general": {}\n}\n'
NAMES = ("channel", "country", "hwmode")


class Heard(Bench):
    """Keeps what the editor tells, and the keys that it left to the screen."""

    def __init__(self, edit: CodeEdit) -> None:
        super().__init__(edit)
        self.edit = edit
        self.changes = 0
        self.lines: list[int] = []
        self.left: list[str] = []

    def on_mount(self) -> None:
        super().on_mount()
        for key in ("escape", "f5", "f6", "f7"):
            self.bind(key, f"left('{key}')")
        self.edit.focus()

    def action_left(self, key: str) -> None:
        self.left.append(key)

    def on_code_edit_changed(self, message: CodeEdit.Changed) -> None:
        assert message.control is message.view
        self.changes += 1

    def on_code_edit_cursor_moved(self, message: CodeEdit.CursorMoved) -> None:
        self.lines.append(message.view.cursor[0])


def offered(text: str, row: int, column: int) -> Offers | None:
    """Names that begin with the word before the cursor."""
    line = text.split("\n")[row][:column]
    typed = line[len(line.rstrip("abcdefghijklmnopqrstuvwxyz")) :]
    items = [Offer(f'"{name}": ', name, "integer") for name in NAMES if name.startswith(typed)]
    return Offers(column - len(typed), column, items) if items else None


def editing(text: str = TEXT, **more: Any) -> Heard:
    return Heard(CodeEdit(text, complete=offered, **more))


async def test_letters_are_typed_and_f_keys_and_escape_are_left_to_the_screen() -> None:
    app = editing("")
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.press(*"quit", "f5", "f6", "f7", "escape")
        assert app.edit.text == "quit"
        assert app.leaked == []
        assert app.left == ["f5", "f6", "f7", "escape"]
        assert app.changes == 4


async def test_lines_are_numbered_and_marked_by_a_sign() -> None:
    app = editing(glyphs=ASCII)
    async with app.run_test(size=(40, 10)) as pilot:
        app.edit.update_marks([Mark(2, "problem", "b"), Mark(2, "critical", "a"), Mark(0, "", "c")])
        await pilot.pause()
        assert text_of(app)[:3] == ["1  {", '2x   "radios": [],', '3    "general": {}']
        assert "".join(text_of(app)).isascii()
        app.edit.update_marks([])
        await pilot.pause()
        assert text_of(app)[1].startswith("2  ")


async def test_the_next_mark_is_gone_to_and_after_the_last_comes_the_first() -> None:
    app = editing()
    async with app.run_test(size=(40, 10)) as pilot:
        assert app.edit.next_mark() is None
        first, second = Mark(2, "critical", "a"), Mark(3, "problem", "b")
        app.edit.update_marks([second, first, Mark(0, "critical", "nowhere")])
        for expected in (first, second, first):
            assert app.edit.next_mark() is expected
            await pilot.pause()
        assert app.edit.mark is first and app.edit.cursor == (2, 0)
        assert app.lines == [2, 3, 2]


async def test_tab_offers_arrows_choose_and_enter_writes() -> None:
    app = editing("")
    async with app.run_test(size=(60, 12)) as pilot:
        await pilot.press("c", "tab")
        await pilot.pause()
        assert any("> channel" in line for line in text_of(app))
        await pilot.press("down")
        await pilot.pause()
        assert any("> country" in line for line in text_of(app))
        await pilot.press("enter")
        await pilot.pause()
        assert app.edit.text == '"country": '
        assert not any("channel" in line for line in text_of(app))
        assert app.edit.cursor == (1, 11)
        await pilot.press("ctrl+z")
        assert app.edit.text == "c"


async def test_typing_narrows_the_list_and_escape_closes_it_alone() -> None:
    app = editing("")
    async with app.run_test(size=(60, 12)) as pilot:
        await pilot.press("tab", "h")
        await pilot.pause()
        assert not any("channel" in line for line in text_of(app))
        assert any("hwmode" in line for line in text_of(app))
        await pilot.press("escape")
        await pilot.pause()
        assert not any("hwmode" in line for line in text_of(app))
        assert app.left == [] and app.edit.text == "h"
        await pilot.press("x", "tab")
        assert app.edit.text == "hx  "  # nothing fits: it indents


async def test_a_single_offer_is_written_at_once() -> None:
    app = editing("")
    async with app.run_test(size=(60, 12)) as pilot:
        await pilot.press("h", "tab")
        assert app.edit.text == '"hwmode": '


async def test_the_list_closes_with_the_focus_and_with_another_text() -> None:
    app = editing("")
    async with app.run_test(size=(60, 12)) as pilot:
        await pilot.press("tab")
        app.set_focus(None)
        await pilot.pause()
        assert not any("channel" in line for line in text_of(app))
        app.edit.focus()
        await pilot.press("tab")
        app.edit.load("x", "yaml")
        await pilot.pause()
        assert not any("channel" in line for line in text_of(app))
        assert (app.edit.text, app.edit.language) == ("x", "yaml")


async def test_a_list_near_the_corner_stays_on_the_screen() -> None:
    app = editing("\n" * 30 + " " * 50)
    async with app.run_test(size=(60, 12)) as pilot:
        app.edit.go_to(31, 50)
        await pilot.press("tab")
        await pilot.pause()
        assert sum(any(name in line for line in text_of(app)) for name in NAMES) == 3


async def test_a_text_written_anew_is_one_step_that_can_be_undone() -> None:
    app = editing()
    async with app.run_test(size=(40, 10)) as pilot:
        app.edit.go_to(3)
        app.edit.replace("radios: []\n\ngeneral: {}\n", "yaml")
        await pilot.pause()
        assert app.edit.cursor[0] == 3
        await pilot.press("ctrl+z")
        assert (app.edit.text, app.edit.language) == (TEXT, "json")
        await pilot.press("ctrl+y")
        assert app.edit.language == "yaml"
        app.edit.load("a")
        await pilot.press("ctrl+z")
        assert app.edit.text == "a"


async def test_a_read_only_text_is_moved_in_and_not_changed() -> None:
    app = editing(read_only=True)
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.press("x", "enter", "tab", "down", "delete", "backspace")
        assert app.edit.text == TEXT
        assert app.edit.cursor[0] == 2


async def test_enter_goes_as_deep_as_the_brackets_ask() -> None:
    app = editing("")
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.press("left_curly_bracket", "right_curly_bracket", "left", "enter")
        await pilot.press("x", "enter")
        assert app.edit.text == "{\n  x\n  \n}"


async def test_what_nobody_would_see_is_drawn_as_a_sign_and_kept() -> None:
    app = editing("a\x1b[2Jb‮c")
    async with app.run_test(size=(40, 5)):
        assert text_of(app)[0] == "1  a?[2Jb?c"
        assert app.edit.text == "a\x1b[2Jb‮c"


async def test_the_line_of_the_cursor_keeps_its_roles() -> None:
    app = editing('"a": 1\n"a": 1\n')
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.pause()
        area = app.query_one(CodeArea)
        colours = [
            {one.style.color for one in area.render_line(y) if one.style and '"a"' in one.text}
            for y in (0, 1)
        ]
        app.set_focus(None)
        await pilot.pause()
        unfocused = {s.style.color for s in area.render_line(0) if s.style and '"a"' in s.text}
        assert unfocused == colours[1]


async def test_nothing_blinks() -> None:
    app = editing()
    async with app.run_test(size=(40, 10)):
        area = app.query_one(CodeArea)
        assert area.cursor_blink is False
        assert not area.blink_timer._active.is_set()


@pytest.mark.parametrize(
    ("line", "language", "parts"),
    [
        ('  "a": "x {{ b }}",', "json", {'"a"': "accent", "{{ b }}": "strong"}),
        ('"a": [1, true, -2.5e3, "no"]', "json", {'"a"': "accent"} | dict.fromkeys(
            ("1", "true", "-2.5e3"), "busy")),
        ('"k": "•••01"', "json", {'"k"': "accent", "•••01": "muted"}),
        ("  - a: 1 # why", "yaml", {"a": "accent", "1": "busy", "# why": "muted"}),
        ("b: 10:20:30", "yaml", {"b": "accent"}),
        ("x" * 3000, "json", {}),
        ('"a": 1', "text", {}),
    ],
)  # fmt: skip
def test_parts_of_a_line_have_their_roles(line: str, language: str, parts: dict[str, str]) -> None:
    assert {line[start:end]: role for start, end, role in paint(line, language)} == parts


@pytest.mark.parametrize(
    ("before", "language", "deep"),
    [
        ("  {", "json", 4),
        ('  "a": 1,', "json", 2),
        ("", "json", 0),
        ("a:", "yaml", 2),
        ("  - a: 1", "yaml", 4),
        ("- a:", "yaml", 4),
        ("  - a", "yaml", 2),
        ("a: 1", "yaml", 0),
    ],
)
def test_the_next_line_is_as_deep_as_this_one_asks_for(
    before: str, language: str, deep: int
) -> None:
    assert depth(before, language) == deep


def test_brackets_close_what_they_open() -> None:
    assert closes("a {", "}") and closes("[ ", "] x")
    assert not closes("a {", "]") and not closes("a", "") and not closes("", "}")


def test_a_drawn_line_has_as_many_characters() -> None:
    assert shown("a\tb\x07c") == "a\tb?c"
