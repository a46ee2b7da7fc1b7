"""The cells of a drawn graph: edges in braille, quarter blocks or ASCII, and what is on top.

All edges in sight are sampled at once with numpy, which is imported here when the first graph is
drawn. A solid line is a good link, a dotted one a poor one, a dashed one with a cross one that is
down, a thick one a chosen way: colour only repeats that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from widgets.glyphs import Glyphs
from widgets.oneline import Spans
from widgets.plaintext import width_of

KINDS = ("down", "poor", "good", "chosen")
"""How a link is drawn; of two in one cell the later has the say over its colour."""

ROLES = {"down": "critical", "poor": "muted", "good": "ok", "chosen": "accent"}
_BRAILLE = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
_QUARTERS = " ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█"
_SHOWN = {  # of so many dots along a line these are drawn
    "good": (1, 1),
    "chosen": (1, 1),
    "poor": (1, 2),
    "down": (3, 6),
}
_SIGNS = {"poor": ".", "chosen": "#"}
_FINE = {"braille": (2, 4), "block": (2, 2), "ascii": (1, 1)}
_CHARS: dict[str, Callable[[int], str]] = {
    "braille": lambda dots: chr(0x2800 + dots),
    "block": lambda dots: _QUARTERS[dots],
    "ascii": chr,
}
_MOST_DOTS = 4_000_000  # of one drawing: a zoom into a few long lines stays within it by clipping


@dataclass(frozen=True, slots=True)
class Line:
    """What numpy samples: the ends of the edges of one kind, in dots of the canvas."""

    kind: str
    ends: Any


def fine(glyphs: Glyphs) -> tuple[int, int]:
    """Dots a cell has, across and down."""
    return _FINE[glyphs.plot]


class Cells:
    """Cells on which edges are drawn at once, then symbols and words one by one."""

    def __init__(self, width: int, height: int, glyphs: Glyphs) -> None:
        import numpy as np  # 0.1 s, and only who looks at a graph needs it

        self._np = np
        self.width, self.height, self._glyphs = width, height, glyphs
        self._bits = np.zeros((height, width), np.uint8)
        self._kinds = np.full((height, width), -1, np.int8)
        self._chars: dict[tuple[int, int], tuple[str, str]] = {}

    def draw(self, lines: Sequence[Line]) -> None:
        """Draw edges, the kinds in the order of KINDS."""
        for line in sorted(lines, key=lambda one: KINDS.index(one.kind)):
            ends = self._clipped(line.ends)
            if not len(ends):
                continue
            if self._glyphs.plot == "ascii":
                self._plain(ends, line.kind)
            else:
                self._dots(ends, line.kind)
            if line.kind == "down":
                self._cross(ends)

    def put(self, x: int, y: int, char: str, role: str) -> None:
        """Write one cell over whatever is there; outside it is nothing."""
        if 0 <= x < self.width and 0 <= y < self.height:
            self._chars[x, y] = (char, role)

    def write(self, x: int, y: int, text: str, role: str) -> bool:
        """Write cleaned words where all cells are free of other words; False where they are not."""
        width = width_of(text)
        if y < 0 or y >= self.height or x < 0 or x + width > self.width:
            return False
        if any((x + at, y) in self._chars for at in range(-1, width + 1)):
            return False
        start = x
        for char in text:
            cells = width_of(char)
            if not cells and x == start:
                continue  # it would change the cell before the words
            if not cells:  # it belongs to the one before it
                before = self._chars.get((x - 1, y), ("", role))[0]
                self._chars[x - 1, y] = (before + char, role)
            for at in range(cells):
                self._chars[x + at, y] = (char if not at else "", role)
            x += cells
        return True

    def spans(self) -> list[Spans]:
        """The lines as spans, cells of one role together."""
        over: dict[int, dict[int, tuple[str, str]]] = {}
        for (x, y), cell in self._chars.items():
            over.setdefault(y, {})[x] = cell
        return [
            self._line(self._bits[y].tolist(), self._kinds[y].tolist(), over.get(y, {}))
            for y in range(self.height)
        ]

    def _line(self, bits: list[int], kinds: list[int], over: dict[int, tuple[str, str]]) -> Spans:
        char_of = _CHARS[self._glyphs.plot]
        line: Spans = []
        for x, dots in enumerate(bits):
            if x in over:
                char, role = over[x]
            else:
                char, role = (char_of(dots), ROLES[KINDS[kinds[x]]]) if dots else (" ", "")
            if line and line[-1][1] == role:
                line[-1] = (line[-1][0] + char, role)
            else:
                line.append((char, role))
        return line

    # -- edges -----------------------------------------------------------------------------

    def _clipped(self, ends: Any) -> Any:
        """The parts of edges that are in sight (Liang and Barsky), all at once."""
        np = self._np
        across, down = fine(self._glyphs)
        if not len(ends):
            return ends
        x, y = ends[:, 0], ends[:, 1]
        dx, dy = ends[:, 2] - x, ends[:, 3] - y
        first, last = np.zeros(len(ends)), np.ones(len(ends))
        seen = np.ones(len(ends), bool)
        for step, room in (
            (-dx, x),
            (dx, self.width * across - 1 - x),
            (-dy, y),
            (dy, self.height * down - 1 - y),
        ):
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                at = room / step
            first = np.where(step < 0, np.maximum(first, at), first)
            last = np.where(step > 0, np.minimum(last, at), last)
            seen &= (step != 0) | (room >= 0)
        seen &= first <= last
        x, y, dx, dy, first, last = (one[seen] for one in (x, y, dx, dy, first, last))
        return np.column_stack((x + dx * first, y + dy * first, x + dx * last, y + dy * last))

    def _samples(self, ends: Any, kind: str) -> tuple[Any, Any, Any]:
        """The dots along edges, and of which edge each is."""
        np = self._np
        dx, dy = ends[:, 2] - ends[:, 0], ends[:, 3] - ends[:, 1]
        count = np.maximum(np.abs(dx), np.abs(dy)).astype(np.int64) + 1
        room = int(np.searchsorted(np.cumsum(count), _MOST_DOTS, "right"))
        ends, dx, dy, count = ends[:room], dx[:room], dy[:room], count[:room]
        which = np.repeat(np.arange(len(ends)), count)
        along = np.arange(len(which)) - np.repeat(np.cumsum(count) - count, count)
        part, whole = _SHOWN[kind]
        if part < whole:
            kept = along % whole < part
            which, along = which[kept], along[kept]
        share = along / np.maximum(count - 1, 1)[which]
        # Not rint: it rounds halves to even, which leaves holes in a line of steps of one.
        xs = np.floor(ends[which, 0] + dx[which] * share + 0.5).astype(np.int64)
        ys = np.floor(ends[which, 1] + dy[which] * share + 0.5).astype(np.int64)
        np.clip(xs, 0, self.width * fine(self._glyphs)[0] - 1, out=xs)
        np.clip(ys, 0, self.height * fine(self._glyphs)[1] - 1, out=ys)
        return xs, ys, which

    def _dots(self, ends: Any, kind: str) -> None:
        np = self._np
        across, down = fine(self._glyphs)
        xs, ys, _ = self._samples(ends, kind)
        grid = np.zeros((self.height * down, self.width * across), bool)
        grid[ys, xs] = True
        if kind == "chosen":  # twice as thick: colour alone would tell it from a good link
            grid[np.minimum(ys + 1, self.height * down - 1), xs] = True
            grid[ys, np.minimum(xs + 1, self.width * across - 1)] = True
        parts = grid.reshape(self.height, down, self.width, across)
        weights = (
            np.array(_BRAILLE, np.uint8)
            if self._glyphs.plot == "braille"
            else np.array(((1, 2), (4, 8)), np.uint8)
        )
        bits = np.einsum("ydxa,da->yx", parts, weights).astype(np.uint8)
        self._bits |= bits
        self._kinds[bits > 0] = KINDS.index(kind)

    def _plain(self, ends: Any, kind: str) -> None:
        """A character a cell, by how the edge runs there."""
        np = self._np
        xs, ys, which = self._samples(ends, kind)
        dx, dy = (ends[:, 2] - ends[:, 0])[which], (ends[:, 3] - ends[:, 1])[which]
        flat, steep = np.abs(dy) * 3 < np.abs(dx), np.abs(dx) * 3 < np.abs(dy)
        signs = np.where(
            flat, ord("-"), np.where(steep, ord("|"), np.where(dx * dy > 0, ord("\\"), ord("/")))
        )
        if kind in _SIGNS:
            signs = np.full_like(signs, ord(_SIGNS[kind]))
        self._bits[ys, xs] = signs
        self._kinds[ys, xs] = KINDS.index(kind)

    def _cross(self, ends: Any) -> None:
        """A cross in the middle of what is seen of an edge that is down."""
        across, down = fine(self._glyphs)
        for x1, y1, x2, y2 in ends.tolist():
            cell = (int((x1 + x2) / 2 / across), int((y1 + y2) / 2 / down))
            self._chars[cell] = (self._glyphs.gap, ROLES["down"])


def differs(was: Spans | None, now: Spans, width: int) -> tuple[int, int]:
    """The first and one past the last cell that differ in a line; text of one role a span."""
    if not was:
        return 0, width
    before = [(char, role) for text, role in was for char in text]
    after = [(char, role) for text, role in now for char in text]
    if any(width_of(text) != len(text) for text, _ in (*was, *now)):
        return 0, width
    start = 0
    most = min(len(before), len(after))
    while start < most and before[start] == after[start]:
        start += 1
    if len(before) != len(after):
        return start, width
    end = len(after)
    while end > start and before[end - 1] == after[end - 1]:
        end -= 1
    return start, end
