"""Commands on many devices: at most once, streamed, bounded, cancelled, told after a crash."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import Session

from owtui.engine.jobs import book
from owtui.engine.jobs.jobs import Jobs
from owtui.engine.jobs.process import process_name
from owtui.engine.jobs.recorder import Recorder, Start
from owtui.engine.jobs.recovery import recover
from owtui.engine.jobs.result import Result
from owtui.engine.jobs.state import JobState, ResultState
from owtui.engine.transport.base import CommandResult
from owtui.errors import BlockedError, DeadlineError, Kind, LostError, UnreachableError
from storage import audit, engines
from storage.tables import EngineBeat
from tests.engine.jobs.fanouts import collect, command
from tests.engine.jobs.twins import House


async def test_a_command_runs_once_on_every_device_and_its_output_is_kept(house: House) -> None:
    plan = await command(house)
    results = await collect(house, plan)
    assert [result.output for result in results.values()] == ["uptime\n"] * 3
    assert all(device.commands == ["uptime"] for device in house.reach.devices.values())
    job = (await house.jobs.find("1")).job
    assert (job.state, job.action, job.operator) == ("success", "run_command", "ada")
    stored = await house.jobs.results(job.id)
    assert {one.device: one.output for one in stored} == dict.fromkeys(results, "uptime\n")


async def test_each_device_has_a_line_in_the_audit(house: House) -> None:
    await collect(house, await command(house))
    entries = house.means.database.read(audit.entries)
    assert {(entry.device_name, entry.outcome) for entry in entries} == {
        ("", "submitted"),
        ("ap-000", "success"),
        ("ap-001", "success"),
        ("ap-002", "success"),
        ("", "success"),
    }


async def test_the_end_of_a_device_and_the_start_of_the_next_are_one_transaction(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = []
    lines = Recorder._lines

    def told(self: Recorder, session: Session, batch: Sequence[Start | Result]) -> set[UUID]:
        written.append([type(line).__name__ for line in batch])
        return lines(self, session, batch)

    monkeypatch.setattr(Recorder, "_lines", told)
    plan = await house.jobs.plan("run_command", house.rows, {"command": "uptime"}, parallel=1)
    assert len(await collect(house, plan)) == 3
    assert [set(batch) for batch in written] == [{"Start"}, *[{"Start", "Result"}] * 2, {"Result"}]


async def test_a_device_is_marked_before_its_command_is_sent(house: House) -> None:
    device = house.device(0)
    device.hangs = asyncio.Event()
    plan = await house.jobs.plan("run_command", house.rows[:1], {"command": "sleep 1"})
    job = await house.jobs.submit(plan)
    await device.began.wait()
    (marked,) = await house.jobs.results(job.id)
    assert marked.state is ResultState.IN_PROGRESS
    device.hangs.set()
    assert (await house.jobs.wait(job.id)).state == "success"


async def test_ctrl_c_twice_ends_everything_at_once_and_still_writes_how_it_ended(
    house: House,
) -> None:
    """asyncio then cancels every task of the process and waits for all of them."""
    device = house.device(0)
    device.hangs = asyncio.Event()
    plan = await command(house)
    before = asyncio.all_tasks()
    job = await house.jobs.submit(plan)
    await device.began.wait()
    tasks = asyncio.all_tasks() - before
    for task in tasks:
        task.cancel()
    _, late = await asyncio.wait(tasks, timeout=30)
    assert not late
    states = {result.device: result.state for result in await house.jobs.results(job.id)}
    assert states["ap-000"] is ResultState.ABORTED


async def test_what_was_running_when_its_program_died_is_unknown_and_never_repeated(
    house: House,
) -> None:
    plan = await command(house)
    job_id = plan.id

    def half_way(session: Session) -> None:
        book.create(session, plan, house.means.operator, engine_id="elsewhere:1:1")
        book.begin_job(session, job_id, house.means.now())
        first = plan.changing[0].device_id
        book.start_results(session, job_id, [first], house.means.now())

    house.means.database.write(half_way)
    assert [job.id for job in await recover(house.means)] == [job_id]
    states = [result.state for result in await house.jobs.results(job_id)]
    assert states == [ResultState.UNKNOWN, ResultState.SKIPPED, ResultState.SKIPPED]
    assert (await house.jobs.wait(job_id)).state == "failed"
    assert not any(device.commands for device in house.reach.devices.values())
    assert await recover(house.means) == []


async def test_a_fanout_of_a_living_process_is_left_alone(house: House) -> None:
    plan = await command(house)

    def elsewhere(session: Session) -> None:
        book.create(session, plan, house.means.operator, engine_id="other:7:7")
        engines.beat(session, EngineBeat(engine_id="other:7:7"), house.means.now())

    house.means.database.write(elsewhere)
    assert await recover(house.means) == []
    house.clock.now += 60
    assert len(await recover(house.means)) == 1


async def test_a_fanout_of_this_process_is_left_alone(house: House) -> None:
    plan = await command(house)

    def here(session: Session) -> None:
        book.create(session, plan, house.means.operator, engine_id=process_name())

    house.means.database.write(here)
    assert await recover(house.means) == []


async def test_the_newest_jobs_come_first(house: House) -> None:
    await collect(house, await command(house, "first"))
    await collect(house, await command(house, "second"))
    told = await house.jobs.recent()
    assert [(one["number"], one["title"], one["ok"]) for one in told] == [
        (2, "second on 3 devices", 3),
        (1, "first on 3 devices", 3),
    ]
    assert "success, 3 devices: ap-000, ap-001, ap-002" in await house.jobs.report_text(
        (await house.jobs.find("2")).job.id
    )


async def test_cancel_ends_running_commands_and_starts_no_other(house: House) -> None:
    for device in house.reach.devices.values():
        device.hangs = asyncio.Event()
    plan = await house.jobs.plan("run_command", house.rows, {"command": "sleep 99"}, parallel=1)
    job = await house.jobs.submit(plan)
    await house.device(0).began.wait()
    await house.jobs.cancel(job.id)
    ended = await house.jobs.wait(job.id)
    assert (ended.state, ended.reason) == ("cancelled", "cancelled by ada")
    states = [result.state for result in await house.jobs.results(job.id)]
    assert states == [ResultState.ABORTED, ResultState.CANCELLED, ResultState.CANCELLED]
    with pytest.raises(BlockedError, match="is cancelled and cannot be paused"):
        await house.jobs.pause(job.id)


async def test_a_device_that_was_marked_while_the_job_was_cancelled_is_told_as_never_started(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mark is committed, and who waited for that is cut off before it sends anything."""
    marking, marked = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    start = book.start_results

    def slowly(*args: Any) -> set[UUID]:
        loop.call_soon_threadsafe(marking.set)
        asyncio.run_coroutine_threadsafe(marked.wait(), loop).result(30)
        return start(*args)

    monkeypatch.setattr(book, "start_results", slowly)
    job = await house.jobs.submit(await command(house))
    await marking.wait()
    cancelling = asyncio.create_task(house.jobs.cancel(job.id))
    house.jobs._running[job.id].control.follow(JobState.CANCELLED)
    await asyncio.sleep(0)  # the crew is told
    marked.set()
    await cancelling
    assert (await house.jobs.wait(job.id)).state == "cancelled"
    states = {one.state for one in await house.jobs.results(job.id)}
    assert states == {ResultState.CANCELLED}
    assert not any(device.commands for device in house.reach.devices.values())


async def test_another_process_cancels_by_the_row_alone(house: House) -> None:
    house.device(0).hangs = asyncio.Event()
    job = await house.jobs.submit(
        await house.jobs.plan("run_command", house.rows[:1], {"command": "sleep 99"})
    )
    await house.device(0).began.wait()
    await Jobs(house.means).cancel(job.id)
    assert (await house.jobs.wait(job.id)).state == "cancelled"


async def test_a_job_that_never_began_is_closed_at_once_when_cancelled(house: House) -> None:
    attached = Jobs(house.means)
    job = await attached.submit(await attached.plan("reboot", house.rows, {}))
    await attached.cancel(job.id)
    ended = await attached.wait(job.id)
    assert (ended.state, ended.reason) == ("cancelled", "cancelled by ada")
    assert {one.state for one in await attached.results(job.id)} == {ResultState.CANCELLED}


async def test_leaving_the_stream_cancels_the_job(house: House) -> None:
    house.device(1).hangs = asyncio.Event()
    plan = await house.jobs.plan("run_command", house.rows[:2], {"command": "x"}, parallel=2)
    stream = house.jobs.run(plan)
    await anext(stream)
    await stream.aclose()  # type: ignore[attr-defined]  # an asynchronous generator
    assert (await house.jobs.find("1")).job.state == "cancelled"


async def test_a_paused_fanout_starts_nothing_until_it_is_resumed(house: House) -> None:
    gate = house.device(0).hangs = asyncio.Event()
    plan = await house.jobs.plan("run_command", house.rows, {"command": "x"}, parallel=1)
    job = await house.jobs.submit(plan)
    await house.device(0).began.wait()
    await house.jobs.pause(job.id)
    gate.set()
    await house.until(job.id, [ResultState.SUCCESS, ResultState.PENDING, ResultState.PENDING])
    await house.jobs.resume(job.id)
    assert (await house.jobs.wait(job.id)).state == "success"


async def test_acceptance_15_a_nonzero_exit_reads_as_openwisp_writes_it(house: House) -> None:
    house.device(0).answer = lambda command: CommandResult(b"not found", b"error", 1)
    plan = await house.jobs.plan("run_command", house.rows[:1], {"command": "cat /tmp/doesntexist"})
    (result,) = (await collect(house, plan)).values()
    assert result.state is ResultState.FAILED
    assert result.exit_status == 1
    assert result.output == (
        'not found\nerror\nCommand "cat /tmp/doesntexist" returned non-zero exit code: 1\n'
    )
    assert result.error is not None
    assert result.error.kind is Kind.COMMAND


async def test_acceptance_15_a_deadline_reads_as_openwisp_writes_it(house: House) -> None:
    def late(command: str) -> CommandResult:
        raise DeadlineError("no answer", printed=b"so far\n")

    house.device(0).answer = late
    plan = await house.jobs.plan("run_command", house.rows[:1], {"command": "sleep 99"})
    (result,) = (await collect(house, plan)).values()
    assert result.error is not None
    assert result.error.kind is Kind.TIMEOUT
    assert result.error.sentence == (
        "The command took longer than expected: connection timed out after 30s."
    )
    assert result.output == "so far\n"


async def test_output_that_was_cut_is_told(house: House) -> None:
    house.device(0).answer = lambda command: CommandResult(b"x" * 2048, b"", 0, cut=True)
    plan = await house.jobs.plan("run_command", house.rows[:1], {"command": "cat /dev/zero"})
    (result,) = (await collect(house, plan)).values()
    assert result.output.endswith(
        "xx\nOutput cut: the command printed more than the 2 KiB above.\n"
    )
    assert result.step == "output cut, 2 KiB are kept"


async def test_an_unreachable_device_fails_alone(house: House) -> None:
    house.device(1).fails = UnreachableError("ap-001 does not answer.", "Is it on?")
    results = await collect(house, await command(house))
    assert [result.ok for _, result in sorted(results.items())] == [True, False, True]
    assert results["ap-001"].error is not None
    assert results["ap-001"].error.kind is Kind.UNREACHABLE
    job = await house.jobs.find("1")
    assert (job.job.state, job.counts) == ("failed", {"success": 2, "failed": 1})


async def test_a_connection_lost_in_the_middle_leaves_the_device_unknown(house: House) -> None:
    def cut(command: str) -> CommandResult:
        raise LostError("The connection to ap-000 went away.")

    house.device(0).answer = cut
    results = await collect(house, await command(house))
    assert results["ap-000"].state is ResultState.UNKNOWN
    assert (await house.jobs.find("1")).job.state == "failed"


async def test_a_bug_in_an_action_ends_one_device_with_an_id_for_the_log(house: House) -> None:
    def bug(command: str) -> CommandResult:
        raise ZeroDivisionError

    house.device(0).answer = bug
    results = await collect(house, await command(house))
    error = results["ap-000"].error
    assert error is not None
    assert error.sentence.startswith("Internal system error: ZeroDivisionError (")
    assert results["ap-001"].ok
