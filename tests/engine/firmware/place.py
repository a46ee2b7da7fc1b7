"""Simulated devices of one board, a build for them, and an engine over real connections."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlmodel import Session

from owtui import settings
from owtui.engine.actions.base import Change, Task
from owtui.engine.actions.registry import Registry
from owtui.engine.jobs.durable import Durable
from owtui.engine.jobs.jobs import Jobs
from owtui.engine.jobs.plan import Plan
from owtui.engine.jobs.result import Result
from owtui.engine.monitoring.ingest import Sighting
from owtui.engine.monitoring.record import record
from owtui.engine.parts import Parts
from owtui.simulator import Fleet, FleetSpec
from owtui.simulator.fleet import SimulatedDevice
from storage import credentials, devicelist, devices, firmware
from storage.firmware import Assigned
from storage.logins import Draft
from storage.rows import DeviceRow
from storage.secrets import Secret, Vault
from storage.tables import FirmwareImage, now
from tests.engine.firmware.stock import image, stock
from tests.engine.jobs.victim import means_of

FASTER = 10
BUILD = {"build": "roofs/24.10.9", "persistent": "no"}  # what is away fails, unless a test waits


@dataclass(slots=True)
class Place:
    """Devices, their inventory, their build and the jobs of an engine."""

    fleet: Fleet
    parts: Parts
    jobs: Jobs
    image: FirmwareImage
    data: bytes
    skipped: list[float]
    environ: Mapping[str, str]  # of an engine in a process of its own

    def skip(self, seconds: float) -> None:
        """Let time pass for the engine, at once."""
        self.skipped.append(seconds)

    async def rows(self) -> list[DeviceRow]:
        """The inventory."""
        return await self.parts.database.aread(devicelist.rows)

    async def look(self) -> None:
        """Read facts, as a poll does."""
        rows = await self.rows()
        await look(self.parts, rows)

    async def plan(self, number: int = 1, **params: Any) -> Plan:
        """A plan for the first devices."""
        return await self.jobs.plan("upgrade", (await self.rows())[:number], {**BUILD, **params})

    async def begin(self, number: int = 1, **params: Any) -> UUID:
        """Submit a plan; returns the job."""
        return (await self.jobs.submit(await self.plan(number, **params))).id

    def before(self, step: str, do: Callable[[Task], Awaitable[None]]) -> None:
        """Do something whenever a device is about to begin a step."""
        action = self.jobs.means.registry.get("upgrade")
        assert isinstance(action, Change)
        carry_out = action.step

        async def first(name: str, task: Task) -> Any:
            if name == step:
                await do(task)
            return await carry_out(name, task)

        action.step = first  # type: ignore[method-assign]  # of this place alone

    async def end(self, job_id: UUID) -> list[Result]:
        """Wait for a job."""
        await self.jobs.wait(job_id)
        return await self.jobs.results(job_id)

    async def do(self, number: int = 1, **params: Any) -> list[Result]:
        """Plan it, carry it out, and return how the devices ended."""
        return await self.end(await self.begin(number, **params))

    async def assigned(self, at: int = 0) -> Assigned | None:
        """What we wrote down of a device's firmware."""
        id_ = (await self.rows())[at].id
        found = await self.parts.database.aread(lambda s: firmware.assigned(s, [id_]))
        return found.get(id_)

    def device(self, at: int = 0) -> SimulatedDevice:
        """A simulated device, in the order of `rows`."""
        names = sorted(one.name for one in self.fleet.devices)
        found: SimulatedDevice = self.fleet[names[at]]
        return found

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait until something is so on a device; it counts for itself, and tells nobody."""
        async with asyncio.timeout(20):
            while not true():  # noqa: ASYNC110  # a router tells nobody
                await asyncio.sleep(0.002)


async def look(parts: Parts, rows: list[DeviceRow]) -> None:
    """Read the facts of devices and keep them."""
    seen = []
    for row in rows:
        async with parts.reach.router(row.id) as router:
            facts = await router.facts()
        seen.append(Sighting(row.id, now(), facts))
    known = {row.id: row for row in rows}
    await parts.database.awrite(lambda session: record(session, seen, known))


@asynccontextmanager
async def upgrading(
    url: str,
    folder: Path,
    number: int = 2,
    *,
    size: int = 200_000,
    faster: float = FASTER,
    carries_out: bool = True,
    spec: FleetSpec | None = None,
    enrol: Callable[[Session, Vault, Fleet], object] | None = None,
) -> AsyncIterator[Place]:
    """A place whose devices run an older release than its build; over SSH, or as enrolled.

    carries_out: False where jobs are only submitted here, and carried out elsewhere
    """
    environ = {
        **os.environ,
        "OWTUI_DATABASE": url,
        "OWTUI_HOST_KEYS": "accept-new",
        "XDG_DATA_HOME": str(folder / "data"),
    }
    async with Fleet(spec or FleetSpec(devices=number, seed=5, speed=0.05)) as fleet:
        parts = Parts.open(settings.load(environ))
        vault = parts.vault()

        def fill(session: Session) -> None:
            if enrol is not None:
                enrol(session, vault, fleet)
                return
            login = credentials.create(
                session, vault, Draft("fleet", password=Secret(fleet.password))
            )
            for device in fleet.devices:
                made = devices.create(session, device.name, address=device.address)
                credentials.attach(session, made.id, login.id, params={"port": device.port})

        parts.database.write(fill)
        boards = sorted({one.device.model.board for one in fleet.devices})
        data = image(boards, size=size)
        made = stock(parts, boards, data, folder)
        began = time.time()
        skipped: list[float] = []
        means = replace(
            means_of(parts, Registry.load()),
            clock=lambda: began + (time.time() - began) * faster + sum(skipped),
            sleep=lambda seconds: asyncio.sleep(seconds / faster),
        )
        jobs = Jobs(means, durable=Durable(means, poll_s=0.05) if carries_out else None)
        place = Place(fleet, parts, jobs, made, data, skipped, environ)
        await place.look()
        if carries_out:
            await jobs.start()
        yield place
        if carries_out:
            await jobs.stop(drain_s=5)
        await parts.close()
