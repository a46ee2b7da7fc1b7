"""One picture of a network as values, whatever told it: nodes, and links between two of them.

Links are undirected: A–B and B–A are one link. Formats build a `Graph`, memory compares it with
what it knows, and faces draw it. Nothing here knows a database, a device or networkx.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Properties = Mapping[str, Any]
"""What a source tells beside the graph itself; plain JSON values."""

Pair = tuple[str, str]
"""The two ends of a link, the smaller id first."""


def pair(one: str, other: str) -> Pair:
    """The key of the link between two nodes, whichever of them is named first."""
    return (one, other) if one <= other else (other, one)


@dataclass(frozen=True, slots=True)
class Node:
    """A node as a source tells it; `addresses` are the others by which it is known."""

    id: str
    label: str = ""
    addresses: tuple[str, ...] = ()
    properties: Properties = field(default_factory=dict, hash=False)

    @property
    def name(self) -> str:
        """The label, or the id where there is none (OpenWISP's `name`)."""
        return self.label or self.id


@dataclass(frozen=True, slots=True)
class Link:
    """A link; `cost` in the metric of its graph (lower is better), `cost_text` for people."""

    source: str
    target: str
    cost: float = 1.0
    cost_text: str = ""
    properties: Properties = field(default_factory=dict, hash=False)

    @property
    def pair(self) -> Pair:
        """The key of the link."""
        return pair(self.source, self.target)


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes by id and links by pair, each in the order of its key (as netdiff gives them out)."""

    protocol: str
    version: str = ""
    metric: str = ""
    revision: str = ""
    nodes: Mapping[str, Node] = field(default_factory=dict, hash=False)
    links: Mapping[Pair, Link] = field(default_factory=dict, hash=False)

    @classmethod
    def of(
        cls,
        nodes: Iterable[Node],
        links: Iterable[Link],
        *,
        protocol: str,
        version: str = "",
        metric: str = "",
        revision: str = "",
    ) -> Graph:
        """Build one; the last of two nodes or links with one key counts.

        A node that only a link names is added, bare. A link of a node to itself is left out
        (OpenWISP: source and target differ).
        """
        joined = {link.pair: link for link in links if link.source != link.target}
        known = {node.id: node for node in nodes}
        for link in joined.values():
            for end in link.pair:
                known.setdefault(end, Node(end))
        return cls(
            protocol,
            version,
            metric,
            revision,
            dict(sorted(known.items())),
            dict(sorted(joined.items())),
        )


@dataclass(frozen=True, slots=True)
class Difference:
    """From one graph to another (netdiff's `diff`): changed ones as they are afterwards."""

    added_nodes: tuple[Node, ...] = ()
    removed_nodes: tuple[Node, ...] = ()
    changed_nodes: tuple[Node, ...] = ()
    added_links: tuple[Link, ...] = ()
    removed_links: tuple[Link, ...] = ()
    changed_links: tuple[Link, ...] = ()

    def __bool__(self) -> bool:
        return any(
            (
                self.added_nodes,
                self.removed_nodes,
                self.changed_nodes,
                self.added_links,
                self.removed_links,
                self.changed_links,
            )
        )


def diff(old: Graph, new: Graph) -> Difference:
    """Compare two graphs.

    A node has changed with its label, addresses or properties, a link with its cost, cost_text or
    properties; which end of a link is named first does not matter.
    """
    was, now = old.nodes, new.nodes
    up, ups = old.links, new.links
    return Difference(
        tuple(node for id_, node in now.items() if id_ not in was),
        tuple(node for id_, node in was.items() if id_ not in now),
        tuple(node for id_, node in now.items() if id_ in was and was[id_] != node),
        tuple(link for key, link in ups.items() if key not in up),
        tuple(link for key, link in up.items() if key not in ups),
        tuple(link for key, link in ups.items() if key in up and _told(up[key]) != _told(link)),
    )


def _told(link: Link) -> tuple[float, str, Properties]:
    return link.cost, link.cost_text, link.properties
