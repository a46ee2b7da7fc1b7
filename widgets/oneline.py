"""One line of text in pieces, cut to the width by priority: the base of status, footer and title.

Piece(key, text, role, priority)     fit_pieces(pieces, room, gap) -> those that fit
OneLine.show(pieces)                 repaints only the part that reads differently
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from widgets.glyphs import UTF8, Glyphs
from widgets.plaintext import clean, fit, width_of
from widgets.roles import role_classes, role_css


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a line: its key, text, role (see widgets.roles) and how long it is kept.

    The piece of the highest priority is dropped last; of equal ones the rightmost goes first.
    Before any is dropped those with a `short` text are shown by that.
    """

    key: str
    text: str
    role: str = ""
    priority: int = 0
    short: str = ""


Spans = list[tuple[str, str]]  # (text, role), left to right


def fit_pieces(pieces: Sequence[Piece], room: int, gap: int) -> list[Piece]:
    """Keep the pieces that fit into `room` cells with `gap` cells between; cut the last alone."""
    kept = [replace(piece, text=clean(piece.text)) for piece in pieces if piece.text]
    if _width(kept, gap) > room:
        kept = [replace(one, text=clean(one.short)) if one.short else one for one in kept]
    while len(kept) > 1 and _width(kept, gap) > room:
        kept.remove(min(reversed(kept), key=lambda piece: piece.priority))
    if len(kept) == 1 and width_of(kept[0].text) > room:
        return [replace(kept[0], text=fit(kept[0].text, room))] if room > 0 else []
    return kept


def _width(pieces: Sequence[Piece], gap: int) -> int:
    return sum(width_of(one.text) + gap for one in pieces) - gap


class OneLine(Widget):
    """A widget one line high, drawn from (text, role) spans that `_spans` makes for a width."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = role_classes()
    DEFAULT_CSS = (
        "OneLine { height: 1; width: 1fr; background: $background; color: $foreground; }\n"
        + role_css("OneLine")
    )

    def __init__(
        self, *, glyphs: Glyphs = UTF8, id: str | None = None, classes: str | None = None
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._glyphs = glyphs
        self._drawn: Spans = []

    def _spans(self, width: int) -> Spans:
        raise NotImplementedError

    def _show(self) -> None:
        """Repaint from the first span that differs to the last; nothing when none does."""
        if not self.is_mounted:
            return
        before, self._drawn = self._drawn, self._spans(self.size.width)
        after = self._drawn
        if before == after:
            return
        same = 0
        while same < min(len(before), len(after)) and before[same] == after[same]:
            same += 1
        start = sum(width_of(text) for text, _ in after[:same])
        end = self.size.width
        if [width_of(text) for text, _ in before] == [width_of(text) for text, _ in after]:
            while before[-1] == after[-1]:
                end = sum(width_of(text) for text, _ in after[:-1])
                before, after = before[:-1], after[:-1]
        self.refresh(Region(start, 0, max(1, end - start), 1))

    def on_mount(self) -> None:
        """Draw the first time."""
        self._show()

    def on_resize(self, _event: events.Resize) -> None:
        """Choose anew what fits."""
        self._show()

    def render_line(self, y: int) -> Strip:
        """Draw the line."""
        base, width = self.rich_style, self.size.width
        if y:
            return Strip.blank(width, base)
        segments = [
            Segment(text, self.get_component_rich_style(f"role--{role}") if role else base)
            for text, role in self._spans(width)
        ]
        return Strip(segments).adjust_cell_length(width, base)
