"""kill -9 of the engine within an upgrade over HTTP: never flashed twice, and told as what is so.

A few borders each run; OWTUI_CHAOS=full has them all.
"""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from owtui.engine.firmware import stages
from owtui.engine.jobs.state import ResultState
from owtui.engine.openwrt.rights import IMAGE
from storage import devicelist
from tests.engine.configs.httpplace import enrol
from tests.engine.firmware.place import BUILD, look
from tests.engine.firmware.stock import VERSION, image, stock
from tests.engine.jobs.lives import Scene, fleet_of, one_life
from tests.engine.jobs.victim import HTTP_VERBS

FULL = os.environ.get("OWTUI_CHAOS") == "full"
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

STEPS = [f"{name}:after" for name in stages.STAGES]
VERBS = [f"http-{name}:{when}" for name in HTTP_VERBS for when in ("before", "after")]
NOT_SENT = "http-start:before"  # our mark is written, and the request has not left
FEW = ["http-put:after", "http-test:after", NOT_SENT, "http-start:after", "flash:after"]
BORDERS = [*STEPS, *VERBS] if FULL else FEW


@pytest.fixture
async def scene(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Scene]:
    async with fleet_of(1, sqlite_url, tmp_path, enrol) as made:
        boards = [one.device.model.board for one in made.fleet.devices]
        stock(made.parts, boards, image(boards), tmp_path)
        await look(made.parts, made.rows)
        yield replace(made, rows=made.parts.database.read(devicelist.rows))


@pytest.mark.parametrize("border", BORDERS)
async def test_a_device_is_flashed_once_at_most_wherever_the_engine_dies(
    scene: Scene, border: str
) -> None:
    plan = await scene.jobs.plan("upgrade", scene.rows, {**BUILD, "wait_s": 30})
    assert len(plan.changing) == 1, plan.rows
    job = (await scene.jobs.submit(plan)).id
    assert await one_life(scene, job, border, 1) == -signal.SIGKILL, f"nothing came to {border}"
    lost = border == NOT_SENT
    last = await one_life(scene, job, "end:after" if lost else "", 1)
    assert last == (-signal.SIGKILL if lost else 0)
    [result] = await scene.jobs.results(job)
    [device] = scene.fleet.devices
    if lost:  # whether it left nobody knows, so it is not asked for again
        assert result.state is ResultState.FAILED
        assert result.error is not None
        assert "was told to flash and runs as before" in result.error.sentence
        assert (device.effects.upgrades, device.effects.boots) == (0, 1)
        return
    assert (result.state, result.error) == (ResultState.SUCCESS, None)
    assert (device.effects.upgrades, device.effects.boots) == (1, 2)
    assert device.device.release.version == VERSION
    # What was proved and noted is not sent again; what was not noted is.
    assert device.effects.writes[IMAGE] == (2 if border == "http-put:after" else 1)
