"""Rows as revision 0008 had them: a group's window, a line of a device and its delay."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import Connection
from sqlmodel import Session

from storage import jobdelays, joblines
from storage.jobdelays import Delay
from storage.tables import DeviceGroup
from tests.storage.at_0001 import ROWS, put_rows
from tests.storage.at_0002 import OWNERS

AT = datetime(2026, 11, 27, 7, 25, tzinfo=UTC)
ORGANIZATION, GROUP, JOB, DEVICE = (UUID(int=80 + n) for n in range(1, 5))
WINDOW, SAID = "weekdays 01:00 4h Europe/Rome", "3/7 upload: 11.80 MiB"


def insert(connection: Connection) -> None:
    """By the statements of that time."""
    owner = {"id": ORGANIZATION, "name": "Pier", "slug": "pier"}
    group = {"id": GROUP, "organization_id": ORGANIZATION, "upgrade_window": WINDOW}
    rows = {
        "organization": {**OWNERS["organization"], **owner},
        "device_group": {**OWNERS["device_group"], **group},
        "job": {**ROWS["job"], "id": JOB, "number": 88},
        "job_line": {"id": 1, "job_id": JOB, "device_id": DEVICE, "at": AT, "text": SAID},
        "job_delay": {
            **{"job_id": JOB, "device_id": DEVICE, "retries": 3, "since": AT, "retry_at": AT},
            **{"reminded": AT, "unwell": True},
        },
    }
    put_rows(connection, rows, {"job_line", "job_delay"}, AT)


def check(session: Session) -> None:
    """They are there with what they said."""
    assert session.get_one(DeviceGroup, GROUP).upgrade_window == WINDOW
    [line] = joblines.after(session, JOB)
    assert (line.device_id, line.at, line.text) == (DEVICE, AT, SAID)
    assert jobdelays.of_job(session, JOB) == {DEVICE: Delay(DEVICE, 3, AT, AT, AT, unwell=True)}
