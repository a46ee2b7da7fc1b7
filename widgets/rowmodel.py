"""The rows behind a table: keyed, filtered, sorted and marked, free of Textual.

    RowModel().set_rows / update_rows / remove / set_filter / set_sort / set_marks
    model.order, model.cursor, model.marks, model.hidden_marks, model.row(key)

The cursor and the marks are kept by key, so they survive sorting, filtering and updates. The order
of all rows is kept beside the one that a filter leaves of it: only what sorts differently is sorted
again, and no filter sorts anything.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence, Set
from dataclasses import dataclass
from typing import Any

MOST_MOVED = 2000
"""Rows that are put into their places one by one; more of them cost less when all are sorted."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell's text, its role (see widgets.roles) and how many columns it covers."""

    text: str
    role: str = ""
    span: int = 1


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its key, a cell or text per column, and what each column sorts by.

    `sort` has one comparable value per column; None in it means unknown and sorts last in both
    directions. Without `sort` the casefolded text of the cell is used.
    """

    key: str
    cells: tuple[Cell | str, ...]
    sort: tuple[Any, ...] | None = None

    def text(self, column: int) -> str:
        """Give the text of one cell, empty when the row is shorter than the table."""
        if column >= len(self.cells):
            return ""
        cell = self.cells[column]
        return cell if isinstance(cell, str) else cell.text

    def sort_value(self, column: int) -> Any:
        """Give what the row sorts by in one column, or None when that is unknown."""
        if self.sort is None:
            return self.text(column).casefold()
        return self.sort[column] if column < len(self.sort) else None


Filter = Callable[[Row], bool] | Collection[str] | None


class RowModel:
    """Rows in the order they are shown, with a cursor and marks that follow their keys."""

    def __init__(self) -> None:
        self._rows: dict[str, Row] = {}
        self._arrival: dict[str, int] = {}  # breaks ties; as the dictionary, it grows in order
        self._next = 0
        self._matches: Callable[[Row], bool] | None = None
        self._wanted: frozenset[str] | None = None  # the keys, where the filter is a collection
        self._sort_column: int | None = None
        self._reverse = False
        self._all: list[str] | None = []  # every key in order; None: not known since a change
        self._order: list[str] = []  # those that are shown; the same list where all are
        self._visible: Set[str] | None = None
        self._marks: frozenset[str] = frozenset()
        self._cursor: str | None = None
        self._cursor_index = 0

    # -- what is shown ---------------------------------------------------------------------

    @property
    def order(self) -> Sequence[str]:
        """The visible keys, in order; read only."""
        return self._order

    @property
    def total(self) -> int:
        """How many rows there are, hidden ones included."""
        return len(self._rows)

    @property
    def filtered(self) -> bool:
        """Is a filter set?"""
        return self._matches is not None

    @property
    def sort(self) -> tuple[int | None, bool]:
        """The sorted column (None: the order of arrival) and whether it is reversed."""
        return self._sort_column, self._reverse

    def row(self, key: str) -> Row | None:
        """Give the row of a key, hidden or not."""
        return self._rows.get(key)

    def at(self, index: int) -> Row | None:
        """Give the visible row at an index."""
        return self._rows[self._order[index]] if 0 <= index < len(self._order) else None

    def is_visible(self, key: str) -> bool:
        """Is the row there and let through by the filter?"""
        return key in self._visible_keys()

    # -- rows ------------------------------------------------------------------------------

    def set_rows(self, rows: Iterable[Row]) -> None:
        """Replace all rows; the cursor and the marks stay with the keys that remain."""
        self._rows = {row.key: row for row in rows}
        self._arrival = {key: number for number, key in enumerate(self._rows)}
        self._next = len(self._rows)
        self._drop_marks()
        self._all = None
        self._rebuild()

    def update_rows(self, rows: Iterable[Row]) -> bool:
        """Replace or add rows; True when anything differs from before."""
        changed: dict[str, Row | None] = {}
        known = self._rows
        for row in rows:
            before = known.get(row.key)
            if before is not row and before != row:
                changed.setdefault(row.key, before)
                known[row.key] = row
                if before is None and row.key not in self._arrival:
                    self._arrival[row.key] = self._next
                    self._next += 1
        if changed:
            self._reorder(changed)
        return bool(changed)

    def remove(self, keys: Iterable[str]) -> bool:
        """Remove rows and their marks; True when any was there."""
        gone = {key for key in keys if self._rows.pop(key, None) is not None}
        if not gone:
            return False
        for key in gone:
            del self._arrival[key]
        self._drop_marks()
        if self._matches is None:
            self._all = order = [key for key in self._order if key not in gone]
            self._show(order)
        else:
            self._all = None
            if not gone.isdisjoint(self._order):
                self._show([key for key in self._order if key not in gone])
        return True

    # -- filter and sort -------------------------------------------------------------------

    def set_filter(self, matches: Filter) -> None:
        """Show only the rows a predicate accepts, or whose key is in a collection; None: all."""
        self._wanted = None
        if matches is None or callable(matches):
            self._matches = matches
        else:
            self._wanted = keys = frozenset(matches)
            self._matches = lambda row: row.key in keys
        self._rebuild()

    def set_sort(self, column: int | None, reverse: bool = False) -> None:
        """Sort by a column; ties keep the order of arrival."""
        self._sort_column, self._reverse = column, reverse
        self._all = None
        self._rebuild()

    # -- cursor ----------------------------------------------------------------------------

    @property
    def cursor(self) -> str | None:
        """The key under the cursor, None only when no row is visible."""
        return self._cursor

    @property
    def cursor_index(self) -> int:
        """Where the cursor is among the visible rows; 0 when there are none."""
        return self._cursor_index

    def move_to(self, index: int) -> bool:
        """Put the cursor on a visible index, clamped; True when it moved."""
        if not self._order:
            return False
        self._cursor_index = max(0, min(index, len(self._order) - 1))
        before, self._cursor = self._cursor, self._order[self._cursor_index]
        return before != self._cursor

    def move_to_key(self, key: str) -> bool:
        """Put the cursor on a key when it is visible; True when it moved."""
        return self.is_visible(key) and self.move_to(self._order.index(key))

    # -- marks -----------------------------------------------------------------------------

    @property
    def marks(self) -> frozenset[str]:
        """The marked keys, hidden ones included; another object only after a change."""
        return self._marks

    @property
    def hidden_marks(self) -> int:
        """How many marked rows the filter hides."""
        return len(self._marks - self._visible_keys()) if self._marks else 0

    def marked(self) -> list[str]:
        """List the marked keys: the visible ones in order, then the hidden ones by arrival."""
        if not self._marks:
            return []
        shown = self._visible_keys()
        seen = [key for key in self._order if key in self._marks]
        return seen + [key for key in self._rows if key in self._marks and key not in shown]

    def is_marked(self, key: str) -> bool:
        """Is this row marked?"""
        return key in self._marks

    def set_marks(self, keys: Iterable[str]) -> bool:
        """Mark exactly these keys, as far as they exist; True when the marks changed."""
        before, marks = self._marks, frozenset(self._rows.keys() & set(keys))
        if marks != before:
            self._marks = marks
        return marks != before

    def toggle_mark(self, key: str) -> None:
        """Mark a row, or unmark it."""
        if key in self._rows:
            self._marks ^= {key}

    def mark_range(self, first: int, last: int) -> bool:
        """Mark the visible rows between two indexes, both included; True when any was new."""
        low, high = sorted((first, last))
        new = set(self._order[max(0, low) : high + 1]) - self._marks
        if new:
            self._marks |= new
        return bool(new)

    def _drop_marks(self) -> None:
        """Forget the marks of rows that are gone."""
        kept = frozenset(key for key in self._marks if key in self._rows)
        if len(kept) != len(self._marks):
            self._marks = kept

    # -- order -----------------------------------------------------------------------------

    def _visible_keys(self) -> Set[str]:
        if self._visible is None:
            filtered = self._matches is not None
            self._visible = frozenset(self._order) if filtered else self._rows.keys()
        return self._visible

    def _rebuild(self) -> None:
        if self._all is None:
            self._all = self._sorted(list(self._rows))
        keys, rows, matches, wanted = self._all, self._rows, self._matches, self._wanted
        if wanted is not None:
            keys = [key for key in keys if key in wanted]
        elif matches is not None:
            keys = [key for key in keys if matches(rows[key])]
        self._show(keys)

    def _reorder(self, changed: dict[str, Row | None]) -> None:
        """Give changed rows their new places; does nothing when none can have moved."""
        matches, column, shown = self._matches, self._sort_column, self._visible_keys()
        moving: set[str] = set()
        for key, before in changed.items():
            after = self._rows[key]
            wanted = matches is None or matches(after)
            placed = before is None or (
                column is not None and before.sort_value(column) != after.sort_value(column)
            )
            if placed:
                self._all = None
            if wanted != (key in shown) or (wanted and placed):
                moving.add(key)
        if not moving:
            return
        if column is None or len(moving) > min(len(self._order) // 8, MOST_MOVED):
            self._rebuild()
            return
        order = [key for key in self._order if key not in moving]
        for key in moving:
            row = self._rows[key]
            if matches is None or matches(row):
                order.insert(self._place(row, order, column), key)
        if matches is None:
            self._all = order
        self._show(order)

    def _place(self, row: Row, order: list[str], column: int) -> int:
        """Find where a row belongs among sorted keys, by the rules of `_sorted`."""
        value, number, rows = row.sort_value(column), self._arrival[row.key], self._rows
        low, high = 0, len(order)
        while low < high:
            middle = (low + high) // 2
            other = rows[order[middle]].sort_value(column)
            if other == value:
                earlier = self._arrival[order[middle]] < number
            elif other is None or value is None:
                earlier = value is None
            else:
                earlier = (other > value) if self._reverse else (other < value)
            if earlier:
                low = middle + 1
            else:
                high = middle
        return low

    def _sorted(self, keys: list[str]) -> list[str]:
        column = self._sort_column
        if column is None:
            return keys[::-1] if self._reverse else keys
        values = {key: row.sort_value(column) for key, row in self._rows.items()}
        known = [key for key in keys if values[key] is not None]
        known.sort(key=values.__getitem__, reverse=self._reverse)
        if len(known) == len(keys):
            return known
        return known + [key for key in keys if values[key] is None]

    def _show(self, order: list[str]) -> None:
        self._order = order
        self._visible = None
        if not order:
            self._cursor, self._cursor_index = None, 0
            return
        index = self._cursor_index
        if index < len(order) and order[index] == self._cursor:
            return
        try:
            self._cursor_index = order.index(self._cursor or "")
        except ValueError:
            self.move_to(index)
