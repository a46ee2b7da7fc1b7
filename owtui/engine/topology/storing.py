"""An update of a topology as one transaction: read, compare, write what differs, record it.

Bulk statements throughout: OpenWISP saves row by row and serialises the whole topology for each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from owtui.engine.topology import history
from owtui.engine.topology.graph import Graph, Link, Node
from owtui.engine.topology.updating import Known, Moves, Rules, update
from storage import revisions, topologies, topologyhistory
from storage.rules import storable
from storage.tables import Topology
from storage.topologies import LinkRow, NodeRow
from storage.topologyhistory import Batch

Match = Callable[[NodeRow], UUID | None]
"""Which device a node is."""

ABOUT_LENGTH = 64


@dataclass(frozen=True, slots=True)
class Stored:
    """What an update did: what was known before and after, and the links whose status moved."""

    topology: Topology
    at: datetime
    before: Known
    after: Known
    batch: Batch | None = None

    @property
    def moved(self) -> list[LinkRow]:
        """Links that went up or down, or are new, as they are now."""
        return [
            row
            for key, row in self.after.links.items()
            if (was := self.before.links.get(key)) is None or was.is_up != row.is_up
        ]


def known(session: Session, topology_id: UUID) -> Known:
    """What is known of a topology."""
    return Known(topologies.nodes(session, topology_id), topologies.links(session, topology_id))


def put(
    session: Session,
    topology_id: UUID,
    graph: Graph,
    at: datetime,
    *,
    rules: Rules | None = None,
    match: Match | None = None,
) -> Stored:
    """Take what was told into what is known. `rules` None: those of the topology's strategy.

    Raises MissingError for a topology that is gone.
    """
    topology = topologies.get(session, topology_id, lock=True)
    before = known(session, topology_id)
    chosen = rules or Rules.of(topology.strategy, topology.expiration_time)
    moves = update(before, clean(graph), chosen, at)
    if match is not None:
        moves = _matched(before, moves, match)
    stored = write(session, topology, before, moves, at)
    for name in ("protocol", "version", "revision", "metric"):
        if said := storable(getattr(graph, name)):
            setattr(topology, name, said[:ABOUT_LENGTH])
    topology.updated_at, topology.failure = at, ""
    session.add(topology)
    revisions.touch(session, revisions.TOPOLOGIES)
    return stored


def write(
    session: Session, topology: Topology, before: Known, moves: Moves, at: datetime
) -> Stored:
    """Write moves and record them; whoever calls holds the topology."""
    topologies.remove(session, (), moves.removed_links)
    topologies.remove(session, moves.removed_nodes, ())
    topologies.add_nodes(session, topology.id, moves.added_nodes)
    topologies.change_nodes(session, moves.changed_nodes)
    topologies.add_links(session, topology.id, moves.added_links)
    described = {row.key for row in moves.changed_links if _described(row, before.links[row.key])}
    topologies.change_links(session, moves.changed_links, described=described)
    topologies.touch_links(session, moves.touched, at)
    after = history.after(before, moves)
    if not moves:
        return Stored(topology, at, before, after)
    stored = Stored(topology, at, before, after)
    return replace(stored, batch=_record(session, topology, moves, stored))


def fail(session: Session, topology_id: UUID, sentence: str, at: datetime) -> None:
    """An update failed: say so, and leave everything as it is (operations.md §4.2.7)."""
    topology = topologies.get(session, topology_id)
    topology.failed_at, topology.failure = at, storable(sentence)
    session.add(topology)
    revisions.touch(session, revisions.TOPOLOGIES)


def clean(graph: Graph) -> Graph:
    """A graph as both databases can keep it: what devices say may hold anything."""
    return Graph.of(
        (
            Node(
                *(storable(one.id), storable(one.label)),
                tuple(storable(address) for address in one.addresses),
                storable(dict(one.properties)) if one.properties else {},
            )
            for one in graph.nodes.values()
        ),
        (
            Link(
                *(storable(one.source), storable(one.target), one.cost, storable(one.cost_text)),
                storable(dict(one.properties)) if one.properties else {},
            )
            for one in graph.links.values()
        ),
        protocol=graph.protocol,
    )


def _record(session: Session, topology: Topology, moves: Moves, stored: Stored) -> Batch:
    """The batch of these moves, and the whole picture where one is due."""
    last = topologyhistory.last_at(session, topology.id)
    at = max(stored.at, last) if last else stored.at  # a clock that went back reorders nothing
    moved = stored.moved
    packed = history.pack_moves(stored.before, moves)
    batch = Batch(
        *(topology.id, topology.recorded + 1, at, packed, history.visible(stored.before, moves)),
        ups=sum(row.is_up for row in moved),
        downs=sum(not row.is_up for row in moved),
    )
    topology.recorded = batch.number
    topology.weight += history.size(moves)
    kept = [batch]
    if history.is_due(topology.weight, stored.after):
        whole = history.pack_whole(stored.after)
        size = len(stored.after.nodes) + len(stored.after.links)
        kept.append(Batch(topology.id, batch.number, at, whole, size, is_whole=True))
        topology.weight = 0
    session.add(topology)
    topologyhistory.record(session, kept)
    return batch


def _matched(before: Known, moves: Moves, match: Match) -> Moves:
    """The same moves with the devices that nodes are; also of nodes that nothing else changed."""
    added = tuple(replace(row, device_id=match(row)) for row in moves.added_nodes)
    changed: Mapping[UUID, NodeRow] = {row.key: row for row in moves.changed_nodes}
    found = dict(changed)
    for key, row in before.nodes.items():
        if key in moves.removed_nodes:
            continue
        now = changed.get(key, row)
        device_id = match(now)
        if device_id != now.device_id:
            found[key] = replace(now, device_id=device_id)
    return replace(moves, added_nodes=added, changed_nodes=tuple(found.values()))


def _described(row: LinkRow, was: LinkRow) -> bool:
    return row.properties != was.properties or row.user_properties != was.user_properties
