"""What judging a batch of observations leads to: points to keep, flags that moved, who is told.

Worked out without touching what is remembered; `Book.keep` takes it over when it was written, so
that a batch whose transaction failed is judged again as if for the first time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from owtui.engine.monitoring.health import Status
from owtui.engine.monitoring.judge import Flags, Memory
from owtui.engine.monitoring.metrics import Tags, Threshold
from owtui.engine.monitoring.readings import Reading

if TYPE_CHECKING:
    from storage.series import Point  # numpy with it, which a look at a device does not need

MetricId = tuple[UUID, str, str, str]
"""Device, key, field, tags as they are spelled: what names a row of `metric`."""


@dataclass(frozen=True, slots=True)
class Observation:
    """What was seen of one device at one time.

    document: the DeviceMonitoring document, None where there is none. current: it is the newest,
        and replaces the latest; a buffered one is history (operations.md §1.8).
    """

    device_id: UUID
    at: datetime
    readings: tuple[Reading, ...] = ()
    document: Mapping[str, Any] | None = None
    current: bool = True


@dataclass(frozen=True, slots=True)
class Crossing:
    """A tolerant flag that moved, for alerts and notifications.

    first: the metric was judged for the first time. tell: False where another notice covers it.
    """

    device_id: UUID
    configuration: str
    tags: Tags
    healthy: bool
    value: float
    threshold: Threshold
    at: datetime
    first: bool = False
    tell: bool = True


@dataclass(frozen=True, slots=True)
class StatusMove:
    """A device whose status is another one."""

    device_id: UUID
    before: Status
    after: Status
    at: datetime


@dataclass(slots=True)
class Outcome:
    """The sum of a batch."""

    points: list[Point] = field(default_factory=list)
    flags: dict[MetricId, Flags] = field(default_factory=dict)
    memories: dict[MetricId, Memory] = field(default_factory=dict)
    configurations: dict[MetricId, str] = field(default_factory=dict)
    values: dict[MetricId, tuple[float, datetime]] = field(default_factory=dict)
    moved: set[MetricId] = field(default_factory=set)  # a flag is another one than was recorded
    crossings: list[Crossing] = field(default_factory=list)
    statuses: dict[UUID, Status] = field(default_factory=dict)  # of every device that was judged
    moves: list[StatusMove] = field(default_factory=list)
    _devices: dict[UUID, set[MetricId]] = field(default_factory=dict)

    def put(self, id_: MetricId, flags: Flags) -> None:
        """Record the flags of a metric."""
        self.flags[id_] = flags
        self._devices.setdefault(id_[0], set()).add(id_)

    def of_device(self, device_id: UUID) -> dict[MetricId, Flags]:
        """The flags of a device's metrics that were judged in this batch."""
        return {id_: self.flags[id_] for id_ in self._devices.get(device_id, ())}
