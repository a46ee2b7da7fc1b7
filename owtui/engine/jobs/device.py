"""One device within a job that changes devices: begin, its steps, end.

Each part may happen twice, after a crash: what is written names the state it starts from, and a
failure is a value, so that the durable log holds it like any other answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlmodel import Session

from owtui.engine.actions.base import Change, Records, Task
from owtui.engine.jobs import book, delaying, journal, patience
from owtui.engine.jobs.attempt import failure_of
from owtui.engine.jobs.holds import Hold, hold_of
from owtui.engine.jobs.means import Means
from owtui.engine.jobs.plan import Plan, PlanRow
from owtui.engine.jobs.result import Result, ended, finished
from owtui.engine.jobs.state import JobState, ResultState
from owtui.engine.jobs.steer import NOT_STARTED
from owtui.engine.jobs.submit import is_same, judge_again
from owtui.errors import Failure, Kind
from owtui.operator import Operator
from storage import jobdelays, jobs

Report = Callable[[UUID, UUID, str], None]
CLOSED_S = 10.0  # until a device is asked for again whose window has closed
Answer = dict[str, Any]  # {"value": JSON}, or {"failed": True}: the device's row says why


@dataclass(frozen=True, slots=True)
class Brief:
    """What all devices of a job share; read once an engine, since a plan may be long."""

    plan: Plan
    operator: Operator
    action: Change
    rows: Mapping[UUID, PlanRow]


@dataclass(frozen=True, slots=True)
class Work:
    """A device that is to be worked on."""

    brief: Brief
    result: Result

    @property
    def action(self) -> Change:
        """What is done."""
        return self.brief.action

    @property
    def job_id(self) -> UUID:
        """Within which job."""
        return self.brief.plan.id

    @property
    def device_id(self) -> UUID:
        """Whose turn it is."""
        return self.result.device_id


def read_brief(session: Session, means: Means, job_id: UUID) -> Brief | None:
    """The brief of a job; None when its action is no longer there."""
    job = jobs.get(session, job_id).job
    action = means.registry.find(job.action)
    if not isinstance(action, Change):
        return None
    plan = Plan.from_dict(job.plan)
    rows = {row.device_id: row for row in plan.rows}
    return Brief(plan, Operator(job.operator, job.host, job.face), action, rows)


@dataclass(frozen=True, slots=True)
class Taken:
    """Another job changes the device, or its window has closed: ask again after so long."""

    again_s: float = 1.0


async def begin(
    means: Means, brief: Brief, device_id: UUID, tries: int = -1
) -> Work | Taken | None:
    """Mark a device in-progress and say what is to be done; None when it is over.

    One that changed since the plan is over at once, told as such; so is one of a cancelled job.
    The queue keeps two jobs off one device; when engines die and zones move it is not always the
    same queue, so the rows have the last word. `tries`: how often it had been put off when this
    work was sent, -1 where that was not written down. Work that put the device off, and whose end
    was lost with its engine, does not begin again: its steps would only repeat their old answers.
    """
    job_id = brief.plan.id
    actions = [action.id for action in means.registry if isinstance(action, Change)]

    def write(session: Session) -> Work | Taken | None:
        before = book.result(session, job_id, device_id)
        if before is None or before.state.is_over:
            return None
        if tries >= 0 and tries != jobdelays.retries(session, job_id, device_id):
            return None
        work = Work(brief, before)
        if before.state is ResultState.IN_PROGRESS:
            return work
        if hold := _closed(session, means, work):
            if before.step != hold.words:
                book.say_pending(session, job_id, [device_id], hold.words)
            return Taken(CLOSED_S)
        refusal = _refusal(means.records(session), work)
        if refusal is not None:
            state, failure = refusal
            _write_end(means, session, work, ended(before, state, failure, means.now()))
            return None
        if book.is_taken(session, device_id, job_id, actions):
            return Taken()
        at = means.now()
        book.start_results(session, job_id, [device_id], at)
        return Work(brief, replace(before, state=ResultState.IN_PROGRESS, started=at))

    work = await patience.write(means.database, write)
    means.tell_result(job_id, device_id)
    return work


async def step(
    means: Means, work: Work, name: str, memo: Mapping[str, Any], report: Report
) -> Answer:
    """Do one step. Only cancellation is raised."""
    job_id, device = work.job_id, work.result.device
    told = work.action.told

    def say(text: str) -> None:
        report(job_id, work.device_id, told(name, text))

    say("")
    task = _task(means, work, memo, say)
    try:
        async with asyncio.timeout(work.action.step_deadline_s):
            return {"value": await patience.until_done(lambda: work.action.step(name, task))}
    except TimeoutError:
        failure = Failure(
            Kind.TIMEOUT,
            f"{device} took longer than {work.action.step_deadline_s:g} s for “{name}”.",
            "Look at the device: it may still be at work.",
        )
    except Exception as error:  # noqa: BLE001  # the task supervisor of style.md §7
        failure = failure_of(error, device)
    # Sentences name devices and addresses: DBOS, which keeps what steps return, gets ids only.
    why = failure
    await patience.write(
        means.database, lambda session: book.note_failure(session, job_id, work.device_id, why)
    )
    return {"failed": True}


async def end(means: Means, work: Work, memo: Mapping[str, Any], *, failed: bool) -> Result:
    """Write how it ended, once."""
    at = means.now()
    failure = await _why(means, work) if failed else None
    if failure is None:
        try:
            outcome = work.action.outcome(_task(means, work, memo, lambda text: None))
            result = finished(work.result, outcome, at)
        except Exception as error:  # noqa: BLE001  # the task supervisor of style.md §7
            failure = failure_of(error, work.result.device)
    if failure is not None:
        if await delaying.put_off(means, work, failure):
            means.tell_result(work.job_id, work.device_id)
            return replace(work.result, state=ResultState.PENDING)
        result = ended(work.result, work.action.fate(failure), failure, at)
    await patience.write(means.database, lambda session: _write_end(means, session, work, result))
    means.tell_result(work.job_id, work.device_id)
    return result


async def _why(means: Means, work: Work) -> Failure:
    noted = await patience.read(
        means.database, lambda session: book.result(session, work.job_id, work.device_id)
    )
    if noted is not None and noted.error is not None:
        return noted.error
    return Failure(Kind.UNKNOWN, f"{work.result.device} failed, and why is lost.", "See the log.")


def _write_end(means: Means, session: Session, work: Work, result: Result) -> None:
    if book.finish_results(session, work.job_id, [result]):
        delaying.tell_final(means, session, work.job_id, result)
        journal.devices(session, work.brief.operator, work.brief.plan, [result])


def _closed(session: Session, means: Means, work: Work) -> Hold | None:
    """What holds a device that was sent: it waited for a turn, a pause or an engine meanwhile."""
    hold = hold_of(session, work.action, work.device_id, means.now())
    if hold is None or book.state(session, work.job_id) is JobState.CANCELLED:
        return None
    return hold


def _refusal(records: Records, work: Work) -> tuple[ResultState, Failure] | None:
    if book.state(records.session, work.job_id) is JobState.CANCELLED:
        return ResultState.CANCELLED, NOT_STARTED
    plan, row = work.brief.plan, work.brief.rows[work.device_id]
    if is_same(row, judge_again(records, work.action, plan, [row]).get(work.device_id)):
        return None
    return ResultState.FAILED, Failure(
        Kind.CHANGED,
        f"{row.device} is no longer what the plan was made from.",
        "Make a new plan and look at what differs.",
    )


def _task(means: Means, work: Work, memo: Mapping[str, Any], report: Callable[[str], None]) -> Task:
    return means.task(
        work.job_id,
        work.device_id,
        work.result.device,
        work.brief.plan.params,
        report,
        dict(memo),
    )
