"""How our Line-API views scroll: bars without block characters where glyphs are ASCII.

suit(view, glyphs)     call once the view is mounted
follow(view, y)        call when the view has scrolled
SIDESTEP               cells a key scrolls sideways
"""

from __future__ import annotations

from typing import ClassVar

from textual.scroll_view import ScrollView
from textual.scrollbar import ScrollBarRender

from widgets.glyphs import Glyphs

SIDESTEP = 8


class PlainScrollBar(ScrollBarRender):
    """A bar of whole cells, told from its track by the background alone."""

    VERTICAL_BARS: ClassVar[list[str]] = [" "] * 8
    HORIZONTAL_BARS: ClassVar[list[str]] = [" "] * 8


def suit(view: ScrollView, glyphs: Glyphs) -> None:
    """Give a view the scroll bars that its glyphs allow."""
    if glyphs.plot == "ascii":
        for bar in (view.vertical_scrollbar, view.horizontal_scrollbar):
            bar.renderer = PlainScrollBar  # type: ignore[misc]  # Textual documents it so


def follow(view: ScrollView, y: float) -> None:
    """Move the vertical bar, when it would look different: it paints a cell in every line."""
    bar = view.vertical_scrollbar
    eighths = view.size.height * 8 / max(1, view.virtual_size.height)
    if view.show_vertical_scrollbar and round(y * eighths) != round(bar.position * eighths):
        bar.position = y
