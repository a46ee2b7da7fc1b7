"""kill -9 at every border of an upgrade: never flashed twice, and no service stays stopped."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from owtui.engine.actions.registry import Registry
from owtui.engine.actions.upgrade import Upgrade
from owtui.engine.firmware import stages
from owtui.engine.jobs.state import ResultState
from storage import devicelist
from tests.engine.firmware.place import BUILD, look
from tests.engine.firmware.stock import VERSION, image, stock
from tests.engine.jobs.lives import Scene, borders, fleet_of
from tests.engine.jobs.test_kill import FULL, SEEDS, die_at_every_border
from tests.engine.jobs.victim import VERBS

pytestmark = pytest.mark.slow

DEVICES = 50 if FULL else 4
MOST = 4 if FULL else 1  # 1: the canary dies at every border there is


@pytest.fixture
async def scene(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Scene]:
    """Devices of which every other one has to stop services before the image fits."""
    async with fleet_of(DEVICES, sqlite_url, tmp_path) as made:
        boards = sorted({one.device.model.board for one in made.fleet.devices})
        data = image(boards, size=1 << 20)
        stock(made.parts, boards, data, tmp_path)
        await look(made.parts, made.rows)
        rows = made.parts.database.read(devicelist.rows)
        for row in rows[::2]:  # the canary is the first
            await made.fleet[row.name].fault(memory_left=len(data) - 8192)
        yield replace(made, rows=rows)


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_device_is_flashed_once_however_often_the_engine_dies(
    scene: Scene, seed: int
) -> None:
    action = Registry.load().get("upgrade")
    assert isinstance(action, Upgrade)
    verbs = [f"verb-{name}:{when}" for name in VERBS for when in ("before", "after")]
    # A border before a step is the one after the step before it.
    steps = [one for one in borders(action)[:-3] if FULL or one.endswith(":after")]
    wanted = sorted([*steps, *verbs], key=_place)
    running = {d.name: set(d.device.services.running) for d in scene.fleet.devices}
    results = await die_at_every_border(
        scene,
        "upgrade",
        seed,
        {},
        [*wanted, "end:before", "end:after", "close:after"],
        params={**BUILD, "wait_s": 120},
        devices=DEVICES,
        most=MOST,
    )
    for result in results:
        device = scene.fleet[result.device]
        ok = result.state is ResultState.SUCCESS
        assert ok, result.error
        assert (device.effects.upgrades, device.effects.boots) == (1, 2), result
        assert device.device.release.version == VERSION
        assert set(device.device.services.running) == running[device.name]


def _place(border: str) -> tuple[int, int]:
    """When a device meets a border: its step, then what is within the step."""
    name = border.partition(":")[0]
    within = dict(zip(VERBS, ("memory", "backup", "test", "flash", "verify"), strict=True))
    step = within.get(name.removeprefix("verb-"), name)
    order = ["begin", *stages.STAGES]
    moment = ("before", "verb-before", "verb-after", "after")
    when = border.partition(":")[2]
    return order.index(step), moment.index(f"verb-{when}" if "verb-" in border else when)
