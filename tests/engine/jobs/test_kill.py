"""kill -9 at every step border: each device ends done or told, none lost, nothing twice.

The devices are simulated in this process and count for themselves; the engine is a process of its
own, killed and started again until the job is over. OWTUI_CHAOS=full repeats it with more seeds.
"""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from owtui.engine.actions.base import Change
from owtui.engine.jobs.result import Result
from owtui.engine.jobs.state import ResultState
from storage import credentials
from tests.engine.jobs.lives import Scene, borders, fleet_of, one_life

pytestmark = pytest.mark.slow

DEVICES = 50
FULL = os.environ.get("OWTUI_CHAOS") == "full"
SEEDS = range(1, 9) if FULL else [1]
FEW = ("set:after", "verify:after", "keep:after", "end:after")
NEW_PASSWORD = "a-new-password"


@pytest.fixture
async def scene(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Scene]:
    """On SQLite, where one engine runs."""
    async with fleet_of(DEVICES, sqlite_url, tmp_path) as made:
        yield made


@pytest.fixture
async def shared_scene(pg_url: str, tmp_path: Path) -> AsyncIterator[Scene]:
    """On PostgreSQL, where engines of several zones run."""
    async with fleet_of(12, pg_url, tmp_path) as made:
        yield made


async def die_at_every_border(
    scene: Scene,
    action: str,
    seed: int,
    secrets: Mapping[str, str],
    only: Sequence[str] = (),
    params: Mapping[str, Any] | None = None,
    devices: int = DEVICES,
    most: int = 4,
) -> list[Result]:
    """One job, one kill a border, each at another of the devices; then to its end."""
    print(f"kill test of {action}: seed {seed}")  # shown when it fails
    dice = Random(seed)
    plan = await scene.jobs.plan(action, scene.rows, params or {}, parallel=devices)
    # All at once after the canary, so that every kill meets devices at many borders.
    plan = replace(plan, waves=(1, devices - 1), stop_after=devices)
    job = await scene.jobs.submit(plan, secrets)
    chosen = scene.jobs.means.registry.get(action)
    assert isinstance(chosen, Change)
    kills = 0
    wanted = only or borders(chosen)
    for border in wanted:
        occurrence = 1 if border.startswith("close") else dice.randint(1, most)
        status = await one_life(scene, job.id, border, occurrence)
        kills += status == -signal.SIGKILL
    assert kills >= len(wanted) - 2, "too few kills to prove anything"
    assert await one_life(scene, job.id, "", 0) == 0
    results = await scene.jobs.results(job.id)
    assert len(results) == devices
    assert all(result.state.is_over for result in results)
    assert (await scene.jobs.find(str(job.number))).job.finished is not None
    return results


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_reboot_happens_once_however_often_the_engine_dies(scene: Scene, seed: int) -> None:
    before = scene.counts(lambda effects: effects.boots)  # type: ignore[attr-defined]
    results = await die_at_every_border(scene, "reboot", seed, {})
    after = scene.counts(lambda effects: effects.boots)  # type: ignore[attr-defined]
    for result in results:
        boots = after[result.device] - before[result.device]
        allowed = (1,) if result.state is ResultState.SUCCESS else (0, 1)
        assert boots in allowed, (boots, result)
    assert sum(result.ok for result in results) >= DEVICES - 2


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_password_is_changed_once_and_kept_however_often_the_engine_dies(
    scene: Scene, seed: int
) -> None:
    secrets = {"password": NEW_PASSWORD}
    only = () if FULL else FEW
    results = await die_at_every_border(scene, "change_password", seed, secrets, only)
    for device in scene.fleet.devices:
        assert device.effects.password_changes <= 1, device.name
    assert [result.error for result in results] == [None] * DEVICES
    assert all(device.effects.password_changes == 1 for device in scene.fleet.devices)
    means = scene.jobs.means
    ids = [row.id for row in scene.rows]
    kept = means.database.read(lambda session: credentials.logins(session, means.vault, ids))
    assert all(
        [login.password.reveal() for login in logins if login.password] == [NEW_PASSWORD]
        for logins in kept.values()
    )


@pytest.mark.pg
async def test_a_living_engine_takes_up_what_a_killed_one_of_another_zone_left(
    shared_scene: Scene,
) -> None:
    scene = shared_scene
    plan = await scene.jobs.plan("change_password", scene.rows, {}, parallel=12)
    job = await scene.jobs.submit(plan, {"password": NEW_PASSWORD})
    assert await one_life(scene, job.id, "set:after", 5, OWTUI_ZONE="east") == -signal.SIGKILL
    done = await one_life(scene, job.id, "", 0, OWTUI_ZONE="west", VICTIM_ADOPTS="east")
    assert done == 0
    results = await scene.jobs.results(job.id)
    assert [result.error for result in results] == [None] * 12
    assert all(device.effects.password_changes == 1 for device in scene.fleet.devices)
