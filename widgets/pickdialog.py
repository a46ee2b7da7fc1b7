"""A question over the screen: which of many, and in which order.

    PickDialog(title, items, chosen, *, usual, text)  -> keys in their order, or None
    push_screen(dialog, callback) or await push_screen_wait(dialog)

Space shows or hides, J and K (or shift with the arrows) move, u goes back to what is usual, Enter
applies, Esc leaves everything as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from widgets.dialog import BoxScreen
from widgets.glyphs import UTF8, Glyphs
from widgets.plaintext import clean, width_of
from widgets.rowmodel import Row
from widgets.rowtable import RowTable
from widgets.rowtable_layout import GUTTER, Column

_MOST_SHOWN = 14


@dataclass(frozen=True, slots=True)
class Item:
    """Something that may be picked: its key, its words, and what more there is to know."""

    key: str
    label: str
    note: str = ""


class PickDialog(BoxScreen[tuple[str, ...] | None]):
    """A list to mark in and to put in order; the result is the marked keys, None for Esc."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", show=False),
        Binding("space", "mark", show=False),
        Binding("j", "step('down')", show=False),
        Binding("k", "step('up')", show=False),
        Binding("J,shift+down", "shift(1)", show=False),
        Binding("K,shift+up", "shift(-1)", show=False),
        Binding("u", "usual", show=False),
    ]
    DEFAULT_CSS = """
    PickDialog RowTable { width: auto; height: auto; }
    PickDialog .pick--keys { width: auto; color: $text-muted; }
    """

    def __init__(
        self,
        title: str,
        items: Sequence[Item],
        chosen: Iterable[str],
        *,
        usual: Iterable[str] = (),
        text: str = "",
        glyphs: Glyphs = UTF8,
    ) -> None:
        super().__init__(title, text, glyphs)
        self._items = {item.key: item for item in items}
        self._usual = self._known(usual)
        marked = self._known(chosen)
        self._order = self._ordered(marked)
        self._table = _table(self._rows(), glyphs)
        self._table.set_marks(marked)

    def content(self) -> ComposeResult:
        """The list, and what the keys do."""
        yield self._table
        usual = "u usual   " if self._usual else ""
        keys = f"Space on/off   J K move   {usual}Enter apply   Esc cancel"
        yield Static(keys, classes="pick--keys", markup=False)

    def fit_content(self, lines: int) -> None:
        """The list scrolls where it is cut; the line of keys stays."""
        self._table.styles.height = max(1, min(len(self._items), _MOST_SHOWN, lines - 1))

    def on_mount(self) -> None:
        """The list has the keys."""
        self._table.focus()

    def on_row_table_opened(self, event: RowTable.Opened) -> None:
        """End with what is marked, in its order."""
        event.stop()
        marks = self._table.marks
        self.dismiss(tuple(key for key in self._order if key in marks))

    def action_cancel(self) -> None:
        """End with nothing."""
        self.dismiss(None)

    def action_mark(self) -> None:
        """Mark or unmark, and stay: the next key may move it."""
        key = self._table.cursor_key
        if key is not None:
            self._table.set_marks(self._table.marks ^ {key})

    def action_step(self, way: str) -> None:
        """Move the cursor."""
        getattr(self._table, f"action_cursor_{way}")()

    def action_shift(self, by: int) -> None:
        """Move what is under the cursor one place; the cursor goes with it."""
        key = self._table.cursor_key
        if key is None:
            return
        place = self._order.index(key)
        to = max(0, min(len(self._order) - 1, place + by))
        self._order.insert(to, self._order.pop(place))
        self._show(key)

    def action_usual(self) -> None:
        """Mark and order as nobody had chosen anything."""
        if self._usual:
            self._order = self._ordered(self._usual)
            self._table.set_marks(self._usual)
            self._show(self._order[0])

    def _show(self, key: str) -> None:
        self._table.set_rows(self._rows())
        self._table.move_to(key)

    def _known(self, keys: Iterable[str]) -> list[str]:
        return [key for key in dict.fromkeys(keys) if key in self._items]

    def _ordered(self, first: Sequence[str]) -> list[str]:
        """Those first, in their order, then the others as they came."""
        return [*first, *(key for key in self._items if key not in first)]

    def _rows(self) -> list[Row]:
        items = [self._items[key] for key in self._order]
        return [Row(item.key, (clean(item.label), clean(item.note))) for item in items]


def _table(rows: Sequence[Row], glyphs: Glyphs) -> RowTable:
    label = max((width_of(row.text(0)) for row in rows), default=0)
    note = max((width_of(row.text(1)) for row in rows), default=0)
    columns = [
        Column("label", "", max(label, 10), min_width=1, priority=1),
        Column("note", "", max(note, 1), min_width=1, role="muted"),
    ]
    table = RowTable(columns, rows, glyphs=glyphs, header=False)
    table.styles.width = GUTTER + sum(column.width + 1 for column in columns)  # and the bar
    table.styles.max_width = "84vw"
    table.styles.height = min(len(rows), _MOST_SHOWN)
    return table
