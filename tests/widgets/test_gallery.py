"""Every widget as the gallery shows it: at 80x24, in 16 colours, in ASCII; pictures and text."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from tests.widgets.screen import text_of
from widgets.__main__ import Gallery
from widgets.glyphs import ASCII, STATES, UTF8
from widgets.plaintext import width_of
from widgets.samples import PAGES

SNAP = Callable[..., bool]
pytestmark = pytest.mark.usefixtures("utc")  # times stand on axes


@pytest.mark.parametrize("page", PAGES)
def test_page_at_80x24(page: str, snap_compare: SNAP) -> None:
    assert snap_compare(Gallery(page), terminal_size=(80, 24), run_before=_settled)


@pytest.mark.parametrize("theme", ["ansi-dark", "ansi-light", "textual-light"])
def test_fleet_in_theme(theme: str, snap_compare: SNAP) -> None:
    app = Gallery("rowtable")
    app.theme = theme
    assert snap_compare(app, terminal_size=(80, 24), run_before=_settled)


def test_fleet_at_120x40(snap_compare: SNAP) -> None:
    assert snap_compare(Gallery("rowtable"), terminal_size=(120, 40), run_before=_settled)


def test_results_abreast_at_120x40(snap_compare: SNAP) -> None:
    keys = ["enter"]
    app = Gallery("resultview")
    assert snap_compare(app, press=keys, terminal_size=(120, 40), run_before=_settled)


@pytest.mark.parametrize("key", ["f7", "f8", "f9", "f10"])
def test_dialog(key: str, snap_compare: SNAP) -> None:
    async def opened(pilot: Any) -> None:
        await _settled(pilot)
        await pilot.press(key)
        await pilot.pause()

    assert snap_compare(Gallery("factview"), terminal_size=(80, 24), run_before=opened)


@pytest.mark.parametrize("size", [(60, 15), (200, 60)])
async def test_every_page_draws_at_the_smallest_and_the_widest_size(size: tuple[int, int]) -> None:
    app = Gallery()
    async with app.run_test(size=size) as pilot:
        for page in PAGES:
            lines = await _drawn(pilot)
            assert len(lines) == size[1], page
            assert any(lines[:-1]), page
            await app.action_turn(1)


async def test_ascii_pages_are_ascii() -> None:
    app = Gallery(glyphs=ASCII)
    async with app.run_test(size=(80, 24)) as pilot:
        for page in PAGES:
            assert "".join(await _drawn(pilot)).isascii(), page
            await app.action_turn(1)


async def test_the_gallery_turns_pages_themes_and_glyphs() -> None:
    app = Gallery()
    async with app.run_test(size=(80, 24)) as pilot:
        theme = app.theme
        await pilot.press("f4", "f6", "f3", "f2", "f2", "f2")
        assert app.theme != theme
        assert text_of(app)[0].startswith("--- ap-roof-04")


def test_states_are_told_apart_without_colour_in_both_sets() -> None:
    for glyphs in (UTF8, ASCII):
        symbols = [glyphs.state(state) for state in STATES]
        assert len(set(symbols)) == len(STATES)
        assert all(width_of(symbol) == 1 for symbol in symbols)
    assert [ASCII.state(state) for state in STATES] == ["+", "!", "x", "?", "~", "-"]
    assert UTF8.state("never heard of") == "?"


def test_the_widgets_load_nothing_of_the_program() -> None:
    code = (
        "import sys, widgets.__main__;"
        "print([m for m in sys.modules if m.split('.')[0] in ('owtui', 'storage', 'sqlmodel')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30
    )
    assert done.stdout.strip() == "[]"


async def _drawn(pilot: Any) -> list[str]:
    """Give the screen once the new page has been laid out, at the latest after some rounds."""
    for _ in range(500):  # a busy machine takes its time
        await pilot.pause(0.01)
        if any(text_of(pilot.app)[:-1]):
            break
    return text_of(pilot.app)


async def _settled(pilot: Any) -> None:
    """Let layout and focus come to rest."""
    await pilot.pause()
    await pilot.pause()
