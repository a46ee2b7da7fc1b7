"""Topologies of the seeded fleet with a day of their history; the same in every run."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlmodel import Session

from owtui.engine.topology import storing
from owtui.engine.topology.graph import Graph, Link, Node
from storage.db import Database
from storage.tables import Topology
from storage.topologies import NodeRow
from tests.console.seed import NOW, id_of, names

_MESH = {
    "gw-harbour ap-roof-01": 1.02,
    "ap-roof-01 ap-roof-02": 1.1,
    "ap-roof-01 ap-roof-03": 1.0,
    "ap-roof-02 ap-roof-03": 1.32,
    "ap-roof-02 ap-roof-04": 1.2,
    "ap-roof-04 ap-yard-01": 1.2,
    "ap-roof-01 ap-roof-07": 1.4,
    "ap-roof-07 ap-roof-08": 1.1,
    "ap-roof-07 ap-roof-09": 1.15,
    "ap-roof-08 ap-roof-10": 1.05,
    "ap-roof-03 ap-roof-05": 1.08,
    "ap-roof-05 ap-roof-06": 1.01,
    "ap-hall-01 ap-hall-02": 1.0,
}
_LOST = "ap-roof-01 ap-roof-07"


def topology_id(label: str) -> UUID:
    """A topology's id follows from its label."""
    return uuid5(NAMESPACE_URL, f"topology/{label}")


def sow_network(file: Path) -> None:
    """Write a mesh, its tunnels and its cables into the database file of a seeded fleet."""
    database = Database.open(f"sqlite:///{file}")
    try:
        database.write(_mesh)
        database.write(_tunnels)
        database.write(_cables)
    finally:
        database.close()


def _mesh(session: Session) -> None:
    id_ = _topology(session, "roofs", "olsr")
    now = dict(_MESH)
    for minutes, changes in (
        (1500, {}),
        (430, {"ap-roof-02 ap-roof-04": 1.85}),
        (292, {"ap-yard-01 ap-yard-02": 1.2}),
        (14, {_LOST: 0.0}),
        (6, {"ap-roof-07 ap-roof-08": 1.1}),
    ):
        for ends, cost in changes.items():
            now[ends] = cost
        told = {ends: cost for ends, cost in now.items() if cost}
        _put(session, id_, _graph(told, "OLSR", "ETX"), minutes)


def _tunnels(session: Session) -> None:
    id_ = _topology(session, "tunnels", "wireguard")
    graph = _graph({"gw-harbour gw-north": 1.0}, "Wireguard Status Log", "static")
    _put(session, id_, graph, 2)


def _cables(session: Session) -> None:
    id_ = _topology(session, "cables", "lldp")
    _put(session, id_, _graph({"gw-harbour sw-1": 1.0}, "LLDP", ""), 8)


def _topology(session: Session, label: str, format_: str) -> UUID:
    row = Topology(id=topology_id(label), label=label, format=format_, url="http://10.8.0.9/")
    row.options = {"root": "gw-harbour"} if label == "roofs" else {}
    session.add(row)
    session.flush()
    return row.id


def _graph(costs: Mapping[str, float], protocol: str, metric: str) -> Graph:
    links = []
    for ends, cost in costs.items():
        one, other = ends.split()
        more = {"interface": "wlan0"} if one == "gw-harbour" and metric == "ETX" else {}
        links.append(Link(one, other, cost, "", more))
    known = {end for link in links for end in link.pair}
    nodes = [Node(end, end) for end in known]
    return Graph.of(nodes, links, protocol=protocol, metric=metric)


def _put(session: Session, id_: UUID, graph: Graph, minutes: int) -> None:
    moment = NOW - timedelta(minutes=minutes)
    storing.put(session, id_, graph, moment, match=_device)


def _device(node: NodeRow) -> UUID | None:
    return id_of(node.label) if node.label in set(names()) else None
