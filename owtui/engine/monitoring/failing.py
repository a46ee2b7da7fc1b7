"""What is the problem? The metrics of devices that are unhealthy now, with value and threshold.

By the flag without tolerance, since that is the one a status follows (operations.md §1.6, §1.12).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from owtui.engine.monitoring.metrics import CRITICAL, METRICS, Metrics, Threshold
from owtui.engine.monitoring.thresholds import Thresholds
from storage import metrics as flags
from storage.metrics import Flagged
from storage.rows import DeviceRow

_WHETHER = frozenset({*CRITICAL, "config_applied", "iperf3"})
"""Metrics that are 1 or 0: their number says nothing to people."""


@dataclass(frozen=True, slots=True)
class Failing:
    """An unhealthy metric. `words`: "CPU 95 % > 90 %", "is not reachable"; at: since when."""

    configuration: str
    tags: str
    words: str
    is_critical: bool
    value: float | None = None
    at: datetime | None = None


def failing(
    session: Session, rows: Mapping[UUID, DeviceRow], metrics: Metrics = METRICS
) -> dict[UUID, tuple[Failing, ...]]:
    """What fails, by device; what makes a device critical comes first."""
    thresholds = Thresholds(flags.settings(session), metrics)
    found: dict[UUID, list[Failing]] = {}
    for one in flags.unhealthy(session):
        row = rows.get(one.device_id)
        if row is None or row.is_deactivated or metrics.get(one.configuration) is None:
            continue
        limit = thresholds.of(row, one.configuration, one.tags)
        found.setdefault(one.device_id, []).append(_told(one, limit, metrics))
    order = [kind.configuration for kind in metrics]
    return {
        id_: tuple(sorted(all_, key=lambda it: (not it.is_critical, order.index(it.configuration))))
        for id_, all_ in found.items()
    }


def _told(one: Flagged, limit: Threshold | None, metrics: Metrics) -> Failing:
    kind = metrics[one.configuration]
    names = [word.partition("=")[2] for word in one.tags.split()]
    if one.configuration in _WHETHER:
        words = kind.problem or kind.label
    else:
        unit = f" {kind.unit}" if kind.unit else ""
        value = "" if one.value is None else f"{one.value:.4g}{unit}"
        bound = f"{limit.operator} {limit.value:g}{unit}" if limit is not None else ""
        label = kind.label.removesuffix(" usage")
        words = " ".join(filter(None, (label, *names, value, bound)))
    critical = one.configuration in CRITICAL
    return Failing(one.configuration, one.tags, words, critical, one.value, one.at)
