"""A device that was not reached goes back to pending, for as long as it takes; told when it fails.

The point of no return ends this: what may have been flashed is never tried again by itself.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session

from owtui.engine.actions.base import Change
from owtui.engine.jobs import book, delays, patience
from owtui.engine.jobs.means import Means
from owtui.engine.jobs.noreturn import NO_RETURN
from owtui.engine.jobs.result import Result, iso
from owtui.engine.jobs.state import JobState, ResultState
from owtui.errors import Failure
from storage import jobdelays, joblines
from storage.core import JOB_RESULT
from storage.jobdelays import Delay
from storage.joblines import Line
from storage.tables import Device

if TYPE_CHECKING:
    from owtui.engine.jobs.device import Work

REMINDER, FAILED = "pending_upgrade_reminder", "persistent_upgrade_failed"


async def put_off(means: Means, work: Work, failure: Failure) -> bool:
    """Put a device off whose work failed so; False where it is over."""
    job_id, device_id, plan = work.job_id, work.device_id, work.brief.plan
    if not work.action.puts_off(failure, plan.params, len(plan.changing)):
        return False

    def write(session: Session) -> bool:
        columns = JOB_RESULT.c
        mine = (columns.job_id == job_id, columns.device_id == device_id)
        mark = session.execute(select(columns.mark).where(*mine)).scalar_one()
        if mark >= NO_RETURN or book.state(session, job_id) is JobState.CANCELLED:
            return False
        before = jobdelays.of_device(session, job_id, device_id)
        delay = delays.put_off(before, device_id, means.now(), work.action.dice())
        if not book.put_off(session, job_id, device_id, delays.words(delay)):
            # Committed before, and the answer was lost: it is put off already.
            now = book.result(session, job_id, device_id)
            return now is not None and now.state is ResultState.PENDING
        jobdelays.save(session, job_id, delay)
        # Its log says so, too: what comes after this line is another try.
        line = Line(device_id, means.now(), delays.words(delay))
        joblines.add(session, [(job_id, line)])
        return True

    done: bool = await patience.write(means.database, write)
    return done


def tell_final(means: Means, session: Session, job_id: UUID, result: Result) -> None:
    """Tell people of a device that was waited for, and failed all the same."""
    delay = jobdelays.of_device(session, job_id, result.device_id)
    if delay is not None and result.state.is_bad:
        reason = result.error.sentence if result.error is not None else ""
        _tell(means, session, FAILED, result.device_id, tries=delay.retries + 1, reason=reason)


@dataclass(slots=True)
class Delaying:
    """The devices of a running job that are put off."""

    means: Means
    action: Change
    job_id: UUID
    known: dict[UUID, Delay] = field(default_factory=dict)  # also of those that run again, or ran
    waiting: dict[UUID, Delay] = field(default_factory=dict)
    _tended: delays.Tended = field(default_factory=delays.Tended)

    def read(self, session: Session, pending: Collection[UUID], now: datetime) -> None:
        """Who of these waits, and what is to be done about it."""
        self.known = jobdelays.of_job(session, self.job_id)
        self.waiting = {id_: delay for id_, delay in self.known.items() if id_ in pending}
        if self.waiting:
            is_ok = jobdelays.health(session, self.waiting)
            self._tended = delays.tend(self.waiting, is_ok, now, self.action.dice())
        else:
            self._tended = delays.Tended()

    @property
    def is_news(self) -> bool:
        """Whether `write` would write anything."""
        return bool(self._tended.changed)

    def write(self, session: Session) -> None:
        """Wake, note, remind."""
        for delay in self._tended.changed:
            jobdelays.save(session, self.job_id, delay)
        for delay in self._tended.reminded:
            since = iso(delay.since)
            _tell(self.means, session, REMINDER, delay.device_id, since=since)


def _tell(means: Means, session: Session, type: str, device_id: UUID, **data: Any) -> None:
    from owtui.engine.notifications.types import telling

    there = session.get(Device, device_id)
    if there is not None:
        told = telling(
            type,
            means.now(),
            organization_id=there.organization_id,
            device_id=device_id,
            device=there.name,
            **data,
        )
        means.notify(session, [told])
