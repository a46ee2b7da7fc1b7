"""Rows as revision 0003 had them, and what must be left of them at the head.

Only what that revision brought, and its owners; at_0001.py has the rest.
"""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import Connection, bindparam, text
from sqlmodel import Session

from storage import devicelist, running
from tests.storage.at_0001 import TYPES

AT = datetime(2026, 11, 23, 7, 31, tzinfo=UTC)
ORGANIZATION, DEVICE, ROW = UUID(int=21), UUID(int=22), UUID(int=23)
SUMS = {"/etc/config/network": "0" * 32, "/etc/motd": "-"}

ROWS: dict[str, dict[str, object]] = {
    "organization": {
        "id": ORGANIZATION,
        "name": "Quay",
        "slug": "quay",
        "is_active": True,
        "registration_enabled": True,
        "device_limit": 0,
    },
    "device": {
        "id": DEVICE,
        "organization_id": ORGANIZATION,
        "name": "AP-3",
        "address": "",
        "key": "3" * 32,
        "model": "",
        "os": "",
        "system": "",
        "tags": [],
        "zone": "",
        "notes": "",
        "is_deactivated": False,
    },
    "device_running": {
        "id": ROW,
        "device_id": DEVICE,
        "mark": "1" * 32,
        "sums": SUMS,
        "digests": {"/etc/config/network": "2" * 32},
        "sealed": b"\x01sealed",
        "read_at": AT,
        "expected": {"/etc/config/network": "3" * 32},
        "expected_digests": {"/etc/config/network": "4" * 32},
        "further": "/etc/motd",
        "drift": ["network"],
        "drift_mark": "5" * 32,
        "drift_since": AT,
        "drift_who": "LuCI (root from 192.0.2.7)",
        "ignored": "",
    },
}


def insert(connection: Connection) -> None:
    """By the statements of that time."""
    for table, row in ROWS.items():
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
    """What was kept of a device then is known now."""
    row = running.rows(session, [DEVICE])[DEVICE]
    assert (row.sums, row.sealed, row.read_at) == (SUMS, b"\x01sealed", AT)
    assert (row.drift, row.drift_since, row.drift_who) == (
        ["network"],
        AT,
        "LuCI (root from 192.0.2.7)",
    )
    assert running.known(session)[DEVICE].further == ("/etc/motd",)
    assert devicelist.row(session, DEVICE).drift == "network"
