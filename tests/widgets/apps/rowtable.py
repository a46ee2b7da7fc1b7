"""A fleet table in a terminal: a key for each kind of change, for the byte budgets."""

from __future__ import annotations

import sys
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import BindingType

from tests.widgets.apps.ready import tell_ready
from tests.widgets.fleet import COLUMNS, rows, with_cpu
from widgets.rowtable import RowTable


class TableApp(App[None]):
    """c: another cell, s: rows equal to those shown, m: a cell in 40 rows, j: cursor down."""

    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        ("c", "cell"),
        ("s", "same"),
        ("m", "many"),
        ("j", "down"),
    ]

    def __init__(self, count: int) -> None:
        super().__init__()
        self._rows = rows(count)
        self._percent = 10

    def compose(self) -> ComposeResult:
        yield RowTable(COLUMNS, self._rows)

    def on_mount(self) -> None:
        self.call_after_refresh(tell_ready, self)

    def _update(self, first: int, count: int) -> None:
        self._percent = 10 + (self._percent + 1) % 80
        for number in range(first, first + count):
            self._rows[number] = with_cpu(self._rows[number], self._percent)
        self.query_one(RowTable).update_rows(self._rows[first : first + count])

    def action_cell(self) -> None:
        self._update(5, 1)

    def action_many(self) -> None:
        self._update(0, 40)

    def action_same(self) -> None:
        self.query_one(RowTable).update_rows(rows(len(self._rows))[10:])

    def action_down(self) -> None:
        self.query_one(RowTable).action_cursor_down()


if __name__ == "__main__":
    TableApp(int(sys.argv[1])).run()
