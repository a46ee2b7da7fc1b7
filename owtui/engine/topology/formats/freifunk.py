"""Freifunk's nodes.json and graph.json (ffmap-backend), which belong together.

nodes.json knows the nodes, graph.json the links between them; both are read from one document, one
behind the other (`cat nodes.json graph.json`), or either alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from owtui.engine.topology.formats.base import Format
from owtui.engine.topology.formats.registry import Formats
from owtui.engine.topology.formats.values import At, documents
from owtui.engine.topology.graph import Graph, Link, Node


class Freifunk(Format):
    """nodes.json of version 1 or 2, graph.json of version 1; the cost is 1.0 for a perfect link."""

    id = "freifunk"
    title = "Freifunk (nodes.json + graph.json)"
    protocol = "batman-adv"
    version = "1"
    metric = "TQ"

    def read(self, text: str, at: datetime, options: Mapping[str, Any]) -> Graph:
        """Read one or both, in any order. A node that is offline is marked, never left out."""
        nodes: dict[str, Node] = {}
        links: list[Link] = []
        version = ""
        for told in documents(text, self):
            if (mesh := told.get("batadv")) is not None:
                ids = [_vertex(one) for one in mesh["nodes"].items()]
                for id_, address in ids:
                    nodes.setdefault(id_, Node(id_, addresses=(address,)))
                links += _links(mesh, [id_ for id_, _ in ids])
            else:
                version = found.name if (found := told.get("version")) else "1"
                nodes.update((node.id, node) for node in _nodes(told["nodes"]))
        return self.graph(nodes.values(), links, version=version)


def _vertex(one: At) -> tuple[str, str]:
    """The id of a node of graph.json, and its MAC; one that is unknown has no node_id."""
    address = one["id"].name
    return one.some("node_id") or address, address


def _links(mesh: At, ids: list[str]) -> Iterator[Link]:
    for one in mesh["links"].items():
        properties = one.told("vpn", "bidirect")
        source, target = _end(one["source"], ids), _end(one["target"], ids)
        yield Link(source, target, one["tq"].number, properties=properties)


def _end(end: At, ids: list[str]) -> str:
    """networkx of old writes the index of a node, newer ones write its id."""
    index = end.value
    if isinstance(index, bool) or not isinstance(index, int):
        return end.name
    if not 0 <= index < len(ids):
        raise end.wrong(f"there are {len(ids)} nodes, not {index}")
    return ids[index]


def _nodes(told: At) -> Iterator[Node]:
    """Version 1 has an object by id, version 2 a list."""
    rows = [one for _, one in told.members()] if isinstance(told.value, dict) else told.items()
    for one in rows:
        info = one["nodeinfo"]
        yield Node(
            info["node_id"].name, info.some("hostname"), _addresses(info), _properties(one, info)
        )


def _addresses(info: At) -> tuple[str, ...]:
    network = info.get("network")
    if network is None:
        return ()
    found = [network.some("mac"), *network.texts("addresses")]
    mesh = network.get("mesh")
    for _, interface in mesh.members() if mesh else ():
        kinds = interface.get("interfaces")
        for kind, _ in kinds.members() if kinds else ():
            assert kinds is not None
            found += kinds.texts(kind)
    return tuple(dict.fromkeys(one for one in found if one))


def _properties(one: At, info: At) -> dict[str, Any]:
    flags, statistics = one.get("flags"), one.get("statistics")
    found: dict[str, Any] = {}
    for part, keys in (
        (flags, ("online", "gateway")),
        (one, ("firstseen", "lastseen")),
        (statistics, ("clients", "uptime", "memory_usage", "rootfs_usage", "loadavg", "gateway")),
    ):
        if part is not None:
            told = part.told(*keys)
            if part is statistics and "gateway" in told:
                told["via_gateway"] = told.pop("gateway")
            found.update(told)
    found.update(info.told("location"))
    return found


def register(formats: Formats) -> None:
    """Add it to the family."""
    formats.add(Freifunk())
