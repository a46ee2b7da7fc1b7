"""What devices said on their way through a job, in the order in which they said it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session

from storage.core import JOB_LINE

MOST = 20_000  # of one look: the rest is had by the next


@dataclass(frozen=True, slots=True)
class Line:
    """One line. `id` grows; 0 for one that is not written yet."""

    device_id: UUID
    at: datetime
    text: str
    id: int = 0


def add(session: Session, lines: Sequence[tuple[UUID, Line]]) -> None:
    """Write lines of devices, each with the job it is of."""
    rows = [
        {"job_id": job_id, "device_id": one.device_id, "at": one.at, "text": one.text}
        for job_id, one in lines
    ]
    if rows:
        session.execute(JOB_LINE.insert(), rows)


def after(session: Session, job_id: UUID, id_: int = 0) -> list[Line]:
    """The lines of a job behind this one, 0: all."""
    columns = JOB_LINE.c
    query = (
        select(columns.device_id, columns.at, columns.text, columns.id)
        .where(columns.job_id == job_id, columns.id > id_)
        .order_by(columns.id)
        .limit(MOST)
    )
    return [Line(*row) for row in session.execute(query)]
