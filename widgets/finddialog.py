"""A question over the screen: which one of many, found by a few letters.

    FindDialog(title, items, *, current, text, empty, glyphs)  -> the key chosen, or None
    push_screen(dialog, callback) or await push_screen_wait(dialog)

What is typed narrows the list: every word must be in the label or the note. Arrows move, Enter
chooses, Esc chooses nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from widgets.dialog import BoxScreen
from widgets.glyphs import UTF8, Glyphs
from widgets.pickdialog import Item
from widgets.plaintext import clean
from widgets.rowmodel import Row
from widgets.rowtable import RowTable
from widgets.rowtable_layout import Column
from widgets.textline import TextLine

__all__ = ["FindDialog", "Item"]

_COLUMNS = (
    Column("label", "", 24, flex=1, min_width=12, priority=10),
    Column("note", "", 36, flex=1, min_width=8, priority=5, role="muted"),
)


class FindDialog(BoxScreen[str | None]):
    """A line to type into over what matches it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", show=False),
        Binding("up", "move('cursor_up')", show=False),
        Binding("down", "move('cursor_down')", show=False),
        Binding("pageup", "move('page_up')", show=False),
        Binding("pagedown", "move('page_down')", show=False),
    ]
    DEFAULT_CSS = """
    FindDialog > .dialog--box { width: 72; max-width: 96%; height: 18; max-height: 96%; }
    FindDialog Input { width: 1fr; margin: 0 0 1 1; background: $background; }
    FindDialog RowTable { height: 1fr; }
    """

    def __init__(
        self,
        title: str,
        items: Sequence[Item],
        *,
        current: str = "",
        text: str = "",
        empty: str = "There is nothing to choose.",
        glyphs: Glyphs = UTF8,
    ) -> None:
        super().__init__(title, text, glyphs)
        self._current = current
        self._said = {item.key: f"{item.label} {item.note}".casefold() for item in items}
        self._line = TextLine(placeholder="type a few letters")
        self._table = RowTable(
            _COLUMNS,
            [Row(item.key, (clean(item.label), clean(item.note))) for item in items],
            glyphs=glyphs,
            header=False,
            markable=False,
            empty_text=empty,
            no_match_text="Nothing here is called that.",
        )
        self._table.can_focus = False

    def content(self) -> ComposeResult:
        """The line over the list."""
        yield self._line
        yield self._table

    def on_mount(self) -> None:
        """The line has the keys, the cursor is on what is current."""
        self._line.focus()
        if self._current:
            self._table.move_to(self._current)

    @on(Input.Changed)
    def _narrow(self, message: Input.Changed) -> None:
        message.stop()
        words = message.value.casefold().split()

        def shows(row: Row) -> bool:
            return all(word in self._said[row.key] for word in words)

        self._table.set_filter(shows if words else None)
        self._table.action_cursor_top()

    @on(Input.Submitted)
    def _choose(self, message: Input.Submitted) -> None:
        message.stop()
        self._table.action_open()

    @on(RowTable.Opened)
    def _opened(self, message: RowTable.Opened) -> None:
        message.stop()
        self.dismiss(message.key)

    def action_move(self, verb: str) -> None:
        """Move the cursor of the list from the line."""
        getattr(self._table, f"action_{verb}")()

    def action_cancel(self) -> None:
        """Choose nothing."""
        self.dismiss(None)
