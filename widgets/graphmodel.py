"""What a drawn graph is of: nodes with places, edges by kind, who is next to whom. No Textual.

Places and edges are numpy arrays, so that 2,000 nodes and 4,000 links are looked through at once;
numpy is imported when the first graph is made.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from widgets.plaintext import clean

_WEIGHTS = {"critical": 3, "problem": 2, "busy": 2, "unknown": 1}


@dataclass(frozen=True, slots=True)
class GraphNode:
    """A node: where it is (y grows downwards), its state's name, how much it counts."""

    key: str
    label: str
    x: float
    y: float
    state: str = "unknown"
    rank: float = 0.0

    @property
    def weight(self) -> int:
        """How much its state asks for a look."""
        return _WEIGHTS.get(self.state, 0)


@dataclass(frozen=True, slots=True)
class GraphEdge:
    """An edge: "good", "poor", or "down"."""

    source: str
    target: str
    kind: str = "good"


@dataclass(frozen=True)
class GraphModel:
    """Nodes and edges as they are drawn."""

    nodes: tuple[GraphNode, ...]
    edges: tuple[GraphEdge, ...]
    index: Mapping[str, int]

    @classmethod
    def of(cls, nodes: Iterable[GraphNode], edges: Iterable[GraphEdge]) -> GraphModel:
        """Take a graph; names are cleaned, edges of nobody left out."""
        taken = tuple(
            GraphNode(one.key, clean(one.label), one.x, one.y, one.state, one.rank) for one in nodes
        )
        index = {one.key: number for number, one in enumerate(taken)}
        known = tuple(one for one in edges if one.source in index and one.target in index)
        return cls(taken, known, index)

    @cached_property
    def all_places(self) -> Any:
        """Where the nodes are, (n, 2)."""
        import numpy as np  # 0.1 s, and only who looks at a graph needs it

        return np.array([(one.x, one.y) for one in self.nodes], np.float64).reshape(-1, 2)

    def place(self, number: int) -> tuple[float, float]:
        """Where one of them is."""
        return self.nodes[number].x, self.nodes[number].y

    def places(self, scope: Collection[int]) -> Any:
        """Where some of them are."""
        return self.all_places[sorted(scope)]

    @cached_property
    def _by_kind(self) -> dict[str, Any]:
        import numpy as np

        found: dict[str, list[tuple[int, int]]] = {}
        for one in self.edges:
            ends = (self.index[one.source], self.index[one.target])
            found.setdefault(one.kind, []).append(ends)
        return {kind: np.array(ends, np.intp) for kind, ends in found.items()}

    @cached_property
    def _beside(self) -> dict[int, set[int]]:
        found: dict[int, set[int]] = {}
        for one in self.edges:
            source, target = self.index[one.source], self.index[one.target]
            found.setdefault(source, set()).add(target)
            found.setdefault(target, set()).add(source)
        return found

    def ends(
        self, scope: frozenset[int] | None, chosen: frozenset[frozenset[str]]
    ) -> dict[str, Any]:
        """By kind the numbers of both ends; those of a chosen way as a kind of their own."""
        import numpy as np

        found = dict(self._by_kind)
        if scope is not None:
            held = np.zeros(len(self.nodes), bool)
            held[sorted(scope)] = True
            found = {kind: ends[held[ends].all(axis=1)] for kind, ends in found.items()}
        way = [
            [self.index[key] for key in ends]
            for ends in chosen
            if len(ends) == 2 and all(key in self.index for key in ends)
        ]
        if way:
            found["chosen"] = np.array(sorted(way), np.intp)
        return found

    def neighbourhood(self, key: str) -> frozenset[int]:
        """A node and those next to it."""
        number = self.index[key]
        return frozenset({number, *self._beside.get(number, ())})

    def first(self, scope: frozenset[int] | None) -> str | None:
        """Where to begin: the node that counts most."""
        found = [one for n, one in enumerate(self.nodes) if scope is None or n in scope]
        return max(found, key=lambda one: (one.rank, one.key)).key if found else None

    def nearest(self, here: int, x: int, y: int, scope: frozenset[int] | None) -> str | None:
        """The next node in a direction; what lies aside counts twice as far."""
        if len(self.nodes) < 2:
            return None
        apart = self.all_places - self.all_places[here]
        ahead, aside = apart[:, 0] * x + apart[:, 1] * y, apart[:, 0] * y - apart[:, 1] * x
        score = ahead + 2 * abs(aside)
        score[ahead <= abs(aside) * 0.5] = float("inf")
        score[here] = float("inf")
        if scope is not None:
            for number in range(len(self.nodes)):
                if number not in scope:
                    score[number] = float("inf")
        best = int(score.argmin())
        return self.nodes[best].key if score[best] != float("inf") else None

    def at(self, x: float, y: float, within: float, scope: frozenset[int] | None) -> str | None:
        """The node nearest to a place, None where none is within that distance."""
        best: tuple[float, str] | None = None
        for number, one in enumerate(self.nodes):
            if scope is None or number in scope:
                far = ((one.x - x) ** 2 + (one.y - y) ** 2) ** 0.5
                if far <= within and (best is None or far < best[0]):
                    best = (far, one.key)
        return best[1] if best else None
