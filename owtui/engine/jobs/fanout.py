"""Run a FanOut action on many devices at once, each at most once.

A device is marked in-progress in the database before anything is sent to it. An engine that dies
leaves that mark, and the next one reads it as "may have run" and never repeats it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from functools import partial

from sqlmodel import Session

from owtui.engine.actions.base import FanOut
from owtui.engine.jobs import book, journal
from owtui.engine.jobs.attempt import attempt
from owtui.engine.jobs.control import Control
from owtui.engine.jobs.means import Means
from owtui.engine.jobs.plan import Plan, PlanRow
from owtui.engine.jobs.recorder import Recorder
from owtui.engine.jobs.result import Result, ended
from owtui.engine.jobs.run import final_state
from owtui.engine.jobs.state import JobState, ResultState
from owtui.engine.jobs.steer import NOT_STARTED
from owtui.errors import Failure, Kind
from owtui.operator import Operator

Tell = Callable[[Result], None]

LOOK_EVERY_S = 1.0
LOOK_FIRST = "Look at the device before you run it again."


async def run_fanout(
    means: Means,
    action: FanOut,
    plan: Plan,
    operator: Operator,
    control: Control,
    tell: Tell = lambda result: None,
) -> JobState:
    """Run a written job to its end; `tell` gets each device's result as it ends.

    Cancelled through `control`, or with the task itself, it ends what runs on the devices and
    records those as aborted and the rest as cancelled.
    """
    await means.database.awrite(lambda session: book.begin_job(session, plan.id, means.now()))
    means.tell_job(plan.id)
    try:
        async with Recorder(means, plan, operator) as recorder:
            await _crew(means, action, plan, control, recorder, tell)
    except asyncio.CancelledError:
        control.follow(JobState.CANCELLED)
        await asyncio.shield(close(means, plan, operator, control))
        raise
    return await close(means, plan, operator, control)


async def _crew(
    means: Means,
    action: FanOut,
    plan: Plan,
    control: Control,
    recorder: Recorder,
    tell: Tell,
) -> None:
    rows = iter(plan.changing)
    number = min(plan.parallel, len(plan.changing))
    async with asyncio.TaskGroup() as group:
        crew = [
            group.create_task(
                _worker(means, action, plan, control, recorder, tell, rows),
                name=f"job {plan.id} worker {at}",
            )
            for at in range(number)
        ]
        watches = (
            group.create_task(_abort(control, crew), name=f"job {plan.id} cancel"),
            group.create_task(_follow(means, plan, control), name=f"job {plan.id} follow"),
        )
        if crew:
            await asyncio.wait(crew)
        for watch in watches:
            watch.cancel()


async def _abort(control: Control, crew: list[asyncio.Task[None]]) -> None:
    await control.cancelled()
    for task in crew:
        task.cancel()


async def _follow(means: Means, plan: Plan, control: Control) -> None:
    """Another process may pause or cancel this job by its row."""
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        control.follow(await means.database.aread(lambda session: book.state(session, plan.id)))


async def _worker(
    means: Means,
    action: FanOut,
    plan: Plan,
    control: Control,
    recorder: Recorder,
    tell: Tell,
    rows: Iterator[PlanRow],
) -> None:
    written: asyncio.Future[bool] | None = None  # the end of the device before, on its way
    try:
        for row in rows:
            if not await control.open():
                break
            started = means.now()
            ours = await recorder.start(row.device_id, started)
            if written is not None:
                await written  # with the start, or before it
            if ours:
                result = await _device(means, action, plan, recorder, row, started)
                written = recorder.finish(result)
                written.add_done_callback(partial(_told, tell, result))
        if written is not None:
            await asyncio.shield(written)  # cut off here it is written and told all the same
    except asyncio.CancelledError:
        if not control.is_cancelled:
            raise


def _told(tell: Tell, result: Result, written: asyncio.Future[bool]) -> None:
    """Tell a result once it is committed."""
    if not written.cancelled() and written.exception() is None:
        tell(result)


async def _device(
    means: Means, action: FanOut, plan: Plan, recorder: Recorder, row: PlanRow, started: datetime
) -> Result:
    before = Result(row.device_id, row.device, ResultState.IN_PROGRESS, started=started)
    task = means.task(plan.id, row.device_id, row.device, plan.params, lambda step: None)
    timeout_s = plan.params.get("timeout_s") or means.command_s
    try:
        result = await attempt(
            lambda: action.call(task), before, means.now, means.reach_s + timeout_s
        )
    except asyncio.CancelledError:
        failure = Failure(
            Kind.CANCELLED,
            f"Ended on {row.device} while the command ran: it may have run in part.",
            LOOK_FIRST,
        )
        aborted = ended(before, ResultState.ABORTED, failure, means.now())
        await asyncio.shield(recorder.finish(aborted))
        raise
    if result.error is not None and result.error.kind is Kind.LOST:
        # The connection went after the command was sent: nobody can tell what became of it.
        result = replace(result, state=ResultState.UNKNOWN)
    return result


async def close(means: Means, plan: Plan, operator: Operator, control: Control) -> JobState:
    """Write the end of a fan-out: those that never started, and what the whole came to."""

    def write(session: Session) -> JobState:
        at = means.now()
        if control.is_closing:
            # Whoever ran has written how it ended: one still marked was cut off before it sent.
            for left in (ResultState.PENDING, ResultState.IN_PROGRESS):
                book.close_results(session, plan.id, left, ResultState.CANCELLED, NOT_STARTED, at)
        states = book.states(session, plan.id)
        came_to = final_state(
            JobState.CANCELLED if control.is_closing else JobState.RUNNING,
            [states[row.device_id] for row in plan.changing],
        )
        if book.end_job(session, plan.id, came_to, "", at):
            journal.job(session, operator, plan, came_to.value)
        return came_to

    came_to = await means.database.awrite(write)
    means.tell_job(plan.id)
    return came_to
