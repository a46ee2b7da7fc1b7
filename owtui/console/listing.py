"""A frame around one table: what the keymap's `list` scope means, once for all lists."""

from __future__ import annotations

from typing import ClassVar

from owtui.console.frame import Frame
from widgets.rowtable import RowTable


class Listing(Frame):
    """Base of the screens that are a list; `table` is theirs."""

    scopes: ClassVar[tuple[str, ...]] = ("app", "data", "list")

    @property
    def table(self) -> RowTable:
        """The list's table."""
        return self.query_one(RowTable)

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

    def action_list_sort(self) -> None:
        """Sort by the next column."""
        self.table.action_sort_next()

    def action_list_sort_reverse(self) -> None:
        """Turn the order round."""
        self.table.action_reverse()

    def action_list_wide(self) -> None:
        """All columns, scrolling sideways, or those that fit."""
        self.table.action_toggle_wide()


class MarkListing(Listing):
    """A list whose rows can be marked."""

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
