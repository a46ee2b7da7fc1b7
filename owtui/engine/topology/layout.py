"""Where nodes are drawn: rings round a root at once, refined step by step, kept between updates.

A node that had a place keeps it; a new one starts beside its neighbours and looks for room. The
same picture, root and seed give the same places. Distances are in units of about one link.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from owtui.engine.topology.graph import Pair

Places = Mapping[str, tuple[float, float]]
Matrix = npt.NDArray[np.float32]

STEPS = 80
"""Steps after which a layout rests."""

ROWS = 256
"""Nodes whose distances to all are held at once; 2,000 nodes take 15 ms of CPU a step."""

REACH = np.float32(64.0)
"""The square of the distance from which on nodes do not push one another."""

FRESH = 0.5
"""From this share of new nodes on nobody keeps his place: it is another network."""


def rough(
    roots: Sequence[str], ways: Mapping[str, Collection[str]]
) -> dict[str, tuple[float, float]]:
    """Rings round each root by hops, a wedge for each branch; the islands side by side.

    ways: by node its neighbours. A part without a root of its own is placed by its first node.
    """
    found: dict[str, tuple[float, float]] = {}
    left = 0.0
    for root in (*roots, *sorted(ways)):
        if root in found or root not in ways:
            continue
        rings = _rings(root, ways, found)
        places = _wedges(root, rings)
        radius = max((math.hypot(*place) for place in places.values()), default=0.0) + 1.0
        shift = 0.0 if not found else left + radius
        left = shift + radius
        found |= {node: (x + shift, y) for node, (x, y) in places.items()}
    return found


def _rings(
    root: str, ways: Mapping[str, Collection[str]], placed: Collection[str]
) -> dict[str, list[str]]:
    """By node those below it in the tree by hops, ring by ring."""
    below: dict[str, list[str]] = {root: []}
    ring = [root]
    while ring:
        outer = []
        for node in ring:
            for other in sorted(ways[node]):
                if other not in below and other not in placed:
                    below[other] = []
                    below[node].append(other)
                    outer.append(other)
        ring = outer
    return below


def _wedges(root: str, below: Mapping[str, list[str]]) -> dict[str, tuple[float, float]]:
    leaves: dict[str, int] = {}
    for node in reversed(list(below)):  # the outermost first: `below` is in the order of the rings
        leaves[node] = sum(leaves[one] for one in below[node]) or 1
    # So far apart that a ring of leaves has room; few leaves stay a link away from one another.
    step = max(1.0, leaves[root] / (2 * math.pi * max(1, _depth(root, below))))
    places = {root: (0.0, 0.0)}
    wedges = {root: (0.0, 2 * math.pi, 0)}
    for node in below:
        start, width, ring = wedges.pop(node)
        for one in below[node]:
            part = width * leaves[one] / leaves[node]
            angle, far = start + part / 2, (ring + 1) * step
            places[one] = (far * math.cos(angle), far * math.sin(angle))
            wedges[one] = (start, part, ring + 1)
            start += part
    return places


def _depth(root: str, below: Mapping[str, list[str]]) -> int:
    deep = {root: 0}
    for node in below:
        for one in below[node]:
            deep[one] = deep[node] + 1
    return max(deep.values())


@dataclass
class Layout:
    """Places that settle: `start` them, `step` until `rests`, read `places` at any time.

    A step holds no lock and may run in a thread of its own; numpy lets go of Python's lock within
    its larger operations.
    """

    nodes: tuple[str, ...]
    pairs: tuple[Pair, ...]
    seed: int = 0
    steps: int = STEPS
    _at: Matrix = field(default_factory=lambda: np.zeros((0, 2), np.float32))
    _loose: npt.NDArray[np.intp] = field(default_factory=lambda: np.zeros(0, np.intp))
    _ends: npt.NDArray[np.intp] = field(default_factory=lambda: np.zeros((0, 2), np.intp))
    _done: int = 0

    @classmethod
    def start(
        cls,
        pairs: Collection[Pair],
        roots: Sequence[str],
        nodes: Collection[str],
        before: Places | None = None,
        seed: int = 0,
    ) -> Layout:
        """Place every node at once; those of `before` where they were, unless most are new."""
        ways: dict[str, list[str]] = {node: [] for node in sorted(nodes)}
        for one, other in sorted(pairs):
            ways[one].append(other)
            ways[other].append(one)
        known = {node: before[node] for node in ways if before and node in before}
        new = [node for node in ways if node not in known]
        if len(new) > FRESH * len(ways):
            places, loose = rough(roots, ways), list(ways)
        else:
            places, loose = _joined(known, new, ways, seed), new
        index = {node: number for number, node in enumerate(ways)}
        ends = [(index[one], index[other]) for one, other in sorted(pairs)]
        layout = cls(tuple(ways), tuple(sorted(pairs)), seed)
        layout._at = np.array([places[node] for node in ways], np.float32).reshape(-1, 2)
        layout._loose = np.array([index[node] for node in loose], np.intp)
        layout._ends = np.array(ends, np.intp).reshape(-1, 2)
        return layout

    @property
    def rests(self) -> bool:
        """Whether nothing moves any more."""
        return self._done >= self.steps or not len(self._loose) or len(self.nodes) < 3

    @property
    def places(self) -> dict[str, tuple[float, float]]:
        """Where each node is now."""
        return {
            node: (float(x), float(y)) for node, (x, y) in zip(self.nodes, self._at, strict=True)
        }

    def step(self) -> None:
        """Move what is loose once: links pull, nodes push, and less at every step."""
        if self.rests:
            return
        moves = self._pushed()
        self._pull(moves)
        length = np.maximum(np.hypot(moves[:, 0], moves[:, 1]), 1e-6)
        most = np.float32(1.5 * (1 - self._done / self.steps) + 0.02)
        moves *= (np.minimum(length, most) / length)[:, None]
        at = self._at.copy()
        at[self._loose] += moves[self._loose]
        self._at = at
        self._done += 1

    def _pushed(self) -> Matrix:
        """Nodes push one another by 1/distance, those far away not at all."""
        moves = np.zeros_like(self._at)
        across, down = (np.ascontiguousarray(self._at[:, axis]) for axis in (0, 1))
        for first in range(0, len(self._loose), ROWS):
            rows = self._loose[first : first + ROWS]
            square = across[rows, None] - across
            np.multiply(square, square, out=square)
            other = down[rows, None] - down
            np.multiply(other, other, out=other)
            square += other
            square[square < 1e-4] = np.inf  # itself; two on one spot are parted by their links
            push = np.reciprocal(square, out=square)
            push[push < 1 / REACH] = 0
            whole = push.sum(axis=1)
            # Not by `@`: BLAS starts threads for it, which cost three times the work itself.
            moves[rows, 0] = across[rows] * whole - np.einsum("ij,j->i", push, across)
            moves[rows, 1] = down[rows] * whole - np.einsum("ij,j->i", push, down)
        return moves

    def _pull(self, moves: Matrix) -> None:
        if not len(self._ends):
            return
        one, other = self._ends[:, 0], self._ends[:, 1]
        apart = self._at[one] - self._at[other]
        far = np.maximum(np.hypot(apart[:, 0], apart[:, 1]), 1e-6)
        pull = (apart * (far * np.float32(0.25))[:, None]).astype(np.float32)
        np.subtract.at(moves, one, pull)
        np.add.at(moves, other, pull)


def _joined(
    known: Mapping[str, tuple[float, float]],
    new: Sequence[str],
    ways: Mapping[str, Collection[str]],
    seed: int,
) -> dict[str, tuple[float, float]]:
    """New nodes beside the neighbours that have places, a little apart from one another."""
    chance = np.random.default_rng(seed)
    places = dict(known)
    edge = max((x for x, _ in places.values()), default=0.0)
    waiting = list(new)
    while waiting:
        ready = [node for node in waiting if any(one in places for one in ways[node])]
        for node in ready or waiting[:1]:
            near = [places[one] for one in ways[node] if one in places] or [(edge + 1.5, 0.0)]
            angle = chance.uniform(0, 2 * math.pi)
            x = sum(place[0] for place in near) / len(near) + math.cos(angle)
            y = sum(place[1] for place in near) / len(near) + math.sin(angle)
            places[node] = (x, y)
        waiting = [node for node in waiting if node not in places]
    return places
