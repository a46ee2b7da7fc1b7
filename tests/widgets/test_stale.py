"""Repainting only what differs must never leave anything stale: partial paint equals full paint."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

import pytest
from textual.strip import Strip
from textual.widget import Widget

from tests.widgets.fleet import COLUMNS, row, rows, with_cpu
from tests.widgets.screen import Bench
from widgets.oneline import Piece
from widgets.rowmodel import Cell, Row
from widgets.rowtable import RowTable
from widgets.statusline import StatusLine
from widgets.textview import TextView

pytestmark = pytest.mark.slow


def both_ways(widget: Widget) -> tuple[list[Strip], list[Strip]]:
    """Give what stands on screen after partial repaints, and the same painted anew."""
    everything = widget.size.region
    partial = widget.render_lines(everything)
    widget._styles_cache.clear()
    return partial, widget.render_lines(everything)


def table_steps(table: RowTable, rng: random.Random) -> list[Callable[[], object]]:
    def flashing(number: int) -> Row:
        cells = list(row(number, rng).cells)
        cells[5] = Cell("flashing 3/6", "busy", span=3)
        return replace(row(number, rng), cells=tuple(cells))

    def some(count: int) -> list[int]:
        return [rng.randrange(90) for _ in range(count)]

    return [
        table.action_cursor_down,
        table.action_cursor_up,
        table.action_page_down,
        table.action_page_up,
        table.action_cursor_bottom,
        table.action_toggle_mark,
        table.action_mark_range,
        table.action_clear_marks,
        table.action_sort_next,
        table.action_reverse,
        table.action_toggle_wide,
        lambda: table.update_rows([row(number, rng) for number in some(8)]),
        lambda: table.update_rows([with_cpu(row(n, rng), 50) for n in some(3)]),
        lambda: table.remove_rows(f"id{number}" for number in some(4)),
        lambda: table.set_rows(rows(rng.randrange(90), rng.randrange(3))),
        lambda: table.set_filter({f"id{number}" for number in some(40)}),
        lambda: table.set_filter(lambda row: "7" in row.text(1)),
        lambda: table.set_filter(None),
        lambda: table.scroll_to(x=rng.randrange(30), y=rng.randrange(60), animate=False),
        lambda: table.focus() if rng.random() < 0.5 else table.blur(),
        lambda: table.update_rows([flashing(number) for number in some(2)]),
    ]


@pytest.mark.parametrize("seed", range(2))
async def test_a_table_is_never_stale(seed: int) -> None:
    rng = random.Random(seed)
    table = RowTable(COLUMNS, rows(60))
    async with Bench(table).run_test(size=(78, 16)) as pilot:
        steps = table_steps(table, rng)
        for number in range(120):
            step = rng.choice(steps)
            step()
            if number % 10 == 0:
                await pilot.pause()
            partial, full = both_ways(table)
            assert partial == full, (number, steps.index(step))


async def test_a_status_line_is_never_stale() -> None:
    rng = random.Random(1)
    line = StatusLine()
    async with Bench(line).run_test(size=(40, 3)):
        for _ in range(200):
            texts = [rng.choice(["", "a", "bc", "日本", "long text"]) for _ in range(6)]
            line.update_pieces(
                Piece(str(key), text, rng.choice(["", "ok"]), rng.randrange(2))
                for key, text in enumerate(texts)
            )
            partial, full = both_ways(line)
            assert partial == full, texts


async def test_a_text_view_is_never_stale() -> None:
    rng = random.Random(1)
    view = TextView()
    async with Bench(view).run_test(size=(40, 8)) as pilot:
        steps: list[Callable[[], object]] = [
            lambda: view.update_text("\n".join("ab " * rng.randrange(30) for _ in range(20))),
            lambda: view.append_text("one more\nand another"),
            lambda: view.find(rng.choice(["a", "b a", "", "z"])),
            view.action_toggle_wrap,
            view.action_find_next,
            view.action_view_down,
            view.action_view_up,
            view.action_scroll_right,
            view.action_view_bottom,
        ]
        for number in range(150):
            rng.choice(steps)()
            if number % 10 == 0:
                await pilot.pause()
            partial, full = both_ways(view)
            assert partial == full, number
