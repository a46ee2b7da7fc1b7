"""One device within a changing job: whose turn it is."""

from __future__ import annotations

from uuid import UUID

from owtui.engine.jobs import book, device
from owtui.engine.jobs.state import JobState
from tests.engine.jobs.twins import House


async def brief_of(house: House, action: str) -> device.Brief:
    """A submitted job for the first device, as an engine reads it."""
    job = await house.jobs.submit(await house.jobs.plan(action, house.rows[:1], {}))
    return await read(house, job.id)


async def read(house: House, job_id: UUID) -> device.Brief:
    """The same job, in whichever engine."""
    brief = await house.means.database.aread(
        lambda session: device.read_brief(session, house.means, job_id)
    )
    assert brief is not None
    return brief


async def test_a_device_that_one_job_changes_is_taken_for_others_whatever_their_queue(
    house: House,
) -> None:
    means, device_id = house.means, house.rows[0].id
    first, second = await brief_of(house, "reboot"), await brief_of(house, "install_key")
    work = await device.begin(means, first, device_id)
    assert isinstance(work, device.Work)
    assert isinstance(await device.begin(means, second, device_id), device.Taken)
    again = await device.begin(means, first, device_id)
    assert isinstance(again, device.Work), "its own job goes on, also after a crash"
    await device.end(means, work, {"wait": {"took_s": 1.0}}, failed=False)
    assert isinstance(await device.begin(means, second, device_id), device.Work)


async def test_a_cancelled_job_does_not_wait_for_a_device_that_is_taken(house: House) -> None:
    means, device_id = house.means, house.rows[0].id
    first, second = await brief_of(house, "reboot"), await brief_of(house, "reboot")
    assert isinstance(await device.begin(means, first, device_id), device.Work)
    await house.jobs.cancel(second.plan.id)
    assert await device.begin(means, second, device_id) is None


async def test_neither_a_command_nor_what_is_over_takes_a_device(house: House) -> None:
    means, device_id = house.means, house.rows[0].id
    plan = await house.jobs.plan("run_command", house.rows[:1], {"command": "logread -f"})
    old = await brief_of(house, "reboot")

    def write(session: book.Session) -> None:
        book.create(session, plan, means.operator, engine_id=means.engine_id)
        for job_id in (plan.id, old.plan.id):
            book.start_results(session, job_id, [device_id], means.now())
        book.end_job(session, old.plan.id, JobState.FAILED, "", means.now())

    await means.database.awrite(write)
    assert isinstance(
        await device.begin(means, await brief_of(house, "reboot"), device_id), device.Work
    )
