"""What a told graph changes in what is known: OpenWISP's rules, pure (operations.md §4.2).

Nodes are found by any of their addresses and never deleted by what is told; links are found by
their two nodes, whichever is named first. What is not told of any more is down: at once, or, where
several senders each see a part of the network, only when nobody told of it for a while.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from owtui.engine.topology.graph import Graph, Link, Node
from storage.topologies import LinkRow, NodeRow

LABEL_LENGTH, COST_TEXT_LENGTH = 64, 24
LINK_EXPIRATION = timedelta(days=60)

Ends = tuple[UUID, UUID]


@dataclass(frozen=True, slots=True)
class Known:
    """The nodes and links of a topology, by key."""

    nodes: Mapping[UUID, NodeRow] = field(default_factory=dict)
    links: Mapping[UUID, LinkRow] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rules:
    """How what is told counts.

    keeps: how long a link stays up that is not told of; nothing: it is down at once
    touches: whether `modified` of a link is when it was told of last, also where nothing changed
    partial: a sender sees a part of the network, so what it does not say of a node still holds
    answered: the devices that told, where some that were asked did not; then `keeps` holds for
        links with none of them at an end alone: who answers and does not tell of a link has none
    links, nodes: when a link that is down, and a node without any, are forgotten; None never
    """

    keeps: timedelta = timedelta()
    touches: bool = False
    partial: bool = False
    answered: frozenset[UUID] | None = None
    links: timedelta | None = LINK_EXPIRATION
    nodes: timedelta | None = None

    @classmethod
    def of(cls, strategy: str, expiration_s: float) -> Rules:
        """Those of a strategy: receive alone knows partial views; of devices one may not answer."""
        receives = strategy == "receive"
        keeps = timedelta(seconds=expiration_s if receives else 0)
        return cls(keeps, bool(keeps) or strategy == "device", receives)


@dataclass(frozen=True, slots=True)
class Moves:
    """What an update changes; nodes and links as they are afterwards, each in one of these.

    present: the keys of the nodes that were told of. touched: links that were told of again as
    they were, whose `modified` moves and nothing else
    """

    added_nodes: tuple[NodeRow, ...] = ()
    changed_nodes: tuple[NodeRow, ...] = ()
    removed_nodes: tuple[UUID, ...] = ()
    added_links: tuple[LinkRow, ...] = ()
    changed_links: tuple[LinkRow, ...] = ()
    removed_links: tuple[UUID, ...] = ()
    touched: tuple[UUID, ...] = ()
    present: frozenset[UUID] = frozenset()

    def __bool__(self) -> bool:
        return bool(
            self.added_nodes
            or self.changed_nodes
            or self.removed_nodes
            or self.added_links
            or self.changed_links
            or self.removed_links
        )


def update(
    known: Known, graph: Graph, rules: Rules, at: datetime, fresh: Callable[[], UUID] = uuid4
) -> Moves:
    """Compare what was told with what is known. `fresh` makes the keys of new rows."""
    keys = _match(known, graph, fresh)
    added_nodes, changed_nodes = _nodes(known, graph, rules, keys, at)
    told = _told_links(graph, keys)
    added, changed, touched = _links(known, told, rules, at, fresh)
    changed += _downs(known, told, rules, at)
    gone = frozenset(_expired_links(known, told, rules, at))
    present = frozenset(keys.values())
    lost = _expired_nodes(known, present, gone, rules, at)
    return Moves(
        tuple(added_nodes),
        tuple(changed_nodes),
        tuple(lost),
        tuple(added),
        tuple(changed),
        tuple(gone),
        tuple(touched),
        present,
    )


# -- nodes -----------------------------------------------------------------------------------------


def _match(known: Known, graph: Graph, fresh: Callable[[], UUID]) -> dict[str, UUID]:
    """The key of each told node: of the one with its id, else with any of its addresses, which no
    other one has been given; else a new one."""
    by_id = {row.addresses[0]: key for key, row in known.nodes.items() if row.addresses}
    by_address: dict[str, UUID] = {}
    for key, row in known.nodes.items():
        for address in row.addresses:
            by_address.setdefault(address, key)
    keys = {id_: by_id[id_] for id_ in graph.nodes if id_ in by_id}
    taken = set(keys.values())
    for id_, node in graph.nodes.items():
        if id_ in keys:
            continue
        found = (by_address.get(address) for address in (id_, *node.addresses))
        known_as = next(
            (
                one
                for one in found
                if one is not None and one not in taken and _may_be(known.nodes[one], node)
            ),
            None,
        )
        keys[id_] = known_as or fresh()
        taken.add(keys[id_])
    return keys


def _may_be(row: NodeRow, node: Node) -> bool:
    """False for clients of a VPN whose certificates differ: the server gives the address of one
    that left to the next."""
    mine, told = row.properties.get("common_name"), node.properties.get("common_name")
    return not mine or not told or mine == told


def _nodes(
    known: Known, graph: Graph, rules: Rules, keys: Mapping[str, UUID], at: datetime
) -> tuple[list[NodeRow], list[NodeRow]]:
    added, changed = [], []
    for id_, node in graph.nodes.items():
        key, label = keys[id_], node.label[:LABEL_LENGTH]
        addresses = tuple(dict.fromkeys((id_, *node.addresses)))
        row = known.nodes.get(key)
        if row is None:
            added.append(NodeRow(key, addresses, label, at, at, dict(node.properties)))
            continue
        now = _renewed(row, node, label, addresses, rules)
        if now != row:
            changed.append(replace(now, modified=at))
    return added, changed


def _renewed(
    row: NodeRow, node: Node, label: str, addresses: tuple[str, ...], rules: Rules
) -> NodeRow:
    """The row as it is told; one who sees a part of the network does not unsay what others said,
    nor give the node another id that it is known by as well."""
    if not rules.partial:
        return replace(row, label=label, addresses=addresses, properties=dict(node.properties))
    merged = tuple(dict.fromkeys((*row.addresses, *addresses)))
    properties = {**row.properties, **node.properties}
    return replace(row, label=label or row.label, addresses=merged, properties=properties)


# -- links -----------------------------------------------------------------------------------------


def _told_links(graph: Graph, keys: Mapping[str, UUID]) -> dict[Ends, Link]:
    """By the keys of their nodes, the order of which does not matter; no loops."""
    told: dict[Ends, Link] = {}
    for link in graph.links.values():
        source, target = keys[link.source], keys[link.target]
        if source != target:
            told[_ends(source, target)] = link
    return told


def _links(
    known: Known,
    told: Mapping[Ends, Link],
    rules: Rules,
    at: datetime,
    fresh: Callable[[], UUID],
) -> tuple[list[LinkRow], list[LinkRow], list[UUID]]:
    rows = {_ends(row.source, row.target): row for row in known.links.values()}
    added, changed, touched = [], [], []
    for ends, link in told.items():
        row, text = rows.get(ends), link.cost_text[:COST_TEXT_LENGTH]
        if row is None:
            made = LinkRow(fresh(), *ends, at, at, at, link.cost, text)
            added.append(replace(made, properties=dict(link.properties)))
            continue
        now = replace(
            row, cost=link.cost, cost_text=text, properties=dict(link.properties), is_up=True
        )
        if now != row:
            since = row.since if row.is_up else at
            changed.append(replace(now, since=since, modified=at))
        elif rules.touches:
            touched.append(row.key)
    return added, changed, touched


def _downs(
    known: Known, told: Mapping[Ends, Link], rules: Rules, at: datetime
) -> Iterator[LinkRow]:
    """Links that are up and not told of; `modified` is when one was told of last."""
    for row in known.links.values():
        silent = row.is_up and _ends(row.source, row.target) not in told
        if silent and at - row.modified > _keeps(known, row, rules):
            yield replace(row, is_up=False, since=at, modified=at)


def _keeps(known: Known, row: LinkRow, rules: Rules) -> timedelta:
    """How long this link stays up without being told of; less than nothing: not at all."""
    ends = {known.nodes[key].device_id for key in (row.source, row.target)}
    if not rules.keeps or (rules.answered is not None and ends & rules.answered):
        return timedelta.min
    return rules.keeps


def _expired_links(
    known: Known, told: Mapping[Ends, Link], rules: Rules, at: datetime
) -> Iterator[UUID]:
    if rules.links is None:
        return
    for row in known.links.values():
        down = not row.is_up and _ends(row.source, row.target) not in told
        if down and at - row.modified > rules.links:
            yield row.key


def _expired_nodes(
    known: Known,
    present: frozenset[UUID],
    gone: frozenset[UUID],
    rules: Rules,
    at: datetime,
) -> Iterable[UUID]:
    """Nodes without links that nobody told of; off unless somebody asks for it."""
    if rules.nodes is None:
        return ()
    linked = {
        end
        for row in known.links.values()
        if row.key not in gone
        for end in (row.source, row.target)
    }
    limit = rules.nodes
    return [
        row.key
        for row in known.nodes.values()
        if row.key not in linked and row.key not in present and at - row.modified > limit
    ]


def _ends(one: UUID, other: UUID) -> Ends:
    return (one, other) if one.int <= other.int else (other, one)
