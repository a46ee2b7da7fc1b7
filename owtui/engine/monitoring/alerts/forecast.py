"""What will be wrong tomorrow, told today: one small protocol, and disks as its first maker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

import numpy as np

from owtui.engine.monitoring.alerts.trend import trend
from owtui.engine.monitoring.metrics import METRICS, Threshold
from owtui.engine.monitoring.thresholds import Thresholds
from owtui.units import age_text
from storage.rows import DeviceRow
from storage.series import Floats, How, Key, Series

AHEAD = timedelta(hours=24)
BACK = timedelta(days=7)
EASED = 1.5
"""A forecast ends when the crossing is this many times as far away as it would open at."""
DISK = "disk"
UNLIMITED = "its threshold was switched off"
UNMEASURED = "too little of it is measured now"


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is foreseen of one subject of a device. `what` "": nothing is, or no longer.

    came_true: what was foreseen is there, and has an alert of its own
    moot: why nothing can be foreseen; what was foreseen recovers by that no more than it comes
    """

    device_id: UUID
    subject: str
    what: str = ""
    came_true: bool = False
    near: bool = True  # else far enough away to end, but not to open
    moot: str = ""


class Forecast(Protocol):
    """A maker of forecasts: disks here; certificates and address pools later.

    It tells the outlook of every subject that it knows: one that it leaves out stays as it was.
    """

    @property
    def subject(self) -> str:
        """What its subjects begin with: "disk"."""
        ...

    async def outlooks(
        self,
        rows: Mapping[UUID, DeviceRow],
        thresholds: Thresholds,
        series: Series,
        at: datetime,
    ) -> Sequence[Outlook]:
        """Look ahead for these devices. Raises what `series` raises."""
        ...


class DiskForecast:
    """Whether a disk fills up within a day, by a week of its points or as much as there is."""

    subject = DISK

    async def outlooks(
        self,
        rows: Mapping[UUID, DeviceRow],
        thresholds: Thresholds,
        series: Series,
        at: datetime,
    ) -> Sequence[Outlook]:
        """One a device; nothing is foreseen where no threshold holds."""
        kind = METRICS[DISK]
        limits = {
            row.id: limit
            for row in rows.values()
            if not row.is_deactivated and (limit := thresholds.of(row, DISK)) is not None
        }
        others = [Outlook(id_, DISK, moot=UNLIMITED) for id_ in rows.keys() - limits.keys()]
        keys = [Key(id_, kind.key, kind.judged) for id_ in limits]
        if not keys:
            return others
        step_s, end_s = 3600.0, at.timestamp()
        start_s = end_s - BACK.total_seconds()
        found = await series.buckets(keys, start_s, end_s, step_s, How.MEAN)
        count = len(next(iter(found.values.values())))
        times: Floats = start_s + step_s * np.arange(count, dtype=np.float64)
        return others + [
            outlook(key.object_id, times, found.values[key], limits[key.object_id], end_s)
            for key in keys
        ]


def outlook(
    device_id: UUID,
    times_s: Floats,
    values: Floats,
    limit: Threshold,
    now_s: float,
) -> Outlook:
    """What the points of a disk say of the next day."""
    line = trend(times_s, values)
    if line is None:
        return Outlook(device_id, DISK, moot=UNMEASURED)
    away_s = line.crosses_in(limit)
    if away_s == 0:
        return Outlook(device_id, DISK, came_true=True)
    left_s = None if away_s is None else away_s - (now_s - line.at_s)
    if left_s is None or left_s > AHEAD.total_seconds() * EASED:
        return Outlook(device_id, DISK)
    said = (
        f"disk {line.value:.0f} % now, {limit.operator} {limit.value:g} % "
        f"in {age_text(max(left_s, 0))}"
    )
    return Outlook(device_id, DISK, said, near=left_s <= AHEAD.total_seconds())
