"""A table for fleets: 50,000 keyed rows on the Line API, repainting only what differs.

    RowTable(columns, rows=(), *, glyphs, empty_text, no_match_text, header, markable,
             scroll_jump, bindings)
    set_rows  update_rows  remove_rows  set_filter  sort_by  set_marks  move_to  update_columns
    set_table
    cursor_key  marks  marked()  hidden_marks  order  total  sort  row(key)  wide
    CursorMoved(key)  Opened(key)  MarksChanged(keys, hidden)  SortChanged(column, reverse)

Every change is told to the model first; then the lines on screen are compared with what they
showed, and only the cells that differ are repainted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingsMap, BindingType
from textual.message import Message

from widgets.glyphs import UTF8, Glyphs
from widgets.rowmodel import Cell, Row
from widgets.rowtable_layout import GUTTER, Column
from widgets.rowview import RowView

__all__ = ["Cell", "Column", "Row", "RowTable"]


class RowTable(RowView):
    """A sortable, filterable, markable table; see the module for its surface."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "cursor_up", "Up", show=False, id="list.up"),
        Binding("down", "cursor_down", "Down", show=False, id="list.down"),
        Binding("pageup", "page_up", "Page up", show=False, id="list.page_up"),
        Binding("pagedown", "page_down", "Page down", show=False, id="list.page_down"),
        Binding("home", "cursor_top", "Top", show=False, id="list.top"),
        Binding("end", "cursor_bottom", "Bottom", show=False, id="list.bottom"),
        Binding("enter", "open", "Open", show=False, id="list.open"),
    ]

    class _TableMessage(Message):
        def __init__(self, table: RowTable) -> None:
            super().__init__()
            self.table = table

        @property
        def control(self) -> RowTable:
            """The table that sent the message."""
            return self.table

    class CursorMoved(_TableMessage):
        """The cursor is on another row; key is None when no row is visible."""

        def __init__(self, table: RowTable, key: str | None) -> None:
            super().__init__(table)
            self.key = key

        def can_replace(self, message: Message) -> bool:
            """Only the latest place of the cursor matters."""
            return isinstance(message, RowTable.CursorMoved) and message.table is self.table

    class Opened(_TableMessage):
        """Enter or a double click on a row."""

        def __init__(self, table: RowTable, key: str) -> None:
            super().__init__(table)
            self.key = key

    class MarksChanged(_TableMessage):
        """Other rows are marked, or the filter hides another number of them."""

        def __init__(self, table: RowTable, keys: frozenset[str], hidden: int) -> None:
            super().__init__(table)
            self.keys = keys
            self.hidden = hidden

    class SortChanged(_TableMessage):
        """The rows are sorted by another column (its key; None: as they came) or direction."""

        def __init__(self, table: RowTable, column: str | None, reverse: bool) -> None:
            super().__init__(table)
            self.column = column
            self.reverse = reverse

    def __init__(
        self,
        columns: Sequence[Column],
        rows: Iterable[Row] = (),
        *,
        glyphs: Glyphs = UTF8,
        empty_text: str = "No rows.",
        no_match_text: str = "No rows match the filter.",
        header: bool = True,
        markable: bool = True,
        scroll_jump: int = 1,
        bindings: Sequence[BindingType] = (),
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(
            columns,
            rows,
            glyphs=glyphs,
            empty_text=empty_text,
            no_match_text=no_match_text,
            header=header,
            markable=markable,
            scroll_jump=scroll_jump,
            id=id,
            classes=classes,
        )
        if bindings:
            self._bindings = BindingsMap.merge([self._bindings, BindingsMap(bindings)])
        self._anchor: str | None = None  # where a range of marks starts

    # -- messages --------------------------------------------------------------------------

    def _cursor_changed(self) -> None:
        self.post_message(self.CursorMoved(self, self.cursor_key))

    def _marks_changed(self) -> None:
        self.post_message(self.MarksChanged(self, self.marks, self.hidden_marks))

    def _sort_changed(self) -> None:
        self.post_message(self.SortChanged(self, *self.sort))

    # -- actions; the owner's keymap binds the letters -------------------------------------

    def _go(self, index: int) -> None:
        self._chosen = True
        self._model.move_to(index)
        self._settle(follow=True)

    def action_cursor_up(self) -> None:
        """Move the cursor one row up."""
        self._go(self._model.cursor_index - 1)

    def action_cursor_down(self) -> None:
        """Move the cursor one row down."""
        self._go(self._model.cursor_index + 1)

    def action_page_up(self) -> None:
        """Move the cursor a page up."""
        self._go(self._model.cursor_index - self._page)

    def action_page_down(self) -> None:
        """Move the cursor a page down."""
        self._go(self._model.cursor_index + self._page)

    def action_cursor_top(self) -> None:
        """Move the cursor to the first row."""
        self._go(0)

    def action_cursor_bottom(self) -> None:
        """Move the cursor to the last row."""
        self._go(len(self._model.order) - 1)

    def action_open(self) -> None:
        """Open the row under the cursor."""
        if self.cursor_key is not None:
            self.post_message(self.Opened(self, self.cursor_key))

    def action_toggle_mark(self) -> None:
        """Mark or unmark the row under the cursor and go on to the next."""
        if self.cursor_key is not None and self._markable:
            self._anchor = self.cursor_key
            self._model.toggle_mark(self.cursor_key)
            self._go(self._model.cursor_index + 1)

    def action_mark_range(self) -> None:
        """Mark the rows from the last one marked by hand to the cursor."""
        if self.cursor_key is None or not self._markable:
            return
        here = self._model.cursor_index
        start = here
        if self._anchor is not None and self._model.is_visible(self._anchor):
            start = self._model.order.index(self._anchor)
        self._anchor = self.cursor_key
        self._model.mark_range(start, here)
        self._settle()

    def action_mark_all(self) -> None:
        """Mark every row the filter lets through, beside what is marked already."""
        if self._markable:
            self._model.mark_range(0, len(self._model.order))
            self._settle()

    def action_clear_marks(self) -> None:
        """Unmark every row, hidden ones included."""
        self._anchor = None
        self.set_marks(())

    def action_sort_next(self) -> None:
        """Sort by the next column on screen, after the last one as the rows came."""
        shown = [slot.column.key for slot in self._painter.layout.slots]
        column, _ = self.sort
        place = shown.index(column) + 1 if column in shown else 0
        self.sort_by(shown[place] if place < len(shown) else None)

    def action_reverse(self) -> None:
        """Turn the order of the rows round."""
        column, reverse = self.sort
        self.sort_by(column, not reverse)

    def action_toggle_wide(self) -> None:
        """Keep every column and scroll sideways, or fit them again."""
        self.set_wide(not self.wide)

    # -- mouse -----------------------------------------------------------------------------

    def on_click(self, event: events.Click) -> None:
        """Header: sort. Row: move the cursor, double click opens, the gutter marks."""
        event.stop()
        x = event.x + self.scroll_offset.x
        if event.y < self._pinned:
            self._sort_at(x)
            return
        index = self.scroll_offset.y + event.y - self._pinned
        if index >= len(self._model.order):
            return
        self._go(index)
        if event.x < GUTTER and self._markable:
            self._anchor = self.cursor_key
            self._model.toggle_mark(self._model.order[index])
            self._settle()
        elif event.chain == 2:
            self.action_open()

    def _sort_at(self, x: int) -> None:
        slot = self._painter.layout.slot_at(x)
        if slot is not None:
            column, reverse = self.sort
            self.sort_by(slot.column.key, column == slot.column.key and not reverse)
