"""A site for the tests of memory: a database with devices, a fleet, and a source that is a dict."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import pytest

from owtui.engine.bus import Bus
from owtui.engine.fleet import Fleet
from owtui.engine.topology.desk import TopologyDesk
from owtui.engine.topology.graph import Graph
from owtui.engine.topology.updater import Heard, Order, Updater
from owtui.errors import InputError
from owtui.operator import Operator
from storage import devices
from storage.db import Database
from storage.secrets import Vault
from tests.engine.topology.networks import START, at

BOTH = pytest.mark.parametrize(
    "site", ["sqlite", pytest.param("postgresql", marks=pytest.mark.pg)], indirect=True
)


@dataclass
class Site:
    """`sources` are read by label; a sentence in the place of a graph is a failure."""

    database: Database
    vault: Vault
    bus: Bus = field(default_factory=Bus)
    now: datetime = START
    sources: dict[str, Graph | Heard | str] = field(default_factory=dict)
    read: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.fleet = Fleet(self.database)
        self.updater = Updater(
            self.database, self.fleet, self.bus, self._read, present=lambda: self.now
        )
        self.desk = self.face()

    def face(self, *, read_only: bool = False) -> TopologyDesk:
        return TopologyDesk(
            self.database,
            self.fleet,
            Operator("rosa", "jump", "test"),
            lambda: self.vault,
            self.updater,
            read_only=read_only,
            present=lambda: self.now,
        )

    async def device(self, name: str, address: str = "", mac: str | None = None) -> UUID:
        made = await self.database.awrite(
            lambda s: devices.create(s, name, address=address, mac_address=mac).id
        )
        await self.fleet.load()
        return made

    def later(self, seconds: float) -> datetime:
        """Let time pass; returns the time it is then."""
        self.now = at((self.now - START).total_seconds() + seconds)
        return self.now

    async def _read(self, order: Order) -> Heard:
        self.read.append(order.label)
        found = self.sources[order.label]
        if isinstance(found, str):
            raise InputError(found)
        return found if isinstance(found, Heard) else Heard(found)
