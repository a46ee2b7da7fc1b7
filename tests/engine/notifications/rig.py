"""An outbox on a real database with a clock of its own, and a sink that does as it is told."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from owtui.engine.bus import Bus
from owtui.engine.events import Event, Notice
from owtui.engine.fleet import Fleet
from owtui.engine.notifications.desk import Notifications
from owtui.engine.notifications.outbox import Outbox
from owtui.engine.notifications.parcels import Packer
from owtui.engine.notifications.sink import Parcel, Sink, SinkError, Sinks
from owtui.engine.notifications.teller import Plan, Teller
from owtui.engine.notifications.telling import Telling
from owtui.operator import Operator
from owtui.settings import Settings
from storage import devices, notifications
from storage.core import DELIVERY
from storage.db import Database
from storage.keys import Keys
from storage.secrets import Secret, Vault
from storage.tables import Delivery, Notification, Recipient

START = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
ANNA = Operator("anna", "desk", "cli")


@dataclass
class FakeSink:
    """Keeps what it is given, or fails as told."""

    name: str = "email"
    deadline_s: float = 30.0
    repeats: bool = False
    error: SinkError | None = None
    sent: list[Parcel] = field(default_factory=list)
    tried: int = 0

    async def send(self, parcel: Parcel, secret: Secret | None) -> None:
        self.tried += 1
        if self.error is not None:
            raise self.error
        self.sent.append(parcel)

    @property
    def subjects(self) -> list[str]:
        return [one.payload["subject"] for one in self.sent]


class Rig:
    """Time, what is told, and what comes of it."""

    def __init__(self, database: Database, *sinks: Sink, interval_s: float = 10800.0) -> None:
        self.database = database
        self.now = START
        self.bus = Bus()
        self.heard = self.bus.subscribe((), lambda: None)
        self.sinks = Sinks(on={sink.name: sink for sink in sinks})
        plan = Plan("lab", "email" in self.sinks.on, self.sinks.streams, interval_s)
        self.teller = Teller(plan, lambda: self.now)
        self.outbox = self.make()
        self.device = database.write(
            lambda session: devices.create(session, "ap-1", address="192.0.2.1").id
        )

    def make(self) -> Outbox:
        def vault() -> Vault:
            raise AssertionError("no secret was given")

        return Outbox(
            self.database,
            self.sinks,
            Packer("lab"),
            self.teller,
            self.bus,
            vault,
            lambda: self.now,
            lambda: 0.5,
        )

    def desk(self, folder: Any, **chosen: Any) -> Notifications:
        settings = Settings(fleet="lab", **chosen)
        fleet = Fleet(self.database)

        def vault() -> Vault:
            return Vault.open(self.database, Keys(folder / "master.key"))

        return Notifications(
            self.database, fleet, ANNA, self.bus, settings, vault, lambda: self.now
        )

    def person(self, operator: str, email: str = "") -> None:
        self.database.write(lambda s: notifications.set_email(s, operator, email))

    def passes(self, **span: float) -> None:
        self.now += timedelta(**span)

    def told(self, number: int = 1, **more: Any) -> Telling:
        given: dict[str, Any] = {
            "type": "ping_problem",
            "level": "warning",
            "text": f"The device ap-1 is not reachable ({number}).",
            "at": self.now,
            "device_id": self.device,
            "data": {"device": "ap-1", "number": number},
        }
        return Telling(**given | more)

    def tell(self, *told: Telling) -> list[Event]:
        return list(self.database.write(lambda s: self.teller.tell(s, told)))

    async def drain(self) -> list[float]:
        return [await self.outbox.drain(sink) for sink in self.sinks.on.values()]

    def rows(self, operator: str, **how: Any) -> list[Notification]:
        return self.database.read(lambda s: notifications.rows(s, operator, limit=1000, **how))

    def read(self, operator: str, *ids: UUID) -> None:
        self.database.write(lambda s: notifications.mark_read(s, operator, ids))

    def recipient(self, operator: str) -> Recipient:
        return self.database.read(lambda s: notifications.recipient(s, operator))

    def deliveries(self) -> list[Delivery]:
        from sqlalchemy import select

        query = select(Delivery).order_by(DELIVERY.c.created, DELIVERY.c.key)
        return self.database.read(lambda s: list(s.scalars(query)))

    def notices(self) -> list[str]:
        return [one.sentence for one in self.heard.take() if isinstance(one, Notice)]
