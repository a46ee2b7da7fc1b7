"""How a table's columns share the width, and where each cell of a row lands; free of Textual.

    Column(key, title, width, ...)      what a column wants
    Layout.arrange(columns, room, wide) the columns that fit, with their places
    layout.pieces(cells, glyphs)        a row as (text, role) pieces of exact width

Narrow: columns shrink to their minimum, then the lowest priority is dropped, then text is cut.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from widgets.glyphs import Glyphs
from widgets.plaintext import clean, fit
from widgets.rowmodel import Cell

GUTTER = 3
"""Cells before the first column: the cursor, the mark, a space."""


@dataclass(frozen=True, slots=True)
class Column:
    """What one column wants; widths in terminal cells.

    `flex` is its share of the room that is left over, `min_width` (0: `width`) what it may shrink
    to, `role` the role of its cells that name none. The highest priority is kept the longest.
    """

    key: str
    title: str
    width: int
    flex: int = 0
    min_width: int = 0
    align: Literal["left", "right", "center"] = "left"
    priority: int = 0
    role: str = ""

    @property
    def least(self) -> int:
        """The fewest cells the column is useful in."""
        return min(self.min_width or self.width, self.width)


@dataclass(frozen=True, slots=True)
class Slot:
    """A column in its place: the index of its cell, where it starts and how wide it is."""

    index: int
    column: Column
    x: int
    width: int


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns that are shown, left to right, and the width of a whole row."""

    slots: tuple[Slot, ...]
    width: int

    @classmethod
    def arrange(cls, columns: Sequence[Column], room: int, wide: bool = False) -> Layout:
        """Fit columns into `room` cells; wide keeps them all and may be wider than the room."""
        chosen = list(enumerate(columns))
        if not wide:
            chosen = _affordable(chosen, room)
        widths = _share(chosen, room, wide)
        slots = []
        x = GUTTER
        for (index, column), width in zip(chosen, widths, strict=True):
            slots.append(Slot(index, column, x, width))
            x += width + 1
        return cls(tuple(slots), max(x - 1, GUTTER) if wide else room)

    def slot_at(self, x: int) -> Slot | None:
        """Find the column under a position."""
        for slot in self.slots:
            if slot.x <= x <= slot.x + slot.width:
                return slot
        return None

    def pieces(self, cells: Sequence[Cell | str], glyphs: Glyphs) -> list[tuple[str, str]]:
        """Cut a row into (text, role) pieces; neighbours of one role are one piece."""
        pieces: list[tuple[str, str]] = []
        covered = 0  # cell indexes below this one are under a spanning cell
        for number, slot in enumerate(self.slots):
            if slot.index < covered:
                continue
            cell = cells[slot.index] if slot.index < len(cells) else ""
            text, role, width = (cell, "", slot.width)
            if isinstance(cell, Cell):
                text, role = cell.text, cell.role
                if cell.span > 1:
                    covered = slot.index + cell.span
                    last = [s for s in self.slots[number:] if s.index < covered][-1]
                    width = last.x + last.width - slot.x
            align = slot.column.align if covered <= slot.index else "left"
            text = fit(clean(str(text)), width, align, glyphs.ellipsis) + " "
            role = role or slot.column.role
            if pieces and pieces[-1][1] == role:
                pieces[-1] = (pieces[-1][0] + text, role)
            else:
                pieces.append((text, role))
        return pieces

    def changed(
        self, before: Sequence[Cell | str], after: Sequence[Cell | str]
    ) -> list[tuple[int, int]]:
        """List (x, width) of the cells that differ; the whole row when a span is involved."""
        if before == after:
            return []
        if any(isinstance(cell, Cell) and cell.span > 1 for cell in (*before, *after)):
            return [(0, self.width)]
        regions = []
        for slot in self.slots:
            old = before[slot.index] if slot.index < len(before) else ""
            new = after[slot.index] if slot.index < len(after) else ""
            if old != new:
                regions.append((slot.x, slot.width))
        return regions


def _affordable(chosen: list[tuple[int, Column]], room: int) -> list[tuple[int, Column]]:
    def needed() -> int:
        return GUTTER + sum(column.least + 1 for _, column in chosen) - 1

    while len(chosen) > 1 and needed() > room:
        # of equal priorities the rightmost goes first
        chosen.remove(min(reversed(chosen), key=lambda pair: pair[1].priority))
    return chosen


def _share(chosen: list[tuple[int, Column]], room: int, wide: bool) -> list[int]:
    columns = [column for _, column in chosen]
    widths = [column.width if wide else column.least for column in columns]
    spare = room - GUTTER - sum(widths) - len(widths) + 1
    if spare < 0:
        return widths if wide else [max(1, room - GUTTER)]
    by_priority = sorted(range(len(columns)), key=lambda i: -columns[i].priority)
    for i in by_priority:
        more = min(spare, columns[i].width - widths[i])
        widths[i] += more
        spare -= more
    weight = sum(column.flex for column in columns)
    for i in by_priority:
        if columns[i].flex and weight:
            more = spare * columns[i].flex // weight
            widths[i] += more
            spare -= more
            weight -= columns[i].flex
    return widths
