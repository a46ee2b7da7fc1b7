"""The filter line: typing never triggers anything, history, completion, errors, silence."""

from __future__ import annotations

import asyncio

import pytest

from tests.widgets.screen import Bench, text_of
from widgets import filterbar
from widgets.filterbar import FilterBar
from widgets.glyphs import ASCII


class Heard(Bench):
    """Keeps what the bar tells."""

    def __init__(self, bar: FilterBar) -> None:
        super().__init__(bar)
        self.bar = bar
        self.heard: list[tuple[str, str]] = []
        self.changed = asyncio.Event()

    def on_filter_bar_submitted(self, event: FilterBar.Submitted) -> None:
        assert event.control is self.bar
        self.heard.append(("submitted", event.value))

    def on_filter_bar_changed(self, event: FilterBar.Changed) -> None:
        self.heard.append(("changed", event.value))
        self.changed.set()

    def on_filter_bar_cancelled(self, event: FilterBar.Cancelled) -> None:
        self.heard.append(("cancelled", event.value))


def app_with(**options: object) -> Heard:
    return Heard(FilterBar("/", **options))  # type: ignore[arg-type]  # the bar's own options


async def test_typing_quit_triggers_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(filterbar, "_QUIET_S", 60)  # however slowly keys arrive
    app = app_with()
    async with app.run_test(size=(80, 5)) as pilot:
        app.bar.focus()
        await pilot.press(*"quit", "enter")
        assert app.leaked == []
        assert app.heard == [("submitted", "quit")]


async def test_a_change_is_told_once_after_the_last_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(filterbar, "_QUIET_S", 1.0)  # however slowly keys arrive
    app = app_with()
    async with app.run_test(size=(80, 5)) as pilot:
        app.bar.focus()
        await pilot.press(*"tag=")
        async with asyncio.timeout(30):
            await app.changed.wait()
        assert app.heard == [("changed", "tag=")]


async def test_escape_cancels_and_no_change_follows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(filterbar, "_QUIET_S", 60)  # however slowly keys arrive
    app = app_with(value="old")
    async with app.run_test(size=(80, 5)) as pilot:
        app.bar.focus()
        await pilot.press("x", "escape")
        await pilot.pause()
        assert app.heard == [("cancelled", "oldx")]


async def test_up_and_down_walk_the_history_and_come_back_to_the_draft() -> None:
    app = app_with(history=["first", "second"])
    async with app.run_test(size=(80, 5)) as pilot:
        app.bar.focus()
        await pilot.press(*"dra", "up")
        assert app.bar.value == "second"
        await pilot.press("up", "up")
        assert app.bar.value == "first"
        await pilot.press("down", "down", "down")
        assert app.bar.value == "dra"


async def test_tab_walks_the_completions_of_the_word_at_the_cursor() -> None:
    app = app_with(completions=["tag=", "target=", "model="])
    async with app.run_test(size=(80, 5)) as pilot:
        app.bar.focus()
        await pilot.press(*"cpu>80 ta", "tab")
        assert app.bar.value == "cpu>80 tag="
        await pilot.press("tab")
        assert app.bar.value == "cpu>80 target="
        await pilot.press("shift+tab")
        assert app.bar.value == "cpu>80 tag="
        await pilot.press(*"r x", "tab")
        assert app.bar.value == "cpu>80 tag=r x"
        app.bar.update_completions(["xyz"])
        await pilot.press("tab")
        assert app.bar.value == "cpu>80 tag=r xyz"


async def test_an_error_points_at_its_column() -> None:
    app = app_with(value="日 modle=x", glyphs=ASCII)
    async with app.run_test(size=(80, 5)) as pilot:
        app.bar.update_error("no key is called modle", 2)
        await pilot.pause()
        line, error = text_of(app)[:2]
        assert error.index("^") == line.index("m") + 1  # 日 is one character in two cells
        assert "no key is called modle" in error
        app.bar.update_error("")
        await pilot.pause()
        assert text_of(app)[1] == ""


async def test_another_prompt_starts_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filterbar, "_QUIET_S", 60)
    app = app_with(value="tag=x")
    async with app.run_test(size=(80, 5)) as pilot:
        app.bar.update_error("wrong")
        app.bar.update_prompt(":", "run ")
        await pilot.pause()
        assert text_of(app)[:2] == [" :run", ""]
        app.bar.focus()
        await pilot.press("x", "enter")
        assert app.heard == [("submitted", "run x")]
