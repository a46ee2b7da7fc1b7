"""Upgrades that wait: for a window, for their time, for devices that are away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlmodel import Session

from owtui.engine.firmware import pace
from owtui.engine.jobs import delaying, delays, device
from owtui.engine.jobs.delaying import FAILED, REMINDER
from owtui.engine.jobs.durable import Durable
from owtui.engine.jobs.holds import Holds
from owtui.engine.jobs.jobs import Jobs
from owtui.engine.jobs.report import summary
from owtui.engine.jobs.result import Result
from owtui.engine.jobs.state import ResultState
from owtui.errors import BlockedError, InputError
from storage import jobdelays, joblines, organizations, states
from storage import jobs as stored
from storage.jobdelays import Delay
from storage.tables import Device, Job
from tests.engine.firmware.place import Place, upgrading

pytestmark = pytest.mark.slow


@pytest.fixture
async def place(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Place]:
    async with upgrading(sqlite_url, tmp_path) as made:
        yield made


async def result_when(place: Place, job_id: UUID, at: int, holds: str) -> Result:
    """Wait until a device's row says this."""
    async with asyncio.timeout(20):
        while holds not in (one := (await place.jobs.results(job_id))[at]).step:
            await place.jobs.durable.moved(job_id, 0.2)  # type: ignore[union-attr]  # it is there
    return one


async def job(place: Place, job_id: UUID) -> Job:
    return (await place.parts.database.aread(lambda session: stored.get(session, job_id))).job


async def test_a_device_waits_for_the_window_of_its_group_and_the_others_do_not(
    place: Place,
) -> None:
    opens = place.jobs.means.now() + timedelta(hours=2)
    window = f"daily {opens:%H:%M}-{opens + timedelta(hours=1):%H:%M}"
    second = (await place.rows())[1].id

    def confine(session: Session) -> None:
        owner = organizations.default(session)
        group = organizations.create_group(session, owner.id, "nights", "")
        organizations.set_upgrade_window(session, group.id, window)
        session.get_one(Device, second).group_id = group.id

    await place.parts.database.awrite(confine)
    job_id = await place.begin(2)
    waits = await result_when(place, job_id, 1, "held until")
    assert waits.step == f"held until {opens:%a %H:%M} UTC"
    async with asyncio.timeout(30):
        while not (await place.jobs.results(job_id))[0].state.is_over:
            await place.jobs.durable.moved(job_id, 0.5)  # type: ignore[union-attr]
    assert [one.state for one in await place.jobs.results(job_id)] == [
        ResultState.SUCCESS,
        ResultState.PENDING,
    ]
    place.skip(2 * 3600)
    results = await place.end(job_id)
    assert [one.state for one in results] == [ResultState.SUCCESS] * 2
    assert place.device(1).device.effects.upgrades == 1


async def test_a_scheduled_batch_stays_queued_until_its_time_and_then_runs(place: Place) -> None:
    with pytest.raises(InputError, match="10 minutes"):
        await place.plan(1, at=(place.jobs.means.now() + timedelta(minutes=9)).isoformat())
    at = place.jobs.means.now() + timedelta(hours=3)
    job_id = await place.begin(1, at=at.isoformat())
    await result_when(place, job_id, 0, "scheduled for")
    queued = await job(place, job_id)
    assert (queued.state, queued.started) == ("queued", None)
    assert summary(queued, {})["scheduled_at"] == at.isoformat().replace("+00:00", "Z")
    told = f"scheduled for {at.astimezone():%Y-%m-%d %H:%M %Z}"
    assert told in (await place.jobs.report_text(job_id)).splitlines()[1]
    assert (await place.jobs.report(job_id))["batch"]["batch_status"] == "scheduled"
    place.skip(3 * 3600)
    [result] = await place.end(job_id)
    assert result.state is ResultState.SUCCESS
    began = (await job(place, job_id)).started
    assert began is not None
    assert began >= at


async def test_a_scheduled_batch_is_cancelled_before_its_time_without_a_trace(
    place: Place,
) -> None:
    at = place.jobs.means.now() + timedelta(days=30)
    plan = await place.plan(1, at=at.isoformat())
    job_id = (await place.jobs.submit(plan)).id
    await result_when(place, job_id, 0, "scheduled for")
    await place.jobs.cancel(job_id)
    [result] = await place.end(job_id)
    assert result.state is ResultState.CANCELLED
    assert place.device().device.effects.upgrades == 0
    again = await place.jobs.retry_plan(job_id)
    assert "at" not in again.params or not again.params["at"]
    late = await place.plan(1, at=(place.jobs.means.now() + timedelta(hours=1)).isoformat())
    place.skip(3600)
    with pytest.raises(BlockedError, match="has passed"):
        await place.jobs.submit(late)


async def vanish(place: Place, at: int = 0) -> None:
    """It answers no more, not even who is connected."""
    device = place.device(at)
    await device.fault(refused=True)
    device.host.cut()


async def pending(place: Place, job_id: UUID, at: int, retries: int = 1) -> Delay:
    """Let the waits of a device that is away pass until it has been put off so often."""
    async with asyncio.timeout(30):
        while True:
            delays = await place.parts.database.aread(lambda s: jobdelays.of_job(s, job_id))
            result = (await place.jobs.results(job_id))[at]
            delay = delays.get(result.device_id)
            if delay and delay.retries == retries and result.state is ResultState.PENDING:
                return delay
            if "recoverable failure" in result.step:
                place.skip(60)
            await place.jobs.durable.moved(job_id, 0.1)  # type: ignore[union-attr]


def heard(place: Place) -> list[str]:
    """The types of what people are told, as the jobs tell them."""
    told: list[str] = []
    means = place.jobs.means
    listening = replace(means, notify=lambda _session, told_: told.extend(o.type for o in told_))
    place.jobs.means = listening
    place.jobs.durable.means = listening  # type: ignore[union-attr]
    return told


async def health(place: Place, at: int, status: str) -> None:
    row = (await place.rows())[at]
    await place.parts.database.awrite(
        lambda session: states.save(session, [states.StateUpdate(row.id, status=status)])
    )


async def test_a_device_that_is_away_is_pending_while_the_others_go_on_and_wakes_with_its_health(
    place: Place,
) -> None:
    told = heard(place)
    await vanish(place)
    await health(place, 0, "critical")
    job_id = await place.begin(2, persistent="yes")
    delay = await pending(place, job_id, 0)
    assert delay.retries == 1
    first = (await place.jobs.results(job_id))[0]
    assert first.step.startswith("pending, try 2 after ")
    assert first.error is not None
    assert "Max retries exceeded" in first.error.sentence
    async with asyncio.timeout(60):
        while not (await place.jobs.results(job_id))[1].state.is_over:
            await place.jobs.durable.moved(job_id, 0.2)  # type: ignore[union-attr]
    assert (await place.jobs.results(job_id))[1].state is ResultState.SUCCESS
    assert (await place.jobs.report(job_id))["batch"]["batch_status"] == "in-progress"
    place.skip(61 * 86400)
    await pending(place, job_id, 0, retries=2)
    assert told == [REMINDER]
    await place.device(0).fault()
    await health(place, 0, "ok")
    results = await place.end(job_id)
    assert [one.state for one in results] == [ResultState.SUCCESS] * 2
    assert results[0].error is None
    assert place.device(0).device.effects.upgrades == 1


async def test_work_that_put_a_device_off_and_is_repeated_counts_no_try(place: Place) -> None:
    """The engine died between that and the end of the work; its log would answer the same again."""
    await vanish(place)
    job_id = await place.begin(1, persistent="yes")
    delay = await pending(place, job_id, 0)
    means = place.jobs.means
    brief = await place.parts.database.aread(lambda s: device.read_brief(s, means, job_id))
    assert brief is not None
    assert await device.begin(means, brief, delay.device_id, 0) is None
    result = (await place.jobs.results(job_id))[0]
    assert result.state is ResultState.PENDING
    assert result.error is not None
    # Whoever asks again after a lost answer hears that it is put off, and it is so but once.
    assert await delaying.put_off(means, device.Work(brief, result), result.error)
    delays_of = await place.parts.database.aread(lambda s: jobdelays.of_job(s, job_id))
    assert delays_of[delay.device_id].retries == 1
    lines = await place.parts.database.aread(lambda s: joblines.after(s, job_id))
    assert [one.text for one in lines if not pace.step_of(one.text)] == [delays.words(delay)]
    assert not pace.begins(lines), "what is typical is told by the last try alone"
    await place.jobs.cancel(job_id)
    await place.end(job_id)


async def test_what_is_pending_is_cancelled_with_its_batch(place: Place) -> None:
    await vanish(place)
    job_id = await place.begin(1, persistent="yes")
    await pending(place, job_id, 0)
    await place.jobs.cancel(job_id)
    [result] = await place.end(job_id)
    assert result.state is ResultState.CANCELLED


async def test_a_device_that_was_waited_for_and_fails_in_the_end_is_told(place: Place) -> None:
    told = heard(place)
    await vanish(place)
    job_id = await place.begin(1, persistent="yes")
    delay = await pending(place, job_id, 0)

    def deactivate(session: Session) -> None:
        session.get_one(Device, delay.device_id).is_deactivated = True

    await place.parts.database.awrite(deactivate)
    place.skip(900)
    [result] = await place.end(job_id)
    assert result.state.is_bad
    assert told == [FAILED]


async def test_a_device_that_waits_is_tried_again_by_the_next_engine(place: Place) -> None:
    await vanish(place)
    job_id = await place.begin(1, persistent="yes")
    await pending(place, job_id, 0)
    await place.jobs.stop(drain_s=1.0)
    await place.device(0).fault()
    means = place.jobs.means
    place.jobs = Jobs(means, durable=Durable(means, poll_s=0.05))
    await place.jobs.start()
    try:
        await result_when(place, job_id, 0, "pending, try 2")
        place.skip(900)
        [result] = await place.end(job_id)
    finally:
        await place.jobs.stop(drain_s=5.0)
    assert result.state is ResultState.SUCCESS
    assert place.device(0).device.effects.upgrades == 1


async def test_the_next_engine_takes_back_what_was_said_of_a_hold_that_is_over(
    place: Place,
) -> None:
    at = place.jobs.means.now() + timedelta(hours=1)
    plan = await place.plan(1, at=at.isoformat())
    job_id = (await place.jobs.submit(plan)).id
    await result_when(place, job_id, 0, "scheduled for")
    await place.jobs.stop(drain_s=1.0)
    holds = Holds(plan, place.jobs.means.registry.get("upgrade"))
    ids = [row.device_id for row in plan.changing]

    def look(session: Session) -> None:
        held = holds.read(session, ids, at + timedelta(minutes=1))
        assert not held
        assert holds.is_news(held)
        holds.say(session, held)

    await place.parts.database.awrite(look)
    assert (await place.jobs.results(job_id))[0].step == ""


async def test_a_pause_holds_a_device_that_was_put_off_too(place: Place) -> None:
    await vanish(place)
    job_id = await place.begin(1, persistent="yes")
    delay = await pending(place, job_id, 0)
    await place.jobs.pause(job_id)
    durable = place.jobs.durable
    assert durable is not None
    sent = asyncio.create_task(durable._device(job_id, delay.device_id, 1))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1):
            await asyncio.shield(sent)
    assert (await place.jobs.results(job_id))[0].state is ResultState.PENDING
    await place.jobs.cancel(job_id)
    await sent
    [result] = await place.end(job_id)
    assert result.state is ResultState.CANCELLED


async def test_a_device_that_was_sent_does_not_begin_when_its_window_has_closed(
    place: Place,
) -> None:
    """It waited meanwhile: for a pause, for another job, or for an engine to start again."""
    now = place.jobs.means.now()
    opens = now + timedelta(hours=2)
    window = f"daily {opens:%H:%M}-{opens + timedelta(hours=1):%H:%M}"

    def confine(session: Session) -> None:
        owner = organizations.default(session)
        group = organizations.create_group(session, owner.id, "nights", "")
        organizations.set_upgrade_window(session, group.id, window)
        session.get_one(Device, row.id).group_id = group.id

    row = (await place.rows())[0]
    await place.parts.database.awrite(confine)
    job_id = await place.begin(1)
    await result_when(place, job_id, 0, "held until")
    means = place.jobs.means
    brief = await place.parts.database.aread(lambda s: device.read_brief(s, means, job_id))
    assert brief is not None
    assert isinstance(await device.begin(means, brief, row.id, 0), device.Taken)
    assert (await place.jobs.results(job_id))[0].state is ResultState.PENDING
    await place.jobs.cancel(job_id)
    [result] = await place.end(job_id)
    assert result.state is ResultState.CANCELLED
