"""Rows of a topology as people see them: pictures, changes between moments, NetJSON; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from owtui.engine.topology.graph import pair
from owtui.engine.topology.history import VOLATILE, State, Told, unpack
from owtui.engine.topology.picture import Change, ChangeKind, LinkView, NodeView, Picture
from owtui.engine.topology.updating import Known
from owtui.units import iso
from storage.topologies import LinkRow, NodeRow
from storage.topologyhistory import Batch

Names = Mapping[UUID, str]
"""The names of devices."""


@dataclass(frozen=True, slots=True)
class About:
    """What is said of a whole topology."""

    id: UUID
    label: str
    format: str
    protocol: str = ""
    version: str = ""
    revision: str = ""
    metric: str = ""
    updated: datetime | None = None
    names: Names = field(default_factory=dict)

    def picture(self, known: Known, at: datetime) -> Picture:
        """What is known, as it was at a moment."""
        ids = {key: id_of(row) for key, row in known.nodes.items()}
        nodes = {ids[key]: self.node(row) for key, row in known.nodes.items()}
        links = {
            (view := self.link(row, ids)).pair: view
            for row in known.links.values()
            if row.source in ids and row.target in ids
        }
        return Picture(
            *(self.label, at, self.updated),
            *(self.protocol, self.version, self.revision, self.metric),
            dict(sorted(nodes.items())),
            dict(sorted(links.items())),
            self.id,
        )

    def before(self, at: datetime, last: datetime | None) -> About:
        """The same as of a moment in the past: what happened last then was when it was written."""
        known = self.updated if self.updated and self.updated <= at else last
        return replace(self, updated=known)

    def node(self, row: NodeRow) -> NodeView:
        """A node, by the name of its device, else a person's, else the source's."""
        told = {**row.properties, **row.user_properties}
        label = str(row.user_properties.get("label") or row.label)
        name = self.names.get(row.device_id, "") if row.device_id else ""
        device_id = row.device_id if name else None  # one that was removed meanwhile is none
        return NodeView(
            *(id_of(row), name or label or id_of(row), row.addresses, told, device_id),
            *(row.created, row.modified, (self.format,)),
        )

    def link(self, row: LinkRow, ids: Mapping[UUID, str]) -> LinkView:
        """A link, its ends in the order of their ids."""
        source, target = pair(ids[row.source], ids[row.target])
        told = {**row.properties, **row.user_properties}
        return LinkView(
            *(source, target, row.cost, row.cost_text, row.is_up, row.since, told),
            *(row.created, row.modified, (self.format,)),
        )


def id_of(row: NodeRow) -> str:
    """The NetJSON id of a node."""
    return row.addresses[0] if row.addresses else str(row.key)


# -- changes ---------------------------------------------------------------------------------------


def changes(
    about: About, batches: Iterable[Batch], since: datetime, until: datetime, sway: float = 0.0
) -> list[Change]:
    """What happened after one moment up to another, oldest first; `batches` are those of a replay
    that begins at or before `since`.

    sway: the share of itself that a cost must have moved by since it was told of last to be told
    again, alone or with properties. A mesh of 500 links else has 144,000 changes a day.
    """
    state = State()
    costs: Costs = {}
    found: list[Change] = []
    for batch in batches:
        if batch.at > until:
            break
        if batch.is_whole or batch.at <= since:
            state.take(batch)
            continue
        told = unpack(batch.packed)
        worth, were = _worth(state, told, costs, sway) if sway else (told, {})
        before = _seen(about, state, worth, were)
        state.take(batch, told)
        after = _seen(about, state, worth)
        found += [
            change
            for was, now in zip(before, after, strict=True)
            if (change := changed(was, now, batch.at)) is not None
        ]
    return found


Costs = dict[str, tuple[float, str]]
"""By link, in hexadecimal: its cost and its text when they were told of last."""


def _worth(state: State, told: Told, costs: Costs, sway: float) -> tuple[Told, Costs]:
    """What a batch tells without mere sway, and what the costs were of those that did move."""
    kept, were = dict[str, Any](), Costs()
    for key, fields in told["links"].items():
        if fields is None:
            kept[key] = None
            costs.pop(key, None)
            continue
        here = {**state.links.get(key, {}), **fields}
        now: tuple[float, str] = (here["cost"], here["text"])
        first = state.links.get(key, fields)
        was = costs.setdefault(key, (first["cost"], first["text"]))
        if fields.keys() <= {"cost", "text", "told"}:
            if abs(now[0] - was[0]) < sway * max(now[0], was[0]):
                continue
            were[key] = was
        kept[key], costs[key] = fields, now
    return {"nodes": told["nodes"], "links": kept}, were


def difference(one: Picture, other: Picture) -> list[Change]:
    """From one picture to another, as changes at the later moment: two moments of a topology, or
    two topologies, whose nodes are told apart by their ids."""
    at = max(one.at, other.at)
    found: list[Change] = []
    for id_ in sorted({*one.nodes, *other.nodes}):
        found += _one(one.nodes.get(id_), other.nodes.get(id_), at)
    for ends in sorted({*one.links, *other.links}):
        found += _one(one.links.get(ends), other.links.get(ends), at)
    return found


def moves_of(about: About, before: Known, after: Known, at: datetime) -> list[Change]:
    """What one write changed, nodes before links."""
    found: list[Change] = []
    for key in {**before.nodes, **after.nodes}:
        was, now = before.nodes.get(key), after.nodes.get(key)
        if was != now:
            found += _one(about.node(was) if was else None, about.node(now) if now else None, at)
    old = {key: id_of(row) for key, row in before.nodes.items()}
    new = {**old, **{key: id_of(row) for key, row in after.nodes.items()}}
    for key in {**before.links, **after.links}:
        had, has = before.links.get(key), after.links.get(key)
        if had != has:
            views = (about.link(had, old) if had else None, about.link(has, new) if has else None)
            found += _one(*views, at)
    return found


def changed(
    was: NodeView | LinkView | None, now: NodeView | LinkView | None, at: datetime
) -> Change | None:
    """What happened to one node or link; None where nothing can be seen of it."""
    there = now or was
    if there is None or _essence(was) == _essence(now):
        return None
    if isinstance(there, LinkView):
        return Change(at, _link_kind(was, now), there.pair, was, now)
    kind = (
        ChangeKind.NODE_ADDED
        if was is None
        else ChangeKind.NODE_REMOVED
        if now is None
        else ChangeKind.NODE_CHANGED
    )
    return Change(at, kind, (there.id,), was, now)


def _link_kind(was: NodeView | LinkView | None, now: NodeView | LinkView | None) -> ChangeKind:
    if not isinstance(was, LinkView):
        return ChangeKind.LINK_ADDED
    if not isinstance(now, LinkView):
        return ChangeKind.LINK_REMOVED
    if was.is_up != now.is_up:
        return ChangeKind.LINK_UP if now.is_up else ChangeKind.LINK_DOWN
    return ChangeKind.LINK_CHANGED


def _one(
    was: NodeView | LinkView | None, now: NodeView | LinkView | None, at: datetime
) -> list[Change]:
    change = changed(was, now, at)
    return [change] if change else []


def _essence(view: NodeView | LinkView | None) -> tuple[Any, ...] | None:
    """What a person would call a change: neither times nor who told of it."""
    if view is None:
        return None
    told = {name: value for name, value in view.properties.items() if name not in VOLATILE}
    if isinstance(view, LinkView):
        return (view.cost, view.cost_text, view.is_up, told)
    return (view.id, view.name, view.addresses, told, view.device_id)


def _seen(
    about: About, state: State, told: Told, were: Mapping[str, tuple[float, str]] | None = None
) -> list[NodeView | LinkView | None]:
    """The told nodes, then the told links, as they are in this state; `were`: costs to show."""
    views: list[NodeView | LinkView | None] = []
    for key in told["nodes"]:
        row = state.node(key)
        views.append(about.node(row) if row else None)
    for key in told["links"]:
        view = _link_in(about, state, key)
        if view is not None and were and key in were:
            view = replace(view, cost=were[key][0], cost_text=were[key][1])
        views.append(view)
    return views


def _link_in(about: About, state: State, key: str) -> LinkView | None:
    row = state.link(key)
    if row is None:
        return None
    ends = (state.node(one.hex) for one in (row.source, row.target))
    ids = {one.key: id_of(one) for one in ends if one is not None}
    return about.link(row, ids) if len(ids) == 2 else None


# -- NetJSON ---------------------------------------------------------------------------------------


def netjson(picture: Picture) -> dict[str, Any]:
    """A NetJSON NetworkGraph with what memory adds: status, times, devices (operations.md §4.1)."""
    return {
        "type": "NetworkGraph",
        "protocol": picture.protocol,
        "version": picture.version,
        "revision": picture.revision,
        "metric": picture.metric,
        "label": picture.label,
        "id": str(picture.topology_id) if picture.topology_id else None,
        "at": iso(picture.at),
        "updated": _when(picture.updated),
        "nodes": [_netjson_node(picture.nodes[id_]) for id_ in sorted(picture.nodes)],
        "links": [_netjson_link(picture.links[key]) for key in sorted(picture.links)],
    }


def _netjson_node(view: NodeView) -> dict[str, Any]:
    return {
        "id": view.id,
        "label": view.name,
        "local_addresses": [one for one in view.addresses if one != view.id],
        "properties": dict(view.properties),
        "device_id": str(view.device_id) if view.device_id else None,
        "sources": list(view.sources),
        "created": _when(view.created),
        "modified": _when(view.modified),
    }


def _netjson_link(view: LinkView) -> dict[str, Any]:
    return {
        "source": view.source,
        "target": view.target,
        "cost": view.cost,
        "cost_text": view.cost_text,
        "status": "up" if view.is_up else "down",
        "status_changed": _when(view.since),
        "properties": dict(view.properties),
        "sources": list(view.sources),
        "created": _when(view.created),
        "modified": _when(view.modified),
    }


def _when(moment: datetime | None) -> str | None:
    return iso(moment) if moment else None
