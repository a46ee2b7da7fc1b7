"""The last day of devices in a few figures, for sparklines: cpu, memory, traffic of the uplink.

Names of series are made, not looked up, so that any number of devices costs two questions.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from owtui.engine.monitoring.charts.kinds import DASHBOARD_INTERFACES
from owtui.engine.monitoring.overview import DAY_S, Values, plain
from storage.series import How, Key, Series
from storage.series.model import RESOLUTION_S, Floats

STEP_S = 3600.0


@dataclass(frozen=True, slots=True)
class Trend:
    """A value an hour, the last one not over yet; () where nothing was measured.

    cpu, memory: percent. traffic: bits a second of the uplinks, both ways.
    """

    cpu: Values = ()
    memory: Values = ()
    traffic: Values = ()


async def trends(series: Series, ids: Collection[UUID], now_s: float) -> dict[UUID, Trend]:
    """The day of each of these devices."""
    if not ids:
        return {}
    start = (now_s // STEP_S + 1) * STEP_S - DAY_S
    end = now_s + RESOLUTION_S  # another time is not told what came after it
    levels = {
        id_: (Key(id_, "cpu", "cpu_usage"), Key(id_, "memory", "percent_used")) for id_ in ids
    }
    moved = {id_: _uplinks(id_) for id_ in ids}
    asked = [key for keys in levels.values() for key in keys]
    mean = await series.buckets(asked, start, end, STEP_S, How.MEAN)
    counted = [key for keys in moved.values() for key in keys]
    sums = await series.buckets(counted, start, end, STEP_S, How.SUM)
    return {
        id_: Trend(
            _told(mean.values, levels[id_][:1]),
            _told(mean.values, levels[id_][1:]),
            _told(sums.values, moved[id_], 8 / STEP_S),
        )
        for id_ in ids
    }


def _uplinks(id_: UUID) -> tuple[Key, ...]:
    return tuple(
        Key(id_, "traffic", field, (("ifname", name),))
        for name in DASHBOARD_INTERFACES
        for field in ("rx_bytes", "tx_bytes")
    )


def _told(found: Mapping[Key, Floats], keys: Sequence[Key], scale: float = 1.0) -> Values:
    """The sum of these series; () where none of them has a point."""
    total: list[float | None] = []
    for values in (plain(found[key]) for key in keys if key in found):
        if not total:
            total = [None] * len(values)
        total = [
            one if value is None else (one or 0.0) + value * scale
            for one, value in zip(total, values, strict=True)
        ]
    if total and total[-1] is None:
        total.pop()  # of the hour that runs nothing can be missing yet
    return tuple(total) if any(value is not None for value in total) else ()
