"""Jobs that change devices: in waves, stopped, paused, resumed, drained, never twice."""

from __future__ import annotations

import asyncio
import itertools
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session

from owtui.engine.jobs import device, durable, patience, rollout
from owtui.engine.jobs.durable import Durable
from owtui.engine.jobs.groundwork import prepare
from owtui.engine.jobs.jobs import Jobs
from owtui.engine.jobs.rollout import Driver
from owtui.engine.jobs.state import ResultState
from owtui.errors import BlockedError, Kind, UnreachableError
from storage import service
from storage.db import Database
from storage.errors import UnusableError
from tests.engine.jobs.twins import House, build

pytestmark = pytest.mark.slow


@asynccontextmanager
async def running(database: Database, folder: Path) -> AsyncIterator[House]:
    """Four devices and an engine that runs changing jobs."""
    house = build(database, folder, 4)
    house.jobs.durable = Durable(house.means, poll_s=0.1)
    await house.jobs.start()
    yield house
    await house.jobs.stop(drain_s=5)


@pytest.fixture
async def engine(sqlite_database: Database, tmp_path: Path) -> AsyncIterator[House]:
    """On SQLite."""
    async with running(sqlite_database, tmp_path) as house:
        yield house


@pytest.fixture
async def any_engine(database: Database, tmp_path: Path) -> AsyncIterator[House]:
    """On each kind of database."""
    async with running(database, tmp_path) as house:
        yield house


async def test_a_reboot_waits_for_every_device_and_says_how_long(any_engine: House) -> None:
    engine = any_engine
    plan = await engine.jobs.plan("reboot", engine.rows, {})
    assert plan.waves == (1, 3)
    job = await engine.jobs.submit(plan)
    ended = await engine.jobs.wait(job.id)
    results = await engine.jobs.results(job.id)
    assert [result.error for result in results] == [None] * 4
    assert ended.state == "success"
    assert [device.boots for device in engine.reach.devices.values()] == [1, 1, 1, 1]
    assert results[0].step.startswith("back after ")
    assert [result.wave for result in results] == [0, 1, 1, 1]
    assert all(result.changed for result in results)


async def test_a_failing_canary_stops_the_rest(engine: House) -> None:
    engine.device(0).fails = UnreachableError("ap-000 does not answer.")
    job = await engine.jobs.submit(await engine.jobs.plan("reboot", engine.rows, {}))
    ended = await engine.jobs.wait(job.id)
    assert (ended.state, ended.reason) == ("failed", "stopped: the first device failed")
    results = await engine.jobs.results(job.id)
    assert [result.state.value for result in results] == ["failed", *["skipped"] * 3]
    assert results[0].error is not None
    assert results[0].error.kind is Kind.UNREACHABLE
    assert not any(device.boots for device in engine.reach.devices.values())


async def test_a_device_that_changed_since_the_plan_is_told_and_left_alone(engine: House) -> None:
    plan = await engine.jobs.plan("reboot", engine.rows, {})
    row = engine.rows[2]

    def deactivate(session: Session) -> None:
        service.deactivate(session, row.id)

    engine.means.database.write(deactivate)
    with pytest.raises(BlockedError, match=r"out of date: ap-002 has changed"):
        await engine.jobs.submit(plan)
    assert not any(device.boots for device in engine.reach.devices.values())


async def test_a_drained_job_goes_on_in_the_next_engine(any_engine: House) -> None:
    engine = any_engine
    plan = await engine.jobs.plan("reboot", engine.rows, {})
    job = await engine.jobs.submit(replace(plan, parallel=1))
    await engine.until(
        job.id, [ResultState.SUCCESS, ResultState.IN_PROGRESS, *[ResultState.PENDING] * 2]
    )
    await engine.jobs.stop(drain_s=5)
    row = (await engine.jobs.find("1")).job
    assert row.state == "running"
    successor = Jobs(engine.means, durable=Durable(engine.means, poll_s=0.1))
    await successor.start()
    ended = await successor.wait(job.id)
    await successor.stop()
    assert ended.state == "success"
    assert [device.boots for device in engine.reach.devices.values()] == [1, 1, 1, 1]


async def test_a_job_that_an_attached_process_wrote_is_taken_up(engine: House) -> None:
    attached = Jobs(replace(engine.means, engine_id="other:1:1"))
    job = await attached.submit(await attached.plan("reboot", engine.rows[:1], {}))
    assert engine.device(0).boots == 0
    await engine.jobs.look()
    assert (await engine.jobs.wait(job.id)).state == "success"
    assert engine.device(0).boots == 1


async def test_a_job_that_is_seen_while_the_engine_starts_is_taken_up(
    sqlite_database: Database, tmp_path: Path
) -> None:
    house = build(sqlite_database, tmp_path, 4)
    job = await house.jobs.submit(await house.jobs.plan("reboot", house.rows[:1], {}))
    house.jobs.durable = Durable(house.means, poll_s=0.1)
    await house.jobs.look()  # as the watcher of an engine that takes over does
    await house.jobs.start()
    assert (await house.jobs.wait(job.id)).state == "success"
    await house.jobs.stop(drain_s=5)


async def test_a_job_that_could_not_be_enqueued_is_enqueued_at_the_next_look(
    engine: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    attached = Jobs(replace(engine.means, engine_id="other:1:1"))
    job = await attached.submit(await attached.plan("reboot", engine.rows[:1], {}))

    async def refuse(self: Durable, *args: str) -> None:
        raise OSError("disk I/O error")

    with monkeypatch.context() as broken, pytest.raises(OSError, match="disk"):
        broken.setattr(Durable, "_put", refuse)
        await engine.jobs.look()
    await engine.jobs.look()
    assert (await engine.jobs.wait(job.id)).state == "success"


async def test_a_rollout_outlives_a_database_that_is_away_for_a_while(
    engine: House, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every third transaction is refused, at whatever point of the job it comes."""
    monkeypatch.setattr(patience, "AGAIN_S", 0.01)
    job = await engine.jobs.submit(await engine.jobs.plan("reboot", engine.rows, {}))
    database = engine.means.database
    read, write = database.read, database.write
    numbers = itertools.count(1)

    def refused_at_times() -> None:
        if next(numbers) % 3 == 0:
            raise UnusableError("the database system is shutting down")

    def reading(fn: Callable[[Session], object]) -> object:
        refused_at_times()
        return read(fn)

    def writing(fn: Callable[[Session], object]) -> object:
        refused_at_times()
        return write(fn)

    monkeypatch.setattr(database, "read", reading)
    monkeypatch.setattr(database, "write", writing)
    other = Database.open(sqlite_url)  # of somebody who looks on
    onlooker = Jobs(replace(engine.means, database=other, engine_id="other:1:1"))
    async with asyncio.timeout(60):
        ended = await onlooker.wait(job.id)
    assert [one.error for one in await onlooker.results(job.id)] == [None] * 4
    assert (ended.state, next(numbers) > 12) == ("success", True)
    assert [device.boots for device in engine.reach.devices.values()] == [1, 1, 1, 1]
    other.close()
    monkeypatch.undo()


async def test_cancel_finishes_the_running_device_and_starts_no_other(engine: House) -> None:
    plan = await engine.jobs.plan("reboot", engine.rows, {})
    job = await engine.jobs.submit(plan)
    await engine.until(job.id, [ResultState.IN_PROGRESS, *[ResultState.PENDING] * 3])
    await engine.jobs.cancel(job.id)
    ended = await engine.jobs.wait(job.id)
    assert (ended.state, ended.reason) == ("cancelled", "cancelled by ada")
    states = [result.state.value for result in await engine.jobs.results(job.id)]
    assert states == ["success", *["cancelled"] * 3]


async def test_a_paused_rollout_starts_no_device_until_resumed(engine: House) -> None:
    job = await engine.jobs.submit(await engine.jobs.plan("reboot", engine.rows, {}))
    await engine.jobs.pause(job.id)
    await engine.until(job.id, [ResultState.PENDING] * 4)
    assert not any(device.boots for device in engine.reach.devices.values())
    await engine.jobs.resume(job.id)
    assert (await engine.jobs.wait(job.id)).state == "success"


async def test_two_jobs_never_touch_one_device_at_once(any_engine: House) -> None:
    engine = any_engine
    gate = engine.device(0).hangs = asyncio.Event()
    first = await engine.jobs.submit(await engine.jobs.plan("reboot", engine.rows[:1], {}))
    second = await engine.jobs.submit(await engine.jobs.plan("reboot", engine.rows[:1], {}))
    gate.set()
    assert (await engine.jobs.wait(first.id)).state == "success"
    assert (await engine.jobs.wait(second.id)).state == "success"
    results = [(await engine.jobs.results(job.id))[0] for job in (first, second)]
    spans = sorted((one.started, one.finished) for one in results if one.started and one.finished)
    assert spans[0][1] <= spans[1][0]
    assert engine.device(0).boots == 2


async def test_dbos_is_told_no_name_no_address_and_no_reason(engine: House) -> None:
    engine.device(0).fails = UnreachableError("ap-000 (127.0.1.1) does not answer.")
    job = await engine.jobs.submit(await engine.jobs.plan("reboot", engine.rows[:2], {}))
    await engine.jobs.wait(job.id)
    result = (await engine.jobs.results(job.id))[0]
    assert result.error is not None
    assert result.error.sentence == "ap-000 (127.0.1.1) does not answer."
    path = engine.means.database.path
    assert path is not None
    with sqlite3.connect(path.with_name("jobs.db")) as connection:
        dump = "\n".join(connection.iterdump())
    connection.close()
    assert str(job.id) in dump
    assert not {word for word in ("ap-0", "127.0.1", "does not answer") if word in dump}


async def test_what_ended_long_ago_is_forgotten_by_dbos_and_kept_by_us(engine: House) -> None:
    job = await engine.jobs.submit(await engine.jobs.plan("reboot", engine.rows, {}))
    await engine.jobs.wait(job.id)
    await engine.jobs.stop(drain_s=5)
    # The clock of the house is far ahead of the one that DBOS looks at.
    successor = Jobs(engine.means, durable=Durable(engine.means, poll_s=0.1))
    await successor.start()
    await successor.stop()
    path = engine.means.database.path
    assert path is not None
    with sqlite3.connect(path.with_name("jobs.db")) as connection:
        query = "SELECT count(*) FROM workflow_status WHERE name = 'device'"
        assert connection.execute(query).fetchone() == (0,)
    connection.close()
    assert len(await successor.results(job.id)) == 4


def test_who_shares_the_database_shares_the_store_of_running_jobs(tmp_path: Path) -> None:
    for mode in (0o600, 0o660):
        database, store = tmp_path / f"{mode:o}.db", tmp_path / f"jobs-{mode:o}.db"
        database.touch()
        database.chmod(mode)
        prepare(store, database)
        assert store.stat().st_mode & 0o777 == mode


async def test_of_no_devices_none_is_lost_whatever_runs(engine: House) -> None:
    """A successor that waits for a device of a dead engine has sent none itself."""
    job = await engine.jobs.submit(await engine.jobs.plan("reboot", engine.rows, {}))
    running = [ResultState.IN_PROGRESS, *[ResultState.PENDING] * 3]
    await engine.until(job.id, running)
    assert engine.jobs.durable is not None
    assert await engine.jobs.durable._lost(job.id, []) == []
    assert (await engine.jobs.wait(job.id)).state == "success"


async def test_a_mistake_in_driving_a_job_does_not_end_its_driving(
    engine: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    look, mistakes = Driver._look, iter([KeyError("x"), None, KeyError("y")])

    async def mistaken(self: Driver, *args: Any) -> Any:
        if (mistake := next(mistakes, None)) is not None:
            raise mistake
        return await look(self, *args)

    monkeypatch.setattr(Driver, "_look", mistaken)
    monkeypatch.setattr(durable, "AGAIN_S", 0.05)
    job = await engine.jobs.submit(await engine.jobs.plan("reboot", engine.rows, {}))
    assert (await engine.jobs.wait(job.id)).state == "success"
    assert [device.boots for device in engine.reach.devices.values()] == [1, 1, 1, 1]
    assert caplog.text.count("it is driven on in") == 2


async def test_a_mistake_in_the_work_on_a_device_is_told_as_no_result(
    engine: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def mistaken(*args: Any, **named: Any) -> Any:
        raise KeyError("x")

    monkeypatch.setattr(device, "end", mistaken)
    monkeypatch.setattr(rollout, "LOOK_EVERY_S", 0.05)
    monkeypatch.setattr(rollout, "LOST_AFTER_LOOKS", 2)
    job = await engine.jobs.submit(await engine.jobs.plan("reboot", engine.rows, {}))
    assert (await engine.jobs.wait(job.id)).state == "failed"
    first, *others = await engine.jobs.results(job.id)
    assert first.state is ResultState.UNKNOWN and first.error is not None
    assert "ended without a result" in first.error.sentence
    assert {one.state for one in others} == {ResultState.SKIPPED}
    assert "the work of job" in caplog.text
