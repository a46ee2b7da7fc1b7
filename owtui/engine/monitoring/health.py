"""One status for a device, from the immediate flags of its metrics (operations.md §1.6), pure.

Critical metrics are matched by their kind, so that a critical check that is switched off leaves the
device unknown: upstream compares a class path with a metric's key and never does (§12.2).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum

from owtui.engine.monitoring.metrics import CRITICAL


class Status(StrEnum):
    """OpenWISP's health words, in the order of their weight."""

    UNKNOWN = "unknown"
    OK = "ok"
    PROBLEM = "problem"
    CRITICAL = "critical"
    DEACTIVATED = "deactivated"


def status_of(
    flags: Mapping[str, Collection[bool | None]],
    critical: Collection[str] = CRITICAL,
    *,
    deactivated: bool = False,
) -> Status:
    """The status of a device.

    flags: the immediate flags by the metric's configuration; metrics never judged have None, and
        count for nothing.
    """
    if deactivated:
        return Status.DEACTIVATED
    judged = {kind: [flag for flag in told if flag is not None] for kind, told in flags.items()}
    if not any(judged.values()):
        return Status.UNKNOWN
    unhealthy = {kind for kind, told in judged.items() if False in told}
    if critical and unhealthy.issuperset(critical):
        return Status.CRITICAL
    return Status.PROBLEM if unhealthy else Status.OK
