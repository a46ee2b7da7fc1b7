"""A chart over time as lines of spans: legend, both axes, marks, and what was lost. No Textual.

    draw(figure, width, height, glyphs)     `height` lines of (text, role) spans
    spark(values, lost, width, glyphs)      one line of bars

A bucket that was lost is drawn as lost and never bridged; one that nobody reported stays empty.
Traces are told apart by a letter or a filling, never by colour alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor

from widgets import timeaxis
from widgets.chartcells import Canvas, bars, lines, stack
from widgets.glyphs import UTF8, Glyphs
from widgets.plaintext import clean, fit, width_of

TRACE_ROLES = ("accent", "busy", "ok", "problem", "strong", "muted")
_ROOMY = 12  # lines, from which on the legend may have two
LETTERS = "abcdefghijklmnopqrstuvwxyz"
Values = tuple[float | None, ...]
Spans = list[tuple[str, str]]  # (text, role), left to right


@dataclass(frozen=True, slots=True)
class Trace:
    """A line of a chart: a value a bucket. `text` stands behind its name in the legend."""

    name: str
    values: Values
    text: str = ""


@dataclass(frozen=True, slots=True)
class Level:
    """The role of a value from `least` on; the word for it is in the legend."""

    least: float
    role: str


@dataclass(frozen=True, slots=True)
class Event:
    """Something on the time axis: one letter at a time."""

    at_s: float
    letter: str
    role: str = "strong"


@dataclass(frozen=True, slots=True)
class Figure:
    """What is drawn. `kind`: line, bar (the first trace alone), stack (the first is the sum).

    start_s, step_s: the first bucket, UTC epoch seconds, and the length of each.
    axis: ticks of the y axis with their words, lowest first; the ends are the scale.
    lost: by bucket; `lost_text` says what that means.
    empty: said where there is nothing to draw.
    """

    title: str
    kind: str
    traces: tuple[Trace, ...]
    start_s: float
    step_s: float
    axis: tuple[tuple[float, str], ...]
    head: str = ""
    lost: tuple[bool, ...] = ()
    lost_text: str = "no reply"
    events: tuple[Event, ...] = ()
    levels: tuple[Level, ...] = ()
    empty: str = "Nothing was measured in this time."

    @property
    def count(self) -> int:
        """How many buckets there are."""
        return max([len(self.lost), *(len(trace.values) for trace in self.traces)], default=0)

    @property
    def end_s(self) -> float:
        """Where the last bucket ends."""
        return self.start_s + self.count * self.step_s

    @property
    def is_empty(self) -> bool:
        """Whether there is neither a value nor a loss."""
        values = (value for trace in self.traces for value in trace.values)
        return not any(self.lost) and all(value is None for value in values)


def draw(figure: Figure, width: int, height: int, glyphs: Glyphs = UTF8) -> list[Spans]:
    """Draw a chart into exactly `height` lines of at most `width` cells."""
    if height < 5 or width < 20:
        return [_title(figure, width, glyphs), *([[]] * (height - 1))][:height]
    if figure.is_empty:
        said = [[], [(fit(f" {clean(figure.empty)}", width, "left", glyphs.ellipsis), "muted")]]
        blank: list[Spans] = [[]] * (height - 3)
        return [_title(figure, width, glyphs), *said, *blank]
    named = legend(figure, width, 2 if height >= _ROOMY else 1, glyphs)
    rows = height - 3 - len(named)
    room = max(len(text) for _, text in figure.axis) + 1
    canvas = Canvas(max(1, width - room - 1), rows, figure.axis[0][0], figure.axis[-1][0], glyphs)
    _paint(figure, canvas)
    tick = glyphs.axis[0]
    labels = _labels(figure, canvas)
    drawn = [
        [(f"{labels.get(y, ''):>{room}}{tick}", "muted"), *canvas.spans(y)] for y in range(rows)
    ]
    return [
        _title(figure, width, glyphs),
        *named,
        *drawn,
        *_time_axis(figure, canvas.width, room, glyphs),
    ]


def spark(
    values: Sequence[float | None],
    lost: Sequence[bool],
    width: int,
    glyphs: Glyphs = UTF8,
    bounds: tuple[float, float] | None = None,
) -> str:
    """Draw values in one line over the whole width; the scale is from zero unless told."""
    known = [value for value in values if value is not None]
    low, high = bounds or (min([0.0, *known]), max(known, default=1.0))
    canvas = Canvas(width, 1, low, high if high > low else low + 1, glyphs)
    bars(canvas, tuple(values), tuple(lost), (), "accent")
    return canvas.text(0)


def symbol(figure: Figure, number: int, glyphs: Glyphs) -> str:
    """What stands for a trace in drawing and legend; "" for the only one."""
    if figure.kind == "stack":
        return ("", glyphs.bar_full, glyphs.bar_empty)[number] if number < 3 else ""
    return letter(figure, number)


def letter(figure: Figure, number: int) -> str:
    """The letter of a trace where all of them are lines; "" for the only one."""
    return LETTERS[number % 26] if len(figure.traces) > 1 else ""


def losses(figure: Figure) -> tuple[bool, ...]:
    """Lost, and no trace has a value there: a ping that failed is a value of its own chart."""
    held = [
        any(n < len(trace.values) and trace.values[n] is not None for trace in figure.traces)
        for n in range(len(figure.lost))
    ]
    return tuple(lost and not has for lost, has in zip(figure.lost, held, strict=True))


def _paint(figure: Figure, canvas: Canvas) -> None:
    levels = tuple((level.least, level.role) for level in figure.levels)
    lost = losses(figure)
    values = [trace.values for trace in figure.traces]
    if figure.kind == "bar":
        bars(canvas, values[0], lost, levels, TRACE_ROLES[0])
    elif figure.kind == "stack":
        stack(canvas, values, lost, TRACE_ROLES)
    else:
        letters = [symbol(figure, n, canvas.glyphs) for n in range(len(values))]
        roles = [_role(n) for n in range(len(values))]
        lines(canvas, values, lost, roles, letters)


def _title(figure: Figure, width: int, glyphs: Glyphs) -> Spans:
    title = fit(f" {clean(figure.title)}", width, "left", glyphs.ellipsis).rstrip()
    spans: Spans = [(title, "strong")]
    room = width - width_of(title)
    head = clean(figure.head)
    if head and width_of(head) + 3 <= room:
        spans.append((f"   {head}", ""))
        room -= width_of(head) + 3
    told = f"{glyphs.gap * 3} {figure.lost_text} "
    if any(losses(figure)) and width_of(told) + 2 <= room:
        spans += [(" " * (room - width_of(told)), ""), (told, "critical")]
    return spans


def legend(figure: Figure, width: int, most: int, glyphs: Glyphs) -> list[Spans]:
    """The traces in their order on so many lines; what has no room is told by an ellipsis."""
    found: list[Spans] = [[(" ", "")]]
    room = width - 2
    for number, trace in enumerate(figure.traces):
        words = (symbol(figure, number, glyphs), clean(trace.name), clean(trace.text))
        text = " ".join(word for word in words if word)
        gap = 3 if len(found[-1]) > 1 else 0
        if gap and width_of(text) + gap > room:
            if len(found) == most:
                found[-1].append((f" {glyphs.ellipsis}", "muted"))
                break
            found.append([(" ", "")])
            room, gap = width - 2, 0
        role = "" if figure.kind == "stack" and not number else _role(number)
        found[-1] += [(" " * gap, "")] if gap else []
        text = fit(text, min(room, width_of(text)), "left", glyphs.ellipsis)
        found[-1].append((text, role))
        room -= width_of(text) + gap
    return found


def _role(number: int) -> str:
    return TRACE_ROLES[number % len(TRACE_ROLES)]


def _labels(figure: Figure, canvas: Canvas) -> dict[int, str]:
    """The words of the y axis by line; of two on one line the outer stays."""
    found: dict[int, str] = {}
    low, *between, high = figure.axis
    for value, text in (low, high, *between):
        found.setdefault(canvas.line_of(value), text)
    return found


def _time_axis(figure: Figure, width: int, room: int, glyphs: Glyphs) -> list[Spans]:
    corner, rule, tee = glyphs.axis[1], glyphs.axis[2], glyphs.axis[3]
    found = timeaxis.ticks(figure.start_s, figure.end_s, width)
    line: list[tuple[str, str]] = [(rule, "muted")] * width
    for at, _ in found:
        line[at] = (tee, "muted")
    for event in figure.events:
        at = floor((event.at_s - figure.start_s) / (figure.end_s - figure.start_s) * width)
        if 0 <= at < width:
            line[at] = (event.letter, event.role)
    text = ""
    for at, label in found:
        if at + len(label) <= width:
            text = f"{text:<{at}}{label}"
    first: Spans = [(" " * room + corner, "muted")]
    for char, role in line:
        if first[-1][1] == role:
            first[-1] = (first[-1][0] + char, role)
        else:
            first.append((char, role))
    return [first, [(" " * (room + 1) + text, "muted")]]
