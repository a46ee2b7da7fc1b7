"""The last line: which keys do what here, cut by priority so that 80 columns are enough.

FooterKeys(hints=())     update_hints(hints)     Pressed(action)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from textual import events
from textual.message import Message

from widgets.oneline import OneLine, Piece, Spans, fit_pieces
from widgets.plaintext import width_of

__all__ = ["FooterKeys", "Hint"]


@dataclass(frozen=True, slots=True)
class Hint:
    """A key as it is shown, what it does in one word, and the id of the action behind it."""

    action: str
    key: str
    text: str
    priority: int = 0

    @property
    def label(self) -> str:
        """Key and word; symbols stand close to the word, letters need a space."""
        gap = " " if self.key[-1:].isalnum() else ""
        return f"{self.key}{gap}{self.text}"


class FooterKeys(OneLine):
    """Key hints; a click on one is told as Pressed."""

    class Pressed(Message):
        """A hint was clicked."""

        def __init__(self, footer: FooterKeys, action: str) -> None:
            super().__init__()
            self.footer = footer
            self.action = action

        @property
        def control(self) -> FooterKeys:
            """The footer that sent the message."""
            return self.footer

    def __init__(
        self, hints: Iterable[Hint] = (), *, id: str | None = None, classes: str | None = None
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._hints = tuple(hints)

    def update_hints(self, hints: Iterable[Hint]) -> None:
        """Show other keys."""
        self._hints = tuple(hints)
        self._show()

    def _fitting(self, width: int) -> list[Hint]:
        pieces = [
            Piece(str(number), hint.label, priority=hint.priority)
            for number, hint in enumerate(self._hints)
        ]
        return [self._hints[int(piece.key)] for piece in fit_pieces(pieces, width - 1, 1)]

    def _spans(self, width: int) -> Spans:
        spans: Spans = []
        for hint in self._fitting(width):
            spans.append((f" {hint.key}", "accent"))
            spans.append((hint.label[len(hint.key) :], "muted"))
        return spans

    def on_click(self, event: events.Click) -> None:
        """Tell which hint is under the mouse."""
        x = 1
        for hint in self._fitting(self.size.width):
            if x <= event.x < x + width_of(hint.label):
                self.post_message(self.Pressed(self, hint.action))
            x += width_of(hint.label) + 1
