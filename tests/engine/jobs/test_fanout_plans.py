"""Plans of commands and their jobs: executed once, refused, retried, reported."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from owtui.engine.jobs import book
from owtui.engine.jobs.plan import Confirm, Plan, Verdict
from owtui.engine.jobs.state import JobState, ResultState
from owtui.engine.transport.base import CommandResult
from owtui.errors import BlockedError, InputError, UnreachableError
from storage import jobs, service
from tests.engine.jobs.fanouts import collect, command
from tests.engine.jobs.twins import House


async def test_acceptance_15_a_plan_is_executed_once(house: House) -> None:
    plan = await command(house)
    await collect(house, plan)
    with pytest.raises(BlockedError) as refused:
        await house.jobs.submit(plan)
    assert refused.value.sentence == (
        "This command has already been executed, please create a new one."
    )


async def test_a_saved_plan_cannot_be_edited_past_what_it_was_refused(house: House) -> None:
    house.means.database.write(lambda session: service.deactivate(session, house.rows[0].id))
    plan = await house.jobs.plan("reboot", await house.read_rows(), {})
    first, *others = plan.rows
    forced = replace(first, verdict=Verdict.CHANGE)
    with pytest.raises(BlockedError, match="out of date: ap-000 has changed"):
        await house.jobs.submit(replace(plan, rows=(forced, *others), waves=(1, 2)))
    with pytest.raises(InputError, match="-5 is less than the minimum of 0"):
        await house.jobs.submit(replace(plan, params={"wait_s": -5}))
    assert await house.jobs.recent() == []


async def test_read_only_refuses_the_plan_and_a_saved_one(house: House) -> None:
    plan = Plan.from_json((await command(house)).to_json())
    house.jobs.read_only = True
    with pytest.raises(BlockedError, match="read-only"):
        await command(house)
    with pytest.raises(BlockedError, match="read-only"):
        await house.jobs.submit(plan)
    assert not any(device.commands for device in house.reach.devices.values())


async def test_a_retry_runs_what_failed_and_nothing_else(house: House) -> None:
    house.device(1).fails = UnreachableError("ap-001 does not answer.")
    first = await command(house)
    await collect(house, first)
    house.device(1).fails = None
    job = await house.jobs.retry(first.id)
    assert (await house.jobs.wait(job.id)).state == "success"
    assert [len(device.commands) for device in house.reach.devices.values()] == [1, 1, 1]
    assert job.retry_of == first.id
    with pytest.raises(InputError, match="ended well on every device"):
        await house.jobs.retry(job.id)


async def test_output_with_a_nul_byte_is_stored(house: House) -> None:
    house.device(0).answer = lambda command: CommandResult(b"a\x00b\xff\n", b"", 0)
    results = await collect(house, await command(house))
    assert results["ap-000"].ok
    stored = {
        one.device: one for one in await house.jobs.results((await house.jobs.find("1")).job.id)
    }
    assert stored["ap-000"].output == "a␀b�\n"


async def test_no_more_devices_run_at_once_than_allowed(house: House) -> None:
    for device in house.reach.devices.values():
        device.hangs = asyncio.Event()
    plan = await house.jobs.plan("run_command", house.rows, {"command": "x"}, parallel=2)
    job = await house.jobs.submit(plan)
    await house.device(0).began.wait()
    await house.device(1).began.wait()
    assert not house.device(2).began.is_set()
    for device in house.reach.devices.values():
        assert device.hangs is not None
        device.hangs.set()
    assert (await house.jobs.wait(job.id)).state == "success"


async def test_stopping_lets_running_commands_finish_and_cancels_the_rest(house: House) -> None:
    gate = house.device(0).hangs = asyncio.Event()
    plan = await house.jobs.plan("run_command", house.rows, {"command": "x"}, parallel=1)
    job = await house.jobs.submit(plan)
    await house.device(0).began.wait()
    stopping = asyncio.create_task(house.jobs.stop(drain_s=5))
    await asyncio.sleep(0)
    gate.set()
    await stopping
    states = [one.state for one in await house.jobs.results(job.id)]
    assert states == [ResultState.SUCCESS, ResultState.CANCELLED, ResultState.CANCELLED]


async def test_a_run_on_two_devices_asks_for_their_number(house: House) -> None:
    plan = await house.jobs.plan("run_command", house.rows[:2], {"command": "x"})
    assert (plan.confirm, plan.expected) == (Confirm.COUNT, "2")
    assert plan.waves == (2,)
    assert plan.count(Verdict.CHANGE) == 2
    assert plan.stop_after == 0


async def test_the_report_holds_the_keys_of_the_contract(house: House) -> None:
    house.device(1).fails = UnreachableError("ap-001 does not answer.", "Is it on?")
    plan = await command(house)
    await collect(house, plan)
    report = await house.jobs.report(plan.id)
    assert {"id", "action", "state", "created", "finished", "ok", "failed", "skipped"} <= set(
        report
    )
    assert (report["ok"], report["failed"], report["skipped"]) == (2, 1, 0)
    bad = report["results"][1]
    assert bad["device"] == "ap-001"
    assert bad["error"] == {
        "kind": "unreachable",
        "sentence": "ap-001 does not answer.",
        "hint": "Is it on?",
    }
    assert JobState(report["state"]) is JobState.FAILED


def test_jobs_are_numbered_and_found_by_number(house: House) -> None:
    with pytest.raises(InputError, match="There is no job"):
        house.means.database.read(lambda session: book.find(session, "7"))
    assert house.means.database.read(jobs.rows) == []
