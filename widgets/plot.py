"""Charts as text, free of Textual: braille, blocks or ASCII of our own, plotext for full pages.

    plot(series, width, height, glyphs)      lines of exactly width x height
    chart(series, width, height, glyphs)     the same with a scale at the left
    sparkline(series, width, glyphs)         one line
    full_chart(named_series, width, height)  plotext, with legend and axes

None in a series is a lost sample; it is drawn as one, never bridged. Our own plotter costs under a
millisecond, plotext tens of them and one global figure, so live panes use the first.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any

from widgets.glyphs import UTF8, Glyphs

Series = Sequence[float | None]
Ticks = Sequence[tuple[float, str]]
_Span = tuple[float, float] | None  # the lowest and highest value of a column, None when lost

_BRAILLE_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
_ASCII_FRAME = str.maketrans("│─┌┐└┘├┤┬┴┼", "|-+++++++++")
_FIGURE_LOCK = threading.Lock()


def plot(
    series: Series,
    width: int,
    height: int,
    glyphs: Glyphs = UTF8,
    *,
    low: float | None = None,
    high: float | None = None,
) -> list[str]:
    """Draw a series into `height` lines of `width` cells; the scale fits the values by default."""
    low, high = bounds(series, low, high)
    if glyphs.plot == "braille":
        return _braille(_connected(_spans(series, width * 2)), low, high, height, glyphs)
    if glyphs.plot == "block":
        return _blocks(_spans(series, width), low, high, height, glyphs)
    return _ascii(_connected(_spans(series, width)), low, high, height, glyphs)


def chart(
    series: Series,
    width: int,
    height: int,
    glyphs: Glyphs = UTF8,
    *,
    low: float | None = None,
    high: float | None = None,
) -> list[str]:
    """Draw a series with its scale at the left; the last line is the axis."""
    low, high = bounds(series, low, high)
    rows = max(1, height - 1)
    labels = [_number(high - (high - low) * row / max(1, rows - 1)) for row in range(rows)]
    shown = [label if row % 2 == 0 or rows < 4 else "" for row, label in enumerate(labels)]
    room = max(map(len, labels)) + 1
    tick, corner, line = glyphs.axis[0], glyphs.axis[1], glyphs.axis[2]
    body = plot(series, max(1, width - room - 1), rows, glyphs, low=low, high=high)
    lines = [f"{label:>{room}}{tick}{drawn}" for label, drawn in zip(shown, body, strict=True)]
    return [*lines, f"{'':>{room}}{corner}{line * max(1, width - room - 1)}"]


def sparkline(
    series: Series,
    width: int,
    glyphs: Glyphs = UTF8,
    *,
    low: float | None = None,
    high: float | None = None,
) -> str:
    """Draw a series in one line; fewer samples than cells take a cell each, at the right."""
    low, high = bounds(series, low, high)
    spans = _spans(series, width) if len(series) > width else _buckets(series, len(series))
    steps = glyphs.spark
    drawn = "".join(
        glyphs.gap if span is None else steps[round(_share(span[1], low, high) * (len(steps) - 1))]
        for span in spans
    )
    return drawn.rjust(width)


def full_chart(
    named: Mapping[str, Series],
    width: int,
    height: int,
    *,
    title: str = "",
    glyphs: Glyphs = UTF8,
    colour: bool = True,
    legend: bool = True,
    ticks: tuple[Ticks, Ticks] = ((), ()),
    lost: Sequence[int] = (),
) -> str:
    """Draw series with axes and legend by plotext, a line of text a row; may take 50 ms.

    ticks: of the x axis, by the number of the sample, and of the y axis, whose ends are the scale.
    lost: samples that were lost, marked at the bottom; the line is broken there as wherever there
    is none. Names that begin "a ", "b " give their letter to the line. Safe from any thread.
    """
    import plotext  # 40 ms to import, and only this function needs it

    with _FIGURE_LOCK:
        figure = plotext.figure
        figure.clear()
        figure.theme("simple" if colour else "colorless")
        figure.plot_size(width, height)
        if title:
            figure.title(title)
        for name, series in named.items():
            for label, xs, ys in _runs(name, series):
                marker = "braille" if glyphs.plot == "braille" else "*"
                signal = figure.signal(xs, ys, marker=marker)
                signal.lines()
                if label and legend:
                    signal.label(label)
                figure.draw(signal)
        _letters(figure, named)
        _scales(figure, ticks)
        for x in lost:
            figure.draw(figure.text(x, ticks[1][0][0] if ticks[1] else 0, glyphs.gap))
        text: str = figure.build().string()
        figure.clear()
    if glyphs.plot == "ascii":
        text = text.translate(_ASCII_FRAME)
    return text if colour else str(plotext.uncolorize(text))


def _letters(figure: Any, named: Mapping[str, Series]) -> None:
    """Write the letter of each series on it, where there are several."""
    for number, (name, series) in enumerate(named.items()):
        known = [x for x, value in enumerate(series) if value is not None]
        if len(named) > 1 and known and name[1:2] == " ":
            x = known[(2 * number + 1) * len(known) // (2 * len(named))]
            figure.draw(figure.text(x, series[x], name[0]))


def _scales(figure: Any, ticks: tuple[Ticks, Ticks]) -> None:
    for axis, own in enumerate(ticks):
        if own:
            figure.ruler(axis, 0).ticks([at for at, _ in own], [text for _, text in own])
    if len(ticks[1]) > 1:
        figure.ruler(1, 0).lim(ticks[1][0][0], ticks[1][-1][0])


def bounds(series: Series, low: float | None, high: float | None) -> tuple[float, float]:
    """Give the scale: what was asked for, else what the values need; never empty."""
    known = [value for value in series if value is not None]
    if low is None:
        low = min(known, default=0.0)
    if high is None:
        high = max(known, default=1.0)
    return (low, high) if high > low else (low, low + 1.0)


def _spans(series: Series, columns: int) -> list[_Span]:
    """Say what each column shows: the range of its samples, or the way between two of them."""
    if len(series) >= columns or len(series) < 2:
        return _buckets(series, columns)
    spans: list[_Span] = []
    for column in range(columns):
        place = column * (len(series) - 1) / max(1, columns - 1)
        left = int(place)
        before, after = series[left], series[min(left + 1, len(series) - 1)]
        part = place - left
        if before is None or after is None:
            nearest = before if part < 0.5 else after
            spans.append(None if nearest is None else (nearest, nearest))
        else:
            value = before + (after - before) * part
            spans.append((value, value))
    return spans


def _buckets(series: Series, columns: int) -> list[_Span]:
    spans: list[_Span] = []
    for column in range(columns):
        start = column * len(series) // columns
        end = max(start + 1, (column + 1) * len(series) // columns)
        known = [value for value in series[start:end] if value is not None]
        spans.append((min(known), max(known)) if known else None)
    return spans


def _connected(spans: list[_Span]) -> list[_Span]:
    """Stretch each column half way to its neighbour, so that a steep line has no holes."""
    joined = list(spans)
    for column in range(1, len(spans)):
        before, here = spans[column - 1], spans[column]
        if before is None or here is None:
            continue
        low, high = here
        if before[1] < low:
            joined[column] = (before[1] + (low - before[1]) / 2, high)
        elif before[0] > high:
            joined[column] = (low, before[0] - (before[0] - high) / 2)
    return joined


def _share(value: float, low: float, high: float) -> float:
    return min(1.0, max(0.0, (value - low) / (high - low)))


def _braille(spans: list[_Span], low: float, high: float, height: int, glyphs: Glyphs) -> list[str]:
    width = len(spans) // 2
    cells = [[0] * width for _ in range(height)]
    most = height * 4 - 1
    for x, span in enumerate(spans):
        if span is None:
            continue
        top = most - round(_share(span[1], low, high) * most)
        bottom = most - round(_share(span[0], low, high) * most)
        for y in range(top, bottom + 1):
            cells[y // 4][x // 2] |= _BRAILLE_DOTS[y % 4][x % 2]
    lines = [[chr(0x2800 + dots) if dots else " " for dots in row] for row in cells]
    lost = [spans[2 * x] is None and spans[2 * x + 1] is None for x in range(width)]
    return _with_gaps(lines, lost, glyphs)


def _ascii(spans: list[_Span], low: float, high: float, height: int, glyphs: Glyphs) -> list[str]:
    lines = [[" "] * len(spans) for _ in range(height)]
    for x, span in enumerate(spans):
        if span is None:
            continue
        top = height - 1 - round(_share(span[1], low, high) * (height - 1))
        bottom = height - 1 - round(_share(span[0], low, high) * (height - 1))
        for y in range(top, bottom + 1):
            lines[y][x] = "#" if y == top else "."
    return _with_gaps(lines, [span is None for span in spans], glyphs)


def _blocks(spans: list[_Span], low: float, high: float, height: int, glyphs: Glyphs) -> list[str]:
    steps = len(glyphs.spark)
    lines = [[" "] * len(spans) for _ in range(height)]
    for x, span in enumerate(spans):
        if span is None:
            continue
        filled = max(1, round(_share(span[1], low, high) * height * steps))
        for y in range(height):
            part = min(steps, filled - (height - 1 - y) * steps)
            if part > 0:
                lines[y][x] = glyphs.spark[part - 1]
    return _with_gaps(lines, [span is None for span in spans], glyphs)


def _with_gaps(lines: list[list[str]], lost: list[bool], glyphs: Glyphs) -> list[str]:
    for x, is_lost in enumerate(lost):
        if is_lost:
            lines[-1][x] = glyphs.gap
    return ["".join(line) for line in lines]


def _number(value: float) -> str:
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if abs(value) >= size:
            return f"{value / (1e3 if unit == 'k' else size):.3g}{unit}"
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"


def _runs(name: str, series: Series) -> list[tuple[str, list[int], list[float]]]:
    """Cut a series where samples were lost; the name goes with its first run alone."""
    runs: list[tuple[str, list[int], list[float]]] = []
    fresh = True
    for x, value in enumerate(series):
        if value is None:
            fresh = True
            continue
        if fresh:
            runs.append(("" if runs else name, [], []))
            fresh = False
        runs[-1][1].append(x)
        runs[-1][2].append(value)
    return runs
