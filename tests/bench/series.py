"""Points of a fleet beside a plain table (series, time): written, kept, drawn."""

from __future__ import annotations

import resource
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

from storage.series import How, Key, Point, SeriesFile
from tests.bench.measure import Spread, title

METRICS = 30
KINDS = 3  # a constant, traffic, a percentage: a year of one of each
TICK_S = 60
HOUR_S, DAY_S = 3600, 86_400
BEGIN = 20_000 * DAY_S
PLAIN = "CREATE TABLE point (series INTEGER, ts INTEGER, value REAL, PRIMARY KEY (series, ts)) "


class Fleet:
    """Devices whose metrics move as routers' do; each is read at a moment of its own a minute."""

    def __init__(self, devices: int, seed: int, metrics: int = METRICS) -> None:
        self._random = Random(seed)
        self._metrics = metrics
        self.keys = [
            Key(UUID(int=device + 1), "metric", f"field_{metric:02}")
            for device in range(devices)
            for metric in range(metrics)
        ]
        self._offsets = [self._random.random() * TICK_S for _ in range(devices)]
        self._levels = [self._random.uniform(5, 90) for _ in self.keys]

    def tick(self, at: float) -> list[Point]:
        """One point of each series."""
        return [
            Point(key, at + self._offsets[nth // self._metrics], self._value(nth))
            for nth, key in enumerate(self.keys)
        ]

    def _value(self, nth: int) -> float:
        """A third constants, a third traffic in bytes, a third percentages of two digits."""
        kind = nth % 3
        if kind == 0:
            return float(int(self._levels[nth]))
        if kind == 1:
            return float(int(self._random.expovariate(1 / 200_000)))
        level = self._levels[nth] + self._random.gauss(0, 1.5)
        self._levels[nth] = min(100.0, max(0.0, level))
        return round(self._levels[nth], 2)


def timed(call: Callable[[], Any], runs: int = 7) -> Spread:
    """CPU milliseconds of a call: the machine may be busy with other work."""
    taken = []
    for _ in range(runs):
        began = time.process_time()
        call()
        taken.append((time.process_time() - began) * 1000)
    return Spread.of(taken)


def size(path: Path) -> int:
    """Bytes of a database with its log."""
    return sum(file.stat().st_size for file in path.parent.glob(path.name + "*"))


def plain(path: Path) -> sqlite3.Connection:
    """What one would write first: a row a point."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute(PLAIN + "WITHOUT ROWID")
    return connection


def insert(connection: sqlite3.Connection, numbers: dict[Key, int], points: list[Point]) -> None:
    """A tick into the plain table."""
    rows = [(numbers[key], round(at * 1000), value) for key, at, value in points]
    connection.execute("BEGIN")
    connection.executemany("INSERT OR REPLACE INTO point VALUES (?, ?, ?)", rows)
    connection.execute("COMMIT")


def buckets(connection: sqlite3.Connection, number: int, end: float, days: int, step: int) -> None:
    """A chart from the plain table."""
    connection.execute(
        "SELECT (ts - ?1) / ?2, avg(value) FROM point"
        " WHERE series = ?3 AND ts >= ?1 AND ts < ?4 GROUP BY 1",
        (round((end - days * DAY_S) * 1000), step * 1000, number, round(end * 1000)),
    ).fetchall()


def writing(devices: int, ticks: int, seed: int) -> None:
    """A fleet's ticks into both, in turn; then an hour is packed."""
    fleet = Fleet(devices, seed)
    numbers = {key: nth for nth, key in enumerate(fleet.keys)}
    ours, theirs = [], []
    with TemporaryDirectory() as folder:
        now = float(BEGIN)
        file = SeriesFile.open(Path(folder) / "series.db", lambda: now)
        table = plain(Path(folder) / "plain.db")
        file.write(fleet.tick(BEGIN - TICK_S))  # names its series
        for nth in range(ticks):
            now = float(BEGIN + nth * TICK_S)
            points = fleet.tick(now)
            ours.append(timed(lambda points=points: file.write(points), 1).median)
            theirs.append(timed(lambda points=points: insert(table, numbers, points), 1).median)
        few = fleet.keys[: METRICS * devices : 10]
        print(f"   {'tick, ms':34}{Spread.of(ours)!s:28}plain {Spread.of(theirs)}")
        rates = [len(fleet.keys) / figure * 1000 for figure in ours]
        print(f"   {'points a second':34}{Spread.of(rates).median:,.0f}")
        at = now + TICK_S
        print(
            f"   {f'latest of {len(few)} series, hot':34}{timed(lambda: file.latest_at(few, at))}"
        )
        now = float(BEGIN + HOUR_S)
        packing = timed(lambda: file.compact(now), 1)
        print(f"   {'an hour packed, ms':34}{packing.median:.0f}")
        print(
            f"   {f'latest of {len(few)} series, packed':34}"
            f"{timed(lambda: file.latest_at(few, at))}"
        )
        file.close()
        table.close()


def keeping(devices: int, days: int, seed: int) -> None:
    """A few devices for long: what a point takes on the disk, and charts of all ranges."""
    fleet = Fleet(devices, seed, KINDS)
    numbers = {key: nth for nth, key in enumerate(fleet.keys)}
    with TemporaryDirectory() as folder:
        paths = Path(folder) / "series.db", Path(folder) / "plain.db"
        now = float(BEGIN)
        file = SeriesFile.open(paths[0], lambda: now)
        table = plain(paths[1])
        packing = 0.0
        for day in range(days):
            points: list[Point] = []
            for minute in range(DAY_S // TICK_S):
                now = float(BEGIN + day * DAY_S + minute * TICK_S)
                points += fleet.tick(now)
                if minute % 60 == 59:
                    file.write(points)
                    insert(table, numbers, points)
                    points = []
            began = time.process_time()
            file.compact(now + 4 * HOUR_S)
            packing += time.process_time() - began
        end = float(BEGIN + days * DAY_S)
        table.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        count = len(fleet.keys) * days * DAY_S // TICK_S
        sizes = [size(path) / count for path in paths]
        print(f"   {'bytes a point':34}{sizes[0]:.2f}{'':24}plain {sizes[1]:.2f}")
        print(f"   {'CPU of packing, µs a point':34}{packing / count * 1e6:.2f}")
        number = numbers[key := fleet.keys[2]]
        for span, step in ((1, 600), (30, DAY_S), (365, 7 * DAY_S)):
            if span <= days:
                chart(file, table, key, number, end, span, step)
        middle = end - min(2, days - 0.5) * DAY_S
        print(
            f"   {f'latest of {len(fleet.keys)} series, a past day':34}"
            f"{timed(lambda: file.latest_at(fleet.keys, middle))}"
        )
        file.close()
        table.close()


def chart(
    file: SeriesFile,
    table: sqlite3.Connection,
    key: Key,
    number: int,
    end: float,
    span: int,
    step: int,
) -> None:
    """One of OpenWISP's charts from both, and ours again where days do not begin with UTC's."""
    low, off = end - span * DAY_S, 2 * HOUR_S
    ours = timed(lambda: file.buckets([key], low, end, step, How.MEAN))
    zone = timed(lambda: file.buckets([key], low - off, end - off, step, How.MEAN))
    mode = timed(lambda: file.buckets([key], low, end, step, How.MODE))
    theirs = timed(lambda: buckets(table, number, end, span, step))
    ratio = theirs.median / ours.median
    print(f"   {f'chart {span} d, ms':34}{ours!s:28}plain {theirs}, {ratio:.1f} times")
    print(f"   {f'chart {span} d, days of UTC+2':34}{zone}")
    print(f"   {f'chart {span} d, mode':34}{mode}")


def show(devices: int, ticks: int, days: int, seed: int) -> None:
    """Measure and print."""
    title(
        f"series: {devices:,} devices x {METRICS} metrics, a tick a minute",
        f"seed {seed}: median (min to max)",
    )
    writing(devices, ticks, seed)
    title(f"series: one device of {KINDS} metrics, {days} days")
    keeping(1, days, seed)
    print(
        f"   {'memory at the most, MB':34}"
        f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f}"
    )
