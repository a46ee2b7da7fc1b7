"""An editor for JSON and YAML: numbered lines, problems at their lines, completion by Tab.

    CodeEdit(text="", *, language, complete, read_only, glyphs)
    load(text, language)     another text; nothing can be undone beyond it
    replace(text, language)  the same text written anew: one step that can be undone
    update_marks(marks)      Mark(line, role, sentence), lines from 1
    next_mark() -> Mark | None       go to the next one behind the cursor, round the end
    go_to(line, column)      text  language  cursor (line from 1, column from 0)  mark (of the line)
    Changed(view)            CursorMoved(view)

`complete(text, row, column)`, both from 0, gives Offers or None: asked when Tab is pressed and
as long as its list is open. Only Tab, and Enter, arrows and Esc in the list, are taken beside what
types and moves: F-keys and Esc are the screen's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from textual import on
from textual.app import ComposeResult
from textual.containers import Container
from textual.geometry import Offset
from textual.message import Message
from textual.widgets import TextArea

from widgets.codearea import CodeArea
from widgets.codeoffers import Offer, OfferList, Offers
from widgets.glyphs import UTF8, Glyphs

__all__ = ["CodeEdit", "Complete", "Mark", "Offer", "Offers"]

Complete = Callable[[str, int, int], Offers | None]


@dataclass(frozen=True, slots=True)
class Mark:
    """What is wrong in a line, from 1: the role tells its sign ("critical", "problem")."""

    line: int
    role: str
    sentence: str


class CodeEdit(Container):
    """The editor; see the module for its surface."""

    DEFAULT_CSS = "CodeEdit { height: 1fr; width: 1fr; }"

    class _EditMessage(Message):
        def __init__(self, view: CodeEdit) -> None:
            super().__init__()
            self.view = view

        @property
        def control(self) -> CodeEdit:
            """The editor that sent the message."""
            return self.view

    class Changed(_EditMessage):
        """The text is another."""

    class CursorMoved(_EditMessage):
        """The cursor is in another line or column."""

    def __init__(
        self,
        text: str = "",
        *,
        language: str = "json",
        complete: Complete | None = None,
        read_only: bool = False,
        glyphs: Glyphs = UTF8,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._language = language
        self._complete = complete
        self._marks: tuple[Mark, ...] = ()
        self._area = CodeArea(text, language, glyphs, takes=self._takes, read_only=read_only)
        self._list = OfferList(glyphs)
        self._offers: Offers | None = None
        self._written: dict[int, str] = {}  # the language by its text, for undo across `replace`

    def compose(self) -> ComposeResult:
        """The text, and the list over it."""
        yield self._area
        yield self._list

    # -- what others tell and ask ----------------------------------------------------------

    @property
    def text(self) -> str:
        """The text as it is now."""
        return self._area.text

    @property
    def language(self) -> str:
        """What it is painted as."""
        return self._language

    @property
    def cursor(self) -> tuple[int, int]:
        """The line, from 1, and the column, from 0."""
        row, column = self._area.cursor_location
        return row + 1, column

    @property
    def mark(self) -> Mark | None:
        """What is wrong in the line of the cursor, the worst of it."""
        return next((one for one in self._marks if one.line == self.cursor[0]), None)

    def load(self, text: str, language: str | None = None) -> None:
        """Show another text from its beginning; what was done before cannot be undone."""
        self._use(language)
        self._written.clear()
        self._area.load_text(text)

    def replace(self, text: str, language: str | None = None) -> None:
        """Write the text anew; undo brings the one before. The cursor stays in its line."""
        self._written[hash(self.text)] = self._language
        self._use(language)
        self._written[hash(text)] = self._language
        line, column = self.cursor
        area = self._area
        area.replace(text, (0, 0), area.document.end, maintain_selection_offset=False)
        area.history.checkpoint()
        self.go_to(line, column)

    def update_marks(self, marks: Iterable[Mark]) -> None:
        """Show what is wrong, in the place of what was wrong before."""
        self._marks = tuple(sorted(marks, key=lambda one: (one.line, one.role != "critical")))
        roles: dict[int, str] = {}
        for one in self._marks:
            roles.setdefault(one.line - 1, one.role)
        self._area.update_marks(roles)

    def next_mark(self) -> Mark | None:
        """Put the cursor into the next line with a mark; None where there is none."""
        placed = [one for one in self._marks if one.line > 0]
        line = self.cursor[0]
        found = next((one for one in placed if one.line > line), placed[0] if placed else None)
        if found is not None:
            self.go_to(found.line)
        return found

    def go_to(self, line: int, column: int = 0) -> None:
        """Put the cursor somewhere; beyond the end is the end."""
        row = max(0, min(line, self._area.document.line_count) - 1)
        column = min(column, len(self._area.document.get_line(row)))
        self._area.move_cursor((row, column), center=True)

    def focus(self, scroll_visible: bool = True) -> CodeEdit:
        """Give the text the keys."""
        self.screen.set_focus(self._area, scroll_visible)
        return self

    def _use(self, language: str | None) -> None:
        self._close()
        if language is not None and language != self._language:
            self._language = language
            self._area.update_language(language)

    # -- completion ------------------------------------------------------------------------

    def action_complete(self) -> None:
        """Offer what may stand here; where nothing may, indent. A single one is written."""
        self._ask()
        if self._offers is None:
            self._area.indent()
        elif len(self._offers.items) == 1:
            self._write()

    def _ask(self) -> None:
        row, column = self._area.cursor_location
        self._offers = self._complete(self.text, row, column) if self._complete else None
        if self._offers is None or not self._offers.items:
            self._close()
            return
        x, y = self._area.cursor_screen_offset
        self._list.open(self._offers.items, Offset(x - (column - self._offers.start) - 2, y + 1))

    def _write(self) -> None:
        offers, chosen = self._offers, self._list.chosen
        self._close()
        if offers is not None and chosen is not None:
            row = self._area.cursor_location[0]
            self._area.replace(
                chosen.text, (row, offers.start), (row, offers.end), maintain_selection_offset=False
            )
            self._area.move_cursor((row, offers.start + len(chosen.text)))

    def _close(self) -> None:
        self._offers = None
        if self._list.display:
            self._list.close()

    # -- what the text tells ---------------------------------------------------------------

    def _takes(self, key: str) -> bool:
        """Whether a key is for the list, or opens it."""
        if self._offers is None:
            if key == "tab" and not self._area.read_only:
                self.action_complete()
                return True
            return False
        if key in ("up", "down"):
            self._list.move(1 if key == "down" else -1)
        elif key in ("enter", "tab"):
            self._write()
        elif key == "escape":
            self._close()
        else:
            return False
        return True

    @on(TextArea.Changed)
    def _changed(self, message: TextArea.Changed) -> None:
        message.stop()
        language = self._written.get(hash(self.text))
        if language is not None:
            self._use(language)
        self.post_message(self.Changed(self))

    @on(TextArea.SelectionChanged)
    def _moved(self, message: TextArea.SelectionChanged) -> None:
        message.stop()
        if self._offers is not None:
            self._ask()
        self.post_message(self.CursorMoved(self))

    def on_descendant_blur(self) -> None:
        """The list is gone with the keys."""
        self._close()
