"""Graphs and topologies for the tests of memory: told in short, kept in a real database."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session

from owtui.engine.topology import storing
from owtui.engine.topology.graph import Graph, Link, Node
from owtui.engine.topology.history import replay
from owtui.engine.topology.storing import Stored
from owtui.engine.topology.updating import Known
from storage import topologyhistory
from storage.db import Database
from storage.tables import Topology

START = datetime(2026, 11, 27, 6, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    """So long after the start."""
    return START + timedelta(seconds=seconds)


def graph(*links: str, cost: float = 1.0, nodes: Iterable[Node] = ()) -> Graph:
    """`graph("a-b", "b-c")`."""
    told = [Link(one.split("-")[0], one.split("-")[1], cost) for one in links]
    return Graph.of(nodes, told, protocol="OLSR", version="0.8", metric="ETX", revision="7")


def make(database: Database, label: str = "mesh", **values: Any) -> UUID:
    """A topology of this label."""
    row = Topology(label=label, **{"format": "netjson", **values})

    def write(session: Session) -> UUID:
        session.add(row)
        session.flush()
        return row.id

    return database.write(write)


def put(database: Database, topology_id: UUID, told: Graph, moment: datetime) -> Stored:
    """One update."""
    return database.write(lambda session: storing.put(session, topology_id, told, moment))


def known(database: Database, topology_id: UUID) -> Known:
    """What the tables say now."""
    return database.read(lambda session: storing.known(session, topology_id))


def replayed(database: Database, topology_id: UUID, moment: datetime) -> Known:
    """What history says of a moment."""
    found = database.read(
        lambda session: topologyhistory.batches(session, topology_id, until=moment, since=moment)
    )
    return replay(found).known()


def ups(found: Known) -> set[str]:
    """The links that are up, as "a-b", by the ids of their nodes."""
    return {_name(found, key) for key, row in found.links.items() if row.is_up}


def downs(found: Known) -> set[str]:
    """The links that are down."""
    return {_name(found, key) for key, row in found.links.items() if not row.is_up}


def _name(found: Known, key: UUID) -> str:
    row = found.links[key]
    return "-".join(sorted(found.nodes[end].addresses[0] for end in (row.source, row.target)))
