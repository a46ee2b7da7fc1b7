"""The fleet as it was: each device's row with what was recorded at or before a moment.

Status, load, memory, clients and uptime are series of their own; the rest of a row (name, group,
address) is as it is now. What was not recorded by then is not known, never today's value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from owtui.engine.monitoring.health import Status
from storage.rows import DeviceRow
from storage.series import Key, Point, Samples, Series
from storage.series.model import RESOLUTION_S

STATE = "state"
"""The metric that time travel reads: fields status (CODES), clients, uptime (seconds)."""

CODES = (Status.UNKNOWN, Status.OK, Status.PROBLEM, Status.CRITICAL, Status.DEACTIVATED)

WITHIN_S = 900.0
"""What was recorded longer before the moment says nothing of it: the longest pause of a poll."""

MEMBERS_S = 1.0

_ASKED = (
    (STATE, "status"),
    (STATE, "clients"),
    (STATE, "uptime"),
    ("data_collected", "data_collected"),
    ("cpu", "load_1"),
    ("cpu", "load_5"),
    ("cpu", "load_15"),
    ("memory", "percent_used"),
)


@dataclass(frozen=True, slots=True)
class Picture:
    """The rows at a moment, by id, in the order of today's; `known` is of how many anything was
    recorded by then."""

    at: datetime
    rows: Mapping[UUID, DeviceRow]
    known: int


def status_point(device_id: UUID, status: Status, at_s: float) -> Point:
    """A status as a point."""
    return Point(Key(device_id, STATE, "status"), at_s, float(CODES.index(status)))


@dataclass(frozen=True, slots=True)
class InterfaceThen:
    """What was recorded of an interface: bit/s since the point before, distinct Wi-Fi clients, and
    what else was measured as (metric, field); None and nothing where it was not."""

    name: str
    at: datetime
    received: float | None = None
    sent: float | None = None
    clients: int | None = None
    other: Mapping[tuple[str, str], float] = field(default_factory=dict)


async def interfaces(series: Series, device_id: UUID, at: datetime) -> list[InterfaceThen]:
    """The interfaces of a device by their points at or before a moment, within `WITHIN_S`.

    Addresses, radios and states are in documents, of which the newest alone is kept.
    """
    named = [key for key in await series.series_of(device_id) if "ifname" in dict(key.tags)]
    end_s = at.timestamp() + RESOLUTION_S
    found = await series.read(named, end_s - 2 * WITHIN_S, end_s)  # a rate has a point before it
    told: dict[str, dict[tuple[str, str], Samples]] = {}
    for key, samples in found.items():
        if len(samples.times_s) and samples.times_s[-1] >= end_s - WITHIN_S:
            told.setdefault(dict(key.tags)["ifname"], {})[(key.metric, key.field)] = samples
    return [_interface(name, told[name]) for name in sorted(told)]


def _interface(name: str, told: dict[tuple[str, str], Samples]) -> InterfaceThen:
    newest = max(float(samples.times_s[-1]) for samples in told.values())
    received, sent = (told.pop(("traffic", side), None) for side in ("rx_bytes", "tx_bytes"))
    clients = told.pop(("wifi_clients", "clients"), None)
    return InterfaceThen(
        name,
        datetime.fromtimestamp(newest, UTC),
        _rate(received),
        _rate(sent),
        None if clients is None else _members(clients),
        {what: float(samples.values[-1]) for what, samples in told.items()},
    )


def _rate(samples: Samples | None) -> float | None:
    """Bit/s: a point is what a counter grew by since the point before."""
    if samples is None or len(samples.times_s) < 2:
        return None
    return float(samples.values[-1]) * 8 / float(samples.times_s[-1] - samples.times_s[-2])


def _members(samples: Samples) -> int:
    """The clients of the newest report: they are written a millisecond apart."""
    newest = samples.times_s > samples.times_s[-1] - MEMBERS_S
    return len(set(samples.values[newest].tolist()))


async def picture(series: Series, rows: Mapping[UUID, DeviceRow], at: datetime) -> Picture:
    """The fleet at a moment. Raises what the series raise."""
    keys = [Key(id_, metric, field) for id_ in rows for metric, field in _ASKED]
    found = await series.latest_at(keys, at.timestamp(), WITHIN_S)
    told: dict[UUID, dict[str, Point]] = {}
    for key, point in found.items():
        told.setdefault(key.object_id, {})[key.field] = point
    past = {id_: _row(row, told.get(id_, {})) for id_, row in rows.items()}
    return Picture(at, past, len(told))


def _row(row: DeviceRow, told: Mapping[str, Point]) -> DeviceRow:
    status = told.get("status")
    seen = told.get("data_collected") or told.get("load_1")
    answered = seen is not None and (seen.key.field != "data_collected" or seen.value > 0)
    return replace(
        row,
        status=CODES[int(status.value)] if status else Status.UNKNOWN.value,
        last_seen=_time(seen) if seen and answered else None,
        facts=_facts(row.facts, told),
        facts_at=_time(told["load_1"]) if "load_1" in told else None,
        failure_kind="",
        failure_sentence="",
        drift="",
        config_status="",
        config_error="",
    )


def _facts(now: Mapping[str, Any] | None, told: Mapping[str, Point]) -> dict[str, Any] | None:
    """What of the facts was recorded; sizes and names are those of today."""
    if not now or not told:
        return None
    moving = ("load", "memory_available", "clients", "uptime_s", "flash_available", "tmp_available")
    facts = {name: value for name, value in now.items() if name not in moving}
    loads = [told[name].value for name in ("load_1", "load_5", "load_15") if name in told]
    if len(loads) == 3:
        facts["load"] = loads
    if "percent_used" in told:
        free = 1 - told["percent_used"].value / 100
        facts["memory_available"] = int(now.get("memory_total", 0) * free)
    else:
        facts.pop("memory_total", None)
    for name, what in (("clients", "clients"), ("uptime_s", "uptime")):
        if what in told:
            facts[name] = int(told[what].value)
    for what in ("flash", "tmp"):  # not recorded: without its size it is not shown
        facts.pop(f"{what}_total", None)
    return facts


def _time(point: Point) -> datetime:
    return datetime.fromtimestamp(point.time_s, UTC)
