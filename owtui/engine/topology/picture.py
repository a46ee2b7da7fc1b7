"""What memory knows of a topology at one moment: what faces draw, and analysis walks over.

A `Graph` is what a source has just told; a `Picture` is what is remembered: links that are down,
since when, what people wrote beside, and which node is which of our devices.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from owtui.engine.topology.graph import Pair, Properties, pair

RATES = frozenset({"bmx6"})
"""Formats whose cost is a rate: higher is better."""

LEAST_RATE = 1e-6


@dataclass(frozen=True, slots=True)
class NodeView:
    """A node; `properties` with what people wrote merged over what sources told (OpenWISP).

    device_id: of the device that this node is, as far as one could be matched
    name: of that device, or the label, or the id
    sources: the formats that told of it, in words such as "olsr"
    """

    id: str
    name: str
    addresses: tuple[str, ...] = ()
    properties: Properties = field(default_factory=dict, hash=False)
    device_id: UUID | None = None
    created: datetime | None = None
    modified: datetime | None = None
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LinkView:
    """A link; one that is down is kept until it expires. `since`: when is_up last changed."""

    source: str
    target: str
    cost: float = 1.0
    cost_text: str = ""
    is_up: bool = True
    since: datetime | None = None
    properties: Properties = field(default_factory=dict, hash=False)
    created: datetime | None = None
    modified: datetime | None = None
    sources: tuple[str, ...] = ()

    @property
    def pair(self) -> Pair:
        """The key of the link."""
        return pair(self.source, self.target)

    @property
    def weight(self) -> float:
        """What it adds to a way, lower is better: its cost; of a rate, as BMX6 tells one for a
        cost, the inverse."""
        if self.sources and RATES.issuperset(self.sources):
            return 1 / max(self.cost, LEAST_RATE)
        return self.cost


@dataclass(frozen=True, slots=True)
class Picture:
    """All of a topology at a moment, or of several merged into one.

    at: the moment that is shown
    updated: when a source was last read with success, None before the first time
    """

    label: str
    at: datetime
    updated: datetime | None = None
    protocol: str = ""
    version: str = ""
    revision: str = ""
    metric: str = ""
    nodes: Mapping[str, NodeView] = field(default_factory=dict, hash=False)
    links: Mapping[Pair, LinkView] = field(default_factory=dict, hash=False)
    topology_id: UUID | None = None


class ChangeKind(StrEnum):
    """What may happen to a topology; the marks of the change list are of these."""

    NODE_ADDED = "node added"
    NODE_CHANGED = "node changed"
    NODE_REMOVED = "node removed"
    LINK_ADDED = "link added"
    LINK_UP = "link up"
    LINK_DOWN = "link down"
    LINK_CHANGED = "link changed"
    LINK_REMOVED = "link removed"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that happened; `before` and `after` are the node or link, None where there is none.

    ends: the node's id, or both of the link's, in the order of its key
    """

    at: datetime
    kind: ChangeKind
    ends: tuple[str, ...]
    before: NodeView | LinkView | None = None
    after: NodeView | LinkView | None = None
