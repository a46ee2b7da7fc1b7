"""Devices of a job that could not be reached and are tried again later, with how often they were.

While a device waits its row says until when; it stays with the job and tells which try is next.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session

from storage.core import DEVICE_STATE, JOB_DELAY, among, insert_into

OK = "ok"


@dataclass(frozen=True, slots=True)
class Delay:
    """One device. `retries`: how often it was put off; `since` when first; `reminded` when last.

    unwell: its health was seen not to be ok since then, so that it may become ok again.
    """

    device_id: UUID
    retries: int
    since: datetime
    retry_at: datetime
    reminded: datetime
    unwell: bool = False


_C = JOB_DELAY.c
_COLUMNS = (_C.device_id, _C.retries, _C.since, _C.retry_at, _C.reminded, _C.unwell)


def of_job(session: Session, job_id: UUID) -> dict[UUID, Delay]:
    """The delays of a job, by device."""
    found = session.execute(select(*_COLUMNS).where(JOB_DELAY.c.job_id == job_id))
    return {row[0]: Delay(*row) for row in found}


def of_device(session: Session, job_id: UUID, device_id: UUID) -> Delay | None:
    """The delay of one device, None where it was never put off."""
    c = JOB_DELAY.c
    query = select(*_COLUMNS).where(c.job_id == job_id, c.device_id == device_id)
    row = session.execute(query).first()
    return None if row is None else Delay(*row)


def retries(session: Session, job_id: UUID, device_id: UUID) -> int:
    """How often a device was put off, 0 for never."""
    delay = of_device(session, job_id, device_id)
    return 0 if delay is None else delay.retries


def save(session: Session, job_id: UUID, delay: Delay) -> None:
    """Write it, whether it is there or not."""
    values: dict[str, Any] = {
        "retries": delay.retries,
        "since": delay.since,
        "retry_at": delay.retry_at,
        "reminded": delay.reminded,
        "unwell": delay.unwell,
    }
    key = {"job_id": job_id, "device_id": delay.device_id}
    statement = insert_into(session, JOB_DELAY).values({**key, **values})
    session.execute(statement.on_conflict_do_update(index_elements=list(key), set_=values))


def health(session: Session, device_ids: Collection[UUID]) -> dict[UUID, bool]:
    """Whether each of these devices is ok now."""
    c = DEVICE_STATE.c
    query = select(c.device_id, c.status).where(among(session, c.device_id, device_ids))
    return {row[0]: row[1] == OK for row in session.execute(query)}


def woken(delay: Delay, at: datetime) -> Delay:
    """The same, to be tried at this moment unless it would be sooner anyway."""
    return replace(delay, retry_at=min(delay.retry_at, at), unwell=False)
