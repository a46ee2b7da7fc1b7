"""What the desk for topologies lists and takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from owtui.engine.topology.picture import Change
from storage.secrets import Secret
from storage.tables import Topology
from storage.topologies import Counts

STRATEGIES = ("fetch", "device", "receive")
"""By URL, from devices, or what is sent."""

NEIGHBOURS = "neighbours"
"""The format of a topology that is made of what devices reported: no document is asked for."""


@dataclass(frozen=True, slots=True)
class TopologyRow:
    """A topology and how it is. `organization` "": shared by all. `down`: of its links.

    updated_at: when it was updated last; failure: why it last could not be, "" since it could
    """

    id: UUID
    label: str
    format: str
    strategy: str
    organization: str
    url: str
    filter: str
    published: bool
    expiration_s: int
    interval_s: int
    options: Mapping[str, Any]
    protocol: str
    version: str
    revision: str
    metric: str
    nodes: int
    links: int
    down: int
    updated_at: datetime | None
    failed_at: datetime | None
    failure: str
    has_key: bool

    @classmethod
    def of(cls, row: Topology, organization: str, counts: Counts) -> TopologyRow:
        """From what is stored."""
        names = ("id", "label", "format", "strategy", "url", "filter", "published", "interval_s")
        told = ("protocol", "version", "revision", "metric", "updated_at", "failed_at", "failure")
        return cls(
            **{name: getattr(row, name) for name in (*names, *told)},
            organization=organization,
            expiration_s=row.expiration_time,
            options=dict(row.options),
            nodes=counts.nodes,
            links=counts.links,
            down=counts.down,
            has_key=row.sealed is not None,
        )


@dataclass(frozen=True, slots=True)
class TopologyDraft:
    """A topology that somebody wants. `key` None: one is made where it receives."""

    label: str
    format: str
    strategy: str = "fetch"
    url: str = ""
    key: Secret | None = None
    organization: str = ""
    filter: str = ""
    expiration_s: int = 0
    interval_s: int = 300
    published: bool = True
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Updated:
    """What an update did; `changes` in the order of nodes, then links."""

    topology_id: UUID
    label: str
    at: datetime
    nodes: int
    links: int
    changes: tuple[Change, ...] = ()
