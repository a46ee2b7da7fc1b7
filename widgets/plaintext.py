"""Text that is safe to draw: cleaned of control characters and measured in terminal cells.

    clean(text)                 nothing a terminal would obey is left
    fit(text, width, ...)       exactly `width` cells, cut with an ellipsis
    wrap(text, width)           lines of at most `width` cells, broken between words

What a router answers is hostile until cleaned here; every widget draws through this module.
"""

from __future__ import annotations

import re
import unicodedata

from rich.cells import cell_len, chop_cells, set_cell_size

# CSI, then OSC/DCS/PM/APC/SOS up to their terminator, then two-character escapes; 8-bit forms too.
_ESCAPES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"
    r"|\x1b[ -/]*[0-~]?"
)
_TAB_SIZE = 8


def clean(text: str) -> str:
    """Return one line of `text` that no terminal obeys; printable text is returned as it is.

    Escape sequences go as a whole, other control, format and bidirectional characters become
    nothing, every kind of space becomes a space.
    """
    if text.isprintable():
        return text
    text = _ESCAPES.sub("", text).expandtabs(_TAB_SIZE)
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() else " " if unicodedata.category(c)[0] == "Z" or c in "\r\n" else ""
        for c in text
    )


def width_of(text: str) -> int:
    """Count the terminal cells of cleaned text."""
    return len(text) if text.isascii() else cell_len(text)


def fit(text: str, width: int, align: str = "left", ellipsis: str = "…") -> str:
    """Pad or cut cleaned text to exactly `width` cells; a cut is told by the ellipsis."""
    if width <= 0:
        return ""
    size = width_of(text)
    if size > width:
        return set_cell_size(text, width - 1) + ellipsis
    if align == "right":
        return " " * (width - size) + text
    if align == "center":
        left = (width - size) // 2
        return " " * left + text + " " * (width - size - left)
    return text + " " * (width - size)


def wrap(text: str, width: int) -> list[str]:
    """Break cleaned text into lines of at most `width` cells (at least 2); words stay whole."""
    lines = [""]
    for word in text.split():
        joined = f"{lines[-1]} {word}" if lines[-1] else word
        if width_of(joined) <= width:
            lines[-1] = joined
            continue
        pieces = [word] if width_of(word) <= width else chop_cells(word, width)
        lines += pieces if lines[-1] else []
        if not lines[-1]:
            lines[-1:] = pieces
    return lines
