"""`python -m tests.widgets.bench`: RowTable beside Textual's DataTable on the same fleet.

Milliseconds of CPU from a call until the app is idle again, headless at 120x40, less what an idle
app takes to say so; there and back again counts once, by half. Then, in a terminal, how long a key
takes to its first byte, and the bytes of one changed cell. It runs for minutes.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from statistics import median, quantiles
from typing import Any

from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.widget import Widget
from textual.widgets import DataTable

from tests.widgets.fleet import COLUMNS, rows, with_cpu
from tests.widgets.ptydrive import Terminal
from widgets.rowmodel import Row
from widgets.rowtable import RowTable

_IDLE = "nothing"
Step = Callable[[], object]
REPEATS = 5
_FLOOR_MS = 0.1


class _Host(App[None]):
    def __init__(self, widget: Widget) -> None:
        super().__init__()
        self.widget = widget

    def compose(self) -> ComposeResult:
        yield self.widget


async def _timed(pilot: Pilot[Any], *steps: Step) -> float:
    """Give the CPU ms of a step, each until idle: the median over runs through all of them."""
    taken = []
    for _ in range(REPEATS):
        started = time.process_time()
        for step in steps:
            result = step()
            if isinstance(result, Awaitable):
                await result
            await pilot.pause()
        taken.append((time.process_time() - started) * 1000 / len(steps))
    return median(taken)


async def _row_table(fleet: list[Row]) -> dict[str, float]:
    table = RowTable(COLUMNS)
    figures = {}
    async with _Host(table).run_test(size=(120, 40)) as pilot:
        figures[_IDLE] = await _timed(pilot, lambda: None)
        figures["fill"] = await _timed(
            pilot, lambda: table.set_rows(()), lambda: table.set_rows(fleet)
        )
        table.set_rows(fleet)
        figures["cursor down"] = await _timed(pilot, *[table.action_cursor_down] * 6)
        figures["page down"] = await _timed(pilot, table.action_page_down)
        table.action_cursor_top()
        figures["one cell"] = await _timed(
            pilot,
            lambda: table.update_rows([with_cpu(fleet[3], 7)]),
            lambda: table.update_rows([with_cpu(fleet[3], 8)]),
        )
        figures["500 rows"] = await _timed(
            pilot,
            lambda: table.update_rows([with_cpu(row, 7) for row in fleet[:500]]),
            lambda: table.update_rows([with_cpu(row, 8) for row in fleet[:500]]),
        )
        figures["sort"] = await _timed(
            pilot, lambda: table.sort_by("cpu"), lambda: table.sort_by("name")
        )
        figures["filter on and off"] = await _timed(
            pilot,
            lambda: table.set_filter(lambda row: "7" in row.text(1)),
            lambda: table.set_filter(None),
        )
    return figures


def _cells(row: Row) -> list[str]:
    return [row.text(column) for column in range(len(COLUMNS))]


async def _data_table(fleet: list[Row]) -> dict[str, float]:
    table: DataTable[str] = DataTable(cursor_type="row")
    figures = {}

    def fill(some: list[Row]) -> None:
        table.clear()
        for row in some:
            table.add_row(*_cells(row), key=row.key)

    async with _Host(table).run_test(size=(120, 40)) as pilot:
        for column in COLUMNS:
            table.add_column(column.title, key=column.key, width=column.width)
        figures[_IDLE] = await _timed(pilot, lambda: None)
        figures["fill"] = await _timed(pilot, lambda: fill([]), lambda: fill(fleet))
        fill(fleet)
        await pilot.pause()
        figures["cursor down"] = await _timed(pilot, *[table.action_cursor_down] * 6)
        figures["page down"] = await _timed(pilot, table.action_page_down)
        table.action_scroll_top()
        key = fleet[3].key
        figures["one cell"] = await _timed(
            pilot,
            lambda: table.update_cell(key, "cpu", "7%"),
            lambda: table.update_cell(key, "cpu", "8%"),
        )

        def many(text: str) -> None:
            for row in fleet[:500]:
                table.update_cell(row.key, "cpu", text)

        figures["500 rows"] = await _timed(pilot, lambda: many("7%"), lambda: many("8%"))
        figures["sort"] = await _timed(pilot, lambda: table.sort("cpu"), lambda: table.sort("name"))
        some = [row for row in fleet if "7" in row.text(1)]
        figures["filter on and off"] = await _timed(pilot, lambda: fill(some), lambda: fill(fleet))
    return figures


async def main(counts: Sequence[int] = (10_000, 50_000)) -> None:
    """Measure and print, for fleets of these sizes."""
    for count in counts:
        fleet = rows(count)
        ours, theirs = await _row_table(fleet), await _data_table(fleet)
        print(f"\n{count:,} rows x {len(COLUMNS)} columns   RowTable   DataTable    ratio")
        for name in list(ours)[1:]:
            one, other = (max(_FLOOR_MS, f[name] - f[_IDLE]) for f in (ours, theirs))
            print(f"{name:28} {one:9.1f}   {other:9.1f} {other / one:8.1f}x")
        _in_terminals(count)


def _in_terminals(count: int) -> None:
    """What a pilot cannot see: from a key to the first byte, and how many bytes there are."""
    for name in ("rowtable", "datatable"):
        with Terminal(name, str(count), columns=120, lines=40) as terminal:
            terminal.send(b"c")
            cell = len(terminal.send(b"c"))
            taken = [terminal.latency(b"j") * 1000 for _ in range(200)]
        worst = quantiles(taken, n=20)[-1]
        print(f"{name}: key to paint {median(taken):.1f} ms, p95 {worst:.1f}; a cell {cell} bytes")


if __name__ == "__main__":
    asyncio.run(main())
