"""ZeroTier, as the controller's `zerotier-cli -j peers` tells it: itself and its members."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from owtui.engine.topology.formats.base import Format
from owtui.engine.topology.formats.registry import Formats
from owtui.engine.topology.formats.values import At, document
from owtui.engine.topology.graph import Graph, Link, Node

CONTROLLER = "controller"


class ZeroTier(Format):
    """Members (role LEAF) that are reachable now; the cost is the latency in milliseconds."""

    id = "zerotier"
    title = "ZeroTier"
    protocol = "ZeroTier Controller Peers"
    version = "1"
    metric = "static"
    command = "zerotier-cli -j peers"

    def read(self, text: str, at: datetime, options: Mapping[str, Any]) -> Graph:
        """Read the list of peers."""
        nodes, links = [Node(CONTROLLER, CONTROLLER)], []
        for peer in document(text, self).items():
            if peer["role"].text != "LEAF" or peer["latency"].number == -1:
                continue
            for path in _used(peer):
                node = _member(peer, path)
                nodes.append(node)
                links.append(_link(node.id, peer, path))
        return self.graph(nodes, links)

    def private(self, node: Node) -> bool:
        """Every controller is called the same."""
        return node.id == CONTROLLER


def _used(peer: At) -> Iterator[At]:
    """The path in use, which zerotier-cli prints in its own table."""
    for path in peer.each("paths"):
        told = path.object
        if told.get("active") and told.get("preferred") and not told.get("expired"):
            yield path


def _member(peer: At, path: At) -> Node:
    address = peer["address"].name
    properties = {"address": address, "ip_address": path["address"].name}
    kept = peer.told("role", "version", "tunneled", "isBonded")
    return Node(address, address, properties={**properties, **kept})


def _link(member: str, peer: At, path: At) -> Link:
    properties = {key: value.plain for key, value in path.members() if key != "address"}
    return Link(CONTROLLER, member, peer["latency"].number, properties=properties)


def register(formats: Formats) -> None:
    """Add it to the family."""
    formats.add(ZeroTier())
