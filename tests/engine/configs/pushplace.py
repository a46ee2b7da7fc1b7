"""Devices of the lab and an engine's jobs over real connections, for pushes."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Self
from uuid import UUID

from sqlmodel import Session

from owtui import settings
from owtui.engine.actions.registry import Registry
from owtui.engine.configs import keeping
from owtui.engine.configs.keeping import Read
from owtui.engine.configs.renderer import Renderer
from owtui.engine.configs.settling import Settler
from owtui.engine.jobs.durable import Durable
from owtui.engine.jobs.jobs import Jobs
from owtui.engine.jobs.plan import Plan
from owtui.engine.jobs.result import Result
from owtui.engine.parts import Parts
from storage import configs, credentials, devicelist, devices, generations, running
from storage.configs import Changes
from storage.logins import Draft
from storage.packed import Box
from storage.rows import DeviceRow
from storage.secrets import Secret, Vault
from tests.engine.jobs.victim import means_of
from tests.lab.device import LabDevice

QUICK: dict[str, Any] = {"confirm_within": 8, "settle": 1}


class PushPlace:
    """Lab devices in an inventory, each with a configuration of its own."""

    def __init__(self, parts: Parts, fleet: Mapping[UUID, Any]) -> None:
        self.parts = parts
        self.fleet = fleet
        means = means_of(parts, Registry.load())
        self.jobs = Jobs(means, durable=Durable(means, poll_s=0.1))

    @classmethod
    async def build(cls, url: str, folder: Path, found: list[LabDevice]) -> Self:
        """Put them into an inventory; a configuration sets a note in `system`."""
        environ = {
            **os.environ,
            "OWTUI_DATABASE": url,
            "OWTUI_HOST_KEYS": "accept-new",
            "XDG_DATA_HOME": str(folder / "data"),
        }
        parts = Parts.open(settings.load(environ))
        vault = parts.vault()

        def fill(session: Session) -> dict[UUID, LabDevice]:
            ids = {}
            for at, device in enumerate(found):
                draft = Draft(f"lab-{at}", password=Secret(device.spec.password or ""))
                login = credentials.create(session, vault, draft)
                made = devices.create(session, f"ap-{at}", address=device.address)
                credentials.attach(session, made.id, login.id, params={"port": device.port})
                ids[made.id] = device
            return ids

        place = cls(parts, parts.database.write(fill))
        await place.jobs.start()
        return place

    async def close(self) -> None:
        """End the jobs and the connections."""
        await self.jobs.stop(drain_s=5)
        await self.parts.close()

    @property
    def vault(self) -> Vault:
        """The key."""
        return self.parts.vault()

    async def rows(self) -> list[DeviceRow]:
        """The inventory."""
        return await self.parts.database.aread(devicelist.rows)

    async def configure(self, *named: str, **config: Any) -> None:
        """Give devices a NetJSON of their own; all of them without names."""

        def write(session: Session) -> None:
            box = Box(session, self.vault)
            for row in devicelist.rows(session):
                if not named or row.name in named:
                    configs.edit(session, box, row.id, Changes(config=config))

        await self.parts.database.awrite(write)
        await self.settle()

    async def settle(self) -> None:
        """Bring checksums and statuses in step, as the desk does after each write."""

        async def written(ids: Collection[UUID]) -> None:
            return None

        settler = Settler(
            self.parts.database, self.parts.vault, Renderer(), lambda ids: None, written
        )
        await settler.settled()

    async def status(self, at: int = 0) -> tuple[str, list[tuple[int, str]]]:
        """Of the device at this place: the status of its configuration, its generations."""
        device_id = list(self.fleet)[at]

        def read(session: Session) -> tuple[str, list[tuple[int, str]]]:
            found = [(one.number, one.kind) for one in generations.rows(session, device_id)]
            return configs.get(session, device_id).status, found

        return await self.parts.database.aread(read)

    async def look(self) -> None:
        """Read what the devices run, and keep it."""
        read = []
        known = await self.parts.database.aread(running.known)
        for id_ in self.fleet:
            paths = known[id_].further if id_ in known else ()
            async with self.parts.reach.router(id_) as router:
                read.append(Read(id_, await router.configuration(paths)))
        await self.parts.database.awrite(lambda s: keeping.record(s, self.vault, read))

    async def plan(self, action: str = "push_config", **params: Any) -> Plan:
        """A plan for all devices."""
        return await self.jobs.plan(action, await self.rows(), {**QUICK, **params})

    async def do(self, action: str = "push_config", **params: Any) -> list[Result]:
        """Plan it, carry it out, and return how the devices ended."""
        job = await self.jobs.submit(await self.plan(action, **params))
        await self.jobs.wait(job.id)
        return await self.jobs.results(job.id)
