"""A large fleet in memory: read from the database, then filtered."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from sqlmodel import Session

from owtui.engine.selection import parse, select
from storage import devicelist, devices
from storage.core import DEVICE
from storage.db import Database
from storage.tables import Device, now
from tests.bench.measure import Spread, title

FILTERS = ("tag=roof", "ap-01", "zone=harbour tag=roof | name:77", "/7.*3$/")
MODELS = ("TP-Link Archer C7 v5", "GL.iNet GL-MT300N-V2", "Xiaomi Redmi Router AX6000")


def fill(session: Session, count: int, random: Random) -> None:
    """Make one device by the rules and copy it, each with a name and tags of its own."""
    kept = devices.create(session, "ap-00000", address="127.1.0.0").model_dump()
    rows = []
    for number in range(1, count):
        own = Device(name=f"ap-{number:05}", organization_id=kept["organization_id"], key="")
        rows.append(
            {
                **kept,
                "id": own.id,
                "name": own.name,
                "key": own.id.hex,
                "address": f"127.1.{number >> 8}.{number & 255}",
                "model": random.choice(MODELS),
                "tags": random.sample(["roof", "mast", "indoor"], 1),
                "zone": random.choice(["harbour", "town"]),
            }
        )
    session.execute(DEVICE.insert(), rows)


def timed(call: Callable[[], Any], runs: int) -> Spread:
    """Milliseconds of a call."""
    taken = []
    for _ in range(runs):
        began = time.perf_counter()
        call()
        taken.append((time.perf_counter() - began) * 1000)
    return Spread.of(taken)


def show(count: int, runs: int, seed: int) -> None:
    """Measure and print."""
    title(
        f"a fleet of {count:,} devices",
        f"seed {seed}, {runs} runs: median (min to max) in ms",
    )
    with TemporaryDirectory() as folder:
        database = Database.open(f"sqlite:///{Path(folder) / 'bench.db'}")
        database.write(lambda session: fill(session, count, Random(seed)))
        print(f"   {'read from SQLite':34}{timed(lambda: database.read(devicelist.rows), runs)}")
        rows = tuple(database.read(devicelist.rows))
        database.close()
    for text in FILTERS:
        found = select(rows, now(), filter=parse(text))
        spread = timed(lambda text=text: select(rows, now(), filter=parse(text)), runs)
        print(f"   {text:34}{spread!s:28}{len(found.ids):,} found")
