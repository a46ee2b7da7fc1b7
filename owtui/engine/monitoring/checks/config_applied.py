"""Configuration applied: does the device have what it should (operations.md §1.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from owtui.engine.monitoring.checks.base import SICK, Answer, Asked, Check
from owtui.engine.monitoring.checks.registry import Checks
from owtui.engine.monitoring.readings import Reading


class ConfigApplied(Check):
    """Writes 1 for an applied configuration, and while the device was changed a moment ago.

    A configuration in error is 0, and nobody is told of it here: the error itself tells.
    """

    type = "config_applied"
    title = "Configuration applied"
    help = "Whether the device has its configuration"
    metrics = ("config_applied",)
    setting = "auto_config_check"
    schema: ClassVar[Mapping[str, Any]] = {
        "type": "object",
        "properties": {
            "interval": {
                **{"type": "integer", "default": 5, "minimum": 0, "maximum": 10080},
                "description": "Minutes that a change may take to arrive",
            },
        },
        "additionalProperties": False,
    }

    async def ask(self, asked: Asked) -> Answer | None:
        """Skipped for a device that is not well, or has no configuration."""
        row = asked.row
        if row.status in SICK or not row.config_status:
            return None
        changed = await asked.means.modified(row.id)
        ago_s = (asked.at - changed).total_seconds() if changed else None
        return Answer({"status": row.config_status, "changed_ago_s": ago_s}, row.config_status)

    def read(self, told: Mapping[str, Any], asked: Asked) -> list[Reading]:
        """1 or 0."""
        ago_s = told["changed_ago_s"]
        fresh = ago_s is not None and ago_s < asked.params["interval"] * 60
        applied = told["status"] == "applied" or fresh
        tell = told["status"] != "error"
        values = {"config_applied": float(applied)}
        return [Reading("config_applied", asked.at.timestamp(), values, tell=tell)]


def register(checks: Checks) -> None:
    """The check's handshake."""
    checks.add(ConfigApplied())
