"""Monitoring data collected: does a device that reports by itself still do so (§1.2).

What owtui polls it need not watch: each poll writes data_collected, 1 or 0, when it ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from owtui.engine.monitoring.checks.base import Answer, Asked, Check
from owtui.engine.monitoring.checks.registry import Checks
from owtui.engine.monitoring.metrics import METRICS
from owtui.engine.monitoring.past import STATE
from owtui.engine.monitoring.readings import Reading


class DataCollected(Check):
    """Writes 1 where any metric that is not a check's own has a point within the interval.

    A status is no sign of the device either: whatever is judged writes one, a ping too.
    """

    type = "data_collected"
    title = "Monitoring data collected"
    help = "Whether a device that reports by itself has done so"
    metrics = ("data_collected",)
    setting = "auto_data_collected"
    schema: ClassVar[Mapping[str, Any]] = {
        "type": "object",
        "properties": {
            "interval": {
                **{"type": "integer", "default": 60, "minimum": 1, "maximum": 10080},
                "description": "Minutes within which something must have come",
            },
        },
        "additionalProperties": False,
    }

    async def ask(self, asked: Asked) -> Answer | None:
        """Skipped for devices that are polled, and without a history to look at."""
        means, row = asked.means, asked.row
        if means.polled(row.id) or means.series is None:
            return None
        active = {kind.key for kind in METRICS if kind.active} | {STATE}
        passive = [key for key in await means.series.series_of(row.id) if key.metric not in active]
        now_s = asked.at.timestamp()
        within_s = asked.params["interval"] * 60.0
        points = await means.series.latest_at(passive, now_s, within_s) if passive else {}
        ago_s = min((now_s - point.time_s for point in points.values()), default=None)
        return Answer({"ago_s": ago_s})

    def read(self, told: Mapping[str, Any], asked: Asked) -> list[Reading]:
        """1 or 0; nobody is told where the device is critical already."""
        ago_s = told["ago_s"]
        collected = ago_s is not None and ago_s <= asked.params["interval"] * 60
        tell = asked.row.status != "critical"
        values = {"data_collected": float(collected)}
        return [Reading("data_collected", asked.at.timestamp(), values, tell=tell)]


def register(checks: Checks) -> None:
    """The check's handshake."""
    checks.add(DataCollected())
