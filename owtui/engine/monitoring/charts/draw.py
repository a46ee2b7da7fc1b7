"""The values of charts: queried, scaled, rounded; what was lost stays apart from what is zero."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isnan
from uuid import UUID

from owtui.engine.monitoring.charts.kinds import CHARTS, Chart, Charts
from owtui.engine.monitoring.charts.spans import Span
from owtui.engine.monitoring.metrics import METRICS, Metrics, Tags, spelled
from storage.series import How, Key, Series
from storage.series.model import Floats

Values = list[float | None]


@dataclass(frozen=True, slots=True)
class Subject:
    """What a chart is of: a kind, and the tags where a device has several of it."""

    chart: Chart
    tags: Tags = ()

    @property
    def id(self) -> str:
        """For commands and URLs: "cpu", "traffic:wan"."""
        values = ",".join(value for _, value in self.tags)
        return f"{self.chart.name}:{values}" if values else self.chart.name

    @property
    def title(self) -> str:
        """As people read it: "Traffic: wan"."""
        return self.chart.title.format(**{"ifname": "", **dict(self.tags)})


@dataclass(frozen=True, slots=True)
class Drawn:
    """A chart's values over a span, a value a bucket; None: nobody reported.

    traces: in the order they are shown. summary: the same over the whole span, by trace.
    lost: buckets in which the device was asked and did not answer.
    """

    subject: Subject
    span: Span
    traces: Mapping[str, Values]
    summary: Mapping[str, float | None]
    lost: tuple[bool, ...] = field(default=())

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not any(value is not None for values in self.traces.values() for value in values)


async def subjects(
    series: Series, device_id: UUID, charts: Charts = CHARTS, metrics: Metrics = METRICS
) -> list[Subject]:
    """The charts that a device has points for, in their order."""
    keys = await series.series_of(device_id)
    found: list[Subject] = []
    for chart in charts:
        metric = metrics.get(chart.metric)
        if chart.general or metric is None:
            continue
        fields = {trace.field for trace in chart.traces}
        tags = {key.tags for key in keys if key.metric == metric.key and key.field in fields}
        if not chart.tag:
            tags = {()} if tags else set()
        found.extend(Subject(chart, one) for one in sorted(tags, key=spelled))
    return found


async def draw(
    series: Series,
    device_id: UUID,
    subject: Subject,
    span: Span,
    metrics: Metrics = METRICS,
    *,
    lost: tuple[bool, ...] | None = None,
) -> Drawn:
    """A chart of one device. `lost`: from `losses`, where they are known already."""
    metric = metrics[subject.chart.metric]
    traces: dict[str, Values] = {}
    summary: dict[str, float | None] = {}
    for trace in subject.chart.traces:
        key = Key(device_id, metric.key, trace.field, subject.tags)
        found = await series.buckets([key], span.start_s, span.end_s, span.step_s, trace.how)
        whole = await series.buckets(
            [key], span.start_s, span.end_s, span.end_s - span.start_s, trace.how
        )
        traces[trace.name] = _scaled(found.values[key], trace.scale)
        summary[trace.name] = _scaled(whole.values[key], trace.scale)[0]
    if lost is None:
        lost = await losses(series, device_id, span)
    return _finished(subject, span, traces, summary, lost)


async def draw_general(
    series: Series, keys: Sequence[Key], chart: Chart, span: Span, metrics: Metrics = METRICS
) -> Drawn:
    """A chart over many devices. `keys` are the series of the chart's first trace; the other
    traces have the same objects and tags."""
    traces: dict[str, Values] = {}
    summary: dict[str, float | None] = {}
    for trace in chart.traces:
        those = [key._replace(field=trace.field) for key in keys]
        bounds = (span.start_s, span.end_s)
        found = await series.pooled(those, *bounds, span.step_s, trace.how)
        whole = await series.pooled(those, *bounds, span.end_s - span.start_s, trace.how)
        traces[trace.name] = _scaled(found, trace.scale)
        summary[trace.name] = _scaled(whole, trace.scale)[0]
    return _finished(Subject(chart), span, traces, summary, ())


async def losses(series: Series, device_id: UUID, span: Span) -> tuple[bool, ...]:
    """Buckets in which the device did not answer at all: asked, and never reached.

    Both tell: a poll that brought nothing writes data_collected 0, a ping without answer
    reachable 0. The first is kept a day, the second for years.
    """
    keys = [
        Key(device_id, "data_collected", "data_collected"),
        Key(device_id, "ping", "reachable"),
    ]
    best = await series.buckets(keys, span.start_s, span.end_s, span.step_s, How.MAX)
    told = [best.values[key] for key in keys]
    return tuple(
        any(not isnan(values[n]) for values in told)
        and all(isnan(values[n]) or values[n] == 0 for values in told)
        for n in range(span.count)
    )


def rounded(value: float, decimals: int = 2) -> float:
    """To so many decimals; what is under 0.01 keeps two more (§1.4)."""
    return round(value, decimals + 2 if 0 < abs(value) < 0.01 else decimals)


def _scaled(values: Floats, scale: float) -> Values:
    return [None if isnan(value) else value * scale for value in values.tolist()]


def _finished(
    subject: Subject,
    span: Span,
    traces: dict[str, Values],
    summary: dict[str, float | None],
    lost: tuple[bool, ...],
) -> Drawn:
    """Add the total, round, and put the traces in their order."""
    chart = subject.chart
    if chart.total:
        columns = zip(*traces.values(), strict=True)
        traces = {chart.total: [_sum(column) for column in columns], **traces}
        summary = {chart.total: _sum(tuple(summary.values())), **summary}
    return Drawn(
        subject,
        span,
        {name: [_round(v, chart) for v in values] for name, values in traces.items()},
        {name: _round(value, chart) for name, value in summary.items()},
        lost,
    )


def _sum(values: tuple[float | None, ...]) -> float | None:
    told = [value for value in values if value is not None]
    return sum(told) if told else None


def _round(value: float | None, chart: Chart) -> float | None:
    return None if value is None else rounded(value, chart.decimals)
