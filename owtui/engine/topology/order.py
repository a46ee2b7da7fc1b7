"""In which order devices may be taken away (rebooted, flashed, changed), and why.

A node comes before the one that every way to it passes: leaves before what carries them. Neither
both ends of one link nor two nodes that hold each other's ways go in one wave. Everything is seen
from a root, the place we look from, which goes last.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from owtui.engine.topology.analysis import Shape, behind
from owtui.engine.topology.picture import Picture

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
    """Waves that fill: each node in the first that its dependants and its neighbours allow."""

    def __init__(self, shape: Shape, root: str, carriers: Mapping[str, str]) -> None:
        self.rows: list[list[str]] = []
        self.far = _hops(shape, root)
        self._shape, self._root, self._carriers = shape, root, carriers
        self._behind = behind(carriers)
        self._wave: dict[str, int] = {}
        self._ends_only: list[bool] = []  # by wave: no shortest way passes any of its nodes
        self._ends = shape.graph.adj

    def place(self, node: str) -> None:
        """Give a node its wave; all that hang on it have theirs."""
        hanging = self._behind.get(node, frozenset())
        first = max((self._wave[one] + 1 for one in hanging if one in self._wave), default=0)
        if node == self._root:
            first = len(self.rows)
        wave = next(
            (at for at in range(first, len(self.rows)) if self._suits(node, at)),
            len(self.rows),
        )
        if wave == len(self.rows):
            self.rows.append([])
            self._ends_only.append(True)
        self._ends_only[wave] &= self._is_end(node)
        self.rows[wave].append(node)
        self._wave[node] = wave

    def _suits(self, node: str, wave: int) -> bool:
        """Whether it may be away with that wave: no link loses both ends, no node both its ways."""
        row = self.rows[wave]
        if not self._ends[node].keys().isdisjoint(row):
            return False
        if self._ends_only[wave] and self._is_end(node):
            return True  # all others keep a shortest way
        return self._is_plain(node, row) or self._is_held(node, row)

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

    def _is_held(self, node: str, row: Collection[str]) -> bool:
        """Whether who does not hang on one of them alone keeps a way while all are away."""
        away = {node, *row}
        excused = {lost for one in away for lost in self._behind.get(one, ())}
        seen, waiting = {self._root}, deque([self._root])
        while waiting:
            for other in self._ends[waiting.popleft()]:
                if other not in seen and other not in away:
                    seen.add(other)
                    waiting.append(other)
        return all(one in seen or one in away or one in excused for one in self._carriers)

    def reason(self, node: str) -> str:
        """Why it goes when it goes, in words."""
        names = self._shape.picture.nodes
        if node == self._root:
            return "last: everything is seen from it"
        by = self._carriers[node]
        hanging = len(self._behind.get(node, ()))
        carries = f"carries {hanging} node{'s' * (hanging != 1)}, which go first"
        if by != self._root:
            words = f"hangs on {names[by].name}, which goes later"
            return f"{words}; {carries}" if hanging else words
        if hanging:
            return carries
        if len(self._ends[node]) > 1:
            return "nothing hangs on it alone; not together with its neighbours"
        return "a leaf: nothing hangs on it"


def _hops(shape: Shape, root: str) -> dict[str, int]:
    far, waiting = {root: 0}, deque([root])
    while waiting:
        node = waiting.popleft()
        for other in shape.graph.adj[node]:
            if other not in far:
                far[other] = far[node] + 1
                waiting.append(other)
    return far
