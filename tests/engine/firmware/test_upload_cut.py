"""An upload that is cut goes on where it was, in the same life of the engine and in another."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from owtui.engine.actions.base import Task
from owtui.engine.firmware import stages
from owtui.engine.jobs.state import ResultState
from tests.engine.firmware.cutting import cut_upload, part_bytes, went_on_from
from tests.engine.firmware.place import Place, upgrading

pytestmark = pytest.mark.slow

SIZE = 6 << 20


def cutting(place: Place, *, silent: bool = False) -> list[asyncio.Task[int]]:
    """Cut the first upload in the middle; `silent`: the device is then gone for good."""
    happening: list[asyncio.Task[int]] = []

    async def cut() -> int:
        device = place.device()
        left = await cut_upload(device, SIZE // 3)
        if silent:
            await device.fault(refused=True)
        return left

    async def before(task: Task) -> None:
        if not happening:
            happening.append(asyncio.create_task(cut()))

    place.before("upload", before)
    return happening


async def test_the_rest_of_an_image_is_sent_and_the_progress_begins_there(
    sqlite_url: str, tmp_path: Path
) -> None:
    async with upgrading(sqlite_url, tmp_path, 1, size=SIZE) as place:
        happening = cutting(place)
        job_id = await place.begin()
        [result] = await place.end(job_id)
        assert (result.state, result.error) == (ResultState.SUCCESS, None)
        [left] = went_on_from(place.device())
        assert SIZE // 3 <= await happening[0] <= left < SIZE
        told = [line.text for line in await place.jobs.lines(job_id) if " MiB of " in line.text]
        size = len(place.data)
        assert told == [
            stages.told("upload", stages.sent(0, size)),
            stages.told("upload", stages.sent(left, size)),
        ]
        assert place.device().effects.upgrades == 1
        assert part_bytes(place.device()) == 0


async def test_the_next_upgrade_goes_on_and_needs_room_for_the_rest_alone(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stages, "RETRIES", 0)
    async with upgrading(sqlite_url, tmp_path, 1, size=SIZE) as place:
        happening = cutting(place, silent=True)
        [result] = await place.do()
        assert result.state is ResultState.FAILED
        await happening[0]
        device = place.device()
        left = part_bytes(device)
        files = device.device.files
        files.write("/tmp/older.bin.01234567.owtui.part", b"x" * 9000)
        running = set(device.device.services.running)
        # Less than the image is free, and more than what is missing of it.
        await device.fault(refused=False, memory_left=SIZE + (SIZE - left) // 2)
        [result] = await place.do()
        assert (result.state, result.error) == (ResultState.SUCCESS, None)
        assert went_on_from(device) == {left}
        assert stages.freed(0).partition("(")[0] not in result.output  # nothing was stopped for it
        assert set(device.device.services.running) == running
        assert files.find("/tmp/older.bin.01234567.owtui.part") is None


async def test_who_cancels_leaves_no_part(sqlite_url: str, tmp_path: Path) -> None:
    async with upgrading(sqlite_url, tmp_path, 1, size=SIZE) as place:
        happening = cutting(place)
        job_id = await place.begin()
        await place.until(lambda: bool(happening) and happening[0].done())
        assert part_bytes(place.device()) >= await happening[0] > 0
        await place.jobs.cancel(job_id)
        [result] = await place.end(job_id)
        assert result.state is ResultState.CANCELLED
        assert part_bytes(place.device()) == 0
        assert place.device().effects.upgrades == 0
