"""Many views of one network as one graph; pure.

Each device tells its own part and calls the others by whatever it knows of them: a link-local
address, the MAC of a chassis, a public key. A node whose id is an address of exactly one other
node is that node. Merging only ever adds: a part that nobody tells now is the memory's to judge.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any

from owtui.engine.topology.graph import Graph, Link, Node, Pair, Properties


@dataclass(frozen=True, slots=True)
class View:
    """A graph and whose it is: a device's name or id, in a spelling that is its alone."""

    owner: str
    graph: Graph


Private = Callable[[Node], bool]
"""Whether the id of a node means something to its owner only (`Format.private`)."""


Names = Callable[[Node], Iterable[str]]
"""What a node is called by others than its owner (`Format.names`)."""


def _never(node: Node) -> bool:
    return False


def _addresses(node: Node) -> Iterable[str]:
    return node.addresses


def merge(views: Iterable[View], private: Private = _never, names: Names = _addresses) -> Graph:
    """The whole that these views are parts of, in whatever order they come, however often.

    Nodes that are private get their owner's name before their id. Of a link that both ends tell
    the larger cost counts; of two ways from one end to the other the cheaper one.
    """
    told = [_public(view, private) for view in views]
    while aliases := _aliases(told, names):
        told = [_renamed(graph, aliases) for graph in told]
    nodes: dict[str, list[Node]] = defaultdict(list)
    links: dict[Pair, list[Link]] = defaultdict(list)
    for graph in told:
        for node in graph.nodes.values():
            nodes[node.id].append(node)
        for link in graph.links.values():
            links[link.pair].append(link)
    return Graph.of(
        [_one_node(id_, of) for id_, of in nodes.items()],
        [_one_link(ends, of) for ends, of in links.items()],
        protocol=_words(graph.protocol for graph in told),
        version=_words(graph.version for graph in told),
        metric=_words(graph.metric for graph in told),
        revision=_words(graph.revision for graph in told),
    )


# -- names ----------------------------------------------------------------------------------------


def _public(view: View, private: Private) -> Graph:
    """A view without names that two owners could both use."""
    own = {id_: f"{view.owner}/{id_}" for id_, node in view.graph.nodes.items() if private(node)}
    return _renamed(view.graph, own) if own else view.graph


def _aliases(told: Iterable[Graph], names: Names) -> dict[str, str]:
    """Nodes whose id is a name of exactly one other node, and that node.

    Two that name each other are called by the smaller name.
    """
    owners: dict[str, set[str]] = defaultdict(set)
    known: set[str] = set()
    for graph in told:
        known.update(graph.nodes)
        for node in graph.nodes.values():
            for name in names(node):
                owners[name].add(node.id)
    found = {}
    for id_ in known & owners.keys():
        others = owners[id_] - {id_}
        if len(others) == 1:
            found[id_] = others.pop()
    return {id_: end for id_ in found if (end := _end(id_, found)) != id_}


def _end(id_: str, aliases: Mapping[str, str]) -> str:
    """Where a chain of names leads; of a ring the smallest name."""
    passed = [id_]
    while (after := aliases.get(passed[-1])) is not None:
        if after in passed:
            return min(passed[passed.index(after) :])
        passed.append(after)
    return passed[-1]


def _renamed(graph: Graph, names: Mapping[str, str]) -> Graph:
    """The view under other names; what had two names in it is one."""
    if not names.keys() & graph.nodes.keys():
        return graph
    nodes: dict[str, list[Node]] = defaultdict(list)
    for id_, node in graph.nodes.items():
        new = names.get(id_, id_)
        nodes[new].append(Node(new, node.label, node.addresses, node.properties))
    links: dict[Pair, list[Link]] = defaultdict(list)
    for link in graph.links.values():
        source, target = (names.get(end, end) for end in (link.source, link.target))
        made = Link(source, target, link.cost, link.cost_text, link.properties)
        links[made.pair].append(made)
    return Graph.of(
        [_one_node(id_, of) for id_, of in nodes.items()],
        [min(of, key=_rank) for of in links.values()],
        protocol=graph.protocol,
        version=graph.version,
        metric=graph.metric,
        revision=graph.revision,
    )


# -- one of many ----------------------------------------------------------------------------------


def _one_node(id_: str, told: Iterable[Node]) -> Node:
    """The fuller word first; what it leaves open is filled in by the others."""
    ranked = sorted(told, key=_fullness)
    label = min((node.label for node in ranked if node.label), default="")
    addresses = dict.fromkeys(one for node in ranked for one in node.addresses if one != id_)
    nothing: dict[str, Any] = {}
    properties = reduce(_filled, (node.properties for node in ranked), nothing)
    return Node(id_, label, tuple(addresses), properties)


def _fullness(node: Node) -> tuple[int, str, str, tuple[str, ...]]:
    return -len(node.properties), _canonical(node.properties), node.label, node.addresses


def _one_link(ends: Pair, told: Iterable[Link]) -> Link:
    """The dearer word first, since a link is as good as its worse direction."""
    worst, *others = sorted(told, key=_rank, reverse=True)
    properties = reduce(_filled, (link.properties for link in others), dict(worst.properties))
    return Link(*ends, worst.cost, worst.cost_text, properties)


def _rank(link: Link) -> tuple[float, str, str]:
    return link.cost, link.cost_text, _canonical(link.properties)


def _filled(one: dict[str, Any], other: Properties) -> dict[str, Any]:
    return {**other, **one}


def _canonical(properties: Properties) -> str:
    return json.dumps(properties, sort_keys=True, default=str)


def _words(told: Iterable[str]) -> str:
    return ", ".join(sorted({one for one in told if one}))
