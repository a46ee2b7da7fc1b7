"""Without colours: what is drawn keeps its bold and its underline, and no colour code leaves.

Textual's own answer to NO_COLOR greys what it takes for the palette, and takes the terminal's own
colours for black: with a theme of those everything became black on black.
"""

from __future__ import annotations

from functools import lru_cache

from rich.color import ColorType
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

_REVERSE = Style(reverse=True)


class Uncolored(LineFilter):
    """Takes every colour out; a background of its own, like the cursor's, becomes reverse video."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Give the segments without colours."""
        return [Segment(text, _plain(style), control) for text, style, control in segments]


@lru_cache(1024)
def _plain(style: Style | None) -> Style | None:
    if style is None:
        return None
    ground = style.bgcolor
    plain = style.without_color
    if ground is not None and ground.type is ColorType.STANDARD:
        return plain + _REVERSE
    return plain
