"""What a plan says of other jobs on its devices, of windows and of its own time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import Session

from owtui.console.presenters import plan as presenter
from owtui.engine.actions.base import Task
from owtui.engine.firmware.windows import may_begin
from owtui.engine.jobs.around import Around
from owtui.engine.jobs.plan import Plan, Verdict
from owtui.engine.jobs.state import ResultState
from owtui.errors import BlockedError, InputError
from storage import organizations
from storage.tables import Device
from tests.engine.firmware.place import Place, upgrading

IN_JOB = "Job 1 is about it already, and is not over (Upgrade to roofs/24.10.9 on 1 device)."


@pytest.fixture
async def place(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Place]:
    async with upgrading(sqlite_url, tmp_path) as made:
        yield made


def later(place: Place, hours: float = 3) -> str:
    return (place.jobs.means.now() + timedelta(hours=hours)).isoformat()


async def test_a_device_that_waits_in_another_upgrade_is_blocked_and_the_plan_names_the_job(
    place: Place,
) -> None:
    before = await place.plan(2)
    job_id = await place.begin(1, at=later(place))
    plan = await place.plan(2)
    assert (plan.rows[0].verdict, plan.rows[0].reason) == (Verdict.BLOCKED, IN_JOB)
    assert [row.device_id for row in plan.changing] == [plan.rows[1].device_id]
    with pytest.raises(BlockedError, match="out of date"):  # the job came since it was made
        await place.jobs.submit(before)
    await place.jobs.cancel(job_id)
    await place.end(job_id)
    assert len((await place.plan(2)).changing) == 2
    with pytest.raises(BlockedError, match="out of date"):  # and here it went
        await place.jobs.submit(plan)


async def test_a_device_that_is_being_upgraded_is_blocked_until_that_has_ended(
    place: Place,
) -> None:
    there, go_on = asyncio.Event(), asyncio.Event()

    async def stop_there(_task: Task) -> None:
        there.set()
        await go_on.wait()

    place.before("upload", stop_there)
    job_id = await place.begin(1)
    await asyncio.wait_for(there.wait(), 20)
    await place.jobs.cancel(job_id)  # what has begun still ends, and is not over
    [first] = (await place.plan(1)).rows
    assert (first.verdict, first.reason) == (Verdict.BLOCKED, IN_JOB)
    go_on.set()
    await place.end(job_id)
    assert len((await place.plan(1)).changing) == 1


async def test_a_device_that_failed_is_upgraded_again_while_its_batch_goes_on(
    sqlite_url: str, tmp_path: Path
) -> None:
    async with upgrading(sqlite_url, tmp_path, 3) as place:
        last, go_on = (await place.rows())[2].id, asyncio.Event()

        async def hold(task: Task) -> None:
            if task.device_id == last:
                await go_on.wait()

        place.before("identity", hold)
        await place.device(1).fault(flash_old_release=True)
        job_id = await place.begin(3)
        with pytest.raises(InputError, match="has failed yet"):
            await place.jobs.retry_plan(job_id)
        async with asyncio.timeout(60):
            while not (await place.jobs.results(job_id))[1].state.is_over:
                await place.jobs.durable.moved(job_id, 0.2)  # type: ignore[union-attr]
        await place.device(1).fault()
        again = await place.jobs.retry(job_id)
        assert [row["device"] for row in again.plan["rows"]] == [place.device(1).name]
        with pytest.raises(InputError, match="Nothing would change"):
            await place.jobs.retry(job_id)  # it is in the first retry
        [result] = await place.end(again.id)
        assert result.state is ResultState.SUCCESS
        assert not (await place.jobs.find("1")).job.finished
        go_on.set()
        states = [one.state for one in await place.end(job_id)]
        assert states == [ResultState.SUCCESS, ResultState.FAILED, ResultState.SUCCESS]


async def test_jobs_of_other_kinds_are_told_and_block_nothing(place: Place) -> None:
    await place.begin(1, at=later(place))
    plan = await place.jobs.plan("reboot", await place.rows(), {})
    assert len(plan.changing) == 2
    said = "Before or after job 1 (Upgrade to roofs/24.10.9 on 1 device), one at a time: 1 device."
    assert said in plan.notes
    looking = await place.jobs.plan("run_command", await place.rows(), {"command": "uptime"})
    assert not any("job 1" in note for note in looking.notes)


async def test_windows_and_the_time_of_a_batch_are_told_in_its_plan(place: Place) -> None:
    opens = place.jobs.means.now() + timedelta(hours=2)
    window = f"daily {opens:%H:%M}-{opens + timedelta(hours=2):%H:%M}"
    second = (await place.rows())[1].id

    def confine(session: Session) -> None:
        owner = organizations.default(session)
        group = organizations.create_group(session, owner.id, "nights", "")
        organizations.set_upgrade_window(session, group.id, window)
        session.get_one(Device, second).group_id = group.id

    await place.parts.database.awrite(confine)
    plan = await place.plan(2)
    when = f"may begin {opens:%a %H:%M} UTC"
    assert [row.begins for row in plan.rows] == ["", when]
    assert f"Group nights {when}: 1 device." in plan.notes
    assert presenter.rows(plan)[1].text.endswith(f"; {when}")
    assert when in presenter.detail(plan, str(second)).splitlines()
    assert Plan.from_json(plan.to_json()) == replace(plan, params=dict(plan.params))
    at = later(place)
    scheduled = await place.plan(2, at=at)
    assert not any(row.begins for row in scheduled.rows), "the window is open then"
    shown = datetime.fromisoformat(at).astimezone()
    assert f"Scheduled, begins {shown:%Y-%m-%d %H:%M %Z}: 2 devices." in scheduled.notes


def test_a_window_is_told_by_its_own_clock_and_not_while_it_is_open() -> None:
    window, sunday = "weekdays 01:00-05:00 Europe/Rome", datetime(2026, 11, 29, 12, tzinfo=UTC)
    assert may_begin(window, sunday) == "may begin Mon 01:00 Europe/Rome"
    assert may_begin(window, sunday + timedelta(hours=14)) == ""
    assert may_begin("", sunday) == ""


def test_of_many_notes_the_first_are_told() -> None:
    ids = [row.id for row in (Device(name=str(n), key=f"{n:032}") for n in range(8))]
    around = Around(said={f"Group {n} may begin": frozenset([id_]) for n, id_ in enumerate(ids)})
    assert around.notes(ids[:2]) == tuple(f"Group {n} may begin: 1 device." for n in range(2))
    assert around.notes(ids)[5:] == ("And 3 more of this kind; see the devices.",)
