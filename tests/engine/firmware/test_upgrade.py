"""One upgrade over real SSH on simulated devices, which count what was done to them."""

from __future__ import annotations

import asyncio
import stat
import tarfile
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import update
from sqlmodel import Session

from owtui.engine.actions.base import Task
from owtui.engine.firmware import stages
from owtui.engine.jobs.plan import Verdict
from owtui.engine.jobs.result import Result
from owtui.engine.jobs.state import ResultState
from owtui.engine.openwrt.facts import Facts
from owtui.errors import BlockedError, InputError, Kind
from storage import credentials, devices
from storage.core import FIRMWARE_IMAGE
from tests.engine.firmware.place import Place, upgrading
from tests.engine.firmware.stock import REVISION, VERSION

pytestmark = pytest.mark.slow

WAIT = {"wait_s": 60}


@pytest.fixture
async def place(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Place]:
    async with upgrading(sqlite_url, tmp_path) as made:
        yield made


def uploads(place: Place, at: int = 0) -> int:
    """How often an image came to a device."""
    writes = place.device(at).effects.writes
    return sum(number for path, number in writes.items() if path.endswith(".part"))


def backed_up(path: Path) -> bytes:
    """The network of a backup, which nobody else may read."""
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with tarfile.open(path) as archive:
        kept = archive.extractfile("etc/config/network")
        assert kept is not None
        return kept.read()


async def test_a_device_is_flashed_once_keeps_its_configuration_and_is_verified(
    place: Place,
) -> None:
    device = place.device().device
    device.files.mkdir("/etc/openwisp")
    device.files.write("/etc/openwisp/checksum", "old")
    network = device.files.read("/etc/config/network")
    [row] = (await place.plan()).rows
    assert (row.verdict, row.reason) == (Verdict.CHANGE, f"{device.release.version} → {VERSION}")
    assert row.commands[1].startswith("/sbin/sysupgrade -v -c /tmp/openwrt-")
    [result] = await place.do()
    assert (result.state, result.error) == (ResultState.SUCCESS, None)
    assert (device.effects.upgrades, device.effects.boots, uploads(place)) == (1, 2, 1)
    assert (device.release.version, device.release.revision) == (VERSION, REVISION)
    assert device.files.read("/etc/config/network") == network
    written = device.files.read("/etc/openwisp/firmware_checksum").decode()
    assert written.strip() == place.image.sha256
    assert device.files.find("/etc/openwisp/checksum") is None
    assigned = await place.assigned()
    assert assigned is not None
    assert (assigned.installed, assigned.checksum) == (True, place.image.sha256)
    assert stages.COMPLETED in result.output

    [said] = [line for line in result.output.splitlines() if line.startswith("backup ")]
    assert backed_up(Path(said.split()[1])) == network

    # What we know of it is old still: the checksum on the device says that nothing is to be done.
    [again] = await place.do()
    assert (again.state, again.changed, again.step) == ("success", False, stages.NOT_NEEDED)
    assert (device.effects.upgrades, uploads(place)) == (1, 1)
    await place.look()
    [row] = (await place.plan()).rows
    assert (row.verdict, row.reason) == (Verdict.SAME, f"runs {VERSION} already")


async def test_an_inventory_may_know_a_device_by_any_of_its_macs_and_by_no_other(
    place: Place,
) -> None:
    async def known_as(mac: str) -> None:
        [first, *_] = await place.rows()
        await place.parts.database.awrite(
            lambda session: devices.update(session, first.id, mac_address=mac)
        )

    await known_as("02:00:00:00:00:01")
    [result] = await place.do()
    assert (result.state, result.error and result.error.kind) == ("aborted", Kind.CHANGED)
    assert result.error is not None and "not 02:00:00:00:00:01" in result.error.sentence
    assert place.device().device.effects.upgrades == 0

    [first, *_] = await place.rows()
    facts = Facts.from_dict(first.facts or {})
    [other, *_] = sorted(facts.macs - {facts.mac})
    await known_as(other)
    [result] = await place.do()
    assert (result.state, result.error) == (ResultState.SUCCESS, None)


async def test_a_plan_says_why_a_device_has_no_upgrade(place: Place) -> None:
    with pytest.raises(InputError, match="There is no build called “roofs/1”"):
        await place.plan(build="roofs/1")
    with pytest.raises(InputError, match="cannot be used together"):
        await place.plan(options="n,o")
    [clean] = (await place.plan(options="n")).rows
    assert clean.reason.endswith("! Its configuration is not kept.")
    assert " -v -n /tmp/" in clean.commands[1]
    place.parts.database.write(
        lambda session: session.execute(update(FIRMWARE_IMAGE).values(boards=["other,board"]))
    )
    [row] = (await place.plan()).rows
    own = place.device().device.model.board
    assert (row.verdict, row.reason) == (Verdict.BLOCKED, f"No image is for {own}.")


async def test_cancelled_before_the_flash_nothing_happens_and_after_it_is_refused(
    place: Place,
) -> None:
    """Acceptance 14 c."""
    cancelled = asyncio.Event()

    async def cancel(task: Task) -> None:
        if not cancelled.is_set():
            await place.jobs.cancel(task.job_id)
            cancelled.set()

    place.before("test", cancel)
    [result] = await place.do()
    device = place.device().device
    assert result.state is ResultState.CANCELLED
    assert result.error is not None
    assert (result.error.kind, result.error.sentence) == (Kind.CANCELLED, stages.CANCELLED)
    assert device.effects.upgrades == 0
    assert not [name for name in device.files.names("/tmp") if name.endswith(".bin")]

    refused: list[str] = []

    async def too_late(task: Task) -> None:
        with pytest.raises(BlockedError) as error:
            await place.jobs.cancel(task.job_id)
        refused.append(error.value.sentence)

    place.before("return", too_late)
    [result] = await place.do()
    assert refused == [stages.TOO_LATE]
    assert (result.state, device.effects.upgrades) == (ResultState.SUCCESS, 1)


async def test_services_make_room_and_run_again_where_it_does_not_suffice(
    sqlite_url: str, tmp_path: Path
) -> None:
    """Acceptance 14 e, with exactly those started again that ran."""
    async with upgrading(sqlite_url, tmp_path, size=3 << 20) as place:
        first, second = place.device(0), place.device(1)
        second.device.services.stop("odhcpd")
        before = set(second.device.services.running)
        await first.fault(memory_left=2 << 20)
        await second.fault(memory_left=2 << 20)
        [result] = await place.do()
        assert result.state is ResultState.SUCCESS, result.error
        assert "Enough available memory was freed up on the system (" in result.output
        assert uploads(place) == 1

        def grow(session: Session) -> None:
            session.execute(update(FIRMWARE_IMAGE).values(size=200 << 20))

        place.parts.database.write(grow)
        plan = await place.plan(2)
        job = await place.jobs.submit(replace(plan, rows=plan.rows[1:], waves=(1,)))
        [result] = await place.end(job.id)
        assert result.state is ResultState.ABORTED
        assert result.error is not None
        assert stages.SERVICES_STARTED in result.error.sentence
        assert set(second.device.services.running) == before
        assert (second.effects.upgrades, uploads(place, 1)) == (0, 0)


async def test_without_room_even_for_a_note_no_service_is_stopped(
    sqlite_url: str, tmp_path: Path
) -> None:
    """Found by chaos: they were stopped, nothing was written down, and none ran again."""
    async with upgrading(sqlite_url, tmp_path, 1, size=3 << 20) as place:
        device = place.device()
        before = set(device.device.services.running)
        await device.fault(memory_left=2 << 20)
        with pytest.raises(OSError, match="No space"):
            device.device.files.write("/tmp/filler", bytes(device.device.files.tmp.size))
        [result] = await place.do()
        assert result.state is ResultState.ABORTED
        assert set(device.device.services.running) == before


async def test_what_sysupgrade_refuses_at_last_is_told_and_nothing_was_flashed(
    place: Place,
) -> None:
    """Its test went well, and then somebody spoilt the image: the log tells it from a flash."""
    device = place.device().device
    path = f"/tmp/{place.image.file_name}"

    async def spoil(task: Task) -> None:
        device.files.write(path, b"spoilt")

    place.before("flash", spoil)
    [result] = await place.do()
    assert result.state is ResultState.ABORTED
    assert result.error is not None
    assert "sysupgrade flashed nothing: Image metadata not present" in result.error.sentence
    assert (device.effects.upgrades, device.effects.boots) == (0, 1)


async def test_without_its_configuration_a_device_is_flashed_and_not_trusted_blindly(
    place: Place,
) -> None:
    [result] = await place.do(options="n", **WAIT)
    device = place.device()
    assert result.state is ResultState.FAILED
    assert result.error is not None
    assert "Its configuration was not kept" in result.error.hint
    assert (device.effects.upgrades, device.device.release.version) == (1, VERSION)
    assert device.device.password_is("")
    assigned = await place.assigned()
    assert assigned is not None
    assert assigned.installed


@pytest.mark.pg
async def test_on_a_shared_database_it_is_the_same(pg_url: str, tmp_path: Path) -> None:
    async with upgrading(pg_url, tmp_path) as place:
        results = await place.do(2)
        assert [(one.state, one.error) for one in results] == [(ResultState.SUCCESS, None)] * 2
        assert [place.device(at).effects.upgrades for at in range(2)] == [1, 1]


FAULTS = {
    "key": {"flash_new_host_key": True},
    "ok": {},
    "other": {},
    "same": {},
    "board": {},
    "away": {"flash_no_return": True},
    "old": {"flash_old_release": True},
    "moved": {"flash_new_address": True},
    "cut": {},
    "dark": {},
}


async def test_each_device_ends_as_what_befell_it_demands(sqlite_url: str, tmp_path: Path) -> None:
    """Acceptance 14 b and f, and what else may go wrong, each on a device of its own."""
    async with upgrading(sqlite_url, tmp_path, len(FAULTS)) as place:
        rows = await place.rows()
        at = {name: index for index, name in enumerate(FAULTS)}
        for name, faults in FAULTS.items():
            if faults:
                await place.device(at[name]).fault(**faults)
        uuids = {"other": "1" * 32, "same": rows[at["same"]].id.hex}
        for name, uuid in uuids.items():
            text = f"config controller 'http'\n\toption uuid '{uuid}'\n"
            place.device(at[name]).device.files.write("/etc/config/openwisp", text)
        # Its own word for its board is another one than when we looked.
        model = place.device(at["board"]).device
        model.model = replace(model.model, board="other,board")
        disturb(place, at, rows[at["moved"]].id)

        plan = await place.plan(len(FAULTS), **WAIT)
        plan = replace(plan, waves=(len(FAULTS),), stop_after=99, parallel=99)
        results = await place.end((await place.jobs.submit(plan)).id)
        ended = {name: results[index] for name, index in at.items()}
        check(place, at, ended)
        installed = {name: await place.assigned(index) for name, index in at.items()}
        assert {name for name, one in installed.items() if one and one.installed} == {
            *("ok", "same", "away", "key", "moved", "cut", "dark")
        }
        away = rows[at["away"]].id
        kept = place.parts.database.read(lambda s: credentials.connections(s, away))
        assert [one.is_working for one in kept] == [False]


def disturb(place: Place, at: dict[str, int], moved: object) -> None:
    """Cut one upload, the power of one device, and let records follow the one that moves."""
    once: set[str] = set()

    async def before_upload(task: Task) -> None:
        names = {place.device(at[name]).name: name for name in ("cut", "dark")}
        name = names.get(task.device)
        if name is None or name in once:
            return
        once.add(name)
        device = place.device(at[name])
        if name == "dark":
            await device.power_cycle()
            return

        async def cut() -> None:
            await place.until(lambda: uploads(place, at["cut"]) > 0)
            device.cut()

        cutting.append(asyncio.create_task(cut()))

    async def before_return(task: Task) -> None:
        if task.device_id != moved:
            return
        device = place.device(at["moved"])
        await place.until(lambda: device.effects.upgrades == 1)

        def write(session: Session) -> None:
            devices.update(session, task.device_id, address="", management_ip=device.address)

        await place.parts.database.awrite(write)

    cutting: list[asyncio.Task[None]] = []
    place.before("upload", before_upload)
    place.before("return", before_return)


def check(place: Place, at: dict[str, int], ended: dict[str, Result]) -> None:
    """What each device counts, and what is told of it."""
    states = {name: result.state.value for name, result in ended.items()}
    errors = {name: result.error.sentence if result.error else "" for name, result in ended.items()}
    assert states == {
        "ok": "success",
        "other": "aborted",
        "same": "success",
        "board": "aborted",
        "away": "failed",
        "old": "failed",
        "key": "failed",
        "moved": "success",
        "cut": "success",
        "dark": "success",
    }, errors
    assert errors["other"].startswith("Device UUID mismatch: expected ")
    assert uploads(place, at["other"]) == 0
    assert "other,board" in errors["board"]
    assert errors["away"].startswith(stages.GIVING_UP)
    assert "and it runs " in errors["old"]
    assert "another host key" in errors["key"]
    flashes = {name: place.device(index).effects.upgrades for name, index in at.items()}
    assert flashes == {name: int(state != "aborted") for name, state in states.items()}, flashes
