"""Topologies: what a source tells of a network, what is remembered of it, and how it moved.

Nodes and links are as they are now; how they came to be so is in packed batches, one an update,
with a whole picture now and then, so that any moment can be replayed (storage.topologies).
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Index, UniqueConstraint
from sqlmodel import Field

from storage.tables.base import JsonColumn, Row, UtcDateTime


class Topology(Row, table=True):
    """One network and its source (operations.md §4.1).

    `strategy`: "fetch" by URL, "device" from devices of `filter`, "receive" what is sent with the
    key. `sealed` holds that key. `expiration_time` (seconds) is used by receive: a link that was
    told of within it stays up though a later message does not name it.
    `organization_id` NULL: shared by all. protocol, version, revision, metric: as told last.
    `recorded` numbers the batches of history; `weight` is what was recorded since the last whole
    picture of it.
    """

    label: str = Field(max_length=64, unique=True)
    format: str = Field(max_length=32)
    strategy: str = Field(default="fetch", max_length=16)
    url: str = ""
    sealed: bytes | None = None
    filter: str = ""
    options: dict[str, Any] = Field(
        default_factory=dict, sa_column=Column(JsonColumn, nullable=False)
    )
    organization_id: UUID | None = Field(
        default=None, foreign_key="organization.id", ondelete="CASCADE", index=True
    )
    expiration_time: int = 0
    interval_s: int = 300
    published: bool = True
    protocol: str = Field(default="", max_length=64)
    version: str = Field(default="", max_length=64)
    revision: str = Field(default="", max_length=64)
    metric: str = Field(default="", max_length=64)
    updated_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    failed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    failure: str = ""
    recorded: int = 0
    weight: int = 0


class TopologyNode(Row, table=True):
    """A node; the first of `addresses` is its NetJSON id, and each of them finds it.

    `user_properties` are people's: they survive updates, and "label" among them goes before what a
    source calls it. `device_id`: the device that this node was found to be.
    """

    __tablename__ = "topology_node"

    topology_id: UUID = Field(foreign_key="topology.id", ondelete="CASCADE", index=True)
    device_id: UUID | None = Field(
        default=None, foreign_key="device.id", ondelete="SET NULL", index=True
    )
    label: str = Field(default="", max_length=64)
    addresses: list[str] = Field(default_factory=list, sa_column=Column(JsonColumn, nullable=False))
    properties: dict[str, Any] = Field(
        default_factory=dict, sa_column=Column(JsonColumn, nullable=False)
    )
    user_properties: dict[str, Any] = Field(
        default_factory=dict, sa_column=Column(JsonColumn, nullable=False)
    )


class TopologyLink(Row, table=True):
    """A link between two nodes of one topology, whichever end is named first; never a loop.

    `modified` moves also when it is told of again (receive); `status_changed` only when `is_up`
    does, which upstream gets wrong (operations.md §12.7).
    """

    __tablename__ = "topology_link"
    __table_args__ = (
        UniqueConstraint("source_id", "target_id"),
        Index("ix_topology_link_status_changed", "status_changed"),
    )

    topology_id: UUID = Field(foreign_key="topology.id", ondelete="CASCADE", index=True)
    source_id: UUID = Field(foreign_key="topology_node.id", ondelete="CASCADE")
    target_id: UUID = Field(foreign_key="topology_node.id", ondelete="CASCADE", index=True)
    cost: float = 1.0
    cost_text: str = Field(default="", max_length=24)
    is_up: bool = True
    status_changed: datetime = Field(sa_type=UtcDateTime)
    properties: dict[str, Any] = Field(
        default_factory=dict, sa_column=Column(JsonColumn, nullable=False)
    )
    user_properties: dict[str, Any] = Field(
        default_factory=dict, sa_column=Column(JsonColumn, nullable=False)
    )


class TopologyBatch(Row, table=True):
    """What one write changed, packed, or the whole of a topology after it (`is_whole`).

    `number` counts the writes of a topology and `at` never goes back; where history was thinned
    numbers are missing. `size`: how many nodes and links it tells of in which a person would see
    a change. `ups` and `downs`: links whose status moved.
    """

    __tablename__ = "topology_batch"
    __table_args__ = (
        UniqueConstraint("topology_id", "number", "is_whole"),
        Index("ix_topology_batch_topology_id_at", "topology_id", "at"),
    )

    topology_id: UUID = Field(foreign_key="topology.id", ondelete="CASCADE")
    number: int
    at: datetime = Field(sa_type=UtcDateTime)
    is_whole: bool = False
    size: int = 0
    ups: int = 0
    downs: int = 0
    packed: bytes
