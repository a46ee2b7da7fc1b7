"""Rows as revision 0004 had them: a job whose device is at a mark."""

from __future__ import annotations

from sqlalchemy import Connection, select
from sqlmodel import Session

from storage.core import JOB_RESULT
from tests.storage.at_0001 import AT, RESULT, ROWS, WITHOUT_TIMES, put_rows


def insert(connection: Connection) -> None:
    """A job and the result of a device that is at mark 2."""
    rows = {"job": ROWS["job"], "job_result": {**ROWS["job_result"], "mark": 2}}
    put_rows(connection, rows, WITHOUT_TIMES, AT)


def check(session: Session) -> None:
    """The mark is kept."""
    query = select(JOB_RESULT.c.mark).where(JOB_RESULT.c.id == RESULT)
    assert session.execute(query).scalar_one() == 2
