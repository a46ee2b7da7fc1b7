"""A topology as the screen holds it: the picture, the root, and what follows from its shape.

Made beside the loop, once a picture: the theory costs a second for 2,000 nodes, and networkx 0.2 s
to import, which nobody pays who does not look at a topology.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from statistics import median
from typing import TYPE_CHECKING
from uuid import UUID

from owtui.engine.topology.picture import LinkView, NodeView, Picture
from owtui.engine.topology.root import first

if TYPE_CHECKING:
    from owtui.engine.topology.analysis import Path, Shape
    from owtui.engine.topology.layout import Layout, Places

POOR = 1.5
"""A link is poor from so many times the median cost on."""

SLICE_S = 0.2
"""A layout settles in slices of this time, so that whoever left the screen is not waited for."""


@dataclass(frozen=True)
class Network:
    """What is shown of one topology. `root` is None only where there is no node.

    cuts: nodes whose loss parts it, those on which most hangs first
    behind: by node what hangs on it alone, seen from the root
    score: the share of nodes that no single loss cuts off
    """

    picture: Picture
    shape: Shape
    root: str | None
    cuts: tuple[str, ...] = ()
    behind: Mapping[str, frozenset[str]] = field(default_factory=dict, hash=False)
    score: float = 1.0

    @cached_property
    def poor(self) -> float:
        """The cost from which on a link is poor."""
        costs = [link.weight for link in self.picture.links.values() if link.is_up]
        return POOR * median(costs) if costs else float("inf")

    @cached_property
    def links_of(self) -> Mapping[str, tuple[LinkView, ...]]:
        """By node its links: those that are up first, then the cheapest."""
        found: dict[str, list[LinkView]] = {id_: [] for id_ in self.picture.nodes}
        for link in self.picture.links.values():
            for end in link.pair:
                found[end].append(link)
        return {
            id_: tuple(sorted(links, key=lambda one: (not one.is_up, one.weight, one.pair)))
            for id_, links in found.items()
        }

    def node(self, id_: str | None) -> NodeView | None:
        """A node by its id."""
        return self.picture.nodes.get(id_) if id_ is not None else None

    def path(self, one: str, other: str) -> Path | None:
        """The cheapest way between two nodes of the picture."""
        return self.shape.path(one, other)


def study(picture: Picture, wanted: Sequence[str] = (), near: UUID | None = None) -> Network:
    """Work out what a picture means, seen from the first wanted root that is there, else from the
    default one."""
    from owtui.engine.topology.analysis import Shape, behind

    shape = Shape(picture)
    root = first(picture, wanted) or shape.default_root(near)
    if root is None:
        return Network(picture, shape, None)
    carriers = shape.carriers(root)
    hanging = behind(carriers)
    cuts = sorted(
        shape.cut_points, key=lambda node: (node == root, -len(hanging.get(node, ())), node)
    )
    return Network(picture, shape, root, tuple(cuts), hanging, shape.score(root))


def place(network: Network, before: Places | None) -> Layout:
    """Places for the nodes at once; those that had one keep it."""
    from owtui.engine.topology.layout import Layout

    roots = [network.root] if network.root is not None else []
    roots += [min(part) for part in network.shape.islands[1:]]
    return Layout.start(list(network.picture.links), roots, list(network.picture.nodes), before)


def settle(layout: Layout) -> None:
    """Let a layout move for a slice of time; it may rest before."""
    end = time.monotonic() + SLICE_S
    while not layout.rests and time.monotonic() < end:
        layout.step()


def devices(picture: Picture, nodes: Collection[str]) -> list[UUID]:
    """The devices of nodes, in their order."""
    found = (picture.nodes[node].device_id for node in nodes if node in picture.nodes)
    return list(dict.fromkeys(one for one in found if one is not None))
