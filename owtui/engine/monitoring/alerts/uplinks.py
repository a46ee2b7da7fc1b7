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


Opened = Mapping[UUID, datetime]
"""The devices that are down, since when."""

Through = Callable[[UUID], bool]
"""Whether nothing is known of a device, so that what is above it counts in its place."""

LOOKED_THROUGH = 8
"""How many devices in a row, of which nothing is known, are looked through."""


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

    def explainers(self, device_id: UUID, opened: Opened, through: Through = _known) -> list[UUID]:
        """The devices above, the surest first, whose being down explains that this one is; none
        where it has another way. What nothing is known of is looked through."""
        down: set[UUID] = set()
        passed: dict[UUID, bool] = {}

        def is_down(one: UUID, trail: tuple[UUID, ...]) -> bool:
            """Down itself, or unknown and cut off."""
            if one in opened:
                down.add(one)
                return True
            if one in trail or len(trail) > LOOKED_THROUGH or not through(one):
                return False
            if one not in passed:
                inner = self._above.get(one, {})
                lost = {each for each in inner if is_down(each, (*trail, one))}
                passed[one] = self._explaining(one, lost)
            return passed[one]

        mine = self._above.get(device_id, {})
        lost = {one for one in mine if is_down(one, (device_id,))}
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


class Down:
    """The devices that are down at one time, each with the one whose being down is the cause.

    That is the nearest which nothing explains in its turn. Devices that only explain each other, a
    ring, have the one that went down first as their cause, which itself has none: nobody is
    hidden by himself. Takes time in proportion to the devices that are down and their edges.
    """

    def __init__(self, uplinks: Uplinks, opened: Opened, through: Through = _known) -> None:
        self._uplinks = uplinks
        self._opened = opened
        self._through = through
        above = {one: uplinks.explainers(one, opened, through) for one in opened}
        self._below: dict[UUID, list[UUID]] = defaultdict(list)
        for below, found in above.items():
            for one in found:
                self._below[one].append(below)
        self._causes: dict[UUID, UUID] = {}
        self._spread(sorted((one for one in opened if not above[one]), key=self._age))
        left = {one for one in opened if above[one] and one not in self._causes}
        while left:
            first = min(self._rings(left, above), key=self._age)
            self._spread([first])
            left -= self._causes.keys() | {first}

    def cause(self, device_id: UUID) -> UUID | None:
        """The cause of its being down, also where it only seems so; None where nothing is."""
        if device_id in self._opened:
            return self._causes.get(device_id)
        found = self._uplinks.explainers(device_id, self._opened, self._through)
        return self._causes.get(found[0], found[0]) if found else None

    def _age(self, device_id: UUID) -> tuple[datetime, UUID]:
        return (self._opened[device_id], device_id)

    def _spread(self, roots: list[UUID]) -> None:
        """Give what is below these, and has no cause, the nearest of them."""
        waiting = deque((root, root) for root in roots)
        taken = set(roots)
        while waiting:
            one, root = waiting.popleft()
            for below in self._below.get(one, ()):
                if below not in taken and below not in self._causes:
                    taken.add(below)
                    self._causes[below] = root
                    waiting.append((below, root))

    def _rings(self, left: set[UUID], above: Mapping[UUID, list[UUID]]) -> set[UUID]:
        """Of these, each explained by others of them, those that explain one in turn: without
        what only hangs on a ring."""
        counts = {one: sum(below in left for below in self._below.get(one, ())) for one in left}
        ends = deque(one for one, count in counts.items() if not count)
        kept = set(left)
        while ends:
            end = ends.popleft()
            kept.discard(end)
            for one in above[end]:
                if one in kept:
                    counts[one] -= 1
                    if not counts[one]:
                        ends.append(one)
        return kept
