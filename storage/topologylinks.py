"""Links of all topologies at once: who is beside whom, and what moved lately."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, or_, select
from sqlmodel import Session

from storage.core import TOPOLOGY, TOPOLOGY_LINK, TOPOLOGY_NODE, among


@dataclass(frozen=True, slots=True)
class Spot:
    """A node of a topology, as far as it matters where it is."""

    key: UUID
    addresses: tuple[str, ...]
    label: str
    device_id: UUID | None
    properties: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Ground:
    """A topology as ground to walk on; `options` are the topology's."""

    id: UUID
    format: str
    options: Mapping[str, Any]
    spots: Mapping[UUID, Spot] = field(default_factory=dict, hash=False)
    links: tuple[tuple[UUID, UUID], ...] = ()


@dataclass(frozen=True, slots=True)
class LinkTouch:
    """A link of a device that went up or down; `other` is the node at its other end."""

    device_id: UUID
    at: datetime
    is_up: bool
    other: str
    topology: str


@dataclass(frozen=True, slots=True)
class Share:
    """Of the links of a topology that were up within a time, how many are down."""

    topology_id: UUID
    label: str
    links: int
    down: int


def grounds(session: Session, since: datetime) -> list[Ground]:
    """Every published topology, with its links that are up or went down after `since`."""
    t, n, e = TOPOLOGY.c, TOPOLOGY_NODE.c, TOPOLOGY_LINK.c
    spots: dict[UUID, dict[UUID, Spot]] = {}
    query = select(n.topology_id, n.id, n.addresses, n.label, n.device_id, n.properties)
    for owner, key, addresses, *rest in session.execute(query):
        spots.setdefault(owner, {})[key] = Spot(key, tuple(addresses), *rest)
    links: dict[UUID, list[tuple[UUID, UUID]]] = {}
    there = or_(e.is_up, e.status_changed > since)
    for row in session.execute(select(e.topology_id, e.source_id, e.target_id).where(there)):
        links.setdefault(row.topology_id, []).append((row.source_id, row.target_id))
    about = select(t.id, t.format, t.options).where(t.published)
    return [
        Ground(row.id, row.format, row.options, spots.get(row.id, {}), tuple(links.get(row.id, ())))
        for row in session.execute(about)
    ]


def touching(
    session: Session, ids: Collection[UUID], since: datetime, until: datetime
) -> list[LinkTouch]:
    """Links of these devices whose status moved last within a time."""
    t, e = TOPOLOGY.c, TOPOLOGY_LINK.c
    mine, other = TOPOLOGY_NODE.alias("mine"), TOPOLOGY_NODE.alias("other")
    here = or_(
        and_(e.source_id == mine.c.id, e.target_id == other.c.id),
        and_(e.target_id == mine.c.id, e.source_id == other.c.id),
    )
    query = (
        select(
            mine.c.device_id, e.status_changed, e.is_up, other.c.addresses, other.c.label, t.label
        )
        .select_from(TOPOLOGY_LINK)
        .join(mine, or_(e.source_id == mine.c.id, e.target_id == mine.c.id))
        .join(other, here)
        .join(TOPOLOGY, t.id == e.topology_id)
        .where(among(session, mine.c.device_id, ids))
        .where(e.status_changed >= since, e.status_changed <= until)
    )
    return [
        LinkTouch(device, at, up, label or (addresses or [""])[0], topology)
        for device, at, up, addresses, label, topology in session.execute(query)
    ]


def shares(session: Session, since: datetime) -> list[Share]:
    """How many links of each published topology are down, of those that were up after `since`: one
    that is gone for longer than that is nobody's news."""
    t, e = TOPOLOGY.c, TOPOLOGY_LINK.c
    there = or_(e.is_up, e.status_changed > since)
    query = (
        select(t.id, t.label, e.is_up, func.count().label("number"))
        .join(TOPOLOGY_LINK, t.id == e.topology_id)
        .where(t.published, there)
        .group_by(t.id, t.label, e.is_up)
    )
    found: dict[UUID, Share] = {}
    for row in session.execute(query):
        known = found.get(row.id, Share(row.id, row.label, 0, 0))
        down = known.down + (0 if row.is_up else row.number)
        found[row.id] = Share(row.id, row.label, known.links + row.number, down)
    return sorted(found.values(), key=lambda one: one.label)


def devices_of(session: Session, link_ids: Collection[UUID]) -> dict[UUID, tuple[UUID, ...]]:
    """The devices at the ends of links."""
    n, e = TOPOLOGY_NODE.c, TOPOLOGY_LINK.c
    query = (
        select(e.id, n.device_id)
        .join(TOPOLOGY_NODE, or_(n.id == e.source_id, n.id == e.target_id))
        .where(among(session, e.id, link_ids), n.device_id.is_not(None))
    )
    found: dict[UUID, tuple[UUID, ...]] = {}
    for link_id, device_id in session.execute(query):
        found[link_id] = (*found.get(link_id, ()), device_id)
    return found
