"""What the shape of a network means: islands, cut points, bridges, ways, and what hangs on a node.

All of it is about links that are up, in one `Shape` made once a picture. networkx does the theory:
whoever must be passed on every way from the root to a node *dominates* it, and is lost with it.
It takes 0.2 s to import, so faces import this module where they need it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from uuid import UUID

import networkx as nx

from owtui.engine.topology.graph import Pair, pair
from owtui.engine.topology.picture import LinkView, Picture

PIVOTS = 48
"""Nodes from which betweenness is estimated: exact up to so many nodes, 1 s for 2,000 of them."""

LEAST_COST = 1e-9
"""A cost of nothing or less would let a way run in circles."""


@dataclass(frozen=True, slots=True)
class Path:
    """A way: its nodes in order, its links between them, what it costs, the weakest of them."""

    nodes: tuple[str, ...]
    links: tuple[LinkView, ...]
    cost: float
    weakest: LinkView | None


@dataclass(frozen=True)
class Shape:
    """A picture as a graph of the links that are up; what is asked is found once and kept."""

    picture: Picture

    @cached_property
    def graph(self) -> nx.Graph:
        """All nodes, and the links that are up with their `cost`; in the order of their keys."""
        graph = nx.Graph()
        graph.add_nodes_from(sorted(self.picture.nodes))
        for key, link in sorted(self.picture.links.items()):
            if link.is_up:
                graph.add_edge(*key, cost=max(link.weight, LEAST_COST))
        return graph

    @cached_property
    def islands(self) -> tuple[frozenset[str], ...]:
        """The parts without a way between them, the largest first."""
        parts = map(frozenset, nx.connected_components(self.graph))
        return tuple(sorted(parts, key=lambda part: (-len(part), min(part))))

    @cached_property
    def bridges(self) -> frozenset[Pair]:
        """Links whose loss parts the network."""
        return frozenset(pair(*ends) for ends in nx.bridges(self.graph))

    @cached_property
    def cut_points(self) -> tuple[str, ...]:
        """Nodes whose loss parts the network, those with the most neighbours first."""
        found = nx.articulation_points(self.graph)
        return tuple(sorted(found, key=lambda node: (-self.graph.degree(node), node)))

    def default_root(self, near: UUID | None = None) -> str | None:
        """The node to look from: of the device nearest to us, else what most ways pass.

        Of several equal ones the one with the most neighbours, then the first by id. None for an
        empty picture.
        """
        for id_, node in self.picture.nodes.items():
            if near is not None and node.device_id == near:
                return id_
        return busiest(self.graph, self.islands[0]) if self.islands else None

    def carriers(self, root: str) -> Mapping[str, str]:
        """By node the last that every way from the root to it passes; without the root itself.

        Nodes that the root does not reach are not in it.
        """
        found = nx.immediate_dominators(self.graph.to_directed(), root)
        return {node: by for node, by in found.items() if node != root and by is not None}

    def lost_with(self, node: str, root: str) -> frozenset[str]:
        """Nodes that the root loses while this one is away (reboots, is flashed); not itself.

        Empty where the root does not reach it. The root itself takes all that it reaches.
        """
        return behind(self.carriers(root)).get(node, frozenset())

    def redundant(self, root: str) -> frozenset[str]:
        """Nodes that stay reachable from the root whichever one other node or link is lost."""
        return frozenset(
            node
            for node, by in self.carriers(root).items()
            if by == root and pair(node, root) not in self.bridges
        )

    def score(self, root: str) -> float:
        """The share of the root's nodes that no single loss cuts off, 0 to 1; 1 without any."""
        reached = len(self.carriers(root))
        return len(self.redundant(root)) / reached if reached else 1.0

    def path(self, one: str, other: str, *, by_hops: bool = False) -> Path | None:
        """The cheapest way, or the one of the fewest links; None where there is none.

        Raises KeyError for a node that is not in the picture.
        """
        for node in (one, other):
            if node not in self.graph:
                raise KeyError(node)
        try:
            weight = None if by_hops else "cost"
            nodes = nx.shortest_path(self.graph, one, other, weight=weight)
        except nx.NetworkXNoPath:
            return None
        links = tuple(self.picture.links[pair(*ends)] for ends in pairwise(nodes))
        weakest = max(links, key=lambda link: link.weight, default=None)
        return Path(tuple(nodes), links, sum(link.weight for link in links), weakest)


def behind(carriers: Mapping[str, str]) -> dict[str, frozenset[str]]:
    """By node all that hangs on it alone, near and far; nodes that carry nothing are left out."""
    found: dict[str, set[str]] = {}
    for node in carriers:
        by: str | None = carriers[node]
        while by is not None:
            found.setdefault(by, set()).add(node)
            by = carriers.get(by)
    return {node: frozenset(nodes) for node, nodes in found.items()}


def busiest(graph: nx.Graph, nodes: Iterable[str]) -> str:
    """Of these nodes the one that most ways between others pass (betweenness, estimated)."""
    part = graph.subgraph(sorted(nodes))
    known = nx.betweenness_centrality(part, k=min(PIVOTS, len(part)), normalized=True, seed=1)
    best: str = min(known, key=lambda node: (-round(known[node], 9), -part.degree(node), node))
    return best
