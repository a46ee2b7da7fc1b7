"""The cells of a chart: lines in braille or half blocks, bars in eighths; `#` and `.` in ASCII.

A Canvas is painted by `lines`, `bars` or `stack`, and read line by line as spans.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import floor

from widgets.glyphs import Glyphs

Values = tuple[float | None, ...]
Lost = tuple[bool, ...]
Levels = tuple[tuple[float, str], ...]
_Span = tuple[float, float] | None

_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
_LETTER_EVERY = 26  # cells between two letters of one line
_GAP_FROM = 4  # cells a bucket must have for a gap beside its bar


class Canvas:
    """Cells with a scale; the first line is the highest value."""

    def __init__(self, width: int, height: int, low: float, high: float, glyphs: Glyphs) -> None:
        self.width, self.height = width, height
        self.low, self.high = low, high if high > low else low + 1.0
        self.glyphs = glyphs
        self._cells: list[list[tuple[str, str]]] = [[(" ", "")] * width for _ in range(height)]
        self._dots: dict[tuple[int, int], int] = {}

    def share(self, value: float) -> float:
        """Where a value stands between low and high, 0 to 1."""
        return min(1.0, max(0.0, (value - self.low) / (self.high - self.low)))

    def line_of(self, value: float) -> int:
        """The line a value is on."""
        return self.height - 1 - min(self.height - 1, int(self.share(value) * self.height))

    def put(self, x: int, y: int, char: str, role: str) -> None:
        """Write one cell."""
        self._cells[y][x] = (char, role)

    def dot(self, x: int, y: int, role: str) -> None:
        """Set a braille dot: two a cell across, four down."""
        at = (y // 4, x // 2)
        self._dots[at] = self._dots.get(at, 0) | _DOTS[y % 4][x % 2]
        self.put(at[1], at[0], chr(0x2800 + self._dots[at]), role)

    def lose(self, x: int) -> None:
        """Say that what was asked for here did not come."""
        self.put(x, self.height - 1, self.glyphs.gap, "critical")

    def spans(self, y: int) -> list[tuple[str, str]]:
        """One line, cells of one role together."""
        found: list[tuple[str, str]] = []
        for char, role in self._cells[y]:
            if found and found[-1][1] == role:
                found[-1] = (found[-1][0] + char, role)
            else:
                found.append((char, role))
        return found

    def text(self, y: int) -> str:
        """One line without roles."""
        return "".join(char for char, _ in self._cells[y])


def lines(
    canvas: Canvas,
    traces: Sequence[Values],
    lost: Lost,
    roles: Sequence[str],
    letters: Sequence[str],
) -> None:
    """Lines over one another, the first on top; each with its letter where there are several."""
    how, fine = _LINES[canvas.glyphs.plot]
    columns = canvas.width * fine
    for values, role in reversed(list(zip(traces, roles, strict=True))):
        spans = _spans(values, columns)
        joined = _joined(spans, _lost_columns(lost, len(values), columns))
        how(canvas, joined, role)
    _lose(canvas, lost, max((len(values) for values in traces), default=0))
    for number, (values, letter) in enumerate(zip(traces, letters, strict=True)):
        if letter:
            _name(canvas, values, letter, number, len(traces), roles[number])


def bars(canvas: Canvas, values: Values, lost: Lost, levels: Levels, role: str) -> None:
    """A bar a bucket; with levels the worst of those that share a cell, else the highest."""
    for x, value in enumerate(_bar_values(values, canvas.width, worst=bool(levels))):
        if value is None:
            continue
        own = next((name for least, name in levels if value >= least), role)
        _bar(canvas, x, value, own)
    _lose(canvas, lost, len(values))


def stack(canvas: Canvas, traces: Sequence[Values], lost: Lost, roles: Sequence[str]) -> None:
    """The second and third trace upon one another; together they are as high as the first."""
    if len(traces) < 3:
        bars(canvas, traces[0], lost, (), roles[0])
        return
    whole = _bar_values(traces[0], canvas.width)
    lower = _bar_values(traces[1], canvas.width)
    steps, glyphs = len(canvas.glyphs.spark), canvas.glyphs
    for x, (total, below) in enumerate(zip(whole, lower, strict=True)):
        if total is None:
            continue
        filled = max(1, round(canvas.share(total) * canvas.height * steps))
        under = round(canvas.share(below or 0.0) * canvas.height * steps)
        for row in range(canvas.height):
            part = min(steps, filled - row * steps)
            if part <= 0:
                break
            is_lower = under > row * steps + part // 2
            full = glyphs.bar_full if is_lower else glyphs.bar_empty
            char = full if part == steps or row < (filled - 1) // steps else glyphs.spark[part - 1]
            canvas.put(x, canvas.height - 1 - row, char, roles[1] if is_lower else roles[2])
    _lose(canvas, lost, len(traces[0]))


def _bar(canvas: Canvas, x: int, value: float, role: str) -> None:
    steps = canvas.glyphs.spark
    most = canvas.height * len(steps)
    filled = max(1, round(canvas.share(value) * most))  # a zero is there, what is not is not
    for row in range(canvas.height):
        part = min(len(steps), filled - row * len(steps))
        if part > 0:
            canvas.put(x, canvas.height - 1 - row, steps[part - 1], role)


def _bar_values(values: Values, width: int, *, worst: bool = False) -> list[float | None]:
    choose = min if worst else max
    found: list[float | None] = []
    count = len(values)
    cells = width / count if count else 0
    for x in range(width):
        first, last = _range(x, count, width)
        known = [value for value in values[first:last] if value is not None]
        is_gap = cells >= _GAP_FROM and x + 1 < width and _range(x + 1, count, width)[0] != first
        found.append(choose(known) if known and not is_gap else None)
    return found


def _range(column: int, count: int, columns: int) -> tuple[int, int]:
    """The buckets of a column."""
    first = column * count // columns
    return first, max(first + 1, (column + 1) * count // columns)


def _spans(values: Values, columns: int) -> list[_Span]:
    """What each column shows: the range of its buckets, or the way between two neighbours."""
    count = len(values)
    if count >= columns:
        return [_extent(values[slice(*_range(x, count, columns))]) for x in range(columns)]
    spans: list[_Span] = []
    for x in range(columns if count else 0):
        place = min(max((x + 0.5) * count / columns - 0.5, 0.0), count - 1.0)
        left = floor(place)
        before, after = values[left], values[min(left + 1, count - 1)]
        if before is not None and after is not None:
            value: float | None = before + (after - before) * (place - left)
        else:
            value = before if place - left < 0.5 else after
        spans.append(None if value is None else (value, value))
    return spans


def _extent(values: Values) -> _Span:
    known = [value for value in values if value is not None]
    return (min(known), max(known)) if known else None


def _lost_columns(lost: Lost, count: int, columns: int) -> set[int]:
    """The columns that hold a lost bucket: no line is drawn across them."""
    if not any(lost):
        return set()
    return {x for x in range(columns) if any(lost[slice(*_range(x, count, columns))])}


def _joined(spans: list[_Span], cut: set[int]) -> list[_Span]:
    """Stretch each column half way to the one before it, so that a steep line has no holes."""
    joined = list(spans)
    for x in range(1, len(spans)):
        before, here = spans[x - 1], spans[x]
        if before is None or here is None or x in cut or x - 1 in cut:
            continue
        low, high = here
        if before[1] < low:
            joined[x] = (before[1] + (low - before[1]) / 2, high)
        elif before[0] > high:
            joined[x] = (low, before[0] - (before[0] - high) / 2)
    return joined


def _braille(canvas: Canvas, spans: list[_Span], role: str) -> None:
    most = canvas.height * 4 - 1
    for x, y in _filled(canvas, spans, most):
        canvas.dot(x, y, role)


def _halves(canvas: Canvas, spans: list[_Span], role: str) -> None:
    filled: dict[tuple[int, int], int] = {}
    for x, y in _filled(canvas, spans, canvas.height * 2 - 1):
        filled[x, y // 2] = filled.get((x, y // 2), 0) | (1 + y % 2)
    for (x, y), halves in filled.items():
        canvas.put(x, y, " ▀▄█"[halves], role)


def _plain(canvas: Canvas, spans: list[_Span], role: str) -> None:
    before = -1
    for x, y in _filled(canvas, spans, canvas.height - 1):
        canvas.put(x, y, "#" if x != before else ".", role)
        before = x


# How lines are drawn by the glyphs, and columns a cell.
_LINES = {"braille": (_braille, 2), "block": (_halves, 1), "ascii": (_plain, 1)}


def _filled(canvas: Canvas, spans: list[_Span], most: int) -> Iterator[tuple[int, int]]:
    for x, span in enumerate(spans):
        if span is None:
            continue
        top = most - round(canvas.share(span[1]) * most)
        bottom = most - round(canvas.share(span[0]) * most)
        for y in range(top, bottom + 1):
            yield x, y


def _lose(canvas: Canvas, lost: Lost, count: int) -> None:
    for x in _lost_columns(lost, max(count, len(lost)), canvas.width):
        canvas.lose(x)


def _name(canvas: Canvas, values: Values, letter: str, number: int, count: int, role: str) -> None:
    """Write a trace's letter on it here and there, beside those of the others."""
    spans = _spans(values, canvas.width)
    first = (2 * number + 1) * _LETTER_EVERY // (2 * count)
    for wanted in range(min(first, canvas.width - 1), canvas.width, _LETTER_EVERY):
        span = spans[wanted] if wanted < len(spans) else None
        if span is not None:
            most = canvas.height * 4 - 1  # where the dots of braille are
            y = (most - round(canvas.share(span[1]) * most)) // 4
            canvas.put(wanted, y, letter, role)
