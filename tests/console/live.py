"""Runs the console on a real engine whose polls are answered by a twin of the fleet, for counting.

python live.py FOLDER [SETTING=JSON ...]    the console; `sow` fills the folder first, `sow_days`
                                            gives the first devices a day behind them

Everything between the poll and the terminal is the product's own: rota, ingest, database, bus,
bridge, screen. Only the routers are not there: a twin tells facts that drift as those of real ones,
and a configuration that stays as it was read.
"""

from __future__ import annotations

import gc
import json
import random
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from owtui.engine.openwrt.collect import Report
    from owtui.engine.openwrt.facts import Facts
    from owtui.engine.openwrt.sums import Fingerprint, Survey

MIB = 1024 * 1024
MODELS = ("TP-Link EAP615-Wall v1", "Ubiquiti UniFi 6 Lite", "Netgear WAX206")


def sow(folder: Path, count: int) -> None:
    """Write a fleet into a new database: devices that were seen in the last minutes."""
    from sqlmodel import Session

    from owtui.engine.configs.drift import mark_of
    from storage import devices, states
    from storage.core import DEVICE, DEVICE_CONNECTION, DEVICE_RUNNING
    from storage.db import Database
    from storage.states import StateUpdate
    from storage.tables import Credentials, Device, DeviceConnection, DeviceRunning, now

    rng = random.Random(7)

    def write(session: Session) -> None:
        blank = devices.create(session, "ap-0000", address="10.8.0.1").model_dump()
        login = Credentials(name="lab", kind="none", params={"username": "root"})
        session.add(login)
        session.flush()
        made, told = [], {}
        for number in range(1, count):
            id_ = UUID(int=rng.getrandbits(128), version=4)
            told[id_] = known = facts(id_)
            own = {
                "id": id_,
                "name": f"ap-{number:04}",
                "key": f"{number:032x}",
                "address": f"10.8.{number >> 8}.{number & 255}",
                "mac_address": known.mac,
                "model": known.model,
                "os": known.description,
                "system": known.system,
                "tags": [rng.choice(("roof", "hall", "yard"))],
            }
            made.append(Device(**{**blank, **own}))
        session.execute(DEVICE.insert(), [one.model_dump() for one in made])
        ways = [DeviceConnection(device_id=one.id, credentials_id=login.id) for one in made]
        session.execute(DEVICE_CONNECTION.insert(), [one.model_dump() for one in ways])
        running = fingerprint()
        read = [
            DeviceRunning(device_id=one.id, mark=mark_of(running), sums=dict(running.sums))
            for one in made
        ]
        session.execute(DEVICE_RUNNING.insert(), [one.model_dump() for one in read])
        seen = [now() - timedelta(seconds=rng.randrange(120, 280)) for _ in made]
        states.save(
            session,
            [
                StateUpdate(
                    one.id,
                    status="ok",
                    last_seen=at,
                    last_attempt=at,
                    facts=told[one.id].as_dict(),
                    facts_at=at,
                )
                for one, at in zip(made, seen, strict=True)
            ],
        )

    database = Database.open(f"sqlite:///{folder / 'owtui.db'}")
    try:
        database.write(write)
    finally:
        database.close()


def sow_days(folder: Path, count: int) -> None:
    """Write the day of the first devices: an hour's point of cpu, memory and traffic each."""
    from sqlmodel import col, select

    from storage.db import Database
    from storage.series import Key, Point, SeriesFile
    from storage.tables import Device

    rng, now_s = random.Random(5), time.time()
    sorted_ids = select(Device.id).order_by(col(Device.name)).limit(count)
    database = Database.open(f"sqlite:///{folder / 'owtui.db'}")
    try:
        first = database.read(lambda one: list(one.exec(sorted_ids).all()))
    finally:
        database.close()
    wan = (("ifname", "wan"),)
    points = [
        point
        for id_ in first
        for at in (now_s - 3600.0 * hour for hour in range(24))
        for point in (
            Point(Key(id_, "cpu", "cpu_usage"), at, rng.uniform(2, 95)),
            Point(Key(id_, "memory", "percent_used"), at, rng.uniform(35, 70)),
            Point(Key(id_, "traffic", "rx_bytes", wan), at, rng.uniform(1e8, 9e9)),
        )
    ]
    file = SeriesFile.open(folder / "series.db", time.time)
    try:
        file.write(points)
    finally:
        file.close()


def facts(device_id: UUID) -> Facts:
    """What this router told when it was asked first."""
    from owtui.engine.openwrt.facts import Facts, Interface

    rng = random.Random(device_id.int)
    mac = "5C:A6:" + ":".join(f"{one:02X}" for one in device_id.bytes[:4])
    load = rng.uniform(0.05, 1.2)
    return Facts(
        hostname=f"r-{device_id.hex[:8]}",
        model=rng.choice(MODELS),
        board="tplink,eap615-wall-v1",
        system="MediaTek MT7621 ver:1 eco:3",
        kernel="6.6.73",
        distribution="OpenWrt",
        version=rng.choice(("24.10.0", "24.10.6", "23.05.5")),
        target="ramips/mt7621",
        description="OpenWrt 24.10.6 r28427-6df0e3d02a",
        mac=mac,
        boot_id=device_id.hex,
        uptime_s=float(rng.randrange(3_600, 4_000_000)),
        load=(load, load / 2, load / 3),
        cpus=4,
        memory_total=122 * MIB,
        memory_available=int(122 * MIB * rng.uniform(0.35, 0.7)),
        flash_total=9 * MIB,
        flash_available=8 * MIB,
        tmp_total=61 * MIB,
        tmp_available=60 * MIB,
        clients=rng.randrange(30),
        interfaces=(
            Interface("br-lan", mac, True, ("10.8.3.5/24",)),
            Interface("eth0", mac, True),
            Interface("phy1-ap0", mac, True),
        ),
        via="ssh",
    )


def fingerprint() -> Fingerprint:
    """Of the configuration that every router has, and keeps."""
    from owtui.engine.openwrt.sums import NOTHING, Fingerprint

    packages = ("dhcp", "firewall", "network", "system", "wireless")
    return Fingerprint({f"/etc/config/{package}": NOTHING for package in packages})


def document_of(told: Facts) -> dict[str, Any]:
    """What the same router reports for its metrics."""
    memory = {"total": told.memory_total, "free": told.memory_available, "buffered": 0, "shared": 0}
    traffic = {"rx_bytes": int(told.uptime_s) * 9_000, "tx_bytes": int(told.uptime_s) * 3_000}
    return {
        "type": "DeviceMonitoring",
        "general": {"hostname": told.hostname, "uptime": int(told.uptime_s)},
        "resources": {"load": list(told.load), "cpus": told.cpus, "memory": memory},
        "interfaces": [{"name": "wan", "type": "ethernet", "statistics": traffic}],
    }


@dataclass
class _TwinRouter:
    told: Facts

    async def survey(self, paths: Sequence[str] = ()) -> Survey:
        from owtui.engine.openwrt.sums import Survey

        return Survey(self.told, fingerprint())

    async def collect(self, paths: Sequence[str] = ()) -> Report:
        from owtui.engine.openwrt.collect import Report

        return Report(self.told, fingerprint(), document_of(self.told))


class Twin:
    """Stands where the engine's Reach is: every device answers at once, a little further on."""

    def __init__(self) -> None:
        self._rng = random.Random(11)
        self._told: dict[UUID, Facts] = {}

    @asynccontextmanager
    async def router(self, device_id: UUID) -> AsyncIterator[_TwinRouter]:
        """Lend a router that tells the facts of this device, as they are by now."""
        rng = self._rng
        before = self._told.get(device_id) or facts(device_id)
        load = max(0.02, before.load[0] + rng.uniform(-0.2, 0.2))
        free = before.memory_available + rng.randrange(-MIB, MIB)
        self._told[device_id] = replace(
            before,
            uptime_s=before.uptime_s + 60,
            load=(load, load / 2, load / 3),
            memory_available=min(max(free, 20 * MIB), 90 * MIB),
            clients=max(0, (before.clients or 0) + rng.choice((-1, 0, 0, 1))),
        )
        yield _TwinRouter(self._told[device_id])


def main() -> int:
    """Run the console; what is given as NAME=JSON is a setting."""
    from owtui.__main__ import GC_EVERY
    from owtui.console.boot import run
    from owtui.engine.parts import Parts
    from owtui.settings import Loaded, Paths, Settings

    gc.set_threshold(GC_EVERY)  # as the program does
    twin = Twin()
    Parts.reach = property(lambda parts: twin)  # type: ignore[assignment]
    folder = Path(sys.argv[1])
    chosen = {
        name: json.loads(value) for name, _, value in (a.partition("=") for a in sys.argv[2:])
    }
    database = f"sqlite:///{folder / 'owtui.db'}"
    # Nothing is checked: the twin answers for routers that nobody could ping.
    settings = Settings(
        fleet="lab", database=database, operator="eva", restore=False, checks_every_s=0.0
    )
    return run(Loaded(replace(settings, **chosen), Paths(folder, folder, folder, folder, folder)))


if __name__ == "__main__":
    sys.exit(main())
