"""Wi-Fi clients: how many stations a device served, the least and the most (§1.2)."""

from __future__ import annotations

from collections.abc import Mapping
from math import floor, isnan
from typing import Any, ClassVar

from owtui.engine.monitoring.checks import snooze
from owtui.engine.monitoring.checks.base import SICK, Answer, Asked, Check
from owtui.engine.monitoring.checks.registry import Checks
from owtui.engine.monitoring.readings import Reading
from storage.series import How, Key, Series

_MINUTES = {"type": "integer", "minimum": 1, "maximum": 43200}


class WifiClients(Check):
    """Writes `wifi_clients_min` over days and `wifi_clients_max` over minutes, distinct clients."""

    type = "wifi_clients"
    title = "WiFi clients"
    help = "Whether there are too few clients over days, or too many now"
    metrics = ("wifi_clients_min", "wifi_clients_max")
    setting = "auto_wifi_clients"
    schema: ClassVar[Mapping[str, Any]] = {
        "type": "object",
        "properties": {
            "min_interval": {
                **{**_MINUTES, "default": 4320},
                "description": "Minutes over which the least is counted",
            },
            "max_interval": {
                **{**_MINUTES, "default": 5},
                "description": "Minutes over which the most is counted",
            },
            "snooze": {
                "type": "array",
                "default": [],
                "items": {
                    "type": "array",
                    "items": {"type": "string", "pattern": snooze.PATTERN},
                    **{"minItems": 2, "maxItems": 2},
                },
                "description": "Pairs of start and end between which it does not run",
            },
        },
        "additionalProperties": False,
    }

    def prove(self, params: Mapping[str, Any]) -> None:
        """By the schema, and the times must be times."""
        super().prove(params)
        snooze.check(params.get("snooze", ()))

    async def ask(self, asked: Asked) -> Answer | None:
        """Skipped for a device that is not well, and while snoozed."""
        means, params, row = asked.means, asked.params, asked.row
        if row.status in SICK or means.series is None:
            return None
        if snooze.asleep(params["snooze"], asked.at.astimezone(means.zone)):
            return None
        found = [key for key in await means.series.series_of(row.id) if key.metric == _KEY]
        at_s = asked.at.timestamp()
        return Answer(
            {
                "min": await _distinct(means.series, found, at_s, params["min_interval"]),
                "max": await _distinct(means.series, found, at_s, params["max_interval"]),
            }
        )

    def read(self, told: Mapping[str, Any], asked: Asked) -> list[Reading]:
        """One value each; nobody is zero."""
        at_s = asked.at.timestamp()
        return [
            Reading(f"wifi_clients_{which}", at_s, {"clients": float(told[which])})
            for which in ("min", "max")
        ]


_KEY = "wifi_clients"


async def _distinct(series: Series, keys: list[Key], at_s: float, minutes: int) -> int:
    """Clients within the last minutes, each once; whole seconds make it exactly one bucket."""
    if not keys:
        return 0
    end_s = floor(at_s) + 1.0
    start_s = floor(at_s) - minutes * 60.0
    counted = await series.pooled(keys, start_s, end_s, end_s - start_s, How.DISTINCT)
    return 0 if isnan(counted[0]) else int(counted[0])


def register(checks: Checks) -> None:
    """The check's handshake."""
    checks.add(WifiClients())
