"""Lines of styled text on the Line API: the base of the text, diff and fact views.

A subclass says how many lines there are, how wide the widest is, and what one line reads as
(text, role) spans; only lines on screen are asked for, and only those that differ are repainted.
"""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from widgets.glyphs import UTF8, Glyphs
from widgets.oneline import Spans
from widgets.roles import role_classes, role_css
from widgets.scrollbars import SIDESTEP, follow, suit

FOUND = "lineview--found"
"""The role of a search hit."""


class LineView(ScrollView, can_focus=True):
    """A scrolling view of lines."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {FOUND, *role_classes()}
    DEFAULT_CSS = """
    LineView {
        height: 1fr;
        background: $background;
        color: $foreground;
        scrollbar-size-vertical: 1;
        scrollbar-size-horizontal: 1;
    }
    LineView > .lineview--found { text-style: reverse; }
    """ + role_css("LineView")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "line_up", "Up", show=False, id="list.up"),
        Binding("down", "line_down", "Down", show=False, id="list.down"),
        Binding("pageup", "view_up", "Page up", show=False, id="list.page_up"),
        Binding("pagedown", "view_down", "Page down", show=False, id="list.page_down"),
        Binding("home", "view_top", "Top", show=False, id="list.top"),
        Binding("end", "view_bottom", "Bottom", show=False, id="list.bottom"),
    ]

    def __init__(
        self, *, glyphs: Glyphs = UTF8, id: str | None = None, classes: str | None = None
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._glyphs = glyphs
        self._drawn: list[Spans] = []

    # -- what a subclass says --------------------------------------------------------------

    def _measure(self, width: int) -> Size:
        """Lay the text out for a width; give the cells and lines it takes."""
        raise NotImplementedError

    def _spans_at(self, line: int) -> Spans:
        """Give one line as cleaned spans; asked only for lines that are there."""
        raise NotImplementedError

    # -- painting --------------------------------------------------------------------------

    def _relay(self) -> None:
        """Measure again after the text or the width changed, then repaint what differs."""
        if self.is_mounted:
            room = self.size
            needed = self._measure(room.width)
            if needed.height > room.height:  # a bar will take its part
                needed = self._measure(room.width - self.styles.scrollbar_size_vertical)
            self.virtual_size = needed
            self._sync()

    def _sync(self) -> None:
        if not self.is_mounted:
            return
        before, self._drawn = self._drawn, self._visible()
        width = self.size.width
        regions = [
            Region(0, y, width, 1)
            for y, now in enumerate(self._drawn)
            if y >= len(before) or before[y] != now
        ]
        if regions:
            self.refresh(*regions)

    def _visible(self) -> list[Spans]:
        top = self.scroll_offset.y
        count = self.virtual_size.height
        return [
            self._spans_at(line) if line < count else []
            for line in range(top, top + self.size.height)
        ]

    def render_line(self, y: int) -> Strip:
        """Draw one screen line."""
        left, top = self.scroll_offset
        base, line = self.rich_style, top + y
        spans = self._spans_at(line) if line < self.virtual_size.height else []
        strip = Strip([Segment(text, self._style(role)) for text, role in spans])
        return strip.crop_extend(left, left + self.size.width, base)

    def _style(self, role: str) -> Style:
        if not role:
            return self.rich_style
        return self.get_component_rich_style(FOUND if role == FOUND else f"role--{role}")

    # -- moving ----------------------------------------------------------------------------

    def _go(self, line: float) -> None:
        self.scroll_to(y=line, animate=False)

    def action_line_up(self) -> None:
        """Show one line further up."""
        self._go(self.scroll_offset.y - 1)

    def action_line_down(self) -> None:
        """Show one line further down."""
        self._go(self.scroll_offset.y + 1)

    def action_view_up(self) -> None:
        """Show the page above."""
        self._go(self.scroll_offset.y - self.size.height)

    def action_view_down(self) -> None:
        """Show the page below."""
        self._go(self.scroll_offset.y + self.size.height)

    def action_view_top(self) -> None:
        """Show the first line."""
        self._go(0)

    def action_view_bottom(self) -> None:
        """Show the last line."""
        self._go(self.virtual_size.height)

    def action_scroll_left(self) -> None:
        """Scroll to the left, at once: an animation would repaint everything at each step."""
        self.scroll_to(x=self.scroll_offset.x - SIDESTEP, animate=False)

    def action_scroll_right(self) -> None:
        """Scroll to the right, at once."""
        self.scroll_to(x=self.scroll_offset.x + SIDESTEP, animate=False)

    # -- what Textual tells it -------------------------------------------------------------

    def on_mount(self) -> None:
        """Lay out the first time."""
        suit(self, self._glyphs)
        self._relay()

    def on_resize(self, _event: events.Resize) -> None:
        """Lay out for the new width."""
        self._relay()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Follow a scroll."""
        follow(self, new_value)
        if round(old_value) != round(new_value):
            self._sync()
