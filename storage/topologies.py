"""Topologies as rows: their nodes and links, read and written in bulk."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    ColumnElement,
    String,
    bindparam,
    delete,
    func,
    select,
    type_coerce,
)
from sqlmodel import Session

from storage.core import (
    ORGANIZATION,
    TOPOLOGY,
    TOPOLOGY_LINK,
    TOPOLOGY_NODE,
    among,
)
from storage.errors import MissingError
from storage.tables import Topology


@dataclass(frozen=True, slots=True)
class NodeRow:
    """A node as it is kept; the first of `addresses` is its id."""

    key: UUID
    addresses: tuple[str, ...]
    label: str
    created: datetime
    modified: datetime
    properties: Mapping[str, Any] = field(default_factory=dict, hash=False)
    user_properties: Mapping[str, Any] = field(default_factory=dict, hash=False)
    device_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class LinkRow:
    """A link as it is kept; `source` and `target` are keys of nodes, `since` of its status."""

    key: UUID
    source: UUID
    target: UUID
    created: datetime
    modified: datetime
    since: datetime
    cost: float = 1.0
    cost_text: str = ""
    is_up: bool = True
    properties: Mapping[str, Any] = field(default_factory=dict, hash=False)
    user_properties: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many nodes and links there are, and how many of the links are down."""

    nodes: int = 0
    links: int = 0
    down: int = 0


def rows(session: Session) -> list[Topology]:
    """All, by label."""
    return list(session.scalars(select(Topology).order_by(func.lower(TOPOLOGY.c.label))))


def get(session: Session, topology_id: UUID, *, lock: bool = False) -> Topology:
    """One of them; locked for whoever is about to write it. Raises MissingError."""
    query = select(Topology).where(TOPOLOGY.c.id == topology_id)
    found = session.scalars(query.with_for_update() if lock else query).first()
    if found is None:
        raise MissingError("There is no such topology.", "`owtui topologies` lists them.")
    return found


def called(session: Session, label: str) -> Topology | None:
    """The one of this label, in whatever case."""
    query = select(Topology).where(func.lower(TOPOLOGY.c.label) == label.strip().lower())
    return session.scalars(query).first()


def disabled(session: Session, topology_id: UUID) -> bool:
    """Whether it belongs to an organization that is not active: it is neither updated nor sent
    anything (operations.md §4.1)."""
    t, o = TOPOLOGY.c, ORGANIZATION.c
    query = select(o.is_active).join(TOPOLOGY, t.organization_id == o.id).where(t.id == topology_id)
    return session.scalar(query) is False


def counts(session: Session) -> dict[UUID, Counts]:
    """Of every topology that has any."""
    n, e = TOPOLOGY_NODE.c, TOPOLOGY_LINK.c
    query = select(n.topology_id, func.count().label("number")).group_by(n.topology_id)
    nodes = {row.topology_id: row.number for row in session.execute(query)}
    links: dict[tuple[UUID, bool], int] = {
        (owner, up): number
        for owner, up, number in session.execute(
            select(e.topology_id, e.is_up, func.count()).group_by(e.topology_id, e.is_up)
        )
    }
    return {
        id_: Counts(
            nodes.get(id_, 0),
            links.get((id_, True), 0) + links.get((id_, False), 0),
            links.get((id_, False), 0),
        )
        for id_ in {*nodes, *(owner for owner, _ in links)}
    }


def nodes(session: Session, topology_id: UUID) -> dict[UUID, NodeRow]:
    """The nodes of a topology, by key. Equal properties are one object: not to be changed."""
    n = TOPOLOGY_NODE.c
    query = select(
        *(n.id, _text(session, n.addresses), n.label, n.created, n.modified),
        *(_text(session, n.properties), _text(session, n.user_properties), n.device_id),
    ).where(n.topology_id == topology_id)
    value = _Values()
    return {
        row[0]: NodeRow(
            *(row[0], tuple(value(row[1])), row[2], row[3], row[4]),
            *(value(row[5]), value(row[6]), row[7]),
        )
        for row in session.execute(query)
    }


def links(session: Session, topology_id: UUID) -> dict[UUID, LinkRow]:
    """The links of a topology, by key, those that are down as well; as `nodes`."""
    e = TOPOLOGY_LINK.c
    query = select(
        *(e.id, e.source_id, e.target_id, e.created, e.modified, e.status_changed),
        *(e.cost, e.cost_text, e.is_up),
        *(_text(session, e.properties), _text(session, e.user_properties)),
    ).where(e.topology_id == topology_id)
    value = _Values()
    found: dict[UUID, LinkRow] = {}
    for key, *rest in session.execute(query):
        told, mine = rest[-2:]
        found[key] = LinkRow(key, *[*rest[:-2], value(told), value(mine)])
    return found


class _Values:
    """JSON values out of their texts, each text read once: most are alike. A decoder a value costs
    twice as much as all the rest of a read of 4,000 links."""

    def __init__(self) -> None:
        self._known: dict[str, Any] = {}

    def __call__(self, told: Any) -> Any:
        if not isinstance(told, str):
            return told  # PostgreSQL's driver has read it
        if told not in self._known:
            self._known[told] = json.loads(told)
        return self._known[told]


def _text(session: Session, column: Column[Any]) -> ColumnElement[Any]:
    """A JSON column as the database keeps it, where that is text."""
    return type_coerce(column, String) if session.get_bind().dialect.name == "sqlite" else column


# -- writing: only what is handed in; the batch that tells of it is the caller's ------------------


def add_nodes(session: Session, topology_id: UUID, added: Iterable[NodeRow]) -> None:
    """Insert nodes."""
    told = [
        {**_node(row), "id": row.key, "topology_id": topology_id, "created": row.created}
        for row in added
    ]
    if told:
        session.execute(TOPOLOGY_NODE.insert(), told)


def change_nodes(session: Session, changed: Iterable[NodeRow]) -> None:
    """Write nodes as they are now."""
    told = [{**_node(row), "row": row.key} for row in changed]
    if told:
        names = [name for name in told[0] if name != "row"]
        statement = TOPOLOGY_NODE.update().where(TOPOLOGY_NODE.c.id == bindparam("row"))
        values: dict[str, Any] = {name: bindparam(name) for name in names}
        session.connection().execute(statement.values(values), told)


def add_links(session: Session, topology_id: UUID, added: Iterable[LinkRow]) -> None:
    """Insert links; their nodes are there."""
    told = [
        {
            **_link(row),
            **_described(row),
            **{"id": row.key, "topology_id": topology_id, "created": row.created},
            **{"source_id": row.source, "target_id": row.target},
        }
        for row in added
    ]
    if told:
        session.execute(TOPOLOGY_LINK.insert(), told)


def change_links(
    session: Session, changed: Iterable[LinkRow], *, described: Collection[UUID]
) -> None:
    """Write links as they are now; the properties of those in `described` alone."""
    statement = TOPOLOGY_LINK.update().where(TOPOLOGY_LINK.c.id == bindparam("row"))
    plain, whole = [], []
    for row in changed:
        if row.key in described:
            whole.append({**_link(row), **_described(row), "row": row.key})
        else:
            plain.append({**_link(row), "row": row.key})
    for told in (plain, whole):
        if told:
            names = [name for name in told[0] if name != "row"]
            values: dict[str, Any] = {name: bindparam(name) for name in names}
            session.connection().execute(statement.values(values), told)


def touch_links(session: Session, ids: Collection[UUID], at: datetime) -> None:
    """They were told of again."""
    if ids:
        where = among(session, TOPOLOGY_LINK.c.id, ids)
        session.execute(TOPOLOGY_LINK.update().where(where).values(modified=at))


def remove(session: Session, node_ids: Collection[UUID], link_ids: Collection[UUID]) -> None:
    """Delete what expired, links before nodes."""
    if link_ids:
        session.execute(delete(TOPOLOGY_LINK).where(among(session, TOPOLOGY_LINK.c.id, link_ids)))
    if node_ids:
        session.execute(delete(TOPOLOGY_NODE).where(among(session, TOPOLOGY_NODE.c.id, node_ids)))


def _node(row: NodeRow) -> dict[str, Any]:
    return {
        "addresses": list(row.addresses),
        "label": row.label,
        "modified": row.modified,
        "properties": dict(row.properties),
        "user_properties": dict(row.user_properties),
        "device_id": row.device_id,
    }


def _link(row: LinkRow) -> dict[str, Any]:
    return {
        "modified": row.modified,
        "status_changed": row.since,
        "cost": row.cost,
        "cost_text": row.cost_text,
        "is_up": row.is_up,
    }


def _described(row: LinkRow) -> dict[str, Any]:
    return {"properties": dict(row.properties), "user_properties": dict(row.user_properties)}
