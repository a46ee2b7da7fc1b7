"""Many devices in one inventory, each with a change of its own, and one job for all."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlmodel import Session

from owtui import settings
from owtui.engine.actions.base import Judgement, Task
from owtui.engine.actions.push_config import PushConfig
from owtui.engine.actions.registry import Registry
from owtui.engine.configs import keeping
from owtui.engine.configs.aims import aims
from owtui.engine.configs.guard import Bundle
from owtui.engine.configs.keeping import Read
from owtui.engine.configs.model import File
from owtui.engine.configs.prospect import landing_of
from owtui.engine.configs.pushing import Push
from owtui.engine.configs.render import render
from owtui.engine.jobs.durable import Durable
from owtui.engine.jobs.jobs import Jobs
from owtui.engine.openwrt.router import Router as Reached
from owtui.engine.parts import Parts
from owtui.errors import DeviceError
from storage import configs, credentials, devices
from storage.configs import Changes
from storage.logins import Draft
from storage.packed import Box
from storage.rows import DeviceRow
from storage.secrets import Secret, Vault
from tests.chaos.changes import netjson
from tests.chaos.routers import Router
from tests.chaos.scenario import SETTLE_S, WINDOW_S, Injection, Scenario
from tests.engine.configs.pushplace import PushPlace
from tests.engine.jobs.victim import means_of

Content = dict[str, bytes | None]  # path → what is there
PARAMS: dict[str, Any] = {"confirm_within": WINDOW_S, "settle": SETTLE_S}
READ_AT_ONCE, READ_TRIES = 6, 10
BROKEN = File(b"config broken 'open\n")
BROKEN_PATH = "/etc/config/chaos"


async def _paced(seconds: float) -> None:
    """As long as a driver wants, and no login after login where a port is closed."""
    await asyncio.sleep(max(seconds, 1.0))


class _Broken(Push):
    """A push whose package no uci understands; the engine itself renders none such."""

    async def _bundle(self, router: Reached) -> Bundle:
        bundle = await super()._bundle(router)
        return replace(bundle, changes={**bundle.changes, BROKEN_PATH: BROKEN})


class Reckless(PushConfig):
    """push_config that also puts what would cut us off: what the guard is there for."""

    def __init__(self, broken: Callable[[UUID], bool]) -> None:
        self._broken = broken

    def verdict(self, row: DeviceRow, params: Mapping[str, Any], known: Any) -> Judgement:
        if known is not None and known.verdict.level == "certain":
            known = replace(known, refusal="")
        return super().verdict(row, params, known)

    async def _push(self, task: Task) -> Any:
        push: Push = await super()._push(task)
        if not self._broken(task.device_id):
            return push
        return _Broken(push.task, push.load, push.window_s, push.settle_s, push.to)


@dataclass(frozen=True, slots=True)
class Entered:
    """A device with what happens to it."""

    scenario: Scenario
    router: Router
    id: UUID


class Arena(PushPlace):
    """The engine and its records; `entered` in the order of the scenarios."""

    def __init__(
        self, parts: Parts, entered: Sequence[Entered], environ: Mapping[str, str]
    ) -> None:
        super().__init__(parts, {one.id: one.router for one in entered})
        self.entered, self.environ = entered, environ
        registry = Registry()
        syntax = {one.id for one in entered if one.scenario.injection is Injection.SYNTAX}
        registry.add(Reckless(lambda id_: id_ in syntax))
        means = replace(means_of(parts, registry), sleep=_paced)
        self.jobs = Jobs(means, durable=Durable(means, poll_s=0.1))

    def attach_only(self) -> None:
        """Submit jobs and run none: engines of their own do, with the rules of push_config."""
        self.jobs = Jobs(means_of(self.parts, Registry.load()))

    async def prepare(self) -> dict[UUID, Content]:
        """Configure and read all devices; returns the files that each is to get."""
        await self.parts.database.awrite(self._configure)
        await self.settle()
        few = asyncio.Semaphore(READ_AT_ONCE)
        read = await asyncio.gather(*(self._read(one.id, few) for one in self.entered))
        await self.parts.database.awrite(lambda s: keeping.record(s, self.vault, read))
        return await self.parts.database.aread(self._wanted)

    def _configure(self, session: Session) -> None:
        box = Box(session, self.vault)
        for one in self.entered:
            configs.edit(session, box, one.id, Changes(config=netjson(one.scenario)))

    async def _read(self, id_: UUID, few: asyncio.Semaphore) -> Read:
        """Nothing happens to it yet: what fails here is the machine, which is too busy."""
        for _ in range(READ_TRIES):
            with suppress(DeviceError):
                async with few, self.parts.reach.router(id_) as router:
                    return Read(id_, await router.configuration(()))
        raise AssertionError("a device that nothing has happened to cannot be read")

    def _wanted(self, session: Session) -> dict[UUID, Content]:
        found = aims(session, self.vault, list(self.fleet), render)
        landings = {id_: landing_of(aim, aim.running) for id_, aim in found.items() if aim.running}
        return {
            id_: {path: file.data if file else None for path, file in landing.changes.items()}
            for id_, landing in landings.items()
        }

    async def submit(self, at_once: int) -> UUID:
        """One push of all, so many at a time, whatever becomes of the others."""
        rows = await self.rows()
        plan = await self.jobs.plan("push_config", rows, PARAMS, parallel=at_once)
        number = len(plan.changing)
        assert number == len(rows), [(row.device, row.verdict, row.reason) for row in plan.rows]
        plan = replace(plan, waves=(number,), stop_after=number)
        return (await self.jobs.submit(plan)).id


@asynccontextmanager
async def arena(
    url: str, folder: Path, scenarios: Sequence[Scenario], routers: Sequence[Router]
) -> AsyncIterator[Arena]:
    """An inventory of these devices in a database of its own, for one batch."""
    environ = {
        **os.environ,
        "OWTUI_DATABASE": url,
        "OWTUI_HOST_KEYS": "accept-new",
        "XDG_DATA_HOME": str(folder / "data"),
    }
    parts = Parts.open(settings.load(environ))
    ids = parts.database.write(partial(_enter, vault=parts.vault(), routers=routers))
    entered = [Entered(*found) for found in zip(scenarios, routers, ids, strict=True)]
    try:
        yield Arena(parts, entered, environ)
    finally:
        await parts.close()


def _enter(session: Session, vault: Vault, routers: Sequence[Router]) -> list[UUID]:
    ids = []
    for at, router in enumerate(routers):
        address, port, password = router.login
        login = credentials.create(session, vault, Draft(f"l-{at}", password=Secret(password)))
        made = devices.create(session, f"ap-{at:03}", address=address)
        credentials.attach(session, made.id, login.id, params={"port": port})
        ids.append(made.id)
    return ids
