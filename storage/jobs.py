"""Jobs and their results, listed with counts; how a job changes its state and when it is forgotten.

States move by compare-and-set, since a console may cancel what an engine is just finishing. What
is written of a plan, and of each device as it runs, is the engine's (engine/jobs).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import Session

from storage import job_secrets, revisions
from storage.core import JOB, JOB_RESULT, among
from storage.errors import MissingError
from storage.tables import Job, JobResult
from storage.tables.base import now

QUEUED, RUNNING, PAUSED = "queued", "running", "paused"
SUCCESS, FAILED, CANCELLED = "success", "failed", "cancelled"
OPEN = (QUEUED, RUNNING, PAUSED)
FINAL = (SUCCESS, FAILED, CANCELLED)

ACTED_ON = 1_000_000  # results from this position on are of devices that a job leaves alone
NUMBER = "job-number"  # the counter that numbers jobs: unique, and without gaps


@dataclass(frozen=True, slots=True)
class JobRow:
    """A job with how many devices are in which state: `counts` holds the states that occur."""

    job: Job
    counts: dict[str, int]

    @property
    def total(self) -> int:
        """How many devices it is about, the skipped ones included."""
        return sum(self.counts.values())


def move(
    session: Session,
    job_id: UUID,
    state: str,
    *,
    expected: Collection[str] = OPEN,
    at: datetime | None = None,
    **values: Any,
) -> bool:
    """Put a job into a state if it is in one of `expected`; False when it was not.

    `values`: further columns, as reason, wave, engine_id. `started` and `finished` follow the
    state; a job that ends takes its secret parameters with it.
    """
    at = at or now()
    changes: dict[str, Any] = {"state": state, **values}
    if state == RUNNING:
        changes["started"] = func.coalesce(JOB.c.started, at)
    if state in FINAL:
        changes["finished"] = at
    statement = JOB.update().where(JOB.c.id == job_id, JOB.c.state.in_(expected)).values(changes)
    if not session.execute(statement.returning(JOB.c.id)).first():
        return False
    if state in FINAL:
        job_secrets.drop(session, job_id)
    revisions.touch(session, revisions.JOBS)
    return True


def close_results(
    session: Session, job_id: UUID, state: str, *, expected: Collection[str], **values: Any
) -> int:
    """Put every result that is in one of `expected` into `state`; returns how many."""
    statement = (
        JOB_RESULT.update()
        .where(JOB_RESULT.c.job_id == job_id, JOB_RESULT.c.state.in_(expected))
        .values(state=state, **values)
        .returning(JOB_RESULT.c.id)
    )
    moved = len(session.execute(statement).all())
    if moved:
        revisions.touch(session, revisions.JOBS)
    return moved


def get(session: Session, wanted: UUID | int) -> JobRow:
    """By id or by number. Raises MissingError."""
    column = JOB.c.id if isinstance(wanted, UUID) else JOB.c.number
    job = session.scalars(select(Job).where(column == wanted)).first()
    if job is None:
        raise MissingError(f"There is no job {wanted}.", "See: owtui jobs")
    return JobRow(job, counts(session, [job.id])[job.id])


def rows(
    session: Session,
    *,
    limit: int = 100,
    before: int | None = None,
    states: Collection[str] = (),
    action: str = "",
) -> list[JobRow]:
    """Jobs with their counts, newest first; `before` is a job number, for the next page."""
    query = select(Job).order_by(JOB.c.number.desc()).limit(limit)
    if before is not None:
        query = query.where(JOB.c.number < before)
    if states:
        query = query.where(JOB.c.state.in_(states))
    if action:
        query = query.where(JOB.c.action == action)
    jobs = list(session.scalars(query))
    counted = counts(session, [job.id for job in jobs])
    return [JobRow(job, counted[job.id]) for job in jobs]


def counts(session: Session, job_ids: Collection[UUID]) -> dict[UUID, dict[str, int]]:
    """How many results of each job are in which state."""
    found: dict[UUID, dict[str, int]] = {job_id: {} for job_id in job_ids}
    query = (
        select(JOB_RESULT.c.job_id, JOB_RESULT.c.state, func.count())
        .where(among(session, JOB_RESULT.c.job_id, found))
        .group_by(JOB_RESULT.c.job_id, JOB_RESULT.c.state)
    )
    for job_id, state, count in session.execute(query):
        found[job_id][state] = count
    return found


def numbers(session: Session, job_ids: Collection[UUID]) -> dict[UUID, int]:
    """The number of each of these jobs; one that was pruned is left out."""
    query = select(JOB.c.id, JOB.c.number).where(among(session, JOB.c.id, job_ids))
    return {row[0]: row[1] for row in session.execute(query)}


def results(session: Session, job_id: UUID, *, states: Collection[str] = ()) -> list[JobResult]:
    """The results of a job, in the order of its plan."""
    query = select(JobResult).where(JOB_RESULT.c.job_id == job_id).order_by(JOB_RESULT.c.position)
    if states:
        query = query.where(JOB_RESULT.c.state.in_(states))
    return list(session.scalars(query))


def result(session: Session, job_id: UUID, device_id: UUID) -> JobResult:
    """What happened on one device. Raises MissingError."""
    query = select(JobResult).where(
        JOB_RESULT.c.job_id == job_id, JOB_RESULT.c.device_id == device_id
    )
    found = session.scalars(query).first()
    if found is None:
        raise MissingError("The job is not about this device.")
    return found


def prune(session: Session, older_than: timedelta, at: datetime | None = None) -> int:
    """Remove ended jobs, with their results; the audit stays. Returns how many."""
    limit = (at or now()) - older_than
    statement = (
        JOB.delete().where(JOB.c.state.in_(FINAL), JOB.c.finished < limit).returning(JOB.c.id)
    )
    gone = len(session.execute(statement).all())
    if gone:
        revisions.touch(session, revisions.JOBS)
    return gone


@dataclass(frozen=True, slots=True)
class Touch:
    """A device of a job, and when the job was done with it: enough for a mark on a time axis."""

    job_id: UUID
    number: int
    title: str
    operator: str
    device_id: UUID
    state: str
    at: datetime


def touching(
    session: Session, device_ids: Collection[UUID], start: datetime, end: datetime, limit: int
) -> list[Touch]:
    """What jobs did with these devices from `start` to `end`, the newest first.

    A result that was never begun touched nothing and is left out.
    """
    r, j = JOB_RESULT.c, JOB.c
    at = func.coalesce(r.finished, r.started)
    query = (
        select(j.id, j.number, j.title, j.operator, r.device_id, r.state, at)
        .select_from(JOB_RESULT.join(JOB, j.id == r.job_id))
        .where(among(session, r.device_id, device_ids))
        .where(r.started.is_not(None), at >= start, at <= end)
        .order_by(at.desc())
        .limit(limit)
    )
    return [Touch(*row) for row in session.execute(query)]
