"""Charts as people read them: scales, legends, summaries, CSV. Pure; console and CLI share it.

What was measured comes from engine/monitoring/charts, what is drawn goes to widgets.linechart.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from io import StringIO
from math import ceil, floor, log10
from typing import TYPE_CHECKING, Any

from owtui import units
from widgets.linechart import Event, Figure, Level, Trace, Values

if TYPE_CHECKING:
    from owtui.engine.monitoring.charts.desk import Mark
    from owtui.engine.monitoring.charts.draw import Drawn
    from owtui.engine.monitoring.charts.kinds import Chart

KINDS = {"bar": "bar", "scatter": "line", "stackedbar+lines": "stack"}
LETTERS = {"job": "J", "configuration": "C"}
STEPS = 4  # parts of the y axis, about
# OpenWISP names colours; themes have roles.
ROLES = {
    "#7db201": "ok",
    "#90d000": "ok",
    "#deed0e": "problem",
    "#ec7204": "problem",
    "#c13000": "critical",
}


def figure(drawn: Drawn, marks: Iterable[Mark] = ()) -> Figure:
    """One chart of one device, or a general one."""
    chart = drawn.subject.chart
    traces = tuple(
        Trace(_label(chart, n), tuple(values), said(chart, drawn.summary.get(name)))
        for n, (name, values) in enumerate(drawn.traces.items())
    )
    return _figure(drawn, traces, KINDS.get(chart.type, "line"), head(drawn), drawn.lost, marks)


def overlay(by_name: Mapping[str, Drawn], marks: Iterable[Mark] = ()) -> Figure:
    """One chart of several devices, a line each: the first trace, which is the total of traffic.

    Where all of them were lost it is drawn; where one was, its line is broken and
    the legend counts.
    """
    first = next(iter(by_name.values()))
    chart = first.subject.chart
    traces = []
    for name, drawn in by_name.items():
        trace = next(iter(drawn.traces))
        lost = sum(drawn.lost)
        told = said(chart, drawn.summary.get(trace)) + (f", lost {lost}" if lost else "")
        traces.append(Trace(name, tuple(drawn.traces[trace]), told))
    lost_by_all = tuple(map(all, zip(*(drawn.lost for drawn in by_name.values()), strict=True)))
    words = f"{next(iter(first.traces))} of {len(by_name)} devices"
    return _figure(first, tuple(traces), "line", words, lost_by_all, marks)


def head(drawn: Drawn) -> str:
    """What the first trace stands at now, and how low and high it was."""
    chart = drawn.subject.chart
    values = [value for value in next(iter(drawn.traces.values()), []) if value is not None]
    if not values:
        return ""
    low, high = said(chart, min(values)), said(chart, max(values))
    return f"now {latest(drawn)}  min {low}  max {high}"


def latest(drawn: Drawn) -> str:
    """The newest value of the first trace, as said beside a small chart."""
    values = next(iter(drawn.traces.values()), [])
    known = [value for value in values if value is not None]
    return said(drawn.subject.chart, known[-1]) if known else units.NONE


def state(drawn: Drawn) -> str:
    """The role of the newest value, where the chart has levels; "" elsewhere."""
    values = next(iter(drawn.traces.values()), [])
    known = [value for value in values if value is not None]
    levels = drawn.subject.chart.levels
    if not known or not levels:
        return ""
    return next((ROLES.get(one.color, "") for one in levels if known[-1] >= one.least), "")


def said(chart: Chart, value: float | None) -> str:
    """A value with its unit, and the word of its level."""
    if value is None:
        return units.NONE
    word = next((level.word for level in chart.levels if value >= level.least), "")
    text = units.chart_text(value, chart.unit)
    return word if word and not chart.unit else f"{text} {word}".rstrip()


def csv_text(named: Mapping[str, Drawn]) -> str:
    """What is drawn as CSV: the first column is the time, the others "{trace} - {title}".

    named: by the device's name where there are several, which then begins its columns; else by "".
    Times are those of this machine's zone, as OpenWISP's export has those of the browser's.
    """
    columns: dict[str, Sequence[float | None]] = {}
    for name, drawn in named.items():
        for trace, values in drawn.traces.items():
            columns[f"{name} {trace} - {drawn.subject.title}".lstrip()] = values
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["time", *columns])
    for n, at_s in enumerate(_times(named)):
        local = datetime.fromtimestamp(at_s, UTC).astimezone()
        cells = ("" if values[n] is None else values[n] for values in columns.values())
        writer.writerow([f"{local:%Y-%m-%d %H:%M}", *cells])
    return out.getvalue()


def document(drawn: Drawn, marks: Iterable[Mark] = ()) -> dict[str, Any]:
    """A chart as the command line's JSON has it."""
    subject, span = drawn.subject, drawn.span
    return {
        "chart": subject.id,
        "title": subject.title,
        "type": subject.chart.type,
        "unit": subject.chart.unit,
        "start": _utc(span.start_s),
        "end": _utc(span.end_s),
        "step": span.step_s,
        "times": [_utc(at) for at in span.times_s],
        "traces": dict(drawn.traces),
        "summary": dict(drawn.summary),
        "lost": [_utc(at) for at, lost in zip(span.times_s, drawn.lost, strict=False) if lost],
        "marks": [
            {"at": mark.at, "kind": mark.kind, "text": mark.text, "job": mark.job} for mark in marks
        ],
    }


LEAST_SPAN = 1e-9
"""Of an axis: what is nearer together is one value in every unit, and a step of 0 has no digits."""


def scale(
    values: Iterable[float | None], unit: str, top: float | None = None
) -> tuple[tuple[float, str], ...]:
    """Round ticks of a y axis that hold all values; from zero, unless some are below it."""
    known = [value for value in values if value is not None]
    low, high = min([0.0, *known]), max(known, default=0.0)
    if low < 0 and high <= 0:
        high = max(known)
    if top is not None:
        high = top
    if high - low < LEAST_SPAN:
        high = low + 1.0
    largest = max(abs(low), abs(high))
    for _ in range(2):  # rounding up may lead to the next prefix: 1000 MB are 1 GB
        factor, shown = units.chart_unit(unit, largest)
        step = _round_step((high - low) * factor / STEPS)
        first, last = floor(low * factor / step + 1e-9), ceil(high * factor / step - 1e-9)
        largest = max(abs(first), abs(last)) * step / factor
    behind = shown if shown == "%" else f" {shown}".rstrip()
    return tuple(
        (n * step / factor, units.short_text(n * step) + behind) for n in range(first, last + 1)
    )


def _figure(
    drawn: Drawn,
    traces: tuple[Trace, ...],
    kind: str,
    words: str,
    lost: tuple[bool, ...],
    marks: Iterable[Mark],
) -> Figure:
    chart, span = drawn.subject.chart, drawn.span
    levels = tuple(Level(one.least, ROLES.get(one.color, "accent")) for one in chart.levels)
    return Figure(
        drawn.subject.title,
        kind,
        traces,
        span.start_s,
        span.step_s,
        _axis(chart, [trace.values for trace in traces]),
        words,
        lost,
        events=tuple(
            Event(mark.at_s, LETTERS.get(mark.kind, "*"))
            for mark in marks
            if span.start_s <= mark.at_s <= span.end_s
        ),
        levels=levels,
    )


def _axis(chart: Chart, traces: Sequence[Values]) -> tuple[tuple[float, str], ...]:
    if chart.levels and not chart.unit:  # codes, whose words are the scale
        return tuple((level.least, level.word) for level in reversed(chart.levels))
    return scale((value for values in traces for value in values), chart.unit, chart.top)


def _label(chart: Chart, number: int) -> str:
    """What a trace's summary is called: "Average RTT"; its own name where nobody says."""
    labels = chart.summary_labels
    return labels[number] if number < len(labels) else chart.names[number]


def _round_step(least: float) -> float:
    size: float = 10.0 ** floor(log10(least))
    return next((size * part for part in (1, 2, 2.5, 5) if size * part >= least), size * 10)


def _times(named: Mapping[str, Drawn]) -> list[float]:
    return next((drawn.span.times_s for drawn in named.values()), [])


def _utc(at_s: float) -> datetime:
    return datetime.fromtimestamp(at_s, UTC)
