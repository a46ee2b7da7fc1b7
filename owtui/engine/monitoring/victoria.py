"""The store of series in VictoriaMetrics: many engines, one history.

All points are one metric, `owtui_value`, with the labels object_id, metric, field and `tag_` before
each of ours: names that hold underscores could not be taken apart again. Written in influx line
protocol, read with MetricsQL. The server is to run with `-dedup.minScrapeInterval=1ms`, else a
batch that is sent again counts twice, and with `-retentionPeriod=3y`; it knows one retention, so
what SQLite keeps for a day stays as long as the rest. What was written can be read after a second.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import numpy as np

from owtui.engine.transport.http import HttpClient, Reply, endpoint
from owtui.errors import ProtocolError
from storage.series.chunk import DAY_MS
from storage.series.model import (
    STALE_S,
    Buckets,
    Compacted,
    Floats,
    How,
    Key,
    Point,
    Samples,
    Sizes,
)
from storage.series.summing import SUMMABLE, Grid, Pairs, gathered

DEADLINE_S = 30.0
MOST_BYTES = 256 * 2**20
KEYS_A_REQUEST = 200
AHEAD_S = 3600.0  # `last` believes clocks of devices that are ahead by so much
NAME = "owtui_value"
FIRST = "1"  # the server takes a start of 0 for none given, and then looks at today alone

_OVER = {
    How.MEAN: "avg_over_time",
    How.SUM: "sum_over_time",
    How.MIN: "min_over_time",
    How.MAX: "max_over_time",
    How.LAST: "last_over_time",
    How.COUNT: "count_over_time",
}
_FORM = "application/x-www-form-urlencoded"
_ESCAPED = str.maketrans({"\\": "\\\\", ",": "\\,", "=": "\\=", " ": "\\ ", "\n": "\\ "})


class VictoriaSeries:
    """`Series` over HTTP. `clock` tells seconds of the UTC epoch."""

    def __init__(self, http: HttpClient, clock: Callable[[], float]) -> None:
        self._http = http
        self._clock = clock

    @classmethod
    def at(cls, url: str, clock: Callable[[], float], tls: str = "verify") -> VictoriaSeries:
        """The store behind a URL such as http://192.0.2.1:8428. Raises InputError."""
        base = endpoint(url, path="/")
        base = base if base.endswith("/") else base + "/"
        return cls(HttpClient("VictoriaMetrics", base, tls, most_bytes=MOST_BYTES), clock)

    async def write(self, points: Sequence[Point]) -> None:
        """See `Series`. All or nothing in the server's hands, which acknowledges from memory."""
        if not points:
            return
        heads: dict[Key, str] = {}
        lines = []
        for key, time_s, value in points:
            if not (math.isfinite(value) and math.isfinite(time_s)):
                raise ValueError("a point is no finite number at a finite time")
            head = heads.get(key)
            if head is None:
                head = heads[key] = _head(key)
            lines.append(f"{head} value={value!r} {round(time_s * 1000)}\n")
        body = "".join(lines).encode()
        await self._post("write?precision=ms", body, "text/plain")

    async def last(self, keys: Sequence[Key]) -> dict[Key, Point]:
        """See `Series`."""
        return await self.latest_at(keys, self._clock() + AHEAD_S, STALE_S + AHEAD_S)

    async def latest_at(
        self, keys: Sequence[Key], time_s: float, within_s: float = STALE_S
    ) -> dict[Key, Point]:
        """See `Series`."""
        window = f"[{round(within_s * 1000)}ms]"
        values = await self._instant("last_over_time", keys, window, time_s)
        times = await self._instant("tlast_over_time", keys, window, time_s)
        return {
            key: Point(key, round(times[key], 3), value)
            for key, value in values.items()
            if key in times
        }

    async def read(self, keys: Sequence[Key], start_s: float, end_s: float) -> dict[Key, Samples]:
        """See `Series`."""
        found: dict[Key, dict[int, float]] = {key: {} for key in keys}
        span = {"start": f"{max(start_s, float(FIRST)):.3f}", "end": f"{end_s - 0.001:.3f}"}
        for selectors, wanted in _selectors(keys):
            reply = await self._ask("api/v1/export", {"match[]": selectors, **span})
            for line in reply.splitlines():
                series = json.loads(line)
                key = _key(series["metric"])
                if key in wanted:
                    found[key].update(zip(series["timestamps"], series["values"], strict=True))
        return {key: _samples(points) for key, points in found.items()}

    async def buckets(
        self, keys: Sequence[Key], start_s: float, end_s: float, step_s: float, how: How
    ) -> Buckets:
        """See `Series`. Distinct values and modes are counted here, from the points."""
        grid = Grid.of(start_s, end_s, step_s)
        if how not in _OVER:
            points = await self.read(keys, start_s, end_s)
            values = {key: _gathered(grid, how, [own]) for key, own in points.items()}
            return Buckets(start_s, step_s, values)
        values = {key: np.full(grid.count, np.nan) for key in keys}
        whole = (grid.end - grid.start) // grid.step
        if whole:
            await self._range(_OVER[how], keys, grid, whole, values)
        if whole < grid.count:  # the last bucket ends before its step does
            window = f"[{grid.end - grid.start - whole * grid.step}ms]"
            rest = await self._instant(_OVER[how], keys, window, (grid.end - 1) / 1000)
            for key, value in rest.items():
                values[key][whole] = value
        return Buckets(start_s, step_s, values)

    async def pooled(
        self, keys: Sequence[Key], start_s: float, end_s: float, step_s: float, how: How
    ) -> Floats:
        """See `Series`."""
        grid = Grid.of(start_s, end_s, step_s)
        if how is How.DISTINCT:
            return await self._distinct(keys, grid)
        if how not in SUMMABLE:
            points = await self.read(keys, start_s, end_s)
            return _gathered(grid, how, list(points.values()))
        if how is How.MEAN:
            total = await self.pooled(keys, start_s, end_s, step_s, How.SUM)
            mean: Floats = total / await self.pooled(keys, start_s, end_s, step_s, How.COUNT)
            return mean
        own = await self.buckets(keys, start_s, end_s, step_s, how)
        pooled = np.full(grid.count, np.nan)
        join = {How.MIN: np.fmin, How.MAX: np.fmax}.get(how, _added)
        for values in own.values.values():
            pooled = join(pooled, values)
        return pooled

    async def _distinct(self, keys: Sequence[Key], grid: Grid) -> Floats:
        """A day at a time: no answer is to hold a fleet's clients of a year."""
        pairs = Pairs(grid)
        for low in range(grid.start, grid.end, DAY_MS):
            high = min(grid.end, low + DAY_MS)
            for own in (await self.read(keys, low / 1000, high / 1000)).values():
                pairs.add(np.rint(own.times_s * 1000).astype(np.int64), own.values)
        return pairs.counts()

    async def series_of(self, object_id: UUID) -> list[Key]:
        """See `Series`."""
        span = {"start": FIRST, "end": f"{self._clock() + AHEAD_S:.3f}"}
        form = {"match[]": [_of_object(object_id)], **span}
        data = self._data(await self._ask("api/v1/series", form))
        return sorted(_key(labels) for labels in data)

    async def forget(self, object_ids: Iterable[UUID]) -> None:
        """See `Series`."""
        for object_id in object_ids:
            form = {"match[]": [_of_object(object_id)]}
            await self._ask("api/v1/admin/tsdb/delete_series", form)

    async def compact(self, now_s: float) -> Compacted:
        """The server does that by itself."""
        return Compacted()

    async def sizes(self) -> Sizes:
        """See `Series`. Only how many series there are."""
        (series,) = self._data(await self._ask("api/v1/series/count", {}))
        return Sizes(None, int(series), None, None)

    async def close(self) -> None:
        """See `Series`."""
        await self._http.close()

    async def _range(
        self, over: str, keys: Sequence[Key], grid: Grid, whole: int, values: dict[Key, Floats]
    ) -> None:
        """Fill the whole buckets. A window of MetricsQL is `(t - step, t]`: asked at their ends."""
        first = (grid.start + grid.step - 1) / 1000
        form = {
            "start": f"{first:.3f}",
            "end": f"{first + (whole - 1) * grid.step / 1000:.3f}",
            "step": f"{grid.step}ms",
            "nocache": "1",  # else start and end are moved to multiples of the step
        }
        for key, series in await self._query(
            "api/v1/query_range", over, keys, f"[{grid.step}ms]", form
        ):
            for time_s, value in series["values"]:
                values[key][round((time_s - first) * 1000) // grid.step] = float(value)

    async def _instant(
        self, over: str, keys: Sequence[Key], window: str, time_s: float
    ) -> dict[Key, float]:
        form = {"time": f"{time_s:.3f}", "nocache": "1"}
        found = await self._query("api/v1/query", over, keys, window, form)
        return {key: float(series["value"][1]) for key, series in found}

    async def _query(
        self, path: str, over: str, keys: Sequence[Key], window: str, form: dict[str, Any]
    ) -> list[tuple[Key, Any]]:
        found = []
        for selectors, wanted in _selectors(keys):
            for selector in selectors:
                query = f"{over}({selector}{window}) keep_metric_names"
                data = self._data(await self._ask(path, {"query": query, **form}))
                named = ((_key(series["metric"]), series) for series in data["result"])
                found += [(key, series) for key, series in named if key in wanted]
        return found

    async def _ask(self, path: str, form: dict[str, Any]) -> bytes:
        return await self._post(path, urlencode(form, doseq=True).encode(), _FORM)

    async def _post(self, path: str, body: bytes, kind: str) -> bytes:
        reply: Reply = await self._http.post(body, timeout=DEADLINE_S, path=path, kind=kind)
        if reply.status >= 300:
            said = reply.body[:200].decode(errors="replace").strip()
            raise ProtocolError(
                f"VictoriaMetrics at {self._http.where} answers {reply.status}: {said}",
                "See its log; the address of the series is in the settings.",
            )
        return reply.body

    def _data(self, body: bytes) -> Any:
        try:
            return json.loads(body)["data"]
        except (ValueError, KeyError, TypeError) as error:
            raise ProtocolError(
                f"What {self._http.where} answers is not VictoriaMetrics'.",
                "Check the address of the series in the settings.",
            ) from error


def _head(key: Key) -> str:
    """What names a series in a line of influx's protocol."""
    pairs = _labels(key).items()
    return "owtui," + ",".join(f"{name.translate(_ESCAPED)}={value}" for name, value in pairs)


def _labels(key: Key) -> dict[str, str]:
    labels = {"object_id": str(key.object_id), "metric": key.metric, "field": key.field}
    labels.update((f"tag_{name}", value) for name, value in key.tags)
    return {name: value.translate(_ESCAPED) for name, value in labels.items()}


def _key(labels: dict[str, str]) -> Key:
    """The name again. Raises ProtocolError."""
    try:
        tags = sorted((n[4:], value) for n, value in labels.items() if n.startswith("tag_"))
        return Key(UUID(labels["object_id"]), labels["metric"], labels["field"], tuple(tags))
    except (KeyError, ValueError) as error:
        raise ProtocolError(f"VictoriaMetrics holds a foreign series {NAME}.") from error


def _of_object(object_id: UUID) -> str:
    return f'{{__name__="{NAME}",object_id="{object_id}"}}'


def _selectors(keys: Sequence[Key]) -> Iterator[tuple[list[str], frozenset[Key]]]:
    """Selectors for some of the keys at a time: one a metric, field and tags, for all objects.

    By kind before they are counted off: a fleet asked device by device was eight times as many.
    """
    ordered = sorted(keys, key=lambda key: (key[1:], key.object_id))
    for begin in range(0, len(ordered), KEYS_A_REQUEST):
        wanted = frozenset(ordered[begin : begin + KEYS_A_REQUEST])
        alike: dict[tuple[Any, ...], list[str]] = {}
        for key in sorted(wanted):
            alike.setdefault(key[1:], []).append(str(key.object_id))
        selectors = []
        for (metric, field, tags), ids in alike.items():
            pairs = [("metric", metric), ("field", field), *((f"tag_{n}", v) for n, v in tags)]
            exact = "".join(f",{name}={json.dumps(value)}" for name, value in pairs)
            selectors.append(f'{{__name__="{NAME}",object_id=~"{"|".join(ids)}"{exact}}}')
        yield selectors, wanted


def _samples(points: dict[int, float]) -> Samples:
    times = sorted(points)
    values = np.array([points[time] for time in times], np.float64)
    return Samples(np.array(times, np.float64) / 1000, values)


def _gathered(grid: Grid, how: How, series: list[Samples]) -> Floats:
    if not series:
        return np.full(grid.count, np.nan)
    times = np.rint(np.concatenate([own.times_s for own in series]) * 1000).astype(np.int64)
    order = np.argsort(times, kind="stable")
    values = np.concatenate([own.values for own in series])
    return gathered(grid, how, times[order], values[order])


def _added(one: Floats, other: Floats) -> Floats:
    """The sum, where either has a value."""
    both = np.nan_to_num(one) + np.nan_to_num(other)
    return np.where(np.isnan(one) & np.isnan(other), np.nan, both)
