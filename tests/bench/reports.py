"""What a device's report costs from the document to the disk: judged, kept, written, told.

Documents as large as those of the shared workload (load, memory, disk, swap, two interfaces with
clients) from every device once a minute. OpenWISP's figures are those of its measured stack: one
report there is 100 ms of CPU over all processes, and 22 processes hold 1,297 MiB.
"""

from __future__ import annotations

import asyncio
import resource
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

from sqlmodel import Session

from owtui.engine.bus import Bus
from owtui.engine.fleet import Fleet
from owtui.engine.monitoring.monitor import Monitor
from owtui.engine.monitoring.readings import Reading
from owtui.engine.monitoring.verdicts import Observation
from storage import devices
from storage.core import DEVICE
from storage.db import Database
from storage.series import Key, SqliteSeries
from storage.series.model import How
from storage.tables import Device
from tests.bench.measure import Spread, title

PEER_CPU_MS = 100.0  # a report, all processes
PEER_MIB = 1297.0  # PSS of the idle stack
START = datetime(2026, 11, 27, 0, 0, tzinfo=UTC)


def document(rng: Random, minute: int, uptime: int) -> dict[str, Any]:
    """A report with counters that grow and clients that come and go."""
    clients = [
        {"mac": f"aa:bb:cc:00:{n:02x}:{rng.randrange(4):02x}", "auth": True, "ht": True}
        for n in range(3)
    ]
    interfaces = [
        {
            "name": name,
            "type": "wireless" if name == "wlan0" else "ethernet",
            "up": True,
            "statistics": {"rx_bytes": minute * rate, "tx_bytes": minute * rate // 3},
        }
        for name, rate in (("wlan0", 900_000), ("eth0", 2_000_000), ("eth1", 4_000_000))
    ]
    interfaces[0]["wireless"] = {"mode": "access_point", "ssid": "quay", "clients": clients}
    free = 224_497_664 - rng.randrange(9_000_000)
    return {
        "type": "DeviceMonitoring",
        "general": {"hostname": "ap", "uptime": uptime, "local_time": uptime},
        "resources": {
            "cpus": 2,
            "load": [rng.random(), rng.random(), rng.random()],
            "memory": {
                **{"total": 249_774_080, "free": free, "buffered": 974_848},
                **{"shared": 86_016, "cached": 6_774_784, "available": free - 1_000_000},
            },
            "disk": [{"used_bytes": 18_792, "size_bytes": 258_016, "mount_point": "/"}],
        },
        "interfaces": interfaces,
    }


def _sow(session: Session, count: int) -> None:
    first = devices.create(session, "ap-0000", address="10.8.0.1").model_dump()
    rows = [
        Device(
            **{
                **first,
                "id": UUID(int=n + 1),
                "name": f"ap-{n:04}",
                "key": f"{n:032x}",
                "address": f"10.8.{n >> 8}.{n & 255}",
            }
        ).model_dump()
        for n in range(1, count)
    ]
    session.execute(DEVICE.insert(), rows)


async def measure(count: int, rounds: int, seed: int, folder: Path) -> dict[str, Any]:
    """CPU ms a report by round, points a second, and what a chart then costs."""
    database = Database.open(f"sqlite:///{folder / 'owtui.db'}")
    database.write(lambda session: _sow(session, count))
    moment = START
    series = SqliteSeries.open(folder / "series.db", lambda: moment.timestamp())
    fleet = Fleet(database)
    await fleet.load()
    monitor = Monitor(fleet, Bus(), database, series, present=lambda: moment)
    await monitor.load()
    rng = Random(seed)
    spent, points, busy = [], 0, 0.0
    for minute in range(1, rounds + 1):
        moment = START + timedelta(minutes=minute)
        batch = [
            Observation(
                row,
                moment,
                (
                    Reading("data_collected", moment.timestamp(), {"data_collected": 1.0}),
                    Reading(
                        "ping",
                        moment.timestamp(),
                        {"reachable": 1.0, "loss": 0.0, "rtt_min": 1.0, "rtt_avg": rng.random()},
                    ),
                ),
                document(rng, minute, minute * 60),
            )
            for row in fleet.rows
        ]
        began, wall = time.process_time(), time.monotonic()
        outcome = await monitor.take(batch)
        took = time.process_time() - began
        busy += time.monotonic() - wall
        points += len(outcome.points)
        if minute > 1:  # the first creates every metric and every series
            spent.append(took * 1000 / count)
    charts = await _charts(series, next(iter(fleet.rows)), moment.timestamp())
    await series.compact((moment + timedelta(days=3)).timestamp())
    size = (await series.sizes()).bytes or 0
    await series.close()
    database.close()
    return {
        "cpu": Spread.of(spent),
        "points": points,
        "rate": points / busy,
        "bytes": size / points,
        "charts": charts,
        "mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


async def _charts(series: SqliteSeries, device: UUID, end_s: float) -> dict[str, float]:
    key, found = Key(device, "cpu", "cpu_usage"), {}
    for name, days, step_s in (("1d", 1, 600.0), ("30d", 30, 86_400.0)):
        began = time.perf_counter()
        for _ in range(10):
            await series.buckets([key], end_s - days * 86_400, end_s, step_s, How.MEAN)
        found[name] = (time.perf_counter() - began) * 100
    return found


def show(count: int, rounds: int, seed: int) -> None:
    """Measure and print, with the peer beside it."""
    title(
        f"reports of {count} devices, {rounds} rounds: from the document to the disk",
        f"seed {seed}; the peer is OpenWISP 1.3's own stack on a machine of this kind",
    )
    with TemporaryDirectory() as name:
        told = asyncio.run(measure(count, rounds, seed, Path(name)))
    cpu = told["cpu"]
    print(f"   CPU ms a report     {cpu}   peer {PEER_CPU_MS:g}: {PEER_CPU_MS / cpu.median:.0f}x")
    print(f"   points a report     {told['points'] / rounds / count:.0f}")
    print(f"   points a second     {told['rate']:,.0f} on the clock")
    print(f"   bytes a point       {told['bytes']:.2f} packed, {rounds} minutes of history")
    print(f"   memory              {told['mib']:.0f} MiB at most   peer {PEER_MIB:g} MiB idle")
    for range_, ms in told["charts"].items():
        print(f"   chart {range_:4}          {ms:.2f} ms of this history")
