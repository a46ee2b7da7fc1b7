"""Ping: is the device reachable, at what loss and after how long (operations.md §1.2)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, ClassVar

from owtui.engine.monitoring.checks.base import Answer, Asked, Check
from owtui.engine.monitoring.checks.registry import Checks
from owtui.engine.monitoring.pinger import Echo, Pinged
from owtui.engine.monitoring.readings import Reading
from owtui.errors import ProtocolError
from storage import addresses
from storage.errors import RuleError

_FPING = re.compile(
    r"^\S+ +: xmt/rcv/%loss = \d+/\d+/(?P<loss>[\d.]+)%"
    r"(?:, min/avg/max = (?P<min>[\d.]+)/(?P<avg>[\d.]+)/(?P<max>[\d.]+))?$"
)


class Ping(Check):
    """Writes `ping`: reachable and loss, and the round trips where anything came back."""

    type = "ping"
    title = "Ping"
    help = "Whether the device answers, and how fast"
    metrics = ("ping",)
    setting = "auto_ping"
    schema: ClassVar[Mapping[str, Any]] = {
        "type": "object",
        "properties": {
            "count": {
                **{"type": "integer", "default": 5, "minimum": 2, "maximum": 20},
                "description": "Number of packets to be sent",
            },
            "interval": {
                **{"type": "integer", "default": 25, "minimum": 10, "maximum": 1000},
                "description": "Interval between packets in ms",
            },
            "bytes": {
                **{"type": "integer", "default": 56, "minimum": 12, "maximum": 65508},
                "description": "Payload size in bytes",
            },
            "timeout": {
                **{"type": "integer", "default": 800, "minimum": 5, "maximum": 1500},
                "description": "Timeout of a packet in ms",
            },
        },
        "additionalProperties": False,
    }

    async def ask(self, asked: Asked) -> Answer | None:
        """Try the addresses in their order until one answers.

        Skipped without any where the device never was known, and behind a jump host, which nothing
        from here passes.
        """
        row, means, params = asked.row, asked.means, asked.params
        try:
            tried = addresses.candidates(row, management_ip_only=means.management_ip_only)
        except RuleError:
            return None if row.status == "unknown" else Answer({"loss": 100.0}, "no address")
        doors = await means.doors(row.id)
        if doors.behind:
            return None
        how = Echo(params["count"], params["interval"], params["bytes"], params["timeout"])
        found: Pinged | None = None
        for address in tried:
            pinged = await means.pinger.ping(address, how, doors.ports)
            if found is None or pinged.reachable:
                found = pinged
            if found.reachable:
                break
        assert found is not None  # candidates are never none
        return Answer(asdict(found), found.via)

    def read(self, told: Mapping[str, Any], asked: Asked) -> list[Reading]:
        """Loss below 100 % is reachable; the times are written only then."""
        reachable = told["loss"] < 100
        values = {"reachable": float(reachable), "loss": float(told["loss"])}
        if reachable:
            names = ("rtt_min", "rtt_avg", "rtt_max")
            values |= {name: float(told[name]) for name in names if told.get(name) is not None}
        return [Reading("ping", asked.at.timestamp(), values)]


def from_fping(text: str) -> dict[str, float]:
    """What `fping -q -c` wrote on standard error, for who feeds results of his own.

    Raises ProtocolError for anything but one target's line.
    """
    found = _FPING.match(text.strip())
    if found is None or (float(found["loss"]) < 100) != (found["min"] is not None):
        raise ProtocolError(f"Unrecognized fping output:\n\n{text}")
    told = {"loss": float(found["loss"])}
    if found["min"] is not None:
        told |= {f"rtt_{name}": float(found[name]) for name in ("min", "avg", "max")}
    return told


def register(checks: Checks) -> None:
    """The check's handshake."""
    checks.add(Ping())
