"""Pause, resume and cancel: written to the job's row, where its runner reads them."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import Session

from owtui.engine.actions.base import Change
from owtui.engine.jobs import book, journal
from owtui.engine.jobs.means import Means
from owtui.engine.jobs.noreturn import all_past
from owtui.engine.jobs.plan import Plan
from owtui.engine.jobs.state import OPEN_JOBS, JobState, ResultState
from owtui.errors import BlockedError, Failure, Kind
from storage import jobs
from storage.tables import Job

NOT_STARTED = Failure(
    Kind.CANCELLED, "The job was cancelled before this device was started.", "Nothing was sent."
)
_WORDS = {JobState.PAUSED: "paused", JobState.RUNNING: "resumed", JobState.CANCELLED: "cancelled"}
_START_FROM = {
    JobState.PAUSED: (JobState.QUEUED, JobState.RUNNING),
    JobState.RUNNING: (JobState.PAUSED,),
    JobState.CANCELLED: OPEN_JOBS,
}


async def steer(means: Means, job_id: UUID, to: JobState) -> JobState:
    """Ask for a state and return what the job now is. Raises BlockedError when it is too late.

    A job that never began is closed at once when it is cancelled: nobody else might.
    """

    def write(session: Session) -> JobState:
        job = jobs.get(session, job_id).job
        state = JobState.QUEUED if to is JobState.RUNNING and job.started is None else to
        reason = "" if to is JobState.RUNNING else f"{_WORDS[to]} by {means.operator.name}"
        if not book.ask_job(session, job_id, state, _START_FROM[to], reason):
            raise BlockedError(
                f"Job {job.number} is {job.state} and cannot be {_WORDS[to]}.",
                f"See it with `owtui jobs {job.number}`.",
            )
        if to is JobState.CANCELLED:
            _refuse_too_late(session, means, job)
        journal.job(session, means.operator, Plan.from_dict(job.plan), _WORDS[to])
        if to is JobState.CANCELLED and job.started is None:
            _close(session, means, job)
        return state

    state = await means.database.awrite(write)
    means.tell_job(job_id)
    return state


def _refuse_too_late(session: Session, means: Means, job: Job) -> None:
    """Raises BlockedError where all that runs is past the point of no return, and nothing waits."""
    action = means.registry.find(job.action)
    if isinstance(action, Change) and action.too_late and all_past(session, job.id):
        raise BlockedError(action.too_late, "Let it come to its end: it takes minutes.")


def _close(session: Session, means: Means, job: Job) -> None:
    at = means.now()
    pending, to = ResultState.PENDING, ResultState.CANCELLED
    book.close_results(session, job.id, pending, to, NOT_STARTED, at)
    book.end_job(session, job.id, JobState.CANCELLED, "", at)
