"""The screen side of a row table: a model's rows in a viewport, repainting only what differs.

RowView takes rows and is told what to show; RowTable adds keys, mouse and messages to it. After
every change the lines on screen are compared with what they showed before, so an update costs what
differs: a cell, two lines for a cursor move, nothing when nothing changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from widgets.glyphs import UTF8, Glyphs
from widgets.roles import role_classes, role_css
from widgets.rowmodel import Filter, Row, RowModel
from widgets.rowtable_layout import GUTTER, Column
from widgets.rowtable_paint import Pointer, RowPainter
from widgets.scrollbars import SIDESTEP, follow, suit

_Line = tuple[Row | str, Pointer, bool]  # a row or a note, the cursor's part in it, is it marked


class RowView(ScrollView, can_focus=True):
    """Rows on screen; see widgets.rowtable for the widget to use."""

    ALLOW_SELECT = False
    CURSOR_STAYS: ClassVar[bool] = True  # shown while something else has the keys, too
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "rowtable--header",
        "rowtable--cursor",
        "rowtable--marked",
        "rowtable--empty",
        *role_classes(),
    }
    DEFAULT_CSS = """
    RowView {
        height: 1fr;
        background: $background;
        color: $foreground;
        overflow-x: auto;
        overflow-y: auto;
        scrollbar-size-vertical: 1;
        scrollbar-size-horizontal: 1;
    }
    RowView > .rowtable--header { text-style: bold; color: $text-muted; }
    RowView > .rowtable--cursor {
        background: $block-cursor-background;
        color: $block-cursor-foreground;
    }
    RowView > .rowtable--marked { text-style: bold; }
    RowView > .rowtable--empty { color: $text-muted; }
    """ + role_css("RowView")

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
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._glyphs = glyphs
        self._empty_text = empty_text
        self._no_match_text = no_match_text
        self._pinned = int(header)  # lines that stay while the rows scroll
        self._wide = False
        self._model = RowModel()
        self._model.set_rows(rows)
        self._markable = markable
        self._scroll_jump = scroll_jump
        self._chosen = False  # was the cursor put anywhere on purpose?
        self._painter = RowPainter(
            columns, glyphs, self._component_style, marks_title="M" if markable else ""
        )
        self._arranged: tuple[int, bool, tuple[Column, ...]] = (0, False, ())
        self._shown: list[_Line] = []
        self._shown_sort = self._model.sort
        self._told_cursor = self._model.cursor
        self._told_marks = (self._model.marks, 0)

    # -- what it holds ---------------------------------------------------------------------

    @property
    def cursor_key(self) -> str | None:
        """The key of the row under the cursor."""
        return self._model.cursor

    @property
    def marks(self) -> frozenset[str]:
        """The marked keys, hidden ones included."""
        return self._model.marks

    @property
    def hidden_marks(self) -> int:
        """How many marked rows the filter hides."""
        return self._model.hidden_marks

    def marked(self) -> list[str]:
        """List the marked keys in the order shown, the hidden ones last."""
        return self._model.marked()

    @property
    def order(self) -> Sequence[str]:
        """The visible keys in the order shown; read only."""
        return self._model.order

    @property
    def total(self) -> int:
        """How many rows the table holds, hidden ones included."""
        return self._model.total

    @property
    def sort(self) -> tuple[str | None, bool]:
        """The key of the sorted column (None: as they came) and whether it is reversed."""
        index, reverse = self._model.sort
        return (None if index is None else self._painter.columns[index].key), reverse

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns, those without room included."""
        return self._painter.columns

    @property
    def wide(self) -> bool:
        """Are all columns kept, scrolling sideways, instead of dropping some?"""
        return self._wide

    def row(self, key: str) -> Row | None:
        """Give the row of a key, hidden or not."""
        return self._model.row(key)

    # -- what others tell it ---------------------------------------------------------------

    def set_rows(self, rows: Iterable[Row]) -> None:
        """Replace all rows; cursor and marks stay with the keys that remain."""
        self._model.set_rows(rows)
        self._settle()

    def update_rows(self, rows: Iterable[Row]) -> None:
        """Replace or add these rows; only the cells that differ are repainted."""
        if self._model.update_rows(rows):
            self._settle()

    def remove_rows(self, keys: Iterable[str]) -> None:
        """Remove rows and their marks."""
        if self._model.remove(keys):
            self._settle()

    def set_filter(self, matches: Filter) -> None:
        """Show the rows a predicate accepts, or those in a collection of keys; None: all."""
        self._model.set_filter(matches)
        self._settle()

    def sort_by(self, column: str | None, reverse: bool = False) -> None:
        """Sort by the column of this key; None: as the rows came. KeyError: no such column."""
        index = None if column is None else self._index_of(column)
        if (index, reverse) != self._model.sort:
            self._model.set_sort(index, reverse)
            self._settle()
            self._sort_changed()

    def set_marks(self, keys: Iterable[str]) -> None:
        """Mark exactly these rows, as far as they exist."""
        self._model.set_marks(keys)
        self._settle()

    def move_to(self, key: str) -> None:
        """Put the cursor on a row and bring it into view; nothing when it is not visible."""
        self._chosen = True
        self._model.move_to_key(key)
        self._settle(follow=True)

    def update_columns(self, columns: Sequence[Column]) -> None:
        """Show other columns; the rows' cells must match. The sort stays when its key does."""
        self._use_columns(columns)
        self._settle()

    def set_table(self, columns: Sequence[Column], rows: Iterable[Row]) -> None:
        """Show other columns and the rows made for them; cursor, marks and sort stay."""
        self._use_columns(columns, rows)
        self._settle()

    def _use_columns(self, columns: Sequence[Column], rows: Iterable[Row] | None = None) -> None:
        key, reverse = self.sort
        self._painter.columns = tuple(columns)
        if rows is not None:
            self._model.set_sort(None)  # not by a place that the new rows may not have
            self._model.set_rows(rows)
        known = {column.key: index for index, column in enumerate(columns)}
        self._model.set_sort(known.get(key) if key else None, reverse)

    def update_empty(self, text: str) -> None:
        """Say something else where there are no rows."""
        if text != self._empty_text:
            self._empty_text = text
            self._sync()

    def set_wide(self, wide: bool) -> None:
        """Keep every column and scroll sideways, or fit them to the width."""
        if wide != self._wide:
            self._wide = wide
            self._settle()

    # -- hooks for RowTable ----------------------------------------------------------------

    def _cursor_changed(self) -> None:
        """Hear that the cursor is on another key."""

    def _marks_changed(self) -> None:
        """Hear that other rows are marked, or that others of them are hidden."""

    def _sort_changed(self) -> None:
        """Hear that the sort is another."""

    # -- painting --------------------------------------------------------------------------

    @property
    def _page(self) -> int:
        """How many rows fit under the header."""
        return max(1, self.scrollable_content_region.height - self._pinned)

    def _index_of(self, column: str) -> int:
        for index, candidate in enumerate(self._painter.columns):
            if candidate.key == column:
                return index
        raise KeyError(column)

    def _settle(self, follow: bool = False) -> None:
        """Bring the screen in line with the model, then tell what became of cursor and marks.

        The cursor is kept in view when it was in view, or when it was moved on purpose (follow).
        """
        in_view = any(line[1] for line in self._shown)
        if self._arranged != (self._room, self._wide, self._painter.columns):
            self._arrange()
        self.virtual_size = Size(self._painter.layout.width, len(self._model.order) + self._pinned)
        if self.size.height and (follow or in_view):
            self._scroll_to_cursor()
        self._sync()
        if self._model.cursor != self._told_cursor:
            self._told_cursor = self._model.cursor
            self._cursor_changed()
        marks = (self._model.marks, self._model.hidden_marks)
        if marks != self._told_marks:
            self._told_marks = marks
            self._marks_changed()

    def _scroll_to_cursor(self) -> None:
        """Bring the cursor into view; on slow links a larger jump saves repainting each time."""
        index, top, page = self._model.cursor_index, self.scroll_offset.y, self._page
        more = min(self._scroll_jump, page) - 1
        if index < top:
            self.scroll_to(y=index - more, animate=False, force=True)
        elif index >= top + page:
            self.scroll_to(y=index - page + 1 + more, animate=False, force=True)

    def _line(self, y: int) -> _Line:
        """Say what the row line at a screen position is to show."""
        index = self.scroll_offset.y + y - self._pinned
        row = self._model.at(index)
        if row is None:
            first = y == self._pinned and not self._model.order
            return self._note() if first else "", Pointer.AWAY, False
        pointer = Pointer.AWAY
        if index == self._model.cursor_index:
            away = Pointer.HERE if self.CURSOR_STAYS else Pointer.AWAY
            pointer = Pointer.FOCUSED if self.has_focus else away
        return row, pointer, self._model.is_marked(row.key)

    def _note(self) -> str:
        no_match = self._model.total and self._model.filtered
        return self._no_match_text if no_match else self._empty_text

    def _sync(self) -> None:
        """Repaint the cells and lines that no longer show what they should."""
        if not self.is_mounted:
            return
        before = self._shown
        self._shown = [self._line(y) for y in range(self._pinned, self.size.height)]
        regions = []
        if self._pinned and self._model.sort != self._shown_sort:
            self._shown_sort = self._model.sort
            regions.append(Region(0, 0, self._room, self._pinned))
        for y, (was, now) in enumerate(zip(before, self._shown, strict=False), self._pinned):
            if was[0] is not now[0] or was != now:
                regions += self._differences(y, was, now)
        if regions:
            self.refresh(*regions)

    def _differences(self, y: int, was: _Line, now: _Line) -> list[Region]:
        """Say what of a line to repaint: cells when it is the same row in the same part."""
        old, new = was[0], now[0]
        same_part = was[1:] == now[1:]
        if same_part and isinstance(old, Row) and isinstance(new, Row) and old.key == new.key:
            left = self.scroll_offset.x
            return [
                Region(max(0, x - left), y, width, 1)
                for x, width in self._painter.layout.changed(old.cells, new.cells)
            ]
        return [Region(0, y, self._room, 1)]

    @property
    def _room(self) -> int:
        """How wide a row may be: what the bar leaves, if there will be one."""
        bar = len(self._model.order) + self._pinned > self.size.height
        return self.size.width - (self.styles.scrollbar_size_vertical if bar else 0)

    def _arrange(self) -> None:
        self._arranged = (self._room, self._wide, self._painter.columns)
        self._painter.arrange(self._room, self._wide)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw one screen line."""
        painter, left = self._painter, self.scroll_offset.x
        if y < self._pinned:
            strip = painter.header(*self._model.sort)
        else:
            content, pointer, marked = self._line(y)
            if isinstance(content, Row):
                strip = painter.row(content, pointer, marked)
            else:
                strip = painter.note(content)
        if not left:
            return strip.crop_extend(0, self.size.width, painter.style(""))
        moved = strip.crop_extend(GUTTER + left, left + self.size.width, painter.style(""))
        return Strip.join([strip.crop(0, GUTTER), moved])  # cursor and marks stay in sight

    def _component_style(self, name: str) -> Style:
        return self.get_component_rich_style(name) if name else self.rich_style

    def action_scroll_left(self) -> None:
        """Scroll to the left, at once: an animation would repaint everything at each step."""
        self.scroll_to(x=self.scroll_offset.x - SIDESTEP, animate=False)

    def action_scroll_right(self) -> None:
        """Scroll to the right, at once."""
        self.scroll_to(x=self.scroll_offset.x + SIDESTEP, animate=False)

    # -- what Textual tells it -------------------------------------------------------------

    def notify_style_update(self) -> None:
        """Forget colours: the theme or the CSS changed."""
        super().notify_style_update()
        self._painter.forget()

    def on_mount(self) -> None:
        """Draw the first time, from the top unless the cursor was put somewhere."""
        suit(self, self._glyphs)
        if not self._chosen:
            self._model.move_to(0)
        self._told_cursor = self._model.cursor
        self._settle()

    def on_resize(self, _event: events.Resize) -> None:
        """Fit the columns to the new width and keep the cursor in view."""
        self._settle(follow=not self._shown)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Follow a scroll, leaving the header as it is."""
        follow(self, new_value)
        if round(old_value) != round(new_value):
            self._sync()

    def on_focus(self) -> None:
        """Draw the cursor as the one that keys move."""
        self._sync()

    def on_blur(self) -> None:
        """Draw the cursor as resting."""
        self._sync()
