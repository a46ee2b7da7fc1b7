"""The point of no return: who is past it is not cancelled, who is cancelled is not let past.

Both are decided under the job's row: whoever is second sees what the first has written. The mark is
the one that `company` keeps for devices that go all or none; no action needs both.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select, update
from sqlmodel import Session

from owtui.engine.jobs.state import OPEN_RESULTS, JobState, ResultState
from storage.core import JOB, JOB_RESULT

NO_RETURN = 100
SENT = 101  # what cannot be taken back may have left for the device


def pass_return(session: Session, job_id: UUID, device_id: UUID) -> bool:
    """Let a device past the point; False when its job was cancelled before. True again later."""
    query = select(JOB.c.state).where(JOB.c.id == job_id).with_for_update()
    state = session.execute(query).scalar_one()
    columns = JOB_RESULT.c
    mine = (columns.job_id == job_id, columns.device_id == device_id)
    if session.execute(select(columns.mark).where(*mine)).scalar_one() >= NO_RETURN:
        return True
    if state == JobState.CANCELLED.value:
        return False
    session.execute(update(JOB_RESULT).where(*mine).values(mark=NO_RETURN))
    return True


def all_past(session: Session, job_id: UUID) -> bool:
    """Whether all devices that are not over are past the point: nothing is left to cancel."""
    columns = JOB_RESULT.c
    query = select(columns.mark, columns.state).where(
        columns.job_id == job_id, columns.state.in_([one.value for one in OPEN_RESULTS])
    )
    found = session.execute(query).all()
    running = ResultState.IN_PROGRESS.value
    return bool(found) and all(mark >= NO_RETURN and state == running for mark, state in found)


def past_return(session: Session) -> frozenset[UUID]:
    """The devices that are past the point at this moment: away on purpose."""
    columns = JOB_RESULT.c
    going = select(JOB.c.id).where(JOB.c.finished.is_(None), JOB.c.started.is_not(None))
    query = select(columns.device_id).where(
        columns.job_id.in_(going),
        columns.state == ResultState.IN_PROGRESS.value,
        columns.mark >= NO_RETURN,
    )
    return frozenset(session.scalars(query))
