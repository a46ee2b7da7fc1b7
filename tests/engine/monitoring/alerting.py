"""A monitor with its alerts on a real database: a clock of its own, and what people were told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlmodel import Session

from owtui.engine.bus import Bus
from owtui.engine.events import Event
from owtui.engine.fleet import Fleet
from owtui.engine.monitoring.alerts.keeper import Keeper
from owtui.engine.monitoring.alerts.settling import Policy
from owtui.engine.monitoring.alerts.uplinks import Edge, Strength
from owtui.engine.monitoring.monitor import Monitor
from owtui.engine.monitoring.readings import Reading
from owtui.engine.monitoring.verdicts import Observation
from owtui.engine.notifications.telling import Telling
from storage import alerts, devices
from storage.db import Database
from storage.rows import DeviceRow
from storage.tables import Alert
from tests.engine.monitoring.memory import MemorySeries

START = datetime(2026, 11, 27, 6, 0, tzinfo=UTC)


class Fixed:
    """A source of edges that are simply so: {"ap-1": "gw"}."""

    def __init__(self, behind: Mapping[str, str | tuple[str, ...]], strength: Strength) -> None:
        self.behind = dict(behind)
        self.strength = strength

    def edges(self, session: Session, rows: Mapping[UUID, DeviceRow]) -> Iterable[Edge]:
        named = {row.name: row.id for row in rows.values()}
        for below, above in self.behind.items():
            for one in (above,) if isinstance(above, str) else above:
                yield Edge(named[below], named[one], self.strength)


class AlertRig:
    """Devices by name; `saw` gives one value, `told` is what people were told, in order."""

    def __init__(
        self,
        database: Database,
        names: Sequence[str],
        behind: Mapping[str, str | tuple[str, ...]] | None = None,
        *,
        strength: Strength = Strength.ACCESS,
        policy: Policy | None = None,
    ) -> None:
        self.database = database
        self.now = START
        self.policy = policy
        self.fleet = Fleet(database)
        self.series = MemorySeries()
        self.bus = Bus()
        self.tellings: list[Telling] = []
        self._told_at: list[datetime] = []
        self.sources = [Fixed(behind or {}, strength)]
        self.ids: dict[str, UUID] = {}
        for nth, name in enumerate(names):
            made = database.write(
                lambda s, name=name, nth=nth: devices.create(s, name, address=f"192.0.2.{nth + 1}")
            )
            self.ids[name] = made.id
        self.restart()

    def restart(self) -> None:
        """Another holder: nothing is remembered but what is in the tables."""
        self.monitor = Monitor(
            self.fleet, self.bus, self.database, self.series, present=lambda: self.now
        )
        self.keeper = Keeper(
            self.fleet,
            self.bus,
            self.database,
            lambda: self.monitor.book.thresholds,
            tell=self._tell,
            policy=self.policy,
            present=lambda: self.now,
            sources=self.sources,
            forecasts=[],
        )
        self.monitor.listeners.append(self.keeper.listen)
        self.monitor.on_trouble = self.keeper.trouble

    def _tell(self, session: Session, told: Sequence[Telling]) -> Sequence[Event]:
        self.tellings += told
        self._told_at += [self.now] * len(told)
        return ()

    async def ready(self) -> AlertRig:
        await self.fleet.load()
        await self.monitor.load()
        return self

    def later(self, minutes: float) -> None:
        self.now += timedelta(minutes=minutes)

    async def saw(self, name: str, kind: str, value: float, *, tell: bool = True) -> None:
        """One value, and a look."""
        await self.take(name, {kind: value}, tell=tell)
        await self.keeper.settle()

    async def take(self, name: str, values: Mapping[str, float], *, tell: bool = True) -> None:
        """Several values of one device at the same time, without a look."""
        fields = {"ping": "reachable", "disk": "used_disk", "cpu": "cpu_usage"}
        readings = tuple(
            Reading(kind, self.now.timestamp(), {fields.get(kind, kind): value}, tell=tell)
            for kind, value in values.items()
        )
        await self.monitor.take([Observation(self.ids[name], self.now, readings)])

    async def hold(self, name: str, kind: str, value: float, minutes: int = 35) -> None:
        """The same value every five minutes, for so long."""
        for _ in range(0, minutes + 1, 5):
            await self.saw(name, kind, value)
            self.later(5)

    async def pause(self, minutes: int) -> None:
        """Time goes by with a look a minute."""
        for _ in range(minutes):
            self.later(1)
            await self.keeper.settle()

    @property
    def told(self) -> list[tuple[str, str]]:
        """Who and what: ("gw", "ping_problem"); flapping as "ping_flapping"."""
        names = {id_: name for name, id_ in self.ids.items()}
        return [
            (
                names[one.device_id] if one.device_id else "",
                one.type.replace("problem", "flapping") if one.data["flapping"] else one.type,
            )
            for one in self.tellings
        ]

    @property
    def told_at(self) -> list[tuple[str, str, datetime]]:
        """The same with the time at which it was told."""
        return [(*one, at) for one, at in zip(self.told, self._told_at, strict=True)]

    def alerts(self) -> list[Alert]:
        return self.database.read(lambda session: alerts.rows(session))

    def alert(self, name: str, kind: str) -> Alert:
        (found,) = [
            one for one in self.alerts() if one.device_id == self.ids[name] and one.kind == kind
        ]
        return found

    def lines(self, alert: Alert) -> list[str]:
        """The kinds of the timeline of an alert."""
        found = self.database.read(lambda session: alerts.timeline(session, alert.id))
        return [one.kind for one in found]
