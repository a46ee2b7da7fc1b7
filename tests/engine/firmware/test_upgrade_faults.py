"""What an upgrade must not believe, leave behind or say: each once a defect."""

from __future__ import annotations

import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete

from owtui.engine.actions.base import Task
from owtui.engine.firmware.upgrading import Upgrade
from owtui.engine.jobs.state import ResultState
from owtui.engine.openwrt import upgrade as verbs
from owtui.engine.transport.base import CommandResult
from owtui.errors import DeviceError, Kind
from storage.core import FIRMWARE_IMAGE
from storage.db import Database
from tests.engine.firmware.place import Place, upgrading
from tests.engine.firmware.test_flashing import AIM
from tests.engine.jobs.twins import build

pytestmark = pytest.mark.slow


@pytest.fixture
async def place(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Place]:
    async with upgrading(sqlite_url, tmp_path, 1) as made:
        yield made


def images(place: Place) -> list[str]:
    return [name for name in place.device().device.files.names("/tmp") if name.endswith(".bin")]


async def test_a_checksum_file_of_a_release_that_it_does_not_run_proves_nothing(
    place: Place,
) -> None:
    """Others flashed it since, or we never saw how the last flash ended; then back to this one."""
    device = place.device().device
    device.files.mkdir("/etc/openwisp")
    device.files.write("/etc/openwisp/firmware_checksum", place.image.sha256)
    [result] = await place.do()
    assert (result.state, result.changed, device.effects.upgrades) == (ResultState.SUCCESS, True, 1)


async def test_services_run_again_where_the_image_is_altered_in_the_middle(
    sqlite_url: str, tmp_path: Path
) -> None:
    async with upgrading(sqlite_url, tmp_path, 1, size=3 << 20) as place:
        services = place.device().device.services
        before = set(services.running)
        await place.device().fault(memory_left=2 << 20)
        stopped: list[int] = []

        async def alter(task: Task) -> None:
            stopped.append(len(before - set(services.running)))
            store = place.jobs.means.images
            store.path(place.image.build_id, place.image.file_name).write_bytes(b"other")

        place.before("test", alter)
        [result] = await place.do()
        assert result.error is not None
        assert "is no longer what was added" in result.error.sentence
        assert stopped[0] > 0
        assert set(services.running) == before
        assert not images(place)


async def test_an_image_that_sysupgrade_refuses_at_last_does_not_stay_in_memory(
    place: Place,
) -> None:
    async def spoil(task: Task) -> None:
        place.device().device.files.write(f"/tmp/{place.image.file_name}", b"spoilt")

    place.before("flash", spoil)
    [result] = await place.do()
    assert (result.state, images(place)) == (ResultState.ABORTED, [])


async def test_another_device_that_answers_is_left_alone(place: Place) -> None:
    device = place.device().device
    device.files.write("/etc/config/openwisp", "config controller 'http'\n\toption uuid 'ab'\n")
    device.files.write(f"/tmp/{place.image.file_name}", b"its own")
    [result] = await place.do()
    assert (result.state, len(images(place))) == (ResultState.ABORTED, 1)


async def test_an_image_removed_from_the_library_during_its_flash_is_verified_all_the_same(
    place: Place,
) -> None:
    async def remove(task: Task) -> None:
        await place.parts.database.awrite(lambda session: session.execute(delete(FIRMWARE_IMAGE)))

    place.before("return", remove)
    [result] = await place.do()
    assert (result.state, result.error) == (ResultState.SUCCESS, None)


async def test_a_device_that_was_flashed_is_never_called_as_it_was(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def denied(router: Any, sha256: str) -> None:
        place.skip(200)
        raise DeviceError("It may not write there.", kind=Kind.DENIED)

    monkeypatch.setattr(verbs, "write_checksum", denied)
    [result] = await place.do()
    assert result.error is not None
    assert "was flashed and is back" in result.error.sentence
    assert (result.state, place.device().device.effects.upgrades) == (ResultState.FAILED, 1)


async def test_the_timer_of_services_ends_with_them(place: Place) -> None:
    """It would start too early what the next upgrade stops."""
    row = (await place.rows())[0]
    async with place.parts.reach.router(row.id) as router:
        assert await verbs.stop_services(router)
        alive = f"kill -0 $(cat {verbs.FOLDER}/timer.pid)"
        assert (await router.exec(alive)).ok
        await verbs.start_services(router)
        assert not (await router.exec(alive)).ok


def test_a_service_that_reads_its_input_takes_no_names_from_the_list(tmp_path: Path) -> None:
    stopped, started = tmp_path / "stopped", tmp_path / "started"
    stopped.write_text("cron\nrpcd\nlog\n")
    for name in ("cron", "rpcd", "log"):
        script = tmp_path / name
        script.write_text(f"#!/bin/sh\ncat >/dev/null\necho {name} >>{started}\n")
        script.chmod(0o755)
    line = verbs._START_ALL.replace(verbs.STOPPED, str(stopped))
    line = line.replace("/etc/init.d", str(tmp_path))
    subprocess.run(["sh", "-c", line], check=True, timeout=20)
    assert started.read_text().split() == ["cron", "rpcd", "log"]
    assert not stopped.exists()


async def test_memory_is_measured_when_the_wifi_is_down(tmp_path: Path) -> None:
    """It goes down a second after the answer: what it holds is not free before."""
    database = Database.open(f"sqlite:///{tmp_path / 'owtui.db'}")
    house = build(database, tmp_path, 1)
    down_at: list[float] = []

    def answer(command: str) -> CommandResult:
        if "wifi down" in command and "echo wifi" in command:
            down_at.append(house.means.clock() + 1.0)
        if "meminfo" in command:
            is_down = bool(down_at) and house.means.clock() > down_at[0]
            return CommandResult(f"MemFree: {9 if is_down else 0} kB\n".encode(), b"", 0)
        return CommandResult(b"", b"", 0)

    house.device(0).answer = answer
    job = await house.jobs.submit(await house.jobs.plan("reboot", house.rows, {}))
    task = house.means.task(job.id, house.rows[0].id, "ap", {}, lambda text: None, {})
    assert (await Upgrade(task, AIM, {}, lambda: 0.0).memory())["free"] == 9 * 1024
    database.close()
