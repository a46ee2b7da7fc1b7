"""The one-line input that every widget here types into.

Its cursor does not blink: a blink is a timer under a second and bytes over SSH all day. Focus does
not select the text, so the first key never wipes out what is there.
"""

from __future__ import annotations

from rich.text import Text
from textual.reactive import var
from textual.widgets import Input

from widgets.codepaint import shown


class TextLine(Input):
    """An input one line high, without border, blink or surprise."""

    # Textual's own colour for these is too pale to be read.
    DEFAULT_CSS = """
    TextLine > .input--placeholder, TextLine > .input--suggestion { color: $text-muted; }
    """
    cursor_blink = var(False, init=False)

    def __init__(self, *, placeholder: str = "", secret: bool = False) -> None:
        super().__init__(
            placeholder=placeholder, password=secret, compact=True, select_on_focus=False
        )

    @property
    def _value(self) -> Text:
        """The value as it is drawn: what was pasted, or a router has said, commands no terminal."""
        drawn = super()._value
        if not drawn.plain.isprintable():
            drawn.plain = shown(drawn.plain).replace("\t", " ")
        return drawn
