"""The palette: everything that can be done from here, found by a few letters of its name.

It offers what the footer, the `a` menu and the `:` line offer and nothing else, so that what is
gone in read-only mode is gone here too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from owtui.console import verbs
from owtui.console.acting import Acting
from owtui.console.frame import Frame
from owtui.console.presenters.action import letters as letters_of
from owtui.console.presenters.palette import COLUMNS, Entry, found, rows
from widgets.dialog import BoxScreen
from widgets.rowtable import RowTable
from widgets.textline import TextLine

# Moving about is what nobody looks for by name.
_NOT_HERE = frozenset(
    {"app.palette", "app.back", "list.filter_clear", "list.up", "list.down", "list.page_up"}
    | {"list.page_down", "list.top", "list.bottom", "list.mark_down", "list.mark_up"}
)


@dataclass(frozen=True, slots=True)
class Offer:
    """An entry and what choosing it does."""

    entry: Entry
    do: Callable[[], object]


def offers(frame: Frame) -> Iterator[Offer]:
    """Keys, then actions, then commands."""
    keys = frame.session.keys
    for key in sorted(frame.usable_keys(), key=lambda key: -key.priority):
        if key.id not in _NOT_HERE:
            node = frame if hasattr(frame, f"action_{key.action}") else frame.app
            entry = Entry(key.id, key.help, keys.shown(key))
            yield Offer(entry, getattr(node, f"action_{key.action}"))
    if isinstance(frame, Acting):
        menu = next((keys.shown(key) for key in keys.table if key.id == "act.menu"), "")
        letters = {action.id: letter for letter, action in letters_of(frame.actions()).items()}
        for action in frame.actions():
            way = " ".join(filter(None, (menu, letters.get(action.id)))) if menu else ""
            entry = Entry(f"action {action.id}", f"{action.title}: {action.help}", way)
            yield Offer(entry, partial(frame.act_on_selection, action))
    for command in verbs.offered(frame):
        entry = Entry(f"command {command.name}", command.help, f":{command.usage}")
        yield Offer(entry, partial(frame.open_command, f"{command.name} "))


class Palette(BoxScreen[None]):
    """A line to type into over what matches it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", show=False),
        Binding("up", "move('cursor_up')", show=False),
        Binding("down", "move('cursor_down')", show=False),
        Binding("pageup", "move('page_up')", show=False),
        Binding("pagedown", "move('page_down')", show=False),
    ]
    DEFAULT_CSS = """
    Palette > .dialog--box { width: 78; max-width: 96%; height: 18; }
    Palette Input { width: 1fr; margin: 0 0 1 1; background: $background; }
    Palette RowTable { height: 1fr; }
    """

    def __init__(self, frame: Frame) -> None:
        super().__init__("Find by name", "", frame.session.glyphs)
        self._offers = {offer.entry.id: offer for offer in offers(frame)}
        self._line = TextLine(placeholder="type a few letters")
        self._table = RowTable(
            COLUMNS,
            rows([offer.entry for offer in self._offers.values()]),
            glyphs=frame.session.glyphs,
            header=False,
            markable=False,
            empty_text="Nothing here is called that.",
        )
        self._table.can_focus = False

    def content(self) -> ComposeResult:
        """The line over the list."""
        yield self._line
        yield self._table

    def on_mount(self) -> None:
        """The line has the keys."""
        self._line.focus()

    @on(Input.Changed)
    def _narrow(self, message: Input.Changed) -> None:
        message.stop()
        entries = [offer.entry for offer in self._offers.values()]
        self._table.set_rows(rows(found(entries, message.value)))
        self._table.action_cursor_top()

    @on(Input.Submitted)
    def _choose(self, message: Input.Submitted) -> None:
        message.stop()
        self._table.action_open()

    @on(RowTable.Opened)
    def _opened(self, message: RowTable.Opened) -> None:
        message.stop()
        offer = self._offers[message.key]
        app = self.app
        self.dismiss(None)
        app.call_later(offer.do)

    def action_move(self, verb: str) -> None:
        """Move the cursor of the list from the line."""
        getattr(self._table, f"action_{verb}")()

    def action_leave(self) -> None:
        """Do nothing."""
        self.dismiss(None)
