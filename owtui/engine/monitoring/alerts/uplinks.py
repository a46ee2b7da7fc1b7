"""Which device is behind which, pure; sources of it plug in (`Source`), topology among them.

Three strengths of the same statement. A jump host: the device cannot be reached without it. An
access: the other gave it a lease, or serves it as an access point. A neighbour: they see each
other on a bridge or in a mesh, and neither says which of them is nearer to us.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Protocol
from uuid import UUID

from sqlmodel import Session

from storage.rows import DeviceRow


class Strength(IntEnum):
    """How sure an edge is."""

    NEIGHBOUR = 1
    ACCESS = 2
    JUMP = 3


@dataclass(frozen=True, slots=True)
class Edge:
    """`below` is behind `above`."""

    below: UUID
    above: UUID
    strength: Strength


class Source(Protocol):
    """Something that knows edges: jump hosts, documents, later the topology."""

    def edges(self, session: Session, rows: Mapping[UUID, DeviceRow]) -> Iterable[Edge]:
        """All edges that it knows now, between devices of `rows`."""
        ...


Opened = Callable[[UUID], datetime | None]
"""When a device went down, None while it is up."""

Through = Callable[[UUID], bool]
"""Whether nothing is known of a device, so that what is above it counts in its place."""


def _known(device_id: UUID) -> bool:
    return False


class Uplinks:
    """The edges as a graph. A pair that says two things of itself keeps the surer one."""

    def __init__(self, edges: Iterable[Edge] = ()) -> None:
        best: dict[tuple[UUID, UUID], Strength] = {}
        for edge in edges:
            if edge.below != edge.above:
                pair = (edge.below, edge.above)
                best[pair] = max(edge.strength, best.get(pair, edge.strength))
        self._above: dict[UUID, dict[UUID, Strength]] = defaultdict(dict)
        self._below: dict[UUID, set[UUID]] = defaultdict(set)
        for (below, above), strength in best.items():
            if best.get((above, below), 0) <= strength:
                self._above[below][above] = strength
                self._below[above].add(below)

    def __bool__(self) -> bool:
        return bool(self._above)

    def edges(self) -> list[Edge]:
        """The edges that hold."""
        return [
            Edge(below, above, strength)
            for below, found in self._above.items()
            for above, strength in found.items()
        ]

    def above(self, device_id: UUID) -> frozenset[UUID]:
        """What a device is directly behind."""
        return frozenset(self._above.get(device_id, ()))

    def neighbours(self, device_id: UUID) -> frozenset[UUID]:
        """What is directly above or behind it."""
        return self.above(device_id) | self._below.get(device_id, set())

    def behind(self, device_id: UUID) -> int:
        """How many devices are reached through it and nothing else: those that are cut off when
        it goes."""
        cut = {device_id}
        waiting = deque([device_id])
        while waiting:
            for below in self._below.get(waiting.popleft(), ()):
                if below not in cut and self._explaining(below, cut):
                    cut.add(below)
                    waiting.append(below)
        return len(cut) - 1

    def cause(self, device_id: UUID, opened: Opened, through: Through = _known) -> UUID | None:
        """The device whose being down explains that this one is; None where nothing does.

        The nearest that nothing explains in its turn. Devices that only explain each other, a
        loop, have the one that went down first as theirs, which itself has none.
        """
        above = self._reach(device_id, opened, through)
        for one in above:  # the nearest first
            if one != device_id and not self._down_above(one, opened, through):
                return one
        loop = [one for one in above if one in self._reach(one, opened, through)]
        first = min(loop, key=lambda one: (opened(one), one), default=None)
        return None if first == device_id else first

    def _reach(self, start: UUID, opened: Opened, through: Through) -> dict[UUID, None]:
        """What is above by one step or more, each step explaining the one below it, nearest
        first."""
        found: dict[UUID, None] = {}
        waiting = deque([start])
        while waiting:
            for one in self._down_above(waiting.popleft(), opened, through):
                if one not in found:
                    found[one] = None
                    waiting.append(one)
        return found

    def _down_above(self, device_id: UUID, opened: Opened, through: Through) -> list[UUID]:
        """Those directly above whose being down explains this one, or none."""
        down: set[UUID] = set()
        passed: dict[UUID, bool] = {}

        def is_down(one: UUID, trail: frozenset[UUID]) -> bool:
            """Down itself, or unknown and cut off."""
            if opened(one) is not None:
                down.add(one)
                return True
            if not through(one) or one in trail:
                return False
            if one not in passed:
                inner = self._above.get(one, {})
                lost = {each for each in inner if is_down(each, trail | {one})}
                passed[one] = self._explaining(one, lost)
            return passed[one]

        mine = self._above.get(device_id, {})
        lost = {one for one in mine if is_down(one, frozenset({device_id}))}
        if not self._explaining(device_id, lost):
            return []
        return sorted(down - {device_id}, key=lambda one: (-mine.get(one, 0), one))

    def _explaining(self, device_id: UUID, lost: Collection[UUID]) -> bool:
        """Whether a device is cut off without these: without one jump host, or without every one
        of its surest other uplinks."""
        mine = self._above.get(device_id, {})
        if any(mine.get(one) is Strength.JUMP for one in lost):
            return True
        others = {strength for strength in mine.values() if strength is not Strength.JUMP}
        if not others:
            return False
        surest = max(others)
        return all(one in lost for one, strength in mine.items() if strength is surest)
