"""A device that goes away right after its confirm has its new configuration: the job says so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from owtui.engine.jobs.durable import Durable
from owtui.engine.jobs.jobs import Jobs
from owtui.engine.jobs.result import Result
from owtui.simulator.fleet import SimulatedDevice
from owtui.simulator.guard import LAST
from tests.engine.configs.pushplace import PushPlace
from tests.engine.jobs.lives import fleet_of

pytestmark = pytest.mark.slow
SYSTEM = "/etc/config/system"


@dataclass
class After:
    """One device, and what happens to it once it has confirmed."""

    place: PushPlace
    host: SimulatedDevice
    slept: int = 0

    async def confirmed(self) -> None:
        """Wait until the guard has its record: nobody reads the device back before."""
        while not self.host.device.files.find(LAST):  # noqa: ASYNC110  # a router tells nobody
            await asyncio.sleep(0)

    async def pushed(self) -> Result:
        await self.place.configure(general={"timezone": "Europe/Rome"})
        await self.place.look()
        [result] = await self.place.do(confirm_within=60, settle=0)
        return result


@pytest.fixture
async def after(sqlite_url: str, tmp_path: Path) -> AsyncIterator[After]:
    async with fleet_of(1, sqlite_url, tmp_path) as scene:
        place = PushPlace(scene.parts, {row.id: None for row in scene.rows})
        found = After(place, scene.fleet.devices[0])
        means = place.jobs.means

        async def sleep(seconds: float) -> None:
            away = found.host.host.faults.fault.refused
            found.slept += away
            if away and found.slept == 2:  # the driver has asked in vain and waits
                await found.host.fault()
            await means.sleep(seconds)

        waiting = replace(means, sleep=sleep)
        place.jobs = Jobs(waiting, durable=Durable(waiting, poll_s=0.1))
        await place.jobs.start()
        yield found
        await place.jobs.stop(drain_s=5)


async def test_one_that_is_away_for_a_while_is_awaited(after: After) -> None:
    async def goes_away() -> None:
        await after.confirmed()
        await after.host.fault(refused=True)

    away = asyncio.create_task(goes_away())
    result = await after.pushed()
    await away
    assert (result.state.value, result.error) == ("success", None)
    assert after.slept == 2
    assert await after.place.status() == ("applied", [(1, "push")])


async def test_one_that_somebody_changes_at_once_is_told_as_confirmed(after: After) -> None:
    async def changes() -> None:
        await after.confirmed()
        after.host.device.files.write(SYSTEM, b"config system\n")

    change = asyncio.create_task(changes())
    result = await after.pushed()
    await change
    assert result.error is not None and result.error.kind.value == "changed"
    assert result.error.sentence.endswith("Its new configuration was confirmed before.")
