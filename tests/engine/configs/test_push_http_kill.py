"""kill -9 of the engine within a push over HTTP: each device confirmed or restored, and told so.

A few borders each run; OWTUI_CHAOS=full has them all.
"""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from uuid import UUID

import pytest
from sqlmodel import Session

from owtui.engine.jobs.result import Result
from storage import configs, generations
from tests.engine.configs.httpplace import enrol
from tests.engine.configs.pushplace import PushPlace
from tests.engine.jobs.lives import Scene, fleet_of, one_life

FULL = os.environ.get("OWTUI_CHAOS") == "full"
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900 if FULL else 240)]

DEVICES = 2
ACTS = ("look", "stage", "apply", "check", "confirm")
ALL = [f"act-{act}:{when}" for act in ACTS for when in ("before", "after")]
FEW = ["act-apply:after", "act-confirm:before", "act-confirm:after"]
PENDING = (
    ["act-apply:after", "act-check:after", "act-confirm:before"] if FULL else ["act-apply:after"]
)
SYSTEM = "/etc/config/system"


@dataclass
class Drill:
    """One job after the other on the same devices, each with another hostname to put."""

    scene: Scene
    place: PushPlace
    round: int = 0
    pushed: dict[UUID, int] = field(default_factory=dict)  # generations so far
    before: dict[str, bytes] = field(default_factory=dict)

    def has(self, name: str) -> bytes:
        """The package on a device."""
        return bytes(self.scene.fleet[name].device.files.read(SYSTEM))

    async def submit(self) -> UUID:
        """Configure all devices anew and submit the push of it."""
        self.round += 1
        await self.place.configure(general={"hostname": f"roof-{self.round}"})
        await self.place.look()
        params = {"confirm_within": 120, "settle": 5}
        plan = await self.scene.jobs.plan("push_config", self.scene.rows, params, parallel=50)
        assert len(plan.changing) == DEVICES, [row.reason for row in plan.rows]
        # All at once, so that a kill leaves more than one in the middle.
        plan = replace(plan, waves=(DEVICES,), stop_after=DEVICES)
        self.before = {row.name: self.has(row.name) for row in self.scene.rows}
        return (await self.scene.jobs.submit(plan)).id

    async def dies(self, job_id: UUID, border: str) -> None:
        """One life that ends there."""
        status = await one_life(self.scene, job_id, border, 1)
        assert status == -signal.SIGKILL, f"nothing came to {border}"

    async def lives(self, job_id: UUID, border: str) -> list[Result]:
        """One life to the end of the job; devices, records and results must then agree."""
        assert await one_life(self.scene, job_id, "", 0) == 0
        results = await self.scene.jobs.results(job_id)
        for result in results:
            await self._agrees(result, border)
        return results

    async def _agrees(self, result: Result, border: str) -> None:
        about = (border, result.device, result.state, result.error, result.step)
        device = self.scene.fleet[result.device].device
        new = f"roof-{self.round}'".encode() in self.has(result.device)
        assert new or self.has(result.device) == self.before[result.device], ("half", *about)
        assert not device.rpcd.is_pending, about
        assert result.ok == new, about
        self.pushed[result.device_id] = self.pushed.get(result.device_id, 0) + new

        def read(session: Session) -> tuple[int, str]:
            number = len(generations.rows(session, result.device_id))
            return number, configs.get(session, result.device_id).status

        number, status = await self.place.parts.database.aread(read)
        assert number == self.pushed[result.device_id], about
        assert status == ("applied" if new else "error"), (status, *about)


@pytest.fixture
async def drill(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Drill]:
    async with fleet_of(DEVICES, sqlite_url, tmp_path, enrol) as scene:
        yield Drill(scene, PushPlace(scene.parts, {row.id: None for row in scene.rows}))


async def test_within_the_window_a_later_life_confirms(drill: Drill) -> None:
    for border in ALL if FULL else FEW:
        job = await drill.submit()
        await drill.dies(job, border)
        results = await drill.lives(job, border)
        assert [result.error for result in results] == [None] * DEVICES, border


async def test_after_the_window_rpcd_has_restored_it_and_the_job_says_so(drill: Drill) -> None:
    for border in PENDING:
        job = await drill.submit()
        await drill.dies(job, border)
        waiting = [one for one in drill.scene.fleet.devices if one.device.rpcd.is_pending]
        assert waiting
        for one in waiting:
            one.device.rpcd.expire()
        results = await drill.lives(job, border)
        said = [result.error.sentence for result in results if result.error]
        assert len(said) == len(waiting)
        assert all("has taken the push back" in sentence for sentence in said)


async def test_one_that_reboots_while_no_engine_lives_keeps_it_and_the_job_says_so(
    drill: Drill,
) -> None:
    job = await drill.submit()
    await drill.dies(job, "act-check:after")
    for one in drill.scene.fleet.devices:
        if one.device.rpcd.is_pending:
            await one.host.power_cycle()
    results = await drill.lives(job, "reboot")
    assert [result.error for result in results] == [None] * DEVICES
    assert any("in force for good" in result.step for result in results)
