"""Which devices a retry is about: all that were meant to run and did not end well.

Of a job that is not over only an exclusive one's: nothing else keeps a device out of a second retry
while it is in the first.
"""

from __future__ import annotations

from uuid import UUID

from sqlmodel import Session

from owtui.engine.actions.base import Change
from owtui.engine.actions.registry import Registry
from owtui.engine.jobs import book
from owtui.engine.jobs.plan import Plan
from owtui.engine.jobs.state import RETRIED
from owtui.errors import BlockedError, InputError
from storage import devicelist, jobs
from storage.rows import DeviceRow


def retry_plan(session: Session, job_id: UUID, actions: Registry) -> tuple[Plan, list[DeviceRow]]:
    """The old plan and the devices to plan anew. Raises InputError when there are none."""
    job = jobs.get(session, job_id).job
    action = actions.find(job.action)
    if job.finished is None and not (isinstance(action, Change) and action.exclusive):
        raise BlockedError(f"Job {job.number} is not over yet.", "Wait for it, or cancel it first.")
    again = [one.device_id for one in book.results(session, job_id) if one.state in RETRIED]
    if not again and job.finished is None:
        raise InputError(f"No device of job {job.number} has failed yet.", "Nothing is to retry.")
    if not again:
        raise InputError(f"Job {job.number} ended well on every device.", "Nothing is to retry.")
    rows = devicelist.rows(session, again)
    if not rows:
        raise InputError("Its devices are no longer in the inventory.", "Nothing is to retry.")
    return Plan.from_dict(job.plan), rows
