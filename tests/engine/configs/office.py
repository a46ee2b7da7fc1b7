"""The desk for configurations on a real database, and short words for what tests do with it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from owtui.engine.bus import Bus, Subscription
from owtui.engine.configs.entries import ConfigText, TemplateDraft, TemplateText
from owtui.engine.configs.registering import Policy
from owtui.engine.configs.shelf import Shelf
from owtui.engine.events import Event
from owtui.engine.fleet import Fleet
from owtui.operator import Operator
from storage import audit, configs, devices, organizations, service
from storage.db import Database
from storage.keys import Keys
from storage.secrets import Vault
from storage.tables import AuditEntry, Config

ADA = Operator("ada", "jump", "test")
LINE = {"general": {"description": "a"}}


class Time:
    """A clock that a test moves; whoever sleeps on it wakes when it is there."""

    def __init__(self) -> None:
        self.at = 0.0
        self._sleeping: list[tuple[float, asyncio.Future[None]]] = []

    def __call__(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            return
        waker = asyncio.get_running_loop().create_future()
        self._sleeping.append((self.at + seconds, waker))
        await waker

    async def pass_(self, seconds: float) -> None:
        """Let seconds go by, and let those that wake do what they do."""
        self.at += seconds
        for until, waker in list(self._sleeping):
            if until <= self.at and not waker.done():
                waker.set_result(None)
        self._sleeping = [one for one in self._sleeping if not one[1].done()]
        for _ in range(5):
            await asyncio.sleep(0)


@dataclass
class Office:
    """A database with a vault and the desk over it."""

    database: Database
    folder: Path
    policy: Policy = field(default_factory=Policy)
    time: Time = field(default_factory=Time)
    bus: Bus = field(default_factory=Bus)

    def __post_init__(self) -> None:
        self.vault = Vault.open(self.database, Keys(self.folder / "master.key"))
        self.fleet = Fleet(self.database)
        self.heard: Subscription = self.bus.subscribe(["configs"], lambda: None)
        self.shelf = Shelf(
            self.database,
            lambda: self.vault,
            self.fleet,
            ADA,
            self.bus,
            policy=self.policy,
            clock=self.time,
            sleep=self.time.sleep,
        )

    def events(self) -> list[Event]:
        """The ConfigModified since the last look."""
        return self.heard.take()

    def organization(self, name: str) -> UUID:
        return self.database.write(lambda s: organizations.create(s, name).id)

    def group(self, name: str, organization: str = "") -> UUID:
        def write(session: Any) -> UUID:
            owner = organizations.named(session, organization)
            return organizations.create_group(session, owner.id, name).id

        return self.database.write(write)

    def device(self, name: str = "ap-1", organization: str = "", **fields: Any) -> UUID:
        """A device; it has no configuration yet."""

        def write(session: Any) -> UUID:
            owner = organizations.named(session, organization)
            return devices.create(session, name, organization_id=owner.id, **fields).id

        return self.database.write(write)

    async def configured(self, name: str = "ap-1", organization: str = "", **fields: Any) -> UUID:
        """A device with a configuration: what it gets by default."""
        device_id = self.device(name, organization, **fields)
        self.database.write(lambda s: configs.ensure(s, device_id).id)
        await self.shelf.settled()
        return device_id

    async def template(
        self, name: str, config: dict[str, Any] | None = None, **fields: Any
    ) -> TemplateText:
        """A template; shared unless an organization is named."""
        draft = TemplateDraft(name=name, config=config or LINE, **fields)
        return await self.shelf.templates.create(draft)

    async def names(self, device_id: UUID) -> list[str]:
        """The templates of a device, in their order."""
        return [one.name for one in (await self.shelf.devices.get(device_id)).templates]

    async def status(self, device_id: UUID) -> str:
        return (await self.shelf.devices.get(device_id)).status

    async def applied(self, device_id: UUID) -> ConfigText:
        """The device has what it should have."""
        await self.shelf.settled()
        self.database.write(lambda s: configs.report(s, device_id, "applied").id)
        return await self.shelf.devices.get(device_id)

    async def deactivate(self, device_id: UUID) -> None:
        self.database.write(lambda s: service.deactivate(s, device_id))
        await self.shelf.settled()

    async def activate(self, device_id: UUID) -> None:
        self.database.write(lambda s: service.activate(s, device_id))
        await self.shelf.settled()

    async def edit_device(self, device_id: UUID, **fields: Any) -> None:
        self.database.write(lambda s: devices.update(s, device_id, **fields).id)
        await self.shelf.settled()

    def config(self, device_id: UUID) -> Config:
        return self.database.read(lambda s: configs.get(s, device_id))

    def audited(self, action: str) -> Sequence[AuditEntry]:
        """Entries of an action, newest first."""
        return self.database.read(lambda s: audit.entries(s, action=action))
