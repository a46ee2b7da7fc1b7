"""A day of history for the demo, so that charts have something to show at the first look.

The past is made up, and only the demo has it: a simulated router tells the same from the same seed,
so its twin is asked here for interfaces, traffic since boot, clients and memory, and that is spread
over the day before: little at night, much in the afternoon. What comes from now on is measured.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from owtui.engine.monitoring.metrics import METRICS
from owtui.engine.monitoring.readings import Reading, readings
from storage import documents
from storage.documents import Kept
from storage.series import Key, Point, members
from storage.tables import now

if TYPE_CHECKING:
    from owtui.engine.engine import Engine
    from owtui.simulator.clock import Clock
    from owtui.simulator.device import Device

MOST = 60  # devices: in a larger demo the others begin with nothing
DAY_S, STEP_S = 86_400, 600
AWAY_S = 3 * 3600  # so long do those that do not answer now not answer
HICCUP = (0.62, 0.66)  # of the day, in which every seventh router did not answer
FIELDS = {
    "cpu": {"cpu_usage": 0.6, "load_1": 0.6},
    "memory": {"percent_used": 0.12},
    "disk": {"used_disk": 0.0},
    "traffic": {"rx_bytes": 1.0, "tx_bytes": 1.0},
}
"""What is written of which metric, and the part of it that follows the time of day."""


@dataclass(frozen=True, slots=True)
class Line:
    """A series of the past: `level` is its middle, `swing` the part that goes with the day."""

    key: Key
    level: float
    swing: float
    most: float


@dataclass(frozen=True, slots=True)
class Crowd:
    """The clients of an interface, who come and go."""

    key: Key
    macs: tuple[str, ...]


async def seed(engine: Engine, devices: int, number: int, away: frozenset[str]) -> None:
    """Write the past of a demo of so many devices with this seed.

    away: the names of those that do not answer now.
    """
    ids = {row.name: row.id for row in engine.fleet.rows.values()}
    at = now()
    told = {ids[one.name]: document(one) for one in twins(devices, number) if one.name in ids}
    # The first measured traffic counts from here on, not from the boot of the router.
    kept = [Kept.of(id_, at, one) for id_, one in told.items()]
    await engine.database.awrite(partial(documents.save, kept=kept))
    gone = {ids[name] for name in away if name in ids}
    points: list[Point] = []
    for nth, (id_, one) in enumerate(told.items()):
        rng = random.Random(f"{number}/{nth}")
        points += past(id_, one, at, rng, is_away=id_ in gone, hiccup=nth % 7 == 3)
    await engine.series.write(points)


def twins(devices: int, number: int, clock: Clock | None = None) -> Iterator[Device]:
    """The first devices of the simulated fleet, made again: nobody can reach these.

    A router is made when somebody first connects, which is after its twin. For a twin no time
    passes unless a clock is given, so it has counted no more than the router had when it was made:
    one that had counted longer would make the first increment the whole counter.
    """
    from owtui.simulator import commands
    from owtui.simulator.census import Plan, enrol
    from owtui.simulator.clock import Clock
    from owtui.simulator.device import Device

    assert commands  # the vocabulary registers itself
    standing = clock or Clock(monotonic=lambda: 0.0)
    plan = Plan(devices, number, "tree", "lab", "", "", "luci")
    for identity in enrol(plan)[:MOST]:
        yield Device(identity, standing)


def document(device: Device) -> dict[str, Any]:
    """The part of its DeviceMonitoring document that history is made of."""
    memory, wireless = device.system.memory(), device.wireless
    networks = {ap.ifname: ap for ap in wireless.aps()}
    interfaces: list[dict[str, Any]] = []
    for link in device.network.links():
        counters = device.network.counters(link)
        told = {"rx_bytes": counters.rx_bytes, "tx_bytes": counters.tx_bytes}
        one: dict[str, Any] = {"name": link.name, "statistics": told}
        if link.name in networks:  # of an access point as its users see it (monitoring.md)
            told.update(rx_bytes=counters.tx_bytes, tx_bytes=counters.rx_bytes)
            clients = wireless.clients(networks[link.name])
            one["wireless"] = {"clients": [{"mac": client.mac} for client in clients]}
        if link.kind != "loopback":
            interfaces.append(one)
    sizes = ("total", "free", "buffered", "available")
    disks = [
        {"size_bytes": size * 1024, "used_bytes": used * 1024}
        for _, size, used, _, mount in device.system.disks()
        if mount == "/overlay"
    ]
    return {
        "type": "DeviceMonitoring",
        "general": {"uptime": device.uptime()},
        "resources": {
            "load": list(device.system.loads()),
            "cpus": 2,
            "memory": {name: getattr(memory, name) * 1024 for name in sizes},
            "disk": disks,
        },
        "interfaces": interfaces,
    }


def past(
    id_: UUID,
    told: dict[str, Any],
    at: datetime,
    rng: random.Random,
    *,
    is_away: bool = False,
    hiccup: bool = False,
) -> Iterator[Point]:
    """The day before `at`, a point of each series every ten minutes."""
    end_s = at.timestamp()
    lines, crowds = series(id_, told, end_s)
    near_ms = rng.uniform(2, 25)
    ping = {name: Key(id_, "ping", name) for name in ("reachable", "loss")}
    rtt = {name: Key(id_, "ping", name) for name in ("rtt_avg", "rtt_min", "rtt_max")}
    for age_s in range(DAY_S, 0, -STEP_S):
        then, share = end_s - age_s, 1 - age_s / DAY_S
        lost = (is_away and age_s <= AWAY_S) or (hiccup and HICCUP[0] < share < HICCUP[1])
        yield Point(ping["reachable"], then, 0.0 if lost else 1.0)
        yield Point(ping["loss"], then, 100.0 if lost else 0.0)
        if lost:
            continue
        day = busy(at, then)
        for key, factor in zip(rtt.values(), (1.0, 0.8, 1.6), strict=True):
            yield Point(key, then, near_ms * factor * (0.8 + day * rng.uniform(0.4, 1.0)))
        for line in lines:
            made = line.level * (1 - line.swing + line.swing * 2 * day * rng.uniform(0.7, 1.3))
            yield Point(line.key, then, min(line.most, made))
        for crowd in crowds:
            here = round(len(crowd.macs) * min(1.0, day * 1.2))
            yield from members(crowd.key, then, crowd.macs[:here])


def series(id_: UUID, told: dict[str, Any], at: float) -> tuple[list[Line], list[Crowd]]:
    """What a document says of a device, as series to be spread over a day."""
    lines: list[Line] = []
    crowds: list[Crowd] = []
    uptime_s = max(float(told["general"]["uptime"]), 3600.0)
    for reading in readings(told, None, at):
        kind = METRICS[reading.configuration]
        if reading.members:
            crowds.append(Crowd(Key(id_, kind.key, kind.field, reading.tags), reading.members))
        for field, swing in FIELDS.get(reading.configuration, {}).items():
            level = reading.values[field]
            if reading.configuration == "traffic":
                level *= STEP_S / uptime_s  # of all since the boot
            most = 100.0 if _is_percent(reading, field) else math.inf
            lines.append(Line(Key(id_, kind.key, field, reading.tags), level, swing, most))
    return lines, crowds


def busy(at: datetime, then: float) -> float:
    """How busy people are, 0.05 to 0.95, at a time beside `at`: least at four in the morning of
    this machine's zone, most at four after noon."""
    local = at.astimezone()
    hour = local.hour + local.minute / 60 + (then - at.timestamp()) / 3600
    return 0.5 - 0.45 * math.cos((hour - 4) / 24 * 2 * math.pi)


def _is_percent(reading: Reading, field: str) -> bool:
    return reading.configuration in ("cpu", "memory", "disk") and field != "load_1"
