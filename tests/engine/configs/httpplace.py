"""Simulated devices that are reached over HTTP alone, and an engine's jobs over real HTTP.

Ten times as fast as it says: devices and engine live by one hurried clock.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlmodel import Session

from owtui import settings
from owtui.engine.actions.registry import Registry
from owtui.engine.events import Event
from owtui.engine.jobs.durable import Durable
from owtui.engine.jobs.jobs import Jobs
from owtui.engine.jobs.result import Result
from owtui.engine.notifications.telling import Telling
from owtui.engine.parts import Parts
from owtui.simulator import Fleet, FleetSpec
from owtui.simulator.clock import Clock
from owtui.simulator.fleet import SimulatedDevice
from storage import credentials, devices
from storage.logins import Draft
from storage.secrets import Secret, Vault
from tests.engine.configs.pushplace import PushPlace
from tests.engine.jobs.victim import FASTER, means_of

QUICK: dict[str, Any] = {"confirm_within": 20, "settle": 5}
NO_SSH = 1  # nothing listens there


async def hurried(seconds: float) -> None:
    """Wait for a tenth of it."""
    await asyncio.sleep(seconds / FASTER)


HURRY = Clock(monotonic=lambda: time.monotonic() * FASTER, sleep=hurried)


def enrol(session: Session, vault: Vault, fleet: Fleet) -> dict[UUID, SimulatedDevice]:
    """Put a fleet into the inventory with an HTTP URL each, and no SSH that would answer."""
    login = credentials.create(session, vault, Draft("fleet", password=Secret(fleet.password)))
    ids = {}
    for device in fleet.devices:
        made = devices.create(session, device.name, address=device.address)
        url = f"http://{device.address}:{device.http_port}/ubus"
        params = {"port": NO_SSH, "http_url": url, "prefer": "ubus"}
        credentials.attach(session, made.id, login.id, params=params)
        ids[made.id] = device
    return ids


class HttpPlace(PushPlace):
    """One device, or some, on the simulator."""

    def __init__(self, parts: Parts, fleet: dict[UUID, SimulatedDevice]) -> None:
        super().__init__(parts, fleet)
        began = time.time()
        self.told: list[Telling] = []
        means = replace(
            means_of(parts, Registry.load()),
            notify=self._note,
            clock=lambda: began + (time.time() - began) * FASTER,
        )
        self.jobs = Jobs(means, durable=Durable(means, poll_s=0.1))

    def _note(self, session: Session, told: Sequence[Telling]) -> Sequence[Event]:
        self.told += told
        return ()

    @property
    def device(self) -> SimulatedDevice:
        """The first one."""
        device: SimulatedDevice = next(iter(self.fleet.values()))
        return device

    def text(self, package: str = "system") -> str:
        """A package's file on it."""
        return self.device.device.files.read(f"/etc/config/{package}").decode()

    async def begin(self, action: str = "push_config", **params: Any) -> UUID:
        """Plan it and submit it; returns the job."""
        plan = await self.jobs.plan(action, await self.rows(), {**QUICK, **params})
        return (await self.jobs.submit(plan)).id

    async def over(self, job_id: UUID) -> Result:
        """The result of the one device, when it has ended."""
        await self.jobs.wait(job_id)
        [result] = await self.jobs.results(job_id)
        return result

    async def applied(self) -> None:
        """Wait until rpcd holds a change that waits for its confirm."""
        async with asyncio.timeout(20):
            while not self.device.device.rpcd.is_pending:  # noqa: ASYNC110  # rpcd tells nobody
                await asyncio.sleep(0.01)


@asynccontextmanager
async def http_place(
    url: str, folder: Path, *, number: int = 1, luci: str = "luci"
) -> AsyncIterator[HttpPlace]:
    """A fleet behind HTTP in an inventory of its own."""
    environ = {
        **os.environ,
        "OWTUI_DATABASE": url,
        "OWTUI_HOST_KEYS": "accept-new",
        "XDG_DATA_HOME": str(folder / "data"),
    }
    spec = FleetSpec(devices=number, seed=5, speed=1.0, boot_s=1.0, luci=luci, clock=HURRY)
    async with Fleet(spec) as fleet:
        parts = Parts.open(settings.load(environ))
        vault = parts.vault()
        place = HttpPlace(parts, parts.database.write(lambda s: enrol(s, vault, fleet)))
        await place.jobs.start()
        try:
            yield place
        finally:
            await place.close()


def states(results: Sequence[Result]) -> list[str]:
    """How devices ended."""
    return [result.state.value for result in results]
