"""The list that opens at the cursor of CodeEdit: what may be written there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from textual.geometry import Offset
from textual.strip import Strip
from textual.widget import Widget

from widgets.glyphs import Glyphs
from widgets.plaintext import clean, fit, width_of
from widgets.roles import role_classes, role_css

MOST_LINES = 8
_WIDEST = 56


@dataclass(frozen=True, slots=True)
class Offer:
    """What would be written, how it is called in the list, and a few words about it."""

    text: str
    label: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Offers:
    """What may be written in the place of a part of the line, from `start` to `end`."""

    start: int
    end: int
    items: Sequence[Offer]


class OfferList(Widget):
    """A few lines over the screen, one of them chosen."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {"offerlist--chosen", *role_classes()}
    DEFAULT_CSS = """
    OfferList {
        overlay: screen;
        constrain: inflect inflect;
        display: none;
        width: auto;
        height: auto;
        border: round $border;
        background: $background;
        color: $foreground;
    }
    OfferList.-ascii { border: ascii $border; }
    OfferList > .offerlist--chosen { text-style: reverse; }
    """ + role_css("OfferList")

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__(classes="-ascii" if glyphs.plot == "ascii" else None)
        self._glyphs = glyphs
        self._items: tuple[Offer, ...] = ()
        self._at = 0

    @property
    def chosen(self) -> Offer | None:
        """The line that is chosen; None while nothing is shown."""
        return self._items[self._at] if self._items else None

    def open(self, items: Sequence[Offer], at: Offset) -> None:
        """Show these under a place of the screen; the chosen one stays chosen if it is there."""
        before = self.chosen
        self._items = tuple(items)
        self._at = self._items.index(before) if before in self._items else 0
        labels = [width_of(clean(one.label)) for one in self._items]
        notes = [width_of(clean(one.note)) for one in self._items]
        self._label = min(_WIDEST // 2, max(labels, default=0))
        self._note = min(_WIDEST - self._label, max(notes, default=0))
        self.styles.width = 2 + self._label + (2 + self._note if self._note else 0) + 2
        self.styles.height = min(MOST_LINES, len(self._items)) + 2
        self.absolute_offset = at
        self.display = bool(self._items)
        self.refresh(layout=True)

    def close(self) -> None:
        """Show nothing."""
        self._items, self._at = (), 0
        self.display = False

    def move(self, by: int) -> None:
        """Choose another line; behind the last comes the first."""
        self._at = (self._at + by) % max(1, len(self._items))
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        lines = self.size.height
        top = max(0, min(self._at - lines // 2, len(self._items) - lines))
        number = top + y
        if number >= len(self._items):
            return Strip.blank(self.size.width, self.rich_style)
        one, is_chosen = self._items[number], number == self._at
        glyphs = self._glyphs
        sign = glyphs.cursor if is_chosen else " "
        label = fit(clean(one.label), self._label, ellipsis=glyphs.ellipsis)
        note = fit(clean(one.note), self._note, ellipsis=glyphs.ellipsis) if self._note else ""
        base = self.rich_style
        style = base + self.get_component_rich_style("offerlist--chosen", partial=True)
        muted = base + self.get_component_rich_style("role--muted", partial=True)
        segments = [
            Segment(f"{sign} {label}", style if is_chosen else base),
            Segment(f"  {note}" if note else "", style if is_chosen else muted),
        ]
        return Strip(segments).adjust_cell_length(self.size.width, base)
