"""In which order devices may be taken away (rebooted, flashed, changed), and why.

A node comes before the one that every way to it passes: leaves before what carries them. Neither
both ends of one link nor two nodes that hold each other's ways go in one wave. Everything is seen
from a root, the place we look from, which goes last.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from uuid import UUID

import networkx as nx

from owtui.engine.topology.analysis import Shape, behind
from owtui.engine.topology.picture import Picture

WALK = 10_000
"""Nodes that are looked at in vain for one node; then it gets a wave of its own, as in large rings,
where hardly two nodes may go together."""

NOT_HERE = "it is no node of the topology: what hangs on it is not known"


@dataclass(frozen=True, slots=True)
class Turn:
    """When a node goes, counted from 0, and the reason in words."""

    node: str
    wave: int
    reason: str


@dataclass(frozen=True, slots=True)
class Order:
    """Turns in the order of their waves; `unplaced` says of the others why they have none."""

    root: str | None
    turns: tuple[Turn, ...] = ()
    unplaced: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def waves(self) -> tuple[tuple[str, ...], ...]:
        """The nodes wave by wave."""
        found: dict[int, list[str]] = {}
        for turn in self.turns:
            found.setdefault(turn.wave, []).append(turn.node)
        return tuple(tuple(found[wave]) for wave in sorted(found))


def order(picture: Picture, nodes: Collection[str], root: str | None = None) -> Order:
    """Put nodes in order as they hang on one another, seen from the root.

    Without a root the default one of the picture. What cannot be placed is said: a node that is
    not in the picture, that the root does not reach, or a root that is not there.
    """
    shape = Shape(picture)
    start = root if root is not None else shape.default_root()
    if start is None or start not in picture.nodes:
        why = "the topology has no node to look from: choose a root"
        return Order(start, (), dict.fromkeys(sorted(nodes), why))
    carriers = shape.carriers(start)
    reached = {start, *carriers}
    wanted = [node for node in sorted(set(nodes)) if node in reached]
    name = picture.nodes[start].name
    unplaced = {
        node: f"no way leads to it from {name}" if node in picture.nodes else NOT_HERE
        for node in sorted(set(nodes))
        if node not in reached
    }
    waves = _Waves(shape, start, carriers)
    for node in sorted(wanted, key=lambda node: (-waves.far[node], node)):
        waves.place(node)
    turns = [
        Turn(node, wave, waves.reason(node)) for wave, row in enumerate(waves.rows) for node in row
    ]
    return Order(start, tuple(turns), unplaced)


def order_devices(picture: Picture, devices: Collection[UUID], root: str | None = None) -> Order:
    """The same for devices: their nodes, or their ids as text where they have none.

    A device of several nodes takes all of them away at once, which no order of nodes tells: it is
    unplaced, and says so.
    """
    held: dict[UUID, list[str]] = {}
    for id_, node in picture.nodes.items():
        if node.device_id is not None:
            held.setdefault(node.device_id, []).append(id_)
    several = {one: held[one] for one in devices if len(held.get(one, ())) > 1}
    single = {one: held[one][0] for one in devices if len(held.get(one, ())) == 1}
    found = order(picture, single.values(), root)
    unplaced = dict(found.unplaced)
    for one in devices:
        if one in several:
            told = ", ".join(several[one][:3])
            unplaced[str(one)] = f"it is {len(several[one])} nodes ({told}), which go together"
        elif one not in single:
            unplaced[str(one)] = NOT_HERE
    return Order(found.root, found.turns, unplaced)


class _Waves:
    """Waves that fill: each node in the first that its dependants and its neighbours allow.

    Ways are only ever parted within a block, a part of the network that no single node parts
    (`nx.biconnected_components`): who is away elsewhere need not be looked at. Without that, rings
    cost the cube of their nodes.
    """

    def __init__(self, shape: Shape, root: str, carriers: Mapping[str, str]) -> None:
        self.rows: list[list[str]] = []
        self.far = _hops(shape, root)
        self._shape, self._root, self._carriers = shape, root, carriers
        self._behind = behind(carriers)
        self._wave: dict[str, int] = {}
        self._ends = shape.graph.adj
        self._blocks = [frozenset(block) for block in nx.biconnected_components(shape.graph)]
        self._in: dict[str, list[int]] = {}  # the blocks a node can part: it is not their way in
        self._ways_in = [min(block, key=self._farness) for block in self._blocks]
        for number, block in enumerate(self._blocks):
            for node in block - {self._ways_in[number]}:
                self._in.setdefault(node, []).append(number)
        self._taken: list[set[str]] = []  # as `rows`
        self._away: list[dict[int, set[str]]] = []  # by wave and block who is away
        self._ends_only: list[bool] = []  # by wave: no shortest way passes any of its nodes

    def _farness(self, node: str) -> float:
        return self.far.get(node, math.inf)

    def place(self, node: str) -> None:
        """Give a node its wave; all that hang on it have theirs."""
        hanging = self._behind.get(node, frozenset())
        first = max((self._wave[one] + 1 for one in hanging if one in self._wave), default=0)
        if node == self._root:
            first = len(self.rows)
        left = WALK
        wave = len(self.rows)
        for at in range(first, len(self.rows)):
            fits, steps = self._suits(node, at)
            left -= steps
            if fits or left < 0:
                wave = at if fits else wave
                break
        if wave == len(self.rows):
            self.rows.append([])
            self._taken.append(set())
            self._away.append({})
            self._ends_only.append(True)
        self._ends_only[wave] &= self._is_end(node)
        self.rows[wave].append(node)
        self._taken[wave].add(node)
        for block in self._in.get(node, ()):
            self._away[wave].setdefault(block, set()).add(node)
        self._wave[node] = wave

    def _suits(self, node: str, wave: int) -> tuple[bool, int]:
        """Whether it may be away with that wave, and how many nodes were looked at for that: no
        link loses both ends, and who does not hang on one of them alone keeps a way."""
        if not self._ends[node].keys().isdisjoint(self._taken[wave]):
            return False, 0
        if self._ends_only[wave] and self._is_end(node):
            return True, 0  # all others keep a shortest way
        shared = [block for block in self._in.get(node, ()) if self._away[wave].get(block)]
        if not shared or self._is_plain(node, self.rows[wave]):
            return True, 0
        steps = 0
        for block in shared:
            away = self._away[wave][block]
            seen = self._reached(block, {node, *away})
            steps += seen
            if seen + len(away) + 1 < len(self._blocks[block]):
                return False, steps
        return True, steps

    def _is_end(self, node: str) -> bool:
        return all(self.far[one] <= self.far[node] for one in self._ends[node])

    def _is_plain(self, node: str, row: Collection[str]) -> bool:
        """Whether all beside it keep a neighbour nearer to the root: enough, and spares a walk."""
        gone = {node, *row}
        for one in (node, *row):
            gone |= self._behind.get(one, frozenset())
        new = {node, *self._behind.get(node, ())}
        beside = {other for one in new for other in self._ends[one]} - gone
        return all(
            any(self.far[one] < self.far[other] and one not in gone for one in self._ends[other])
            for other in beside
            if other != self._root
        )

    def _reached(self, number: int, away: Collection[str]) -> int:
        """How many nodes of a block keep a way to where one comes into it."""
        block, start = self._blocks[number], self._ways_in[number]
        seen, waiting = {start}, deque([start])
        while waiting:
            for other in self._ends[waiting.popleft()]:
                if other in block and other not in seen and other not in away:
                    seen.add(other)
                    waiting.append(other)
        return len(seen)

    def reason(self, node: str) -> str:
        """Why it goes when it goes, in words."""
        names = self._shape.picture.nodes
        if node == self._root:
            return "last: everything is seen from it"
        by = self._carriers[node]
        carries = self._carries(node)
        if by != self._root:
            words = f"hangs on {names[by].name}" + ", which goes later" * (by in self._wave)
            return f"{words}; {carries}" if carries else words
        if carries:
            return carries
        if len(self._ends[node]) > 1:
            return "nothing hangs on it alone; not together with its neighbours"
        return "a leaf: nothing hangs on it"

    def _carries(self, node: str) -> str:
        """How many hang on it, and what becomes of them; "" for none."""
        hanging = self._behind.get(node, frozenset())
        if not hanging:
            return ""
        going = sum(one in self._wave for one in hanging)
        words = f"carries {len(hanging)} node{'s' * (len(hanging) != 1)}"
        if not going:
            return f"{words}, lost while it is away"
        if going == len(hanging):
            return f"{words}, which go first"
        return f"{words}, {going} of which go{'es' * (going == 1)} first"


def _hops(shape: Shape, root: str) -> dict[str, int]:
    far, waiting = {root: 0}, deque([root])
    while waiting:
        node = waiting.popleft()
        for other in shape.graph.adj[node]:
            if other not in far:
                far[other] = far[node] + 1
                waiting.append(other)
    return far
