"""Updates of topologies: what was told, from wherever, goes into memory here.

Faces use it for updates on request, the holder of the engine for those in their turn; it writes,
tells of what moved, and records why a source could not be read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session

from owtui.engine.bus import Bus
from owtui.engine.events import TopologyChanged
from owtui.engine.fleet import Fleet
from owtui.engine.topology import storing
from owtui.engine.topology.addressing import follow
from owtui.engine.topology.entries import Updated
from owtui.engine.topology.graph import Graph
from owtui.engine.topology.matching import Identities, NoVpnClients, VpnClients
from owtui.engine.topology.storing import Stored
from owtui.engine.topology.updating import LINK_EXPIRATION, Rules
from owtui.engine.topology.views import About, moves_of
from owtui.errors import PROBLEMS, BlockedError, InputError, failure_of
from storage import topologies
from storage.db import Database
from storage.tables import Topology, now

KNOWN_FOR = timedelta(minutes=1)
"""How long the index of devices is used: what they report changes slowly."""

TOLD = 5
"""Of so many devices that did not answer the reason is kept."""

MISSED = 3
"""Where some devices did not answer, a link that only they can tell of stays up for so many
intervals: a failed read takes nothing down (operations.md §4.2.7)."""


@dataclass(frozen=True, slots=True)
class Order:
    """What to read: a topology's source."""

    id: UUID
    label: str
    format: str
    strategy: str
    url: str = ""
    filter: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    organization_id: UUID | None = None
    interval_s: int = 300

    @classmethod
    def of(cls, row: Topology) -> Order:
        """From what is stored."""
        names = ("id", "label", "format", "strategy", "url", "filter", "organization_id")
        told = {name: getattr(row, name) for name in (*names, "interval_s")}
        return cls(**told, options=dict(row.options))


@dataclass(frozen=True, slots=True)
class Heard:
    """What a source told. `missing`: why a part of it could not be read, a sentence each; then
    `answered` are the devices that told."""

    graph: Graph
    missing: tuple[str, ...] = ()
    answered: frozenset[UUID] = frozenset()


Read = Callable[[Order], Awaitable[Heard]]
"""Reads a source. Raises OwtuiError."""


class Updater:
    """Takes what was told into memory. `read`: see Read."""

    def __init__(
        self,
        database: Database,
        fleet: Fleet,
        bus: Bus,
        read: Read,
        *,
        clients: VpnClients | None = None,
        link_days: float = LINK_EXPIRATION.days,
        node_days: float = 0,
        present: Callable[[], datetime] = now,
    ) -> None:
        self._database = database
        self._fleet = fleet
        self._bus = bus
        self._read = read
        self._clients = clients or NoVpnClients()
        self._links = timedelta(days=link_days) if link_days else None
        self._nodes = timedelta(days=node_days) if node_days else None
        self._present = present
        self._people = Identities()
        self._indexed: datetime | None = None

    async def update(self, topology_id: UUID) -> Updated:
        """Read the source of a topology and take in what it tells.

        A failure is recorded with the topology, changes nothing else of it and is raised:
        OwtuiError, StorageError.
        """
        order = await self._database.aread(lambda session: _order(session, topology_id))
        try:
            heard = await self._read(order)
        except PROBLEMS as error:
            sentence, at = failure_of(error).sentence, self._present()
            await self._database.awrite(lambda s: storing.fail(s, topology_id, sentence, at))
            self._bus.publish(TopologyChanged(str(topology_id)))
            raise
        rules = self._rules(order)
        if heard.missing:
            keeps = timedelta(seconds=MISSED * order.interval_s)
            rules = replace(rules, keeps=keeps, answered=heard.answered)
        updated = await self.take(topology_id, heard.graph, rules=rules)
        if heard.missing:
            sentence, at = _in_short(heard.missing), self._present()
            await self._database.awrite(lambda s: storing.fail(s, topology_id, sentence, at))
        return updated

    async def take(
        self,
        topology_id: UUID,
        graph: Graph,
        *,
        rules: Rules | None = None,
        at: datetime | None = None,
    ) -> Updated:
        """Take in what was told. Raises MissingError for a topology that is gone."""
        people = await self._identities()
        moment = at or self._present()

        def write(session: Session) -> Stored:
            topology = topologies.get(session, topology_id)
            chosen = rules or self._rules(Order.of(topology), topology.expiration_time)
            owner = topology.organization_id
            stored = storing.put(
                session,
                topology_id,
                graph,
                moment,
                rules=chosen,
                match=lambda row: self._there(people.match(row, owner)),
            )
            follow(session, stored)
            return stored

        stored = await self._database.awrite(write)
        self._publish(stored)
        # Of 4,000 links with new costs the words are a tenth of a second: not on the loop.
        return await asyncio.to_thread(_words, about_of(stored.topology, self._fleet), stored)

    def told(self, stored: Stored) -> Updated:
        """What was written, in words; whoever listens hears of it."""
        self._publish(stored)
        return _words(about_of(stored.topology, self._fleet), stored)

    def _publish(self, stored: Stored) -> None:
        if stored.batch is not None:
            self._bus.publish(TopologyChanged(str(stored.topology.id)))

    def _rules(self, order: Order, expiration_s: float = 0) -> Rules:
        chosen = Rules.of(order.strategy, expiration_s)
        return replace(chosen, links=self._links, nodes=self._nodes)

    def _there(self, device_id: UUID | None) -> UUID | None:
        """The device, None where it was removed since the index was made."""
        return device_id if device_id in self._fleet.rows else None

    async def _identities(self) -> Identities:
        """The index of devices, made anew after a while."""
        at = self._present()
        if self._indexed is None or not timedelta() <= at - self._indexed < KNOWN_FOR:
            rows = dict(self._fleet.rows)
            self._people = await self._database.aread(
                lambda session: Identities.load(session, rows, self._clients)
            )
            self._indexed = at
        return self._people


def _in_short(sentences: Sequence[str]) -> str:
    more = len(sentences) - TOLD
    return "; ".join([*sentences[:TOLD], *([f"and {more} more"] if more > 0 else [])])


def _words(about: About, stored: Stored) -> Updated:
    nodes, links = len(stored.after.nodes), len(stored.after.links)
    changes = moves_of(about, stored.before, stored.after, stored.at)
    return Updated(about.id, about.label, stored.at, nodes, links, tuple(changes))


def about_of(row: Topology, fleet: Fleet) -> About:
    """What is said of a whole topology, with the names of devices as they are now."""
    return About(
        *(row.id, row.label, row.format, row.protocol, row.version, row.revision, row.metric),
        row.updated_at,
        {id_: one.name for id_, one in fleet.rows.items()},
    )


def _order(session: Session, topology_id: UUID) -> Order:
    topology = topologies.get(session, topology_id)
    if topologies.disabled(session, topology_id):
        raise BlockedError(
            f"The organization of the topology {topology.label} is disabled.",
            "Its topologies are not updated until it is active again.",
        )
    if topology.strategy == "receive":
        raise InputError(
            f"The topology {topology.label} receives what is sent to it.",
            "There is nothing to fetch; `owtui topology import` reads a file.",
        )
    return Order.of(topology)
