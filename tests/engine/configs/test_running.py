"""What devices run, watched by a real engine on simulated devices over real connections."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from uuid import UUID

import pytest
from sqlmodel import Session

from owtui import settings
from owtui.engine.configs import drift, keeping
from owtui.engine.configs.drift import DriftRow
from owtui.engine.configs.running import RunningBook
from owtui.engine.engine import Engine, Role
from owtui.engine.events import DeviceChanged, DriftChanged, Event, Notice
from owtui.operator import Operator
from owtui.settings import Loaded
from owtui.simulator import Fleet, FleetSpec
from storage import revisions
from storage.tables import Job, JobResult

DEADLINE_S = 30.0
NETWORK = "/etc/config/network"


@pytest.fixture
async def fleet() -> AsyncIterator[Fleet]:
    async with Fleet(FleetSpec(devices=3, seed=5, speed=0.05, boot_s=4.0)) as made:
        yield made


@pytest.fixture
async def loaded(sqlite_url: str, fleet: Fleet, tmp_path: Path) -> Loaded:
    """An inventory of the three routers."""
    environ = {**os.environ, "OWTUI_DATABASE": sqlite_url, "XDG_DATA_HOME": str(tmp_path / "data")}
    loaded = settings.load(environ, overrides={"facts_every_s": 0.2})
    fleet.write_inventory(tmp_path / "fleet.csv")
    engine = await Engine.start(loaded, Operator("rosa", "jump", "test"), Role.ATTACH)
    await engine.inventory.apply(await engine.inventory.plan_import(tmp_path / "fleet.csv"))
    await engine.close()
    return loaded


@pytest.fixture
async def engine(loaded: Loaded) -> AsyncIterator[Engine]:
    """An engine that polls them five times a second; without jobs, which take a while to start."""
    made = await Engine.start(loaded, Operator("rosa", "jump", "test"), Role.ATTACH)
    polls = made.polls
    polls.sync()
    duties = [polls.ingest.run, polls.scheduler.run, polls.running.run]
    tasks = [asyncio.create_task(duty()) for duty in duties]
    yield made
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    assert all(task.cancelled() for task in tasks)
    await made.close()


class Ear:
    """Hears the engine, and waits on what it says."""

    def __init__(self, engine: Engine, *topics: str) -> None:
        loop, self._moved = asyncio.get_running_loop(), asyncio.Event()
        wake = lambda: loop.call_soon_threadsafe(self._moved.set)  # noqa: E731
        self._heard = engine.bus.subscribe(topics, wake)
        self.events: list[Event] = []

    async def until(self, true: Callable[[], object]) -> None:
        async with asyncio.timeout(DEADLINE_S):
            while not true():
                await self._moved.wait()
                self._moved.clear()
                self.events += self._heard.take()
        self.events += self._heard.take()

    def of(self, kind: type[Event]) -> list[Event]:
        return [event for event in self.events if isinstance(event, kind)]


def ids_of(engine: Engine, fleet: Fleet) -> list[UUID]:
    by_name = {row.name: row.id for row in engine.fleet.rows.values()}
    return [by_name[device.name] for device in fleet.devices]


def book(engine: Engine) -> RunningBook:
    return engine.polls.running


async def expect_all(engine: Engine, ids: list[UUID]) -> None:
    """Take what each device runs for what was applied."""
    for look in await book(engine).look(ids):
        assert look.running is not None, look.failure
        await book(engine).expect(look.device_id, drift.expectation(look.running.files))


async def one(engine: Engine, device_id: UUID) -> DriftRow:
    (row,) = await book(engine).drift([device_id])
    return row


async def test_polls_read_a_configuration_once_and_again_when_it_moved(
    engine: Engine, fleet: Fleet
) -> None:
    ids = ids_of(engine, fleet)
    read: list[UUID] = []
    reader = book(engine)._reader
    plain = reader.read

    async def counted(device_id: UUID, *args: object) -> object:
        read.append(device_id)
        return await plain(device_id, *args)  # type: ignore[arg-type]

    reader.read = counted  # type: ignore[method-assign,assignment]
    ear = Ear(engine)
    async with asyncio.timeout(DEADLINE_S):
        while not all([await book(engine).running(id_) for id_ in ids]):
            await ear.until(lambda: ear.of(DeviceChanged))
            ear.events.clear()
    await engine.polls.sight_all(ids)
    await engine.polls.sight_all(ids)
    assert sorted(read) == sorted(ids)
    device = fleet.devices[0].device
    device.files.write(NETWORK, device.files.read(NETWORK) + b"# by hand\n")
    await engine.polls.sight_all(ids)
    await ear.until(lambda: len(read) > 3)
    assert read[3:] == [ids[0]]


async def test_a_device_drifts_when_its_uci_says_something_else(
    engine: Engine, fleet: Fleet
) -> None:
    ids = ids_of(engine, fleet)
    await expect_all(engine, ids)
    ear = Ear(engine, DriftChanged.topic, Notice.topic)
    device = fleet.devices[0].device
    before = device.files.read(NETWORK)
    device.files.write(NETWORK, before + b"# a comment is no drift\n")
    device.uci.stage("network", _mtu("1400"))
    device.uci.commit("network")
    await ear.until(lambda: ear.of(DriftChanged) and ear.of(Notice))
    assert ear.of(DriftChanged) == [DriftChanged(str(ids[0]), True)]
    (notice,) = ear.of(Notice)
    assert isinstance(notice, Notice)
    assert notice.sentence == f"{device.name} has drifted: network."
    row = engine.fleet.rows[ids[0]]
    assert row.drift == "network"
    assert [engine.fleet.rows[id_].drift for id_ in ids[1:]] == ["", ""]
    assert engine.select("drifted=yes").ids == engine.select("drift=network").ids == (ids[0],)
    told = await one(engine, ids[0])
    assert (told.drifted, told.packages, told.ignored) == (True, ("network",), False)
    assert told.since is not None and told.who
    device.files.write(NETWORK, before)
    await ear.until(lambda: len(ear.of(DriftChanged)) > 1)
    assert ear.of(DriftChanged)[1:] == [DriftChanged(str(ids[0]), False)]
    assert (await one(engine, ids[0])).packages == ()


def _mtu(value: str) -> object:
    from owtui.simulator.ucistore import SET, Change

    return Change(SET, "lan", "mtu", value)


async def test_a_comment_is_kept_and_is_no_drift(engine: Engine, fleet: Fleet) -> None:
    ids = ids_of(engine, fleet)
    await expect_all(engine, ids)
    device = fleet.devices[0].device
    text = device.files.read(NETWORK) + b"# a comment\n"
    device.files.write(NETWORK, text)
    (look,) = await book(engine).look(ids[:1])
    assert look.packages == ()
    running = await book(engine).running(ids[0])
    assert running is not None and running.files[NETWORK].data == text


async def test_who_changed_it_by_a_shell_is_told_with_its_address(
    engine: Engine, fleet: Fleet
) -> None:
    ids = ids_of(engine, fleet)
    await expect_all(engine, ids)
    device = fleet.devices[0].device
    stranger = "Password auth succeeded for 'root' from 192.0.2.77:50001"
    device.journal.say("dropbear[4711]", stranger, "authpriv.notice")
    device.uci.stage("network", _mtu("1300"))
    device.uci.commit("network")
    (look,) = await book(engine).look(ids[:1])
    assert look.packages == ("network",)
    assert (await one(engine, ids[0])).who == "a shell (root from 192.0.2.77)"


async def test_ignored_drift_is_told_again_when_the_device_moves(
    engine: Engine, fleet: Fleet
) -> None:
    ids = ids_of(engine, fleet)
    await expect_all(engine, ids)
    device = fleet.devices[0].device
    device.uci.stage("network", _mtu("1400"))
    device.uci.commit("network")
    await book(engine).look(ids[:1])
    assert await book(engine).ignore(ids[0], engine.operator) == ("network",)
    assert engine.fleet.rows[ids[0]].drift == ""
    row = await one(engine, ids[0])
    assert (row.drifted, row.ignored) == (True, True)
    await book(engine).look(ids[:1])
    assert engine.fleet.rows[ids[0]].drift == ""
    audited = await engine.audit([ids[0]], action="ignore_drift")
    assert audited[0]["detail"] == {"packages": ["network"]}
    device.uci.stage("network", _mtu("1401"))
    device.uci.commit("network")
    await book(engine).look(ids[:1])
    assert engine.fleet.rows[ids[0]].drift == "network"


async def test_half_of_a_push_is_no_drift(engine: Engine, fleet: Fleet) -> None:
    ids = ids_of(engine, fleet)
    await expect_all(engine, ids)
    before = await book(engine).running(ids[0])

    def begin(session: Session) -> UUID:
        number = revisions.next_number(session, "job-number")
        job = Job(number=number, action="push_config", changes=True, state="in-progress")
        session.add(job)
        session.flush()
        result = JobResult(job_id=job.id, device_id=ids[0], state="in-progress")
        session.add(result)
        session.flush()
        return result.id

    result_id = engine.database.write(begin)
    device = fleet.devices[0].device
    device.uci.stage("network", _mtu("1400"))
    device.uci.commit("network")
    (look,) = await book(engine).look(ids[:1])
    assert look.running is not None and look.packages == ()
    assert await book(engine).running(ids[0]) == before

    late = await book(engine)._reader.read(ids[0])  # and written when the job has ended
    assert late.unsettled

    def end(session: Session) -> None:
        session.get_one(JobResult, result_id).state = "success"
        assert keeping.record(session, None, [late]) == {}
        assert look.running is not None
        applied = drift.expectation(look.running.files)
        keeping.applied(session, engine._parts.vault(), ids[0], look.running, applied)

    engine.database.write(end)
    (look,) = await book(engine).look(ids[:1])
    assert look.packages == ()
    assert engine.fleet.rows[ids[0]].drift == ""


async def test_a_device_that_tells_its_fingerprint_only_by_itself_is_asked_now_and_then(
    engine: Engine, fleet: Fleet
) -> None:
    ids = ids_of(engine, fleet)
    assert [book(engine).asks(ids[0]) for _ in range(3)] == [True, False, False]
    assert book(engine).asks(ids[1])


async def test_a_device_that_does_not_answer_has_a_failure_in_its_row(
    engine: Engine, fleet: Fleet
) -> None:
    ids = ids_of(engine, fleet)
    await fleet.devices[1].fault(refused=True)
    fleet.devices[1].cut()
    looks = await book(engine).look(ids)
    assert [look.device_id for look in looks] == ids
    assert [look.failure is None for look in looks] == [True, False, True]


async def test_further_paths_are_watched_once_they_are_expected(
    engine: Engine, fleet: Fleet
) -> None:
    ids = ids_of(engine, fleet)
    device = fleet.devices[0].device
    await expect_all(engine, ids)
    running = await book(engine).running(ids[0])
    assert running is not None
    device.files.write("/etc/motd", b"hello\n")
    expected = drift.expectation(running.files)
    more = {**expected.sums, "/etc/motd": "b1946ac92492d2347c6235b4d2611184"}
    await book(engine).expect(ids[0], drift.Expectation(more, expected.digests))
    ear = Ear(engine, DriftChanged.topic)
    (look,) = await book(engine).look(ids[:1])
    assert look.packages == () and look.running is not None
    assert look.running.files["/etc/motd"].data == b"hello\n"
    device.files.remove("/etc/motd")
    await ear.until(lambda: ear.of(DriftChanged))
    assert engine.fleet.rows[ids[0]].drift == "/etc/motd"


async def test_whoever_holds_the_engine_keeps_what_devices_run(
    loaded: Loaded, fleet: Fleet
) -> None:
    engine = await Engine.start(loaded, Operator("rosa", "jump", "test"), Role.HOLD)
    ear = Ear(engine)
    try:
        ids = ids_of(engine, fleet)
        async with asyncio.timeout(DEADLINE_S):
            while not all([await book(engine).running(id_) for id_ in ids]):
                ear.events.clear()
                await ear.until(lambda: ear.of(DeviceChanged))
    finally:
        await engine.close()
