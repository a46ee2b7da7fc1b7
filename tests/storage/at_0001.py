"""Rows as revision 0001 had them, and what must be left of them at the head.

Written in the SQL of that revision, never by today's classes, which move on.
"""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import Connection, Uuid, bindparam, text
from sqlalchemy.types import JSON, DateTime, LargeBinary
from sqlmodel import Session

from storage import credentials, devicelist, hostkeys, jobs
from storage.tables import AuditEntry, Sealing

AT = datetime(2026, 11, 1, 12, 30, tzinfo=UTC)
ORGANIZATION, GROUP, DEVICE = UUID(int=1), UUID(int=2), UUID(int=3)
LOGIN, CONNECTION, JOB, RESULT = UUID(int=4), UUID(int=5), UUID(int=6), UUID(int=7)
STATE, HOST_KEY, SECRET, VIEW = UUID(int=8), UUID(int=9), UUID(int=10), UUID(int=11)

ROWS: dict[str, dict[str, object]] = {
    "organization": {
        "id": ORGANIZATION,
        "name": "Harbour",
        "slug": "harbour",
        "is_active": True,
        "registration_enabled": True,
        "device_limit": 5_000_000_000,
        "context": {"ssid": "quay"},
    },
    "device_group": {
        "id": GROUP,
        "organization_id": ORGANIZATION,
        "name": "roofs",
        "description": "",
        "context": {},
        "meta_data": {},
    },
    "device": {
        "id": DEVICE,
        "organization_id": ORGANIZATION,
        "group_id": GROUP,
        "name": "AP-1",
        "address": "ap1.example",
        "mac_address": "00:11:22:33:44:55",
        "key": "k" * 32,
        "hardware_id": None,
        "model": "Model",
        "os": "OpenWrt 24.10",
        "system": "ath79",
        "last_ip": None,
        "management_ip": "10.0.0.2",
        "tags": ["mesh", "roof"],
        "zone": "",
        "notes": "über die Leiter",
        "is_deactivated": False,
    },
    "device_state": {
        "id": STATE,
        "device_id": DEVICE,
        "status": "ok",
        "last_seen": AT,
        "last_attempt": AT,
        "failure_kind": "",
        "failure_sentence": "",
        "facts": {"kernel": "6.6"},
        "facts_at": AT,
    },
    "saved_view": {
        "id": VIEW,
        "screen": "fleet",
        "name": "roofs",
        "filter": "tag=roof",
        "columns": ["name"],
        "sort": "",
    },
    "credentials": {
        "id": LOGIN,
        "organization_id": None,
        "name": "shared",
        "connector": "ssh",
        "kind": "password",
        "params": {"username": "root", "port": 22},
        "sealed": b"\x01sealed",
        "auto_add": True,
    },
    "device_connection": {
        "id": CONNECTION,
        "device_id": DEVICE,
        "credentials_id": LOGIN,
        "update_strategy": "",
        "enabled": True,
        "params": {"port": 2222},
        "is_working": None,
        "failure_reason": "",
        "last_attempt": None,
    },
    "host_key": {
        "id": HOST_KEY,
        "device_id": None,
        "host": "jump:22",
        "algorithm": "ssh-ed25519",
        "public": "ssh-ed25519 AAAA",
        "fingerprint": "SHA256:x",
        "state": "trusted",
        "accepted_by": "ada",
    },
    "job": {
        "id": JOB,
        "number": 41,
        "action": "reboot",
        "title": "Reboot",
        "state": "running",
        "changes": True,
        "plan": {"schema": 1},
        "operator": "ada",
        "host": "jump",
        "face": "console",
        "engine_id": "e1",
        "started": AT,
        "finished": None,
        "wave": 1,
        "reason": "",
        "retry_of": None,
    },
    "job_result": {
        "id": RESULT,
        "job_id": JOB,
        "device_id": DEVICE,
        "device_name": "AP-1",
        "position": 0,
        "wave": 0,
        "state": "unknown",
        "step": "",
        "changed": None,
        "diff": "",
        "output": "a\nb",
        "exit_status": None,
        "error_kind": "unknown",
        "error_sentence": "It may have run.",
        "error_hint": "",
        "started": AT,
        "finished": None,
    },
    "job_secret": {"id": SECRET, "job_id": JOB, "sealed": b"\x01s"},
    "audit_entry": {
        "id": 1,
        "at": AT,
        "operator": "ada",
        "host": "jump",
        "face": "console",
        "action": "reboot",
        "outcome": "ok",
        "device_id": DEVICE,
        "device_name": "AP-1",
        "job_id": JOB,
        "detail": {"n": 1},
    },
    "revision": {"topic": "job-number", "counter": 41},
    "engine_beat": {
        "engine_id": "e1",
        "zone": "",
        "host": "jump",
        "pid": 4000,
        "operator": "ada",
        "started": AT,
        "beat": AT,
    },
    "sealing": {
        "id": 1,
        "source": "file",
        "key_id": "00ff",
        "salt": b"",
        "kdf": {},
        "check": b"\x01c",
        "rotated": AT,
    },
}
WITHOUT_TIMES = {"audit_entry", "revision", "engine_beat", "sealing"}
TYPES = {dict: JSON, list: JSON, UUID: Uuid, datetime: DateTime, bytes: LargeBinary}


def insert(connection: Connection) -> None:
    """One row in each table, by the statements of that time."""
    put_rows(connection, ROWS, WITHOUT_TIMES, AT)


def put_rows(
    connection: Connection,
    rows: dict[str, dict[str, object]],
    without_times: set[str],
    at: datetime,
) -> None:
    """Insert rows by table; nouns get their two times."""
    for table, row in rows.items():
        values = row if table in without_times else {**row, "created": at, "modified": at}
        columns = ", ".join(f'"{name}"' for name in values)
        marks = ", ".join(f":{name}" for name in values)
        statement = text(f'INSERT INTO "{table}" ({columns}) VALUES ({marks})')
        typed = [
            bindparam(name, type_=TYPES[type(value)]())
            for name, value in values.items()
            if type(value) in TYPES
        ]
        connection.execute(statement.bindparams(*typed), values)


def check(session: Session) -> None:
    """What somebody stored then is there now."""
    row = devicelist.row(session, DEVICE)
    assert (row.name, row.organization, row.group) == ("AP-1", "Harbour", "roofs")
    assert (row.tags, row.notes) == (("mesh", "roof"), "über die Leiter")
    assert (row.status, row.last_seen, row.facts) == ("ok", AT, {"kernel": "6.6"})
    assert row.connections == 1
    (login,) = credentials.rows(session)
    assert (login.name, login.sealed, login.auto_add) == ("shared", b"\x01sealed", True)
    (connection,) = credentials.connections(session, DEVICE)
    assert (connection.params, connection.is_working) == ({"port": 2222}, None)
    assert [key.accepted_by for key in hostkeys.known(session, "jump:22")] == ["ada"]
    job = jobs.get(session, 41)
    assert (job.job.plan, job.counts) == ({"schema": 1}, {"unknown": 1})
    assert jobs.results(session, JOB)[0].output == "a\nb"
    entry = session.get_one(AuditEntry, 1)
    assert (entry.at, entry.detail) == (AT, {"n": 1})
    assert session.get_one(Sealing, 1).key_id == "00ff"
