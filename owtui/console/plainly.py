"""What leaves for a terminal without colours, or without UTF-8: the last look at every line.

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

from widgets.plaintext import width_of

_REVERSE = Style(reverse=True)
# One cell each, as it must be: sentences, masked secrets, and the edge of a notice.
_ASCII = str.maketrans("“”‘’…–—→×·•␛▌│─", "\"\"''~-->x-*^||-")


class Uncolored(LineFilter):
    """Takes every colour out; a background of its own, like the cursor's, becomes reverse video."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Give the segments without colours."""
        return [Segment(text, _plain(style), control) for text, style, control in segments]


class OnlyAscii(LineFilter):
    """Puts ASCII in the place of everything else; widgets draw in it, sentences and data do not."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Give the segments in ASCII, as wide as they were."""
        return [
            one if one.text.isascii() else Segment(ascii_of(one.text), one.style, one.control)
            for one in segments
        ]


@lru_cache(1024)
def ascii_of(text: str) -> str:
    """The text in as many cells of ASCII; what has no likeness is a question mark."""
    known = text.translate(_ASCII)
    return "".join(one if one.isascii() else "?" * width_of(one) for one in known)


@lru_cache(1024)
def _plain(style: Style | None) -> Style | None:
    if style is None:
        return None
    ground = style.bgcolor
    plain = style.without_color
    if ground is not None and ground.type is ColorType.STANDARD:
        return plain + _REVERSE
    return plain
