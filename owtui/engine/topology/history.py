"""How a topology moved: packed batches, and any moment out of them; pure.

A batch tells what one write changed: of a node or link that is new all there is, of another one
the fields that differ, of one that is gone nothing. A whole picture tells all, so that a replay
never walks far; it is due once more was recorded than there is in the topology.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from owtui.engine.topology.updating import Known, Moves
from storage.topologies import LinkRow, NodeRow
from storage.topologyhistory import Batch

LEVEL = 6  # 4,000 links with new costs: 35 kB in 11 ms; level 1 is 50 kB in 5
FEWEST = 200  # changes before another whole picture is due, however small the topology

VOLATILE = frozenset(
    {
        *("transfer_rx", "transfer_tx", "latest_handshake"),  # WireGuard
        *("bytes_received", "bytes_sent", "last_ref"),  # OpenVPN
        *("signal", "signal_avg", "noise"),  # of a mesh
        *("lastReceive", "lastSend"),  # ZeroTier
        *("lastseen", "uptime", "clients", "memory_usage", "rootfs_usage", "loadavg"),  # Freifunk
    }
)
"""Properties that differ with each look: kept in history, and no change to tell of."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

Fields = dict[str, Any]
Told = dict[str, dict[str, Fields | None]]
"""Nodes and links by key, in hexadecimal; None for one that is gone."""


@dataclass(slots=True)
class State:
    """A topology while it is replayed: fields by key."""

    nodes: dict[str, Fields] = field(default_factory=dict)
    links: dict[str, Fields] = field(default_factory=dict)
    at: datetime | None = None

    def take(self, batch: Batch, told: Told | None = None) -> None:
        """Go on to a batch; `told` is what it tells, where that was unpacked already."""
        told = told or unpack(batch.packed)
        if batch.is_whole:
            self.nodes, self.links = {}, {}
        when = _ticks(batch.at)
        _merge(self.nodes, told["nodes"], when)
        for fields in told["links"].values():
            if fields is not None and "up" in fields:
                fields.setdefault("since", when)
        _merge(self.links, told["links"], when)
        self.at = batch.at

    def known(self) -> Known:
        """The same as rows."""
        nodes = [_node_row(key, one) for key, one in self.nodes.items()]
        ids = {row.key.hex: row.key for row in nodes}
        links = [_link_row(key, one, ids) for key, one in self.links.items()]
        return Known({row.key: row for row in nodes}, {row.key: row for row in links})

    def node(self, key: str) -> NodeRow | None:
        """One node, None where it is not there."""
        return _node_row(key, self.nodes[key]) if key in self.nodes else None

    def link(self, key: str) -> LinkRow | None:
        """One link, None where it is not there."""
        return _link_row(key, self.links[key]) if key in self.links else None


def replay(batches: Iterable[Batch]) -> State:
    """The topology after these batches, the first of which is its first or a whole picture."""
    state = State()
    for batch in batches:
        state.take(batch)
    return state


def pack_moves(known: Known, moves: Moves) -> bytes:
    """What an update changed, against what was known before it."""
    nodes: dict[str, Fields | None] = {one.key.hex: _node(one) for one in moves.added_nodes}
    nodes |= {
        one.key.hex: _differing(_node(known.nodes[one.key]), _node(one))
        for one in moves.changed_nodes
    }
    nodes |= {key.hex: None for key in moves.removed_nodes}
    links: dict[str, Fields | None] = {one.key.hex: _link(one) for one in moves.added_links}
    links |= {
        one.key.hex: _differing(_link(known.links[one.key]), _link(one))
        for one in moves.changed_links
    }
    links |= {key.hex: None for key in moves.removed_links}
    return _packed(nodes, links)


def pack_whole(known: Known) -> bytes:
    """All of a topology, with its times."""
    nodes: dict[str, Fields | None] = {
        key.hex: {**_node(row), **_times(row)} for key, row in known.nodes.items()
    }
    links: dict[str, Fields | None] = {
        key.hex: {**_link(row), **_times(row), "since": _ticks(row.since)}
        for key, row in known.links.items()
    }
    return _packed(nodes, links)


def after(known: Known, moves: Moves) -> Known:
    """What is known once the moves are made."""
    nodes, links = dict(known.nodes), dict(known.links)
    nodes |= {one.key: one for one in (*moves.added_nodes, *moves.changed_nodes)}
    links |= {one.key: one for one in (*moves.added_links, *moves.changed_links)}
    for key in moves.removed_nodes:
        del nodes[key]
    for key in moves.removed_links:
        del links[key]
    return Known(nodes, links)


def size(moves: Moves) -> int:
    """How many nodes and links a batch tells of."""
    parts = (
        *(moves.added_nodes, moves.changed_nodes, moves.removed_nodes),
        *(moves.added_links, moves.changed_links, moves.removed_links),
    )
    return sum(len(part) for part in parts)


def visible(known: Known, moves: Moves) -> int:
    """The same without those of which only what differs with each look does."""
    changed: list[NodeRow | LinkRow] = [*moves.changed_nodes, *moves.changed_links]
    return size(moves) - sum(_only_volatile(known, row) for row in changed)


def _only_volatile(known: Known, row: NodeRow | LinkRow) -> bool:
    if isinstance(row, NodeRow):
        differing = _differing(_node(known.nodes[row.key]), _node(row))
        was = known.nodes[row.key].properties
    else:
        differing = _differing(_link(known.links[row.key]), _link(row))
        was = known.links[row.key].properties
    if differing.keys() != {"told"}:
        return False
    names = {*was, *row.properties}
    return names.isdisjoint(
        name for name in names - VOLATILE if was.get(name) != row.properties.get(name)
    )


def is_due(weight: int, known: Known) -> bool:
    """Whether a whole picture is due after so many changes without one."""
    return weight > max(FEWEST, len(known.nodes) + len(known.links))


def unpack(packed: bytes) -> Told:
    """What a batch tells."""
    told = json.loads(zlib.decompress(packed))
    return {"nodes": told["n"], "links": told["l"]}


def pack(told: Told) -> bytes:
    """The bytes of what a batch tells; see `unpack`."""
    return _packed(told["nodes"], told["links"])


def _packed(nodes: Mapping[str, Fields | None], links: Mapping[str, Fields | None]) -> bytes:
    text = json.dumps({"n": nodes, "l": links}, ensure_ascii=False, separators=(",", ":"))
    return zlib.compress(text.encode("utf-8", "surrogatepass"), LEVEL)


def _merge(state: dict[str, Fields], told: Mapping[str, Fields | None], when: int) -> None:
    for key, fields in told.items():
        if fields is None:
            state.pop(key, None)
        else:
            before = state.get(key) or {"born": when}
            state[key] = {**before, "moved": when, **fields}


def _node(row: NodeRow) -> Fields:
    return {
        "addresses": list(row.addresses),
        "label": row.label,
        "told": dict(row.properties),
        "user": dict(row.user_properties),
        "device": row.device_id.hex if row.device_id else None,
    }


def _link(row: LinkRow) -> Fields:
    return {
        "ends": [row.source.hex, row.target.hex],
        "cost": row.cost,
        "text": row.cost_text,
        "up": row.is_up,
        "told": dict(row.properties),
        "user": dict(row.user_properties),
    }


def _times(row: NodeRow | LinkRow) -> Fields:
    return {"born": _ticks(row.created), "moved": _ticks(row.modified)}


def _differing(before: Fields, now: Fields) -> Fields:
    return {name: value for name, value in now.items() if before[name] != value}


def _node_row(key: str, told: Fields) -> NodeRow:
    return NodeRow(
        key=UUID(key),
        addresses=tuple(told["addresses"]),
        label=told["label"],
        created=_moment(told["born"]),
        modified=_moment(told["moved"]),
        properties=told["told"],
        user_properties=told["user"],
        device_id=UUID(told["device"]) if told["device"] else None,
    )


def _link_row(key: str, told: Fields, ids: Mapping[str, UUID] | None = None) -> LinkRow:
    """`ids`: keys of nodes that were made already, which are most of them."""
    source, target = told["ends"]
    known = ids or {}
    return LinkRow(
        key=UUID(key),
        source=known.get(source) or UUID(source),
        target=known.get(target) or UUID(target),
        created=_moment(told["born"]),
        modified=_moment(told["moved"]),
        since=_moment(told["since"]),
        cost=told["cost"],
        cost_text=told["text"],
        is_up=told["up"],
        properties=told["told"],
        user_properties=told["user"],
    )


def _ticks(moment: datetime) -> int:
    """Microseconds since 1970: exact, unlike a float."""
    return (moment - _EPOCH) // _MICROSECOND


def _moment(ticks: int) -> datetime:
    return _EPOCH + timedelta(microseconds=ticks)
