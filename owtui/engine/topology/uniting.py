"""Several topologies as one picture: nodes that are one device, or share an address; pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from owtui.engine.topology.graph import Pair, pair
from owtui.engine.topology.matching import host_of, mac_of
from owtui.engine.topology.picture import Change, LinkView, NodeView, Picture

LABEL = "all"

_NUMBER = re.compile(r"[0-9a-f]{10,}|[A-Za-z0-9+/]{43}=")  # ZeroTier's members, public keys

Place = tuple[int, str]
"""A node: which picture, and its id there."""


def united(pictures: Sequence[Picture], at: datetime) -> Picture:
    """All of them as one.

    A node is called as in the first picture that has it; where pictures say two things of one
    link, one that says it is up counts before one that says it is down, then the first.
    """
    places = [(number, node) for number, one in enumerate(pictures) for node in one.nodes.values()]
    groups = _grouped(places)
    ids = _ids(groups, [one.label for one in pictures])
    nodes = {ids[group[0][0]]: _node(ids[group[0][0]], [n for _, n in group]) for group in groups}
    links: dict[Pair, LinkView] = {}
    for number, one in enumerate(pictures):
        for link in one.links.values():
            ends = pair(ids[number, link.source], ids[number, link.target])
            if ends[0] != ends[1]:
                here = replace(link, source=ends[0], target=ends[1])
                links[ends] = _link(links[ends], here) if ends in links else here
    known = [one.updated for one in pictures if one.updated]
    return Picture(
        label=LABEL,
        at=at,
        updated=max(known, default=None),
        protocol=_words(one.protocol for one in pictures),
        metric=_words(one.metric for one in pictures),
        nodes=dict(sorted(nodes.items())),
        links=dict(sorted(links.items())),
    )


def renamed(changes: Iterable[Change], picture: Picture) -> list[Change]:
    """Changes of single topologies with the ids that their nodes have in the united picture."""
    ids = {word: node.id for node in picture.nodes.values() for word in (node.id, *node.addresses)}
    return [
        replace(one, ends=tuple(sorted(ids.get(end, end) for end in one.ends))) for one in changes
    ]


def _grouped(places: Sequence[tuple[int, NodeView]]) -> list[list[tuple[Place, NodeView]]]:
    """Nodes that are the same, in the order in which the first of each comes."""
    parent = list(range(len(places)))

    def root(one: int) -> int:
        while parent[one] != one:
            parent[one] = parent[parent[one]]
            one = parent[one]
        return one

    seen: dict[object, int] = {}
    for position, (_, node) in enumerate(places):
        words: set[object] = {
            found for word in (node.id, *node.addresses) if (found := _address(word))
        }
        if node.device_id is not None:
            words.add(node.device_id)
        for word in words:
            known = root(seen.setdefault(word, position))
            low, high = sorted((known, root(position)))
            parent[high] = low
    groups: dict[int, list[tuple[Place, NodeView]]] = {}
    for position, (number, node) in enumerate(places):
        groups.setdefault(root(position), []).append(((number, node.id), node))
    return list(groups.values())


def _address(word: str) -> str:
    """A MAC (also of "MAC@channel"), an IP address, a key or a number that is the same everywhere;
    "" for a name, which two networks may both have: openvpn-server, wg0."""
    bare = word.split("@")[0]
    return mac_of(bare) or host_of(bare) or (word if _NUMBER.fullmatch(word) else "")


def _ids(
    groups: Sequence[Sequence[tuple[Place, NodeView]]], labels: Sequence[str]
) -> Mapping[Place, str]:
    """The id of each group: one of its nodes', or with the label of its picture where others are
    called so already."""
    ids: dict[Place, str] = {}
    taken: set[str] = set()
    for group in groups:
        names = [id_ for (_, id_), _ in group]
        names += [f"{id_} ({labels[number]})" for (number, id_), _ in group]
        free = next((name for name in names if name not in taken), f"{names[0]} {len(taken)}")
        taken.add(free)
        ids |= {place: free for place, _ in group}
    return ids


def _node(id_: str, views: Sequence[NodeView]) -> NodeView:
    matched = next((one for one in views if one.device_id), views[0])
    properties: dict[str, Any] = {}
    for one in reversed(views):
        properties |= one.properties
    return NodeView(
        id=id_,
        name=matched.name,
        addresses=tuple(dict.fromkeys(word for one in views for word in one.addresses)),
        properties=properties,
        device_id=matched.device_id,
        created=min((one.created for one in views if one.created), default=None),
        modified=max((one.modified for one in views if one.modified), default=None),
        sources=tuple(dict.fromkeys(word for one in views for word in one.sources)),
    )


def _link(one: LinkView, other: LinkView) -> LinkView:
    first, second = (other, one) if other.is_up and not one.is_up else (one, other)
    return replace(
        first,
        properties={**second.properties, **first.properties},
        created=min((t for t in (one.created, other.created) if t), default=None),
        modified=max((t for t in (one.modified, other.modified) if t), default=None),
        sources=tuple(dict.fromkeys((*one.sources, *other.sources))),
    )


def _words(values: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(value for value in values if value))
