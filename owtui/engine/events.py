"""What happens, as values: the whole vocabulary between the engine and its faces.

Every event has a `topic` and a `key`; a newer event of the same topic and key replaces an older one
that nobody has read yet, so a slow face never makes a queue.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Event:
    """Base: something moved."""

    topic: ClassVar[str] = ""
    key: str


@dataclass(frozen=True, slots=True)
class DeviceChanged(Event):
    """A device's row differs; `key` is its id."""

    topic: ClassVar[str] = "devices"


@dataclass(frozen=True, slots=True)
class JobChanged(Event):
    """A job's state or counts differ; `key` is its id."""

    topic: ClassVar[str] = "jobs"


@dataclass(frozen=True, slots=True)
class ResultChanged(Event):
    """A device's result within a job differs; `key` is "job id/device id"."""

    topic: ClassVar[str] = "results"


@dataclass(frozen=True, slots=True)
class TunnelChanged(Event):
    """A tunnel was opened, lost, made anew or closed; `key` is its local port."""

    topic: ClassVar[str] = "tunnels"


@dataclass(frozen=True, slots=True)
class AuditChanged(Event):
    """Somebody did something, here or in another process; `key` is "*"."""

    topic: ClassVar[str] = "audit"


@dataclass(frozen=True, slots=True)
class Notice(Event):
    """One sentence for the operator; `key` groups repeats, `level` is info, warning or error."""

    topic: ClassVar[str] = "notices"
    sentence: str = ""
    hint: str = ""
    level: str = "info"


@dataclass(frozen=True, slots=True)
class EngineChanged(Event):
    """The engine's role or state differs; `key` is: holder, attached, draining, stopped."""

    topic: ClassVar[str] = "engine"


@dataclass(frozen=True, slots=True)
class ConfigModified(Event):
    """A device is to get another configuration; `key` is its id. At most one in 3 s each."""

    topic: ClassVar[str] = "configs"


@dataclass(frozen=True, slots=True)
class ConfigsChanged(Event):
    """Templates, variables or configurations were written, here or elsewhere; `key` is which:
    templates, variables, configs."""

    topic: ClassVar[str] = "configurations"


@dataclass(frozen=True, slots=True)
class DriftChanged(Event):
    """A device began or ceased to differ from what was applied to it; `key` is its id."""

    topic: ClassVar[str] = "drift"
    drifted: bool = True


@dataclass(frozen=True, slots=True)
class PointsAdded(Event):
    """New points of a device are in the series; `key` is its id. Only where they are written."""

    topic: ClassVar[str] = "points"


@dataclass(frozen=True, slots=True)
class AlertChanged(Event):
    """Alerts opened, changed or ended, here or in another process; `key` is "*"."""

    topic: ClassVar[str] = "alerts"


@dataclass(frozen=True, slots=True)
class NotificationChanged(Event):
    """Somebody was told something, or read it; `key` is the operator, or "*"."""

    topic: ClassVar[str] = "notifications"


@dataclass(frozen=True, slots=True)
class TopologyChanged(Event):
    """A topology's picture or source differs, here or elsewhere; `key` is its id, or "*"."""

    topic: ClassVar[str] = "topologies"


@dataclass(frozen=True, slots=True)
class FirmwareChanged(Event):
    """Builds, images or who has them changed, here or in another process; `key` is "*"."""

    topic: ClassVar[str] = "firmware"
