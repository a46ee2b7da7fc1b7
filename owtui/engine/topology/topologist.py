"""Keeps topologies up to date: what the holder of the engine has at work, and nobody else.

Each has its turn on its own interval, with jitter, a deadline and back-off; a source that cannot be
read is said once and takes no link down. What moved, in whatever process, is followed: the devices
at both ends of a link that went up or down are checked at once (operations.md §4.4).
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random
from typing import Protocol
from uuid import UUID

from sqlmodel import Session

from owtui.engine.jobs.heart import ATTACHED
from owtui.engine.monitoring.rota import Pace, Rota
from owtui.engine.monitoring.scheduler import Scheduler
from owtui.engine.topology.entries import NEIGHBOURS
from owtui.engine.topology.history import unpack
from owtui.engine.topology.thinning import TIERS, Tier, spans, thinned
from owtui.engine.topology.updater import Updater
from owtui.errors import PROBLEMS, failure_of
from storage import engines, topologies, topologyhistory, topologylinks
from storage.db import Database
from storage.errors import MissingError
from storage.tables import now

_log = logging.getLogger(__name__)

DEADLINE_S = 300.0  # of one update: a mesh whose devices are asked one by one takes its time
LONGEST_S = 3600.0  # between two tries of a source that fails
PARALLEL = 4
EARLIEST = datetime(1971, 1, 1, tzinfo=UTC)  # before there was any history

Job = Callable[[], Awaitable[object]]


class Reactions(Protocol):
    """What is done about a device whose link moved."""

    async def suspect(self, device_id: UUID) -> object:
        """A link of it is down: see whether it is well."""
        ...

    async def recover(self, device_id: UUID) -> object:
        """A link of it is up: see whether it is well again."""
        ...


class Topologist:
    """Updates what is due and follows what moved.

    updates: whether it reads sources at all; what others write is followed in any case
    also: what is done on an interval of its own beside the topologies, by name: (seconds, work)
    zone: of the engine. Of the living engines on a database the first zone's does what each could;
        devices are asked by all of them, as each may reach others.
    """

    def __init__(
        self,
        database: Database,
        updater: Updater,
        reactions: Reactions,
        *,
        history_days: float = 365,
        updates: bool = True,
        also: dict[str, tuple[float, Job]] | None = None,
        zone: str = "",
        clock: Callable[[], float] = time.monotonic,
        random: Random | None = None,
        present: Callable[[], datetime] = now,
    ) -> None:
        self._database = database
        self._updater = updater
        self._reactions = reactions
        self._history = timedelta(days=history_days)
        self._updates = updates
        self._some = asyncio.Event()
        self._also = also or {}
        self._zone = zone
        self._local: frozenset[str] = frozenset()  # those read from devices, which zones may part
        self._clock = clock
        self._present = present
        self._every: dict[str, float] = {}
        self._said: dict[str, str] = {}  # why a source could not be read, as it was logged
        self._followed: dict[UUID, int] | None = None
        self._thinned: dict[Tier, datetime] = {}  # up to when
        pace = Pace(every_s=300.0, longest_s=LONGEST_S)
        self.rota = Rota(pace, random or Random(), lambda key: self._every.get(key, 300.0))
        self.scheduler = Scheduler(
            self.rota, self._turn, parallel=PARALLEL, clock=clock, deadline_s=DEADLINE_S
        )

    async def load(self) -> None:
        """Take in which topologies there are and when each is due, anew after a change."""
        found, self._local = await self._database.aread(_due)
        self._every = {**found, **{name: every_s for name, (every_s, _) in self._also.items()}}
        self.rota.sync(self._every, self._clock())
        self.scheduler.nudge()
        if self._followed is None:  # what moved before us was another holder's
            self._followed = await self._database.aread(topologyhistory.recorded)

    async def run(self) -> None:
        """Serve the rota, and follow what moved, until cancelled."""
        async with asyncio.TaskGroup() as group:
            if self._updates:
                group.create_task(self.scheduler.run(), name="topologies in turn")
            group.create_task(self._follow_on(), name="follow links")

    def moved(self) -> None:
        """Topologies were written, here or elsewhere (topic TOPOLOGIES)."""
        self._some.set()

    async def follow(self) -> None:
        """Look after the devices whose links went up or down since the last time: at the same
        time, as whoever checks them bounds how many that are."""
        ups, downs = await self._database.aread(self._news)
        async with asyncio.TaskGroup() as group:
            for device_id in downs:
                group.create_task(self._look(self._reactions.suspect, device_id))
            for device_id in ups - downs:
                group.create_task(self._look(self._reactions.recover, device_id))

    async def _follow_on(self) -> None:
        while True:
            await self._some.wait()
            self._some.clear()
            try:
                await self.load()
                await self.follow()
            except PROBLEMS as error:
                _log.warning("topologies: %s", failure_of(error).sentence)

    async def _look(self, how: Callable[[UUID], Awaitable[object]], device_id: UUID) -> None:
        try:
            await how(device_id)
        except PROBLEMS as error:  # of one device; the others are looked after all the same
            _log.warning("a device whose link moved: %s", failure_of(error).sentence)

    async def tidy(self) -> None:
        """Forget history that is older than it is kept, and thin what is older than a day."""
        oldest = self._present() - self._history
        await self._database.awrite(lambda session: topologyhistory.drop(session, oldest))
        for tier in TIERS:
            await self._thin(tier)

    async def _thin(self, tier: Tier) -> None:
        """Thin what came to be of this age since the last time; all there is the first time."""
        until = tier.until(self._present())
        since = self._thinned.get(tier, EARLIEST)
        moments = await self._database.aread(
            lambda session: topologyhistory.plain_moments(session, since - tier.wholes, until)
        )
        for topology_id, told in moments.items():
            for begin, end in spans(told, tier):
                await self._database.awrite(
                    partial(_thin, topology_id, tier, begin, min(end, until))
                )
        self._thinned[tier] = until

    async def _turn(self, key: str) -> bool:
        try:
            if key not in self._local and not await self._database.aread(self._is_first):
                return True
            if key in self._also:
                await self._also[key][1]()
            else:
                await self._updater.update(UUID(key))
        except PROBLEMS as error:
            sentence = failure_of(error).sentence
            if self._said.get(key) != sentence:
                _log.warning("no update of a topology: %s", sentence)
            self._said[key] = sentence
            return False
        self._said.pop(key, None)
        return True

    def _is_first(self, session: Session) -> bool:
        """Whether no engine of an earlier zone lives: one that died is followed within 30 s."""
        living = {one.zone for one in engines.alive(session, self._present())} - {ATTACHED}
        return min({self._zone, *living}) == self._zone

    def _news(self, session: Session) -> tuple[set[UUID], set[UUID]]:
        """The devices of links that are up, and of links that are down, since the last look."""
        recorded = topologyhistory.recorded(session)
        followed = self._followed if self._followed is not None else recorded
        since = {id_: followed.get(id_, 0) for id_ in recorded}
        states: dict[UUID, bool] = {}
        for batch in topologyhistory.news(session, since):
            for key, fields in unpack(batch.packed)["links"].items():
                if fields is not None and "up" in fields:
                    states[UUID(key)] = bool(fields["up"])
        self._followed = recorded
        ends = topologylinks.devices_of(session, states.keys())
        return (_at(ends, states, up=True), _at(ends, states, up=False))


def _thin(topology_id: UUID, tier: Tier, begin: datetime, end: datetime, session: Session) -> None:
    try:
        topologies.get(session, topology_id, lock=True)  # another zone's engine may be at it
    except MissingError:
        return
    found = thinned(topologyhistory.between(session, topology_id, begin, end), tier)
    if found:
        topologyhistory.thin(session, topology_id, found.rewritten, found.dropped, found.wholes)


def _at(ends: dict[UUID, tuple[UUID, ...]], states: dict[UUID, bool], *, up: bool) -> set[UUID]:
    return {one for link, is_up in states.items() if is_up == up for one in ends.get(link, ())}


def _due(session: Session) -> tuple[dict[str, float], frozenset[str]]:
    """How often each topology is updated: published ones that are read, of active organizations;
    and which of them are read from devices."""
    wanted = [
        row
        for row in topologies.rows(session)
        if row.published and row.strategy != "receive" and not topologies.disabled(session, row.id)
    ]
    asked = (row for row in wanted if row.strategy == "device" and row.format != NEIGHBOURS)
    every = {str(row.id): float(row.interval_s) for row in wanted}
    return every, frozenset(str(row.id) for row in asked)
