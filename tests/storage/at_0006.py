"""Rows as revision 0006 had them: one topology with its history."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import Connection, bindparam, text
from sqlmodel import Session

from storage.tables import Row, Topology, TopologyBatch, TopologyLink, TopologyNode
from tests.storage.at_0001 import TYPES
from tests.storage.at_0003 import ROWS as OWNERS

AT = datetime(2026, 11, 27, 6, 5, tzinfo=UTC)
ORGANIZATION, DEVICE, TOPOLOGY = UUID(int=61), UUID(int=62), UUID(int=63)
ONE, OTHER = UUID(int=64), UUID(int=65)
NODE: dict[str, object] = {"topology_id": TOPOLOGY, "label": "", "properties": {"x": [1]}}

ROWS: list[tuple[str, dict[str, object]]] = [
    (
        "organization",
        {**OWNERS["organization"], "id": ORGANIZATION, "name": "Weir", "slug": "weir"},
    ),
    (
        "device",
        {
            **OWNERS["device"],
            **{"id": DEVICE, "organization_id": ORGANIZATION, "name": "AP-6", "key": "6" * 32},
        },
    ),
    (
        "topology",
        {
            **{"id": TOPOLOGY, "label": "harbour", "format": "olsr", "strategy": "receive"},
            **{"url": "", "sealed": None, "filter": "tag=mesh", "options": {"root": "ap-1"}},
            **{"organization_id": ORGANIZATION, "expiration_time": 50, "interval_s": 300},
            **{"published": True, "protocol": "OLSR", "version": "0.8", "revision": "1"},
            **{"metric": "ETX", "updated_at": AT, "failure": "", "recorded": 1, "weight": 3},
        },
    ),
    (
        "topology_node",
        {**NODE, "id": ONE, "addresses": ["10.0.0.1"], "user_properties": {}, "device_id": DEVICE},
    ),
    (
        "topology_node",
        {**NODE, "id": OTHER, "addresses": ["10.0.0.2"], "user_properties": {"label": "tower"}},
    ),
    (
        "topology_link",
        {
            **{"id": UUID(int=66), "topology_id": TOPOLOGY, "source_id": ONE, "target_id": OTHER},
            **{"cost": 1.5, "cost_text": "", "is_up": False, "status_changed": AT},
            **{"properties": {}, "user_properties": {}},
        },
    ),
    (
        "topology_batch",
        {
            **{"id": UUID(int=67), "topology_id": TOPOLOGY, "number": 1, "at": AT},
            **{"is_whole": False, "size": 3, "ups": 1, "downs": 0, "packed": b"x\x9c"},
        },
    ),
]

KEPT: dict[type[Row], tuple[str, ...]] = {
    Topology: ("label", "options", "expiration_time", "updated_at", "recorded", "weight"),
    TopologyNode: ("addresses", "user_properties"),
    TopologyLink: ("cost", "is_up", "status_changed"),
    TopologyBatch: ("number", "at", "packed"),
}


def insert(connection: Connection) -> None:
    """By the statements of that time."""
    for table, row in ROWS:
        values = {**row, "created": AT, "modified": AT}
        columns = ", ".join(f'"{name}"' for name in values)
        marks = ", ".join(f":{name}" for name in values)
        typed = [
            bindparam(name, type_=TYPES[type(value)]())
            for name, value in values.items()
            if type(value) in TYPES
        ]
        statement = text(f'INSERT INTO "{table}" ({columns}) VALUES ({marks})')
        connection.execute(statement.bindparams(*typed), values)


def check(session: Session) -> None:
    """Every row is there with what it said."""
    for row_class, names in KEPT.items():
        for table, row in ROWS:
            if table == row_class.__tablename__:
                found: Row = session.get_one(row_class, row["id"])
                assert {name: getattr(found, name) for name in names} == {
                    name: row[name] for name in names
                }
