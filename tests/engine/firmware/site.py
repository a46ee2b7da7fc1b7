"""A site for the tests of firmware: devices with facts, files, and a desk."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from sqlmodel import Session

from owtui.engine.configs import keeping
from owtui.engine.configs.model import File, Running
from owtui.engine.firmware.desk import FirmwareDesk
from owtui.engine.firmware.entries import BuildDraft, BuildRow
from owtui.engine.firmware.store import FirmwareStore
from owtui.engine.fleet import Fleet
from owtui.operator import Operator
from owtui.settings import Settings
from storage import devices, organizations
from storage.db import Database
from storage.secrets import Vault
from storage.tables import DeviceState
from tests.engine.firmware.images import BOARD, image

START = datetime(2026, 11, 27, 6, 0, tzinfo=UTC)
OLD, NEW = "OpenWrt 24.10.6 r29141-81be8a8869", "OpenWrt 24.10.8 r29233-443ec4032a"


@dataclass
class Site:
    """`settings` hold for desks that are made after they were set."""

    database: Database
    vault: Vault
    folder: Path
    settings: Settings = field(default_factory=Settings)
    now: datetime = START

    def __post_init__(self) -> None:
        self.fleet = Fleet(self.database)
        self.store = FirmwareStore(self.folder / "firmware")
        self.desk = self.face()

    def face(self, **settings: object) -> FirmwareDesk:
        """A desk of a process with these settings."""
        return FirmwareDesk(
            self.database,
            self.fleet,
            Operator("rosa", "jump", "test"),
            lambda: self.vault,
            self.store,
            replace(self.settings, **settings),  # type: ignore[arg-type]
            present=lambda: self.now,
        )

    async def device(
        self,
        name: str,
        *,
        os: str = OLD,
        board: str = BOARD,
        model: str = "TP-Link Archer C6 v3",
        organization: str = "",
    ) -> UUID:
        """A device that was read an hour ago."""

        def write(session: Session) -> UUID:
            owner = organizations.named(session, organization).id
            made = devices.create(session, name, organization_id=owner, model=model, os=os)
            version = os.split()[1] if os else ""
            facts = {"board": board, "target": "ramips/mt7621", "version": version}
            state = DeviceState(device_id=made.id, facts=facts, facts_at=self.now)
            session.add(state)
            return made.id

        made = await self.database.awrite(write)
        await self.fleet.load()
        return made

    async def runs(self, device_id: UUID, system: str) -> None:
        """Its /etc/config/system was read."""
        running = Running(
            files={"/etc/config/system": File(system.encode())}, sums={}, read_at=self.now
        )
        read = keeping.Read(device_id, running)
        await self.database.awrite(lambda s: keeping.record(s, self.vault, [read]))

    async def build(self, version: str, *, category: str = "APs", **more: object) -> BuildRow:
        """A build of a category, which is made at need."""
        there = [one for one in await self.desk.categories() if one.name == category]
        owner = there[0] if there else await self.desk.add_category(category)
        return await self.desk.add_build(owner.id, BuildDraft(version, **more))  # type: ignore[arg-type]

    def image(self, version: str = "24.10.8", *boards: str, **more: object) -> Path:
        """A file as OpenWrt names it."""
        name = f"openwrt-{version}-ramips-mt7621-tplink_archer-c6-v3-squashfs-sysupgrade.bin"
        file = self.folder / name
        file.write_bytes(image(*boards, version=version, **more))  # type: ignore[arg-type]
        return file

    def later(self, days: float) -> datetime:
        """Let time pass."""
        self.now += timedelta(days=days)
        return self.now
