"""kill -9 of the engine at every step of a push: each device confirmed or restored, never half.

A few borders each run; OWTUI_CHAOS=full has them all, with several seeds.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

import pytest
from sqlmodel import Session

from owtui.engine.actions.push_config import PushConfig
from storage import configs
from tests.engine.configs.killing import QUICK, Drill
from tests.engine.jobs.lives import borders, fleet_of

FULL = os.environ.get("OWTUI_CHAOS") == "full"
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800 if FULL else 240)]

DEVICES = 3
SEEDS = range(1, 4) if FULL else [1]
FEW = ("act-upload:after", "act-confirm:before", "act-confirm:after", "keep:after")
FEW_TOGETHER = ("act-commit:after", "met-3:after", "act-confirm:after")


def around(*acts: str) -> list[str]:
    return [f"act-{act}:{when}" for act in acts for when in ("before", "after")]


ALL = [*borders(PushConfig()), *around("status", "upload", "check", "confirm")]
ALL_TOGETHER = [*ALL, *around("commit"), "met-2:after", "met-3:after"]


@pytest.fixture
async def drill(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Drill]:
    async with fleet_of(DEVICES, sqlite_url, tmp_path) as scene:
        yield Drill.of(scene)


@pytest.mark.parametrize("seed", SEEDS)
async def test_each_device_is_confirmed_or_restored(drill: Drill, seed: int) -> None:
    print(f"kill test of push_config: seed {seed}")  # shown when it fails
    dice = Random(seed)
    for border in ALL if FULL else FEW:
        job = await drill.submit()
        occurrence = 1 if border.startswith("close") else dice.randint(1, DEVICES)
        await drill.dies(job, border, occurrence)
        await drill.lives(job)
        results = await drill.check(job, border)
        # The next life came within the window, so nothing was lost.
        assert [result.error for result in results] == [None] * DEVICES, border


@pytest.mark.parametrize("seed", SEEDS)
async def test_what_waits_while_no_engine_lives_takes_itself_back(drill: Drill, seed: int) -> None:
    print(f"kill test of push_config, late: seed {seed}")  # shown when it fails
    dice = Random(seed)
    late = around("upload", "check", "confirm") if FULL else ["act-check:after"]
    for border in late:
        job = await drill.submit()
        await drill.dies(job, border, dice.randint(1, DEVICES))
        await drill.windows_over()
        await drill.lives(job)
        await drill.check(job, border)


@pytest.mark.parametrize("seed", SEEDS)
async def test_all_or_none_whichever_life_was_killed(drill: Drill, seed: int) -> None:
    print(f"kill test of push_config, together: seed {seed}")  # shown when it fails
    dice = Random(seed)
    for border in ALL_TOGETHER if FULL else FEW_TOGETHER:
        job = await drill.submit(together=True)
        occurrence = 1 if border.startswith("close") else dice.randint(1, DEVICES)
        await drill.dies(job, border, occurrence)
        await drill.lives(job)
        await drill.check(job, border, together=True)


@pytest.mark.parametrize("border", [*around("commit", "confirm"), "met-2:after", "met-3:after"])
async def test_all_or_none_when_no_engine_lives_until_the_windows_are_over(
    drill: Drill, border: str
) -> None:
    job = await drill.submit(together=True)
    await drill.dies(job, border)
    await drill.windows_over()
    await drill.lives(job)
    await drill.check(job, border, together=True)


async def test_one_that_took_itself_back_is_pushed_anew_however_often_the_engine_dies(
    drill: Drill,
) -> None:
    """Killed between two confirms, and again within the push that makes it good."""
    for border in around("upload", "confirm"):
        job = await drill.submit(together=True)
        await drill.dies(job, "act-confirm:after")
        await drill.windows_over()
        await drill.dies(job, border)
        await drill.lives(job)
        results = await drill.check(job, border, together=True)
        assert [result.error for result in results] == [None] * DEVICES


async def test_a_rollback_that_dies_once_it_is_recorded_is_one_generation(drill: Drill) -> None:
    for _ in range(2):
        job = await drill.submit()
        await drill.lives(job)
        await drill.check(job, "")
    job = await drill.submit("rollback_config", watch=1)
    await drill.dies(job, "keep:after", 2)
    await drill.lives(job)
    results = await drill.scene.jobs.results(job)
    assert [result.error for result in results] == [None] * DEVICES


async def test_one_that_has_its_files_already_holds_up_nobody(drill: Drill) -> None:
    """All or none: it has nothing to put, and the others still count on it."""
    job = await drill.submit()
    await drill.lives(job)
    await drill.check(job, "")
    first, *others = drill.scene.rows

    def lose(session: Session) -> None:
        configs.report(session, first.id, "error", "the record alone is wrong")

    await drill.place.parts.database.awrite(lose)
    await drill.place.configure(*(row.name for row in others), general={"timezone": "Europe/Paris"})
    await drill.place.look()
    rows = await drill.place.rows()
    plan = await drill.scene.jobs.plan("push_config", rows, {**QUICK, "together": True})
    assert [row.device for row in plan.changing] == [row.name for row in rows]
    together = (await drill.scene.jobs.submit(plan)).id
    await drill.lives(together)
    results = await drill.scene.jobs.results(together)
    assert [result.error for result in results] == [None] * DEVICES
