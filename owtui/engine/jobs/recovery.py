"""After a crash: what fan-outs of dead processes left behind is told, never repeated."""

from __future__ import annotations

from sqlmodel import Session

from owtui.engine.actions.base import Change
from owtui.engine.jobs import book, journal
from owtui.engine.jobs.means import Means
from owtui.engine.jobs.plan import Plan
from owtui.engine.jobs.process import is_gone
from owtui.engine.jobs.state import JobState, ResultState
from owtui.errors import Failure, Kind
from owtui.operator import Operator
from storage import engines
from storage.tables import Job

MAY_HAVE_RUN = Failure(
    Kind.UNKNOWN,
    "The program that ran this ended in the middle: the command may have run.",
    "Look at the device before you run it again.",
)
NEVER_STARTED = Failure(
    Kind.CANCELLED,
    "The program that ran this ended before this device was started.",
    "Retry the job to run it.",
)


async def recover(means: Means) -> list[Job]:
    """Close the open fan-outs of processes that are gone; returns them.

    A device that was in progress becomes `unknown`, one that was pending `skipped`.
    """

    def write(session: Session) -> list[Job]:
        alive = {beat.engine_id for beat in engines.alive(session, means.now())}
        left = [
            job
            for job in book.unfinished(session)
            if not isinstance(means.registry.find(job.action), Change)
            and job.engine_id != means.engine_id
            and is_gone(job.engine_id, alive)
        ]
        for job in left:
            _close(session, means, job)
        return left

    # A look first: a start without leftovers does not wait for the writer.
    if not await means.database.aread(book.unfinished):
        return []
    closed = await means.database.awrite(write)
    for job in closed:
        means.tell_job(job.id)
    return closed


def _close(session: Session, means: Means, job: Job) -> None:
    at = means.now()
    book.close_results(
        session, job.id, ResultState.IN_PROGRESS, ResultState.UNKNOWN, MAY_HAVE_RUN, at
    )
    book.close_results(session, job.id, ResultState.PENDING, ResultState.SKIPPED, NEVER_STARTED, at)
    came_to = JobState.CANCELLED if job.state == JobState.CANCELLED else JobState.FAILED
    book.end_job(session, job.id, came_to, "the program that ran it ended", at)
    operator = Operator(job.operator, job.host, job.face)
    plan = Plan.from_dict(job.plan)
    told = [one for one in book.results(session, job.id) if one.state is ResultState.UNKNOWN]
    journal.devices(session, operator, plan, told)
    journal.job(session, operator, plan, came_to.value)
