"""The charts' desk, where faces ask: which charts there are, their values, and what happened then.

It only reads, so a process that is attached has it like the one that holds the engine.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from functools import partial
from typing import Any
from uuid import UUID

from sqlmodel import Session

from owtui.engine.fleet import Fleet
from owtui.engine.monitoring.charts.draw import (
    Drawn,
    Subject,
    draw,
    draw_general,
    losses,
    subjects,
)
from owtui.engine.monitoring.charts.kinds import CHARTS, DASHBOARD_INTERFACES, Chart, Charts
from owtui.engine.monitoring.charts.spans import Span
from owtui.engine.monitoring.metrics import METRICS, Metric, Metrics, Tags, spelled
from owtui.errors import InputError
from storage import generations, jobs
from storage import metrics as flags
from storage.db import Database
from storage.series import Key, Point, Series
from storage.series.model import RESOLUTION_S

MOST_MARKS = 200
COUNTED = frozenset({"clients"})
MEMBERS_S = 1.0  # the members of one moment are written a millisecond apart


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that was done to a device. `kind`: job, configuration."""

    at_s: float
    kind: str
    text: str
    device_id: UUID
    job: int | None = None  # its number
    operator: str = ""

    @property
    def at(self) -> datetime:
        """When, in UTC."""
        return datetime.fromtimestamp(self.at_s, UTC)


@dataclass(frozen=True, slots=True)
class Measured:
    """A metric of a device: its newest value of the last day (of clients: how many), its flags.

    healthy, tolerant: the two flags, None where it is not judged.
    """

    metric: Metric
    tags: Tags
    field: str
    value: float | None
    at: datetime | None
    healthy: bool | None
    tolerant: bool | None

    @property
    def id(self) -> str:
        """For commands: "cpu", "traffic:wan"."""
        values = ",".join(value for _, value in self.tags)
        return f"{self.metric.configuration}:{values}" if values else self.metric.configuration

    def as_dict(self) -> dict[str, Any]:
        """As the command line's JSON has it."""
        return {
            "metric": self.id,
            "label": self.metric.label,
            "field": self.field,
            "tags": dict(self.tags),
            "unit": self.metric.unit,
            "value": self.value,
            "at": self.at,
            "healthy": self.healthy,
            "healthy_tolerant": self.tolerant,
        }


class ChartDesk:
    """Charts and metrics of the fleet's devices. Belongs to the engine's loop."""

    def __init__(
        self,
        series: Series,
        database: Database,
        fleet: Fleet,
        charts: Charts = CHARTS,
        metrics: Metrics = METRICS,
    ) -> None:
        self._series = series
        self._database = database
        self._fleet = fleet
        self._charts = charts
        self._metrics = metrics

    async def subjects(self, device_ids: Sequence[UUID]) -> list[Subject]:
        """The charts that any of these devices has points for, in the charts' order."""
        found: dict[Subject, None] = {}
        for device_id in device_ids:
            own = await subjects(self._series, device_id, self._charts, self._metrics)
            found.update(dict.fromkeys(own))
        return sorted(found, key=lambda one: (one.chart.order, one.chart.name, one.tags))

    async def subject(self, device_id: UUID, name: str) -> Subject:
        """A chart of a device by its id: "cpu", "traffic:wan", or "traffic" where there is one.

        Raises InputError with the nearest that there is.
        """
        known = await self.subjects([device_id])
        named = [one for one in known if name in (one.id, one.chart.name)]
        if len(named) == 1:
            return named[0]
        ids = [one.id for one in known]
        if not known:
            raise InputError(
                "Nothing was measured of this device yet.", "`owtui poll NAME` collects now."
            )
        if named:
            hint = f"One of: {', '.join(one.id for one in named)}."
            raise InputError(f"There are several charts “{name}”.", hint)
        near = get_close_matches(name, ids, 1)
        hint = f"The nearest is {near[0]}." if near else f"One of: {', '.join(ids)}."
        raise InputError(f"The device has no chart “{name}”.", hint)

    async def draw(self, device_id: UUID, subject: Subject, span: Span) -> Drawn:
        """One chart of one device."""
        return await draw(self._series, device_id, subject, span, self._metrics)

    async def draw_all(
        self, device_id: UUID, span: Span, wanted: Collection[Subject] | None = None
    ) -> list[Drawn]:
        """All charts of a device, or those wanted; what was lost is asked for once."""
        known = wanted if wanted is not None else await self.subjects([device_id])
        lost = await losses(self._series, device_id, span)
        return [
            await draw(self._series, device_id, one, span, self._metrics, lost=lost)
            for one in known
        ]

    async def over(
        self, device_ids: Sequence[UUID], subject: Subject, span: Span
    ) -> dict[UUID, Drawn]:
        """One chart of several devices, to be laid over one another; who has none is left out."""
        found = {}
        for device_id in device_ids:
            drawn = await self.draw(device_id, subject, span)
            if not drawn.is_empty or any(drawn.lost):
                found[device_id] = drawn
        return found

    def general_charts(self) -> list[Chart]:
        """The charts over many devices."""
        return [chart for chart in self._charts if chart.general]

    async def general(
        self,
        chart: Chart,
        device_ids: Collection[UUID],
        span: Span,
        interfaces: Collection[str] = DASHBOARD_INTERFACES,
    ) -> Drawn:
        """A chart over many devices: traffic of `interfaces` (§1.11), clients of all of them.

        device_ids: of an organization or a filter; each client counts once.
        """
        metric = self._metrics[chart.metric]
        field = chart.traces[0].field
        keys: list[Key] = []
        for device_id in device_ids:
            for key in await self._series.series_of(device_id):
                named = dict(key.tags).get("ifname", "")
                counted = metric.configuration != "traffic" or named in interfaces
                if key.metric == metric.key and key.field == field and counted:
                    keys.append(key)
        return await draw_general(self._series, keys, chart, span, self._metrics)

    async def marks(self, device_ids: Collection[UUID], span: Span) -> list[Mark]:
        """What was done to these devices in the span, the oldest first.

        A job that brought a configuration is told by the configuration alone.
        """
        start, end = (datetime.fromtimestamp(at, UTC) for at in (span.start_s, span.end_s))

        def read(session: Session) -> tuple[list[jobs.Touch], list[generations.Made]]:
            return (
                jobs.touching(session, device_ids, start, end, MOST_MARKS),
                generations.made_between(session, device_ids, start, end, MOST_MARKS),
            )

        done, made = await self._database.aread(read)
        brought = {(one.device_id, one.job_id) for one in made}
        numbers = {one.job_id: one.number for one in done}
        found = [
            Mark(
                one.at.timestamp(),
                "configuration",
                f"configuration {one.number}, {one.kind}",
                one.device_id,
                numbers.get(one.job_id) if one.job_id else None,
                one.operator,
            )
            for one in made
        ]
        for one in done:
            if (one.device_id, one.job_id) not in brought:
                text = one.title if one.state == "success" else f"{one.title}: {one.state}"
                found.append(
                    Mark(one.at.timestamp(), "job", text, one.device_id, one.number, one.operator)
                )
        return sorted(found, key=lambda mark: mark.at_s)

    async def metrics(self, device_id: UUID, now: datetime) -> list[Measured]:
        """The metrics of a device with their newest values at `now` and their flags."""
        return await self._measured(device_id, now, main=True)

    async def metric(self, device_id: UUID, name: str, now: datetime) -> list[Measured]:
        """One metric, "cpu" or "traffic:wan", with all its fields. Raises InputError."""
        every = await self._measured(device_id, now, main=False)
        found = [one for one in every if name in (one.id, one.metric.configuration)]
        if not found:
            known = sorted({one.id for one in every})
            near = get_close_matches(name, known, 1)
            hint = f"One of: {', '.join(known)}." if known else "`owtui poll NAME` collects now."
            raise InputError(
                f"The device has no metric “{name}”.",
                f"The nearest is {near[0]}." if near else hint,
            )
        return found

    async def values(
        self, device_id: UUID, measured: Sequence[Measured], span: Span
    ) -> Mapping[Measured, list[tuple[float, float]]]:
        """The points of these in the span, as written: (UTC epoch seconds, value)."""
        keys = {one: Key(device_id, one.metric.key, one.field, one.tags) for one in measured}
        found = await self._series.read(list(keys.values()), span.start_s, span.end_s)
        return {
            one: list(zip(found[key].times_s.tolist(), found[key].values.tolist(), strict=True))
            for one, key in keys.items()
        }

    async def _measured(self, device_id: UUID, now: datetime, *, main: bool) -> list[Measured]:
        known = await self._series.series_of(device_id)
        recorded = await self._database.aread(partial(flags.load, ids=[device_id]))
        judged = {(one.key, one.field, one.tags): one for one in recorded}
        wanted = [
            (kind, key)
            for kind in self._metrics
            for key in known
            if key.metric == kind.key and key.field in (kind.fields[:1] if main else kind.fields)
        ]
        newest = await self._series.latest_at([key for _, key in wanted], now.timestamp())
        found = []
        for kind, key in wanted:
            point, flag = newest.get(key), judged.get((key.metric, key.field, spelled(key.tags)))
            found.append(
                Measured(
                    kind,
                    key.tags,
                    key.field,
                    await self._value(kind, point) if point else None,
                    datetime.fromtimestamp(point.time_s, UTC) if point else None,
                    flag.healthy if flag else None,
                    flag.tolerant if flag else None,
                )
            )
        return found

    async def _value(self, kind: Metric, point: Point) -> float:
        """A value; of what is counted the number of members at that time, not the last of them."""
        if kind.configuration not in COUNTED:
            return point.value
        start, end = point.time_s - MEMBERS_S, point.time_s + RESOLUTION_S
        found = await self._series.read([point.key], start, end)
        return float(len(set(found[point.key].values.tolist())))
