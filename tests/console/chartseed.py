"""A day of history for some devices of the seeded fleet, the same in every run."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

from storage.series import Key, Point, SeriesFile, members
from tests.console.seed import NOW, id_of

MEASURED = ("ap-roof-01", "ap-roof-02", "ap-roof-03")
STEP_S = 300
LOST = range(100, 112)  # steps, in which ap-roof-02 did not answer


def sow_series(folder: Path, names: tuple[str, ...] = MEASURED) -> None:
    """Write `series.db` beside the database of the folder."""
    file = SeriesFile.open(folder / "series.db", NOW.timestamp)
    try:
        file.write([point for name in names for point in history(name)])
    finally:
        file.close()


def history(name: str) -> Iterator[Point]:
    """The points of one device over the day before NOW."""
    rng = random.Random(name)
    id_ = id_of(name)
    begin = NOW.timestamp() - 86_400
    for step in range(0, 86_400 // STEP_S):
        at = begin + step * STEP_S + 7
        if name == "ap-roof-02" and step in LOST:
            yield Point(Key(id_, "ping", "reachable"), at, 0)
            yield Point(Key(id_, "ping", "loss"), at, 100)
            continue
        yield from _at(id_, at, step, rng)


def _at(id_: UUID, at: float, step: int, rng: random.Random) -> Iterator[Point]:
    busy = 0.5 - 0.45 * math.cos(2 * math.pi * step / 288)
    values = {
        ("ping", "reachable"): 1.0,
        ("ping", "loss"): 0.0,
        ("ping", "rtt_avg"): 4 + 9 * busy + rng.random(),
        ("ping", "rtt_max"): 9 + 20 * busy + rng.random() * 4,
        ("ping", "rtt_min"): 2 + rng.random(),
        ("cpu", "cpu_usage"): 6 + 60 * busy + rng.random() * 14,
        ("memory", "percent_used"): 52 + 6 * busy + rng.random(),
        ("disk", "used_disk"): 31.0,
    }
    for (metric, field), value in values.items():
        yield Point(Key(id_, metric, field), at, value)
    for field, rate in (("rx_bytes", 4e8), ("tx_bytes", 9e7)):
        key = Key(id_, "traffic", field, (("ifname", "wan"),))
        yield Point(key, at, rate * busy * (0.8 + rng.random() * 0.4))
    clients = [f"aa:00:00:00:00:{n:02x}" for n in range(int(12 * busy) + 1)]
    yield from members(Key(id_, "wifi_clients", "clients", (("ifname", "phy0-ap0"),)), at, clients)
