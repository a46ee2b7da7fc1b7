"""A sample fleet for tests and benches: rows made from a seed, so that every run sees the same."""

from __future__ import annotations

import random
from dataclasses import replace

from widgets.rowmodel import Cell, Row
from widgets.rowtable_layout import Column

COLUMNS = (
    Column("state", "S", 1, priority=100),
    Column("name", "NAME", 15, flex=1, min_width=10, priority=90),
    Column("address", "ADDRESS", 15, priority=60),
    Column("model", "MODEL", 12, priority=40),
    Column("fw", "FW", 8, priority=30),
    Column("cpu", "CPU", 4, align="right", priority=50),
    Column("mem", "MEM", 4, align="right", priority=20),
    Column("clients", "CL", 3, align="right", priority=10),
    Column("age", "AGE", 8, priority=70),
)

_STATES = (("▲", "ok"), ("▲", "ok"), ("▲", "ok"), ("!", "problem"), ("✖", "critical"))


def row(number: int, rng: random.Random) -> Row:
    """Make one device row."""
    symbol, role = rng.choice(_STATES)
    cpu, mem, clients = rng.randrange(100), rng.randrange(100), rng.randrange(60)
    name, address = f"ap-{number:05}", f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
    model, fw = rng.choice(("EAP615", "WDR4300", "WAX206")), rng.choice(("24.10.0", "23.05.5"))
    cells = (Cell(symbol, role), name, address, model, fw, f"{cpu}%", f"{mem}%", str(clients), "4s")
    return Row(f"id{number}", cells, (role, name, number, model, fw, cpu, mem, clients, 4))


def rows(count: int, seed: int = 1) -> list[Row]:
    """Make a fleet."""
    rng = random.Random(seed)
    return [row(number, rng) for number in range(count)]


def with_cpu(row: Row, percent: int) -> Row:
    """Give the row another CPU reading."""
    assert row.sort is not None
    cells, sort = list(row.cells), list(row.sort)
    cells[5], sort[5] = f"{percent}%", percent
    return replace(row, cells=tuple(cells), sort=tuple(sort))
