"""The same fleet in Textual's DataTable, to compare with: c another cell, j cursor down."""

from __future__ import annotations

import sys
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.widgets import DataTable

from tests.widgets.apps.ready import tell_ready
from tests.widgets.fleet import COLUMNS, rows


class TableApp(App[None]):
    """A table of text cells with a row cursor and fixed widths, which is its quickest way."""

    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [("c", "cell"), ("j", "down")]

    def __init__(self, count: int) -> None:
        super().__init__()
        self._rows = rows(count)
        self._percent = 10

    def compose(self) -> ComposeResult:
        yield DataTable[str](cursor_type="row")

    def on_mount(self) -> None:
        table = self.query_one(DataTable)
        for column in COLUMNS:
            table.add_column(column.title, key=column.key, width=column.width)
        for row in self._rows:
            table.add_row(*(row.text(at) for at in range(len(COLUMNS))), key=row.key)
        self.call_after_refresh(tell_ready, self)

    def action_cell(self) -> None:
        self._percent = 10 + (self._percent + 1) % 80
        self.query_one(DataTable).update_cell(self._rows[5].key, "cpu", f"{self._percent}%")

    def action_down(self) -> None:
        self.query_one(DataTable).action_cursor_down()


if __name__ == "__main__":
    TableApp(int(sys.argv[1])).run()
