"""kill -9 at every step border: each device ends done or told, none lost, nothing twice.

The devices are simulated in this process and count for themselves; the engine is a process of its
own, killed and started again until the job is over. OWTUI_CHAOS=full repeats it with more seeds.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from uuid import UUID

import pytest
from sqlmodel import Session

from owtui import settings
from owtui.engine.actions.base import Change
from owtui.engine.actions.registry import Registry
from owtui.engine.jobs.jobs import Jobs
from owtui.engine.jobs.result import Result
from owtui.engine.jobs.state import ResultState
from owtui.engine.parts import Parts
from owtui.simulator import Fleet, FleetSpec
from storage import credentials, devicelist, devices
from storage.logins import Draft
from storage.rows import DeviceRow
from storage.secrets import Secret
from tests.engine.jobs.victim import means_of

pytestmark = pytest.mark.slow

DEVICES = 50
FULL = os.environ.get("OWTUI_CHAOS") == "full"
SEEDS = range(1, 9) if FULL else [1]
NEW_PASSWORD = "a-new-password"


@dataclass(frozen=True, slots=True)
class Scene:
    """A fleet, its inventory, and a process that submits jobs and runs none."""

    fleet: Fleet
    jobs: Jobs
    rows: list[DeviceRow]
    environ: Mapping[str, str]

    def counts(self, count: Callable[[object], int]) -> dict[str, int]:
        """What each device counted of itself, by its name."""
        return {device.name: count(device.effects) for device in self.fleet.devices}


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    """Fifty devices with one password, stored as one login that they share."""
    environ = {
        **os.environ,
        "OWTUI_DATABASE": f"sqlite:///{tmp_path / 'owtui.db'}",
        "OWTUI_HOST_KEYS": "accept-new",
        "XDG_DATA_HOME": str(tmp_path / "data"),
    }
    async with Fleet(FleetSpec(devices=DEVICES, seed=5, speed=0.05)) as fleet:
        parts = Parts.open(settings.load(environ))
        vault = parts.vault()

        def fill(session: Session) -> None:
            draft = Draft("fleet", password=Secret(fleet.password))
            login = credentials.create(session, vault, draft)
            for device in fleet.devices:
                made = devices.create(session, device.name, address=device.address)
                credentials.attach(session, made.id, login.id, params={"port": device.port})

        parts.database.write(fill)
        rows = parts.database.read(devicelist.rows)
        yield Scene(fleet, Jobs(means_of(parts, Registry.load())), rows, environ)
        await parts.close()


async def one_life(scene: Scene, job_id: UUID, border: str, occurrence: int) -> int:
    """Run an engine until it dies or the job is over; returns its exit status."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.engine.jobs.victim",
        str(job_id),
        border,
        str(occurrence),
        env=dict(scene.environ),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await process.communicate()
    assert process.returncode in (0, -signal.SIGKILL), said.decode()
    return process.returncode


def borders(action: Change) -> list[str]:
    """Every border of the work on one device, in order."""
    steps = [f"{name}:{when}" for name in action.steps for when in ("before", "after")]
    return ["begin:after", *steps, "end:before", "end:after"]


async def die_at_every_border(
    scene: Scene, action: str, seed: int, secrets: Mapping[str, str]
) -> list[Result]:
    """One job, one kill a border, each at another of the devices; then to its end."""
    print(f"kill test of {action}: seed {seed}")  # shown when it fails
    dice = Random(seed)
    plan = await scene.jobs.plan(action, scene.rows, {}, parallel=DEVICES)
    # All at once after the canary, so that every kill meets devices at many borders.
    plan = replace(plan, waves=(1, DEVICES - 1), stop_after=DEVICES)
    job = await scene.jobs.submit(plan, secrets)
    chosen = scene.jobs.means.registry.get(action)
    assert isinstance(chosen, Change)
    kills = 0
    for border in borders(chosen):
        status = await one_life(scene, job.id, border, dice.randint(1, 4))
        kills += status == -signal.SIGKILL
    assert kills >= len(borders(chosen)) - 2, "too few kills to prove anything"
    assert await one_life(scene, job.id, "", 0) == 0
    results = await scene.jobs.results(job.id)
    assert len(results) == DEVICES
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
        assert boots == 1 if result.state is ResultState.SUCCESS else boots <= 1, result
    assert sum(result.ok for result in results) >= DEVICES - 2


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_password_is_changed_once_and_kept_however_often_the_engine_dies(
    scene: Scene, seed: int
) -> None:
    secrets = {"password": NEW_PASSWORD}
    results = await die_at_every_border(scene, "change_password", seed, secrets)
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
