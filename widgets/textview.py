"""Plain text to scroll and search, for outputs, logs and raw facts; made for 100,000 lines.

    TextView(text="", *, wrap=False, glyphs)
    update_text(text)  append_text(text)  find(words) -> hits  set_wrap(wrap)
    text  top_line
    actions: find_next  find_previous  toggle_wrap          Searched(words, hits, line)

What arrives is hostile: it is cleaned of every control character before it is kept.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import accumulate

from rich.cells import chop_cells
from textual.geometry import Size
from textual.message import Message

from widgets.glyphs import UTF8, Glyphs
from widgets.lineview import FOUND, LineView
from widgets.oneline import Spans
from widgets.plaintext import clean, width_of

_LINE_END = re.compile(r"\r\n|\n|\r")


class TextView(LineView):
    """Lines of text; see the module for its surface."""

    class Searched(Message):
        """A search ended: how many lines hold the words, and which one is shown (from 0)."""

        def __init__(self, view: TextView, words: str, hits: int, line: int | None) -> None:
            super().__init__()
            self.view = view
            self.words = words
            self.hits = hits
            self.line = line

        @property
        def control(self) -> TextView:
            """The view that sent the message."""
            return self.view

    def __init__(
        self,
        text: str = "",
        *,
        wrap: bool = False,
        glyphs: Glyphs = UTF8,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(glyphs=glyphs, id=id, classes=classes)
        self._lines = _cleaned(text)
        self._widest = _widest(self._lines)
        self._wrap = wrap
        self._starts: list[int] = []  # the first screen line of each text line, when wrapped
        self._wrap_width = 1
        self._pattern: re.Pattern[str] | None = None
        self._words = ""
        self._hits: list[int] = []
        self._shown_hit: tuple[int, int] | None = None  # the one shown last, and the line on top

    @property
    def text(self) -> str:
        """All lines as they are shown: clean, without what a terminal would obey."""
        return "\n".join(self._lines)

    @property
    def top_line(self) -> str:
        """The line at the top of the view, whole; "" without any."""
        return self._lines[self._top_line()] if self._lines else ""

    # -- what others tell it ---------------------------------------------------------------

    def update_text(self, text: str) -> None:
        """Show another text; the place and the search stay."""
        self._lines = _cleaned(text)
        self._widest = _widest(self._lines)
        self._search()
        self._relay()

    def append_text(self, text: str) -> None:
        """Add whole lines at the end, and follow them when the end was in view."""
        at_end = self.scroll_offset.y >= self.max_scroll_y
        new = _cleaned(text)
        self._lines += new
        self._widest = max(self._widest, _widest(new))
        self._search()
        self._relay()
        if at_end:
            self.scroll_to(y=self.virtual_size.height, animate=False, force=True)

    def set_wrap(self, wrap: bool) -> None:
        """Break long lines, or scroll sideways; the line at the top stays at the top."""
        if wrap == self._wrap:
            return
        line = self._text_line(self.scroll_offset.y)[0] if self._lines else 0
        self._wrap = wrap
        self._relay()
        if self.is_mounted:
            self.scroll_to(0, self._screen_line(line), animate=False, force=True)

    def find(self, words: str) -> int:
        """Mark words in the text and show the first hit from here on; give the hits.

        Small letters match any case, a capital letter only itself; "" ends the search.
        """
        self._words = words
        flags = re.IGNORECASE if words == words.lower() else 0
        self._pattern = re.compile(re.escape(words), flags) if words else None
        self._search()
        self._sync()
        self._show_hit(self._top_line() - 1, forward=True)
        return len(self._hits)

    # -- actions ---------------------------------------------------------------------------

    def action_find_next(self) -> None:
        """Show the next line with the words, from the top again after the last."""
        self._show_hit(self._search_line(), forward=True)

    def action_find_previous(self) -> None:
        """Show the line with the words before this one, from the end again."""
        self._show_hit(self._search_line(), forward=False)

    def action_toggle_wrap(self) -> None:
        """Break long lines, or stop breaking them."""
        self.set_wrap(not self._wrap)

    # -- search ----------------------------------------------------------------------------

    def _search(self) -> None:
        pattern = self._pattern
        self._hits = []
        if pattern is not None:
            self._hits = [n for n, line in enumerate(self._lines) if pattern.search(line)]

    def _show_hit(self, line: int, forward: bool) -> None:
        hit = None
        if self._hits and forward:
            hit = self._hits[bisect_right(self._hits, line) % len(self._hits)]
        elif self._hits:
            hit = [self._hits[-1], *(n for n in self._hits if n < line)][-1]
        if hit is not None and self.is_mounted:
            self.scroll_to(y=self._screen_line(hit), animate=False, force=True)
        self._shown_hit = None if hit is None else (hit, self._top_line())
        self.post_message(self.Searched(self, self._words, len(self._hits), hit))

    def _search_line(self) -> int:
        """From where to look on: the last page cannot bring its hits to the top."""
        top = self._top_line()
        hit, was = self._shown_hit or (top, top)
        return hit if was == top else top

    def _top_line(self) -> int:
        return self._text_line(self.scroll_offset.y)[0] if self._lines else 0

    # -- layout ----------------------------------------------------------------------------

    def _measure(self, width: int) -> Size:
        if not self._wrap:
            return Size(self._widest, len(self._lines))
        self._wrap_width = max(2, width)
        heights = (len(self._broken(line)) for line in self._lines)
        *self._starts, total = accumulate(heights, initial=0)
        return Size(width, total)

    def _broken(self, line: str) -> list[str]:
        if len(line) * 2 <= self._wrap_width or width_of(line) <= self._wrap_width:
            return [line]
        if line.isascii():
            step = self._wrap_width
            return [line[start : start + step] for start in range(0, len(line), step)]
        return chop_cells(line, self._wrap_width)

    def _text_line(self, screen_line: int) -> tuple[int, int]:
        """Say which text line, and which part of it, a line of the view shows."""
        if not self._wrap:
            return min(screen_line, len(self._lines) - 1), 0
        line = bisect_right(self._starts, screen_line) - 1
        return line, screen_line - self._starts[line]

    def _screen_line(self, line: int) -> int:
        return self._starts[line] if self._wrap and self._starts else line

    def _spans_at(self, line: int) -> Spans:
        number, part = self._text_line(line)
        text = self._lines[number]
        if self._wrap:
            text = self._broken(text)[part]
        return self._marked(text, self._role(self._lines[number]))

    def _role(self, line: str) -> str:
        """Give the role of a whole line; a diff has more to say here."""
        return ""

    def _marked(self, text: str, role: str) -> Spans:
        if self._pattern is None:
            return [(text, role)]
        spans: Spans = []
        end = 0
        for match in self._pattern.finditer(text):
            spans += [(text[end : match.start()], role), (match.group(), FOUND)]
            end = match.end()
        return [*spans, (text[end:], role)]


def _cleaned(text: str) -> list[str]:
    lines = _LINE_END.split(text)
    if not lines[-1]:
        lines.pop()
    return [line if line.isprintable() else clean(line) for line in lines]


def _widest(lines: list[str]) -> int:
    return max(map(width_of, lines), default=0)
