"""How the lines of a row table look: header, rows and the word for an empty table, as strips.

A row's strip is kept until the row, its flags, the columns or the theme differ, so painting a line
that was seen before costs a dictionary lookup.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import IntEnum

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from widgets.glyphs import Glyphs
from widgets.plaintext import clean, fit
from widgets.rowmodel import Row
from widgets.rowtable_layout import GUTTER, Column, Layout

_KEPT_STRIPS = 1024


class Pointer(IntEnum):
    """What the cursor has to do with a line."""

    AWAY = 0
    HERE = 1
    FOCUSED = 2


class RowPainter:
    """Draws lines for one table; `style_of` gives the style of a component class, "" the base."""

    def __init__(
        self,
        columns: Sequence[Column],
        glyphs: Glyphs,
        style_of: Callable[[str], Style],
        marks_title: str = "M",
    ) -> None:
        self.columns = tuple(columns)
        self.layout = Layout.arrange(self.columns, 0)
        self._glyphs = glyphs
        self._style_of = style_of
        self._gutter_title = f" {marks_title}".ljust(GUTTER)
        self._styles: dict[str, Style] = {}
        self._strips: dict[tuple[str, Pointer, bool], tuple[Row, Strip]] = {}

    def arrange(self, room: int, wide: bool) -> None:
        """Lay the columns out anew for a width in cells."""
        self.layout = Layout.arrange(self.columns, room, wide)
        self._strips.clear()

    def forget(self) -> None:
        """Drop every remembered style and strip: the theme or the CSS may differ."""
        self._styles.clear()
        self._strips.clear()

    def style(self, name: str) -> Style:
        """Give the style of a component class, "" for the table's own."""
        if name not in self._styles:
            self._styles[name] = self._style_of(name)
        return self._styles[name]

    def header(self, sorted_by: int | None, reverse: bool) -> Strip:
        """Draw the titles; the sorted one carries its arrow, which a long title makes room for."""
        glyphs = self._glyphs
        text = self._gutter_title
        for slot in self.layout.slots:
            title, width = slot.column.title, slot.width
            if slot.index == sorted_by and width > 1:
                arrow = glyphs.sort_down if reverse else glyphs.sort_up
                title = fit(title, min(len(title), width - 1), "left", glyphs.ellipsis) + arrow
            text += fit(title, width, slot.column.align, glyphs.ellipsis) + " "
        return self._strip([(text, "rowtable--header")])

    def row(self, row: Row, pointer: Pointer, marked: bool) -> Strip:
        """Draw one row; under the focused cursor in one style, so that it is always readable."""
        known = self._strips.get((row.key, pointer, marked))
        if known is not None and known[0] is row:
            return known[1]
        glyphs = self._glyphs
        gutter = (glyphs.cursor if pointer else " ") + (glyphs.mark if marked else " ")
        own = "rowtable--cursor" if pointer is Pointer.FOCUSED else ""
        own = own or ("rowtable--marked" if marked else "")
        pieces = [(gutter.ljust(GUTTER), own)]
        for text, role in self.layout.pieces(row.cells, glyphs):
            shown = own if pointer is Pointer.FOCUSED or not role else f"role--{role}"
            pieces.append((text, shown))
        strip = self._strip(pieces)
        if len(self._strips) >= _KEPT_STRIPS:
            self._strips.clear()
        self._strips[row.key, pointer, marked] = (row, strip)
        return strip

    def note(self, text: str) -> Strip:
        """Draw a line without a row: the word for an empty table, or nothing."""
        text = " " * GUTTER + fit(clean(text), self.layout.width - GUTTER)
        return self._strip([(text, "rowtable--empty")])

    def _strip(self, pieces: list[tuple[str, str]]) -> Strip:
        merged: list[Segment] = []
        for text, name in pieces:
            style = self.style(name)
            if merged and merged[-1].style == style:
                merged[-1] = Segment(merged[-1].text + text, style)
            else:
                merged.append(Segment(text, style))
        return Strip(merged).adjust_cell_length(self.layout.width, merged[-1].style)
