"""Alerts as faces show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from owtui.engine.monitoring.alerts import words
from owtui.engine.monitoring.alerts.quiet import Quiet
from owtui.engine.monitoring.alerts.settling import states
from owtui.engine.monitoring.metrics import Threshold
from storage.rows import DeviceRow
from storage.tables import Alert, AlertEvent

SHORT_ID = 8
STATES = ("open", "flapping", "acked", "silenced", "maintenance", "folded", "resolved")
SEVERITIES = ("critical", "warning", "info")


@dataclass(frozen=True, slots=True)
class AlertRow:
    """An alert in a list. `states`: all that hold, the weightiest first (`STATES`).

    device: "" for one of the engine itself. behind: how many open alerts are folded under it.
    quiet: the name of the quiet time that covers it, quiet_until: when that, or a silence, ends
    """

    id: UUID
    device_id: UUID | None
    device: str
    kind: str
    label: str
    subject: str
    severity: str
    what: str
    states: tuple[str, ...]
    opened_at: datetime
    changed_at: datetime
    resolved_at: datetime | None
    cause_id: UUID | None
    behind: int
    flaps: int
    told: str
    acked_at: datetime | None
    acked_by: str
    silenced_until: datetime | None
    silenced_by: str
    quiet: str
    quiet_until: datetime | None
    note: str

    @classmethod
    def of(
        cls,
        alert: Alert,
        row: DeviceRow | None,
        at: datetime,
        hushed: tuple[Quiet, datetime] | None,
        behind: int = 0,
    ) -> AlertRow:
        """The row of an alert at a time; hushed: the quiet time that covers it."""
        same = {name: getattr(alert, name) for name in _SAME}
        return cls(
            **same,
            device=row.name if row else "",
            label=words.label(alert.kind),
            states=tuple(states(alert, at, hushed[0].mode if hushed else "")),
            behind=behind,
            quiet=hushed[0].name if hushed else "",
            quiet_until=hushed[1] if hushed else None,
        )

    @property
    def state(self) -> str:
        """The weightiest of its states."""
        return self.states[0]

    @property
    def short_id(self) -> str:
        """What people type."""
        return self.id.hex[:SHORT_ID]

    def as_dict(self) -> dict[str, Any]:
        """The JSON of the command line's contract."""
        return {**asdict(self), "short_id": self.short_id, "state": self.state}


_SAME = (
    *("id", "device_id", "kind", "subject", "severity", "what", "opened_at", "changed_at"),
    *("resolved_at", "cause_id", "flaps", "told", "acked_at", "acked_by"),
    *("silenced_until", "silenced_by", "note"),
)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a timeline."""

    at: datetime
    kind: str
    text: str
    operator: str

    @classmethod
    def of(cls, event: AlertEvent) -> Line:
        """The line of a row."""
        return cls(event.at, event.kind, event.text, event.operator)


@dataclass(frozen=True, slots=True)
class AlertText:
    """All of an alert. `before`: what changed just before, newest first: at, kind, text, ref."""

    row: AlertRow
    timeline: tuple[Line, ...]
    before: tuple[dict[str, Any], ...]
    folded: tuple[AlertRow, ...]
    cause: AlertRow | None

    def as_dict(self) -> dict[str, Any]:
        """The JSON of the command line's contract."""
        return {
            **self.row.as_dict(),
            "timeline": [asdict(one) for one in self.timeline],
            "before": list(self.before),
            "folded": [one.as_dict() for one in self.folded],
            "cause": self.cause.as_dict() if self.cause else None,
        }


@dataclass(frozen=True, slots=True)
class Counts:
    """Open alerts in numbers: those that are not folded, and of these what each is."""

    open: int = 0
    critical: int = 0
    warning: int = 0
    acked: int = 0
    silenced: int = 0
    folded: int = 0

    @classmethod
    def of(cls, rows: Sequence[AlertRow]) -> Counts:
        """Count rows; those that are resolved count for nothing."""
        still = [one for one in rows if one.resolved_at is None]
        shown = [one for one in still if one.cause_id is None]
        return cls(
            open=len(shown),
            critical=sum(one.severity == "critical" for one in shown),
            warning=sum(one.severity == "warning" for one in shown),
            acked=sum("acked" in one.states for one in shown),
            silenced=sum(bool({"silenced", "maintenance"} & set(one.states)) for one in shown),
            folded=len(still) - len(shown),
        )


@dataclass(frozen=True, slots=True)
class ThresholdRow:
    """The threshold of a kind: as it is by default, as it was set, and as it holds.

    owner: the name of a device or group, "" for the defaults. inherited: what would hold without
    """

    kind: str
    label: str
    unit: str
    owner: str
    tags: str
    is_active: bool
    operator: str
    threshold: float | None
    tolerance: int
    custom: tuple[str, ...]
    inherited: Threshold | None

    def as_dict(self) -> dict[str, Any]:
        """The JSON of the command line's contract."""
        return asdict(self)
