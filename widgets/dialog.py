"""Questions over the screen: a menu of choices, yes or no, one line of text.

    ChoiceDialog(title, choices, *, text, default)  -> the letter chosen, or None
    ConfirmDialog(title, *, text, yes, no)          -> bool; No is the default, Esc is No
    push_screen(dialog, callback) or await push_screen_wait(dialog)

Forms are in widgets.form. No dialog ever has Yes under the cursor when it opens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

from textual import events
from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from widgets.glyphs import UTF8, Glyphs
from widgets.plaintext import clean, width_of, wrap
from widgets.rowmodel import Cell, Row
from widgets.rowtable import RowTable
from widgets.rowtable_layout import GUTTER, Column

Result = TypeVar("Result")

_MOST_SHOWN = 14
_WIDEST = 72  # cells of a text
_LEAST = 4  # lines that a content keeps, however long the text is


@dataclass(frozen=True, slots=True)
class Choice:
    """One line of a menu: its letter, its words, and what more there is to know about it."""

    letter: str
    label: str
    note: str = ""
    role: str = ""


class BoxScreen(ModalScreen[Result], Generic[Result]):
    """A modal box in the middle with a title and a text; its content is the subclass's."""

    DEFAULT_CSS = """
    BoxScreen { align: center middle; }
    BoxScreen > .dialog--box {
        width: auto;
        min-width: 40;
        max-width: 90%;
        height: auto;
        max-height: 90%;
        padding: 0 1;
        border: round $border;
        border-title-color: $foreground;
        background: $background;
        color: $foreground;
    }
    BoxScreen.-ascii > .dialog--box { border: ascii $border; }
    BoxScreen .dialog--text { width: auto; max-width: 72; height: auto; }
    BoxScreen .dialog--told { width: auto; height: auto; margin: 0 0 1 0; }
    BoxScreen .dialog--told { scrollbar-size-vertical: 1; }
    """

    def __init__(self, title: str, text: str, glyphs: Glyphs) -> None:
        super().__init__(classes="-ascii" if glyphs.plot == "ascii" else None)
        self._box = Vertical(classes="dialog--box")
        self._box.border_title = clean(title).replace("[", "\\[")
        self._text = "\n".join(clean(line) for line in text.splitlines())
        self._told = VerticalScroll(classes="dialog--told", can_focus=False)
        self._ended = False

    def compose(self) -> ComposeResult:
        """Put the text and the content into the box."""
        with self._box:
            if self._text:
                with self._told:
                    yield Static(self._text, classes="dialog--text", markup=False)
            yield from self.content()

    def on_resize(self, event: events.Resize) -> None:
        """Share the lines there are: what is to be chosen or typed comes before a long text."""
        room = max(1, event.size.height * 9 // 10 - 2)
        if self._text:
            width = max(2, min(_WIDEST, event.size.width * 9 // 10 - 4))
            told = sum(len(wrap(line, width)) for line in self._text.split("\n"))
            shown = max(1, min(told, room - 1 - self.least_lines()))
            self._told.styles.max_height = shown
            room -= shown + 1
        self.fit_content(max(1, room))

    def least_lines(self) -> int:
        """How many lines the content cannot do without."""
        return _LEAST

    def fit_content(self, lines: int) -> None:
        """Let the content take so many lines at most."""

    def dismiss(self, result: Result | None = None) -> AwaitComplete:
        """End, once: a key that was typed ahead would end what lies beneath."""
        if self._ended:
            return AwaitComplete()
        self._ended = True
        return super().dismiss(result)

    def content(self) -> ComposeResult:
        """Make what is under the text."""
        raise NotImplementedError


class ChoiceScreen(BoxScreen[Result], Generic[Result]):
    """A menu in a box; `chosen` says what a letter means as a result."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", "Cancel", show=False)]
    DEFAULT_CSS = "ChoiceScreen RowTable { width: auto; height: auto; }"

    def __init__(
        self,
        title: str,
        choices: Sequence[Choice],
        *,
        text: str = "",
        default: str | None = None,
        glyphs: Glyphs = UTF8,
    ) -> None:
        super().__init__(title, text, glyphs)
        self._choices = {choice.letter: choice for choice in choices}
        self._default = default
        self._table = _menu(choices, glyphs)

    def content(self) -> ComposeResult:
        """Show the menu."""
        yield self._table

    def least_lines(self) -> int:
        """A few choices, or all where there are no more."""
        return min(len(self._choices), _LEAST)

    def fit_content(self, lines: int) -> None:
        """A menu that is cut scrolls."""
        self._table.styles.height = min(len(self._choices), _MOST_SHOWN, lines)

    def on_mount(self) -> None:
        """Put the cursor on the default."""
        self._table.focus()
        if self._default is not None:
            self._table.move_to(self._default)

    def on_key(self, event: events.Key) -> None:
        """Choose by letter."""
        if event.character in self._choices:
            event.stop()
            self.choose(event.character)

    def on_row_table_opened(self, event: RowTable.Opened) -> None:
        """Choose what is under the cursor."""
        event.stop()
        self.choose(event.key)

    def action_cancel(self) -> None:
        """Choose nothing."""
        self.choose(None)

    def choose(self, letter: str | None) -> None:
        """End with a letter; None is Esc."""
        raise NotImplementedError


class ChoiceDialog(ChoiceScreen[str | None]):
    """A menu; the result is the letter chosen, None for Esc."""

    def choose(self, letter: str | None) -> None:
        """End with the letter itself."""
        self.dismiss(letter)


class ConfirmDialog(ChoiceScreen[bool]):
    """Yes or no; No is under the cursor, and Esc is No."""

    def __init__(
        self,
        title: str,
        *,
        text: str = "",
        yes: str = "Yes",
        no: str = "No",
        glyphs: Glyphs = UTF8,
    ) -> None:
        choices = (Choice("n", no), Choice("y", yes))
        super().__init__(title, choices, text=text, default="n", glyphs=glyphs)

    def choose(self, letter: str | None) -> None:
        """End with True for Yes alone."""
        self.dismiss(letter == "y")


def _menu(choices: Sequence[Choice], glyphs: Glyphs) -> RowTable:
    label = max((width_of(clean(choice.label)) for choice in choices), default=0)
    note = max((width_of(clean(choice.note)) for choice in choices), default=0)
    columns = [
        Column("letter", "", 1, role="accent", priority=2),
        Column("label", "", max(label, 20), min_width=1, priority=1),
    ]
    if note:
        columns.append(Column("note", "", note, min_width=1, role="muted"))
    rows = [
        Row(choice.letter, (choice.letter, Cell(choice.label, choice.role), choice.note))
        for choice in choices
    ]
    table = RowTable(columns, rows, glyphs=glyphs, header=False, markable=False)
    table.styles.width = GUTTER + sum(column.width + 1 for column in columns)  # and the bar
    table.styles.max_width = "84vw"  # the box takes 90 %; then notes are cut with an ellipsis
    table.styles.height = min(len(rows), _MOST_SHOWN)
    return table
