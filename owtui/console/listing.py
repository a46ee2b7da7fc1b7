"""A frame around one table: what the keymap's `list` scope means, once for all lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from textual import on

from owtui.console.frame import Frame
from owtui.console.presenters import status
from widgets.dialog import Choice, ChoiceDialog
from widgets.rowmodel import Row
from widgets.rowtable import RowTable

LETTERS = "123456789abcdefghijklmnopqrstuvwxyz"


class Listing(Frame):
    """Base of the screens that are a list; `table` is theirs."""

    scopes: ClassVar[tuple[str, ...]] = ("app", "data", "list")

    @property
    def table(self) -> RowTable:
        """The list's table."""
        return self.query_one(RowTable)

    _keys: Sequence[str] = ()

    def show_rows(self, rows: Sequence[Row]) -> None:
        """Repaint what differs where the same rows stand in the same order, else show them anew."""
        keys = [row.key for row in rows]
        if keys == self._keys:
            self.table.update_rows(rows)
        else:
            self._keys = keys
            self.table.set_rows(rows)

    def remember(self) -> Mapping[str, Any]:
        """Order, width, and the row under the cursor."""
        column, reverse = self.table.sort
        key = self.table.cursor_key
        return {"sort": column, "reverse": reverse, "wide": self.table.wide, "cursor": key}

    def recall(self, state: Mapping[str, Any]) -> None:
        """Sort and stand as it was; a column or row that is gone is left out."""
        table, column = self.table, state.get("sort")
        if "sort" in state and column in {None, *(one.key for one in table.columns)}:
            table.sort_by(column, bool(state.get("reverse")))
        table.set_wide(bool(state.get("wide", table.wide)))
        if state.get("cursor"):
            table.move_to(str(state["cursor"]))

    def action_list_up(self) -> None:
        """One row up."""
        self.table.action_cursor_up()

    def action_list_down(self) -> None:
        """One row down."""
        self.table.action_cursor_down()

    def action_list_page_up(self) -> None:
        """One page up."""
        self.table.action_page_up()

    def action_list_page_down(self) -> None:
        """One page down."""
        self.table.action_page_down()

    def action_list_top(self) -> None:
        """The first row."""
        self.table.action_cursor_top()

    def action_list_bottom(self) -> None:
        """The last row."""
        self.table.action_cursor_bottom()

    def sort_choices(self) -> dict[str, tuple[str | None, str, str]]:
        """What the list can be sorted by: its column, title and help, by a letter."""
        titled = {one.key: one.title for one in self.table.columns if len(one.title) > 1}
        choices: dict[str, tuple[str | None, str, str]] = {
            letter: (key, title, "")
            for letter, (key, title) in zip(LETTERS, titled.items(), strict=False)
        }
        return {**choices, "0": (None, "as they come", "")}

    def action_list_open(self) -> None:
        """Open what is under the cursor."""
        self.table.action_open()

    def action_list_sort(self) -> None:
        """Choose what to sort by."""
        choices = self.sort_choices()
        dialog = ChoiceDialog(
            "Sort by",
            [Choice(letter, title, help_) for letter, (_, title, help_) in choices.items()],
            glyphs=self.session.glyphs,
        )

        def chosen(letter: str | None) -> None:
            if letter is not None:
                self.table.sort_by(choices[letter][0])

        self.app.push_screen(dialog, chosen)

    def status_pieces(self) -> list[status.Piece]:
        """The frame's, and the marks with those that the filter hides, and the order."""
        table = self.table
        return [
            *super().status_pieces(),
            *status.of_list(len(table.marks), table.hidden_marks, table.sort, self.session.glyphs),
        ]

    @on(RowTable.SortChanged)
    def _sort_changed(self, message: RowTable.SortChanged) -> None:
        """Tell by what the list is sorted."""
        self.refresh_frame()

    def action_list_sort_reverse(self) -> None:
        """Turn the order round."""
        self.table.action_reverse()

    def action_list_wide(self) -> None:
        """All columns, scrolling sideways, or those that fit."""
        self.table.action_toggle_wide()


class MarkListing(Listing):
    """A list whose rows can be marked."""

    def remember(self) -> Mapping[str, Any]:
        """The marks beside what every list remembers."""
        return {**super().remember(), "marks": sorted(self.table.marks)}

    def recall(self, state: Mapping[str, Any]) -> None:
        """Mark what was marked and is still there."""
        super().recall(state)
        if "marks" in state:
            self.table.set_marks(key for key in state["marks"] if self.table.row(key) is not None)

    def action_list_mark(self) -> None:
        """Mark or unmark this row."""
        self.table.action_toggle_mark()

    def action_list_mark_range(self) -> None:
        """Mark from the last mark to here."""
        self.table.action_mark_range()

    def action_list_mark_all_visible(self) -> None:
        """Mark all that the filter shows."""
        self.table.action_mark_all()

    def action_list_mark_clear(self) -> None:
        """Take all marks away, hidden ones too."""
        self.table.action_clear_marks()

    def action_list_mark_down(self) -> None:
        """Mark and go down."""
        self.table.action_toggle_mark()

    def action_list_mark_up(self) -> None:
        """Mark and go up."""
        self.table.action_toggle_mark()
        self.table.action_cursor_up()
        self.table.action_cursor_up()
