"""Alerts in words: the kinds there are, what is wrong, and what people are told of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from owtui.engine.monitoring.alerts.damping import Say
from owtui.engine.monitoring.metrics import CRITICAL, METRICS, Metrics
from owtui.engine.monitoring.verdicts import Crossing
from owtui.engine.notifications.telling import Telling
from storage.rows import DeviceRow
from storage.tables import Alert

DRIFT, SERIES, FORECAST, LINKS = "drift", "series", "forecast", "links"
PING, DATA = CRITICAL
FOLDED_KINDS = frozenset({*CRITICAL, "config_applied"})
"""Kinds that a device has because it cannot be reached: what is above it may be the cause."""

LEVELS = {Say.PROBLEM: "warning", Say.FLAPPING: "warning", Say.RECOVERY: "info"}


@dataclass(frozen=True, slots=True)
class Words:
    """What completes “The device …”; a kind of the engine itself has sentences without a device."""

    label: str
    problem: str
    recovery: str


OTHERS: Mapping[str, Words] = {
    DRIFT: Words(
        "Configuration drift",
        "no longer has the configuration that was applied to it",
        "has the configuration again that was applied to it",
    ),
    FORECAST: Words(
        "Forecast",
        "is about to go over a threshold",
        "is no longer about to go over a threshold",
    ),
    LINKS: Words(
        "Links of a topology",
        "Many links of a topology are down",
        "The links of a topology are up again",
    ),
    SERIES: Words(
        "History",
        "The history of measurements cannot be kept",
        "The history of measurements is kept again",
    ),
}


def kinds(metrics: Metrics = METRICS) -> tuple[str, ...]:
    """Every kind of alert that there can be."""
    return (*(one.configuration for one in metrics if one.alert is not None), *OTHERS)


def label(kind: str, metrics: Metrics = METRICS) -> str:
    """A kind, for people."""
    found = metrics.get(kind)
    return found.label if found else OTHERS[kind].label if kind in OTHERS else kind


def is_told(kind: str, metrics: Metrics = METRICS) -> bool:
    """Whether people are told of alerts of this kind at all; OpenWISP's iperf3 has no words."""
    found = metrics.get(kind)
    return bool(found.problem) if found else True


def what(crossing: Crossing, metrics: Metrics = METRICS) -> str:
    """The value against its threshold: "CPU 95 % > 90 % for 30 m", "is not reachable for 30 m"."""
    kind, limit = metrics[crossing.configuration], crossing.threshold
    tags = "".join(f" {value}" for _, value in crossing.tags)
    held = f" for {limit.tolerance} m" if limit.tolerance else ""
    if kind.configuration in FOLDED_KINDS:
        return f"{kind.problem}{tags}{held}"
    unit = f" {kind.unit}" if kind.unit else ""
    name = kind.label.removesuffix(" usage")
    return f"{name}{tags} {crossing.value:.4g}{unit} {limit.operator} {limit.value:g}{unit}{held}"


def telling(
    say: Say,
    alert: Alert,
    row: DeviceRow | None,
    *,
    behind: int = 0,
    threshold: float | None = None,
    metrics: Metrics = METRICS,
) -> Telling:
    """What people are told. The time is the alert's own: when it opened, came back, or ended.

    behind: how many devices are cut off with this one. threshold: as it is now
    """
    ends = say is Say.RECOVERY
    at = alert.resolved_at if ends and alert.resolved_at else alert.changed_at
    data = {
        "kind": alert.kind,
        "subject": alert.subject,
        "severity": alert.severity,
        "what": alert.what,
        "device": row.name if row else "",
        "threshold": threshold,
        "flaps": alert.flaps,
        "flapping": say is Say.FLAPPING,
        "behind": behind,
    }
    return Telling(
        type=f"{alert.kind}_{'recovery' if ends else 'problem'}",
        level=LEVELS[say],
        text=_sentence(say, alert, row, behind, threshold, metrics),
        at=at,
        organization_id=row.organization_id if row else None,
        device_id=alert.device_id,
        alert_id=alert.id,
        data=data,
    )


def _sentence(
    say: Say,
    alert: Alert,
    row: DeviceRow | None,
    behind: int,
    threshold: float | None,
    metrics: Metrics,
) -> str:
    found = metrics.get(alert.kind)
    used = (
        found or OTHERS.get(alert.kind) or Words(alert.kind, f"has {alert.kind}", "has recovered")
    )
    said = used.recovery if say is Say.RECOVERY else used.problem
    if found and threshold is not None:
        said = said.format(threshold=threshold)
    elif "{" in said:
        said = alert.what
    subject = f"The device {row.name} " if row else ""
    more = f" ({alert.subject})" if alert.subject and alert.kind != FORECAST else ""
    if say is Say.RECOVERY:
        return f"{subject}{said}{more}."
    if alert.kind in OTHERS:
        more = f": {alert.what}"
    if say is Say.FLAPPING:
        return f"{subject}{said}{more}, and it comes and goes: {alert.flaps} times so far."
    others = "" if not behind else f"; {_counted(behind)} behind it"
    return f"{subject}{said}{more}{others}."


def _counted(count: int) -> str:
    return "1 device is" if count == 1 else f"{count} devices are"
