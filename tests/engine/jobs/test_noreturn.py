"""The point of no return, on both databases: the cancel or the device is first, never both."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest
from sqlmodel import Session

from owtui.engine.actions.base import Change
from owtui.engine.jobs import book
from owtui.engine.jobs.noreturn import SENT, all_past, pass_return
from owtui.engine.jobs.state import JobState
from owtui.errors import BlockedError
from tests.engine.jobs.twins import House

TOO_LATE = "It has started."


async def running(house: House, devices: int) -> UUID:
    """A job that has begun on this many of its devices and waits with one more."""
    action = house.means.registry.get("reboot")
    assert isinstance(action, Change)
    action.too_late = TOO_LATE  # type: ignore[misc]  # of this registry's instance
    job = await house.jobs.submit(await house.jobs.plan("reboot", house.rows, {}))

    def write(session: Session) -> None:
        book.begin_job(session, job.id, house.means.now())
        ids = [row.id for row in house.rows[:devices]]
        book.start_results(session, job.id, ids, house.means.now())

    await house.means.database.awrite(write)
    return job.id


async def passes(house: House, job_id: UUID, at: int) -> bool:
    device_id = house.rows[at].id
    let: bool = await house.means.database.awrite(
        lambda session: pass_return(session, job_id, device_id)
    )
    return let


async def test_who_is_cancelled_first_is_not_let_past_and_who_is_past_stays_so(
    house: House,
) -> None:
    job_id = await running(house, 2)
    assert await passes(house, job_id, 0)
    await house.jobs.cancel(job_id)  # two others have not come so far
    assert not await passes(house, job_id, 1)
    assert await passes(house, job_id, 0), "a later life of the engine asks again"


async def test_nothing_is_cancelled_once_all_that_is_left_is_past(house: House) -> None:
    job_id = await running(house, 3)
    for at in range(2):
        assert await passes(house, job_id, at)
    assert not await house.means.database.aread(lambda session: all_past(session, job_id))
    assert await passes(house, job_id, 2)
    with pytest.raises(BlockedError, match=TOO_LATE):
        await house.jobs.cancel(job_id)
    state = await house.means.database.aread(lambda session: book.state(session, job_id))
    assert state is not JobState.CANCELLED


async def test_at_once_one_of_them_is_first(house: House) -> None:
    """Whatever the order, a cancelled job has no device that was let past after it."""
    job_id = await running(house, 3)
    for at in range(2):
        assert await passes(house, job_id, at)
    answers = await asyncio.gather(
        passes(house, job_id, 2), house.jobs.cancel(job_id), return_exceptions=True
    )
    let, cancelled = answers
    assert (let is True) is isinstance(cancelled, BlockedError)


async def test_the_mark_of_what_was_sent_is_beyond_the_point(house: House) -> None:
    job_id = await running(house, 1)
    assert await passes(house, job_id, 0)
    task = house.means.task(job_id, house.rows[0].id, "ap", {}, lambda text: None)
    assert not await task.cancelled()
    assert await task.company.mark() < SENT
    await task.company.note(SENT)
    assert await task.company.mark() == SENT
    assert await task.pass_return()
    await house.jobs.cancel(job_id)
    assert await task.cancelled()
