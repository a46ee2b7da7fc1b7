"""Which section of a router is meant by a section of a configuration.

Stricter than matching.py, which only has to read well: what is claimed is overwritten. OpenWISP's
agent names every anonymous section and then goes by name alone; it doubles anonymous sections of a
configuration with each push. The rules here, first to last:

1. the same name;
2. an anonymous section of the router that the agent would give this name;
3. a type of which there is one in a package (`system`, firewall's `defaults`, `dnsmasq`);
4. what tells sections of a type apart for the program that reads them (a zone's name, a device's),
   where one of both is anonymous;
5. an anonymous section that says all that the configuration says, and possibly more.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Hashable, Iterable, Sequence

from owtui.engine.configs.matching import best_alignment
from owtui.engine.configs.sections import SINGLETONS, agent_names, identity
from owtui.engine.openwrt.uci import Package, Section

Claims = dict[int, int]  # place in the configuration → place in the router's package


def claim(ours: Package, theirs: Package, known: Claims | None = None) -> Claims:
    """For each section of `ours` the one of `theirs` that it means, at most one to one.

    `known` are claims made before; they stand, except that an equal name comes first.
    """
    claims = _Claims(ours, theirs)
    claims.by_keys(_names(ours), _names(theirs))
    for place, other in sorted((known or {}).items()):
        claims.take(place, other)
    claims.by_keys(_typed_names(ours), _names_to_be(theirs))
    claims.by_keys(_singletons(ours), _singletons(theirs))
    claims.by_identity()
    for kind in sorted({section.type for section in ours.sections}):
        claims.by_contents(kind)
    return claims.found


class _Claims:
    def __init__(self, ours: Package, theirs: Package) -> None:
        self.ours, self.theirs = ours, theirs
        self.found: Claims = {}
        self._taken: set[int] = set()

    def take(self, place: int, other: int) -> None:
        """Claim a section unless one of both is spoken for."""
        if place not in self.found and other not in self._taken:
            self.found[place] = other
            self._taken.add(other)

    def by_keys(self, ours: Sequence[Hashable], theirs: Sequence[Hashable]) -> None:
        """Claim what has the same key; a key that is there twice says nothing, nor does None."""
        mine, other = _unique(ours), _unique(theirs)
        for key in sorted(mine.keys() & other.keys(), key=mine.__getitem__):
            self.take(mine[key], other[key])

    def by_identity(self) -> None:
        """Rule 4."""
        mine = _unique([identity(self.ours.name, one) for one in self.ours.sections])
        other = _unique([identity(self.theirs.name, one) for one in self.theirs.sections])
        for key in sorted(mine.keys() & other.keys(), key=mine.__getitem__):
            place, there = mine[key], other[key]
            if self.ours.sections[place].anonymous or self.theirs.sections[there].anonymous:
                self.take(place, there)

    def by_contents(self, kind: str) -> None:
        """Rule 5: as many as possible in their order, then as many as there can be in any.

        What was landed holds all of the configuration. Were one of it not found again, because a
        section that says little had taken its place, each push would add it once more.
        """
        mine = self._left(self.ours, self.found.keys(), kind)
        other = self._left(self.theirs, self._taken, kind)
        if not mine or not other:
            return
        scores = [
            [float(_says(self.theirs.sections[b], self.ours.sections[a])) for b in other]
            for a in mine
        ]
        found = dict(best_alignment(scores))
        _add_all(found, scores)
        for a, b in sorted(found.items()):
            self.take(mine[a], other[b])

    @staticmethod
    def _left(package: Package, taken: Iterable[int], kind: str) -> list[int]:
        gone = set(taken)
        return [
            at
            for at, section in enumerate(package.sections)
            if section.type == kind and section.anonymous and at not in gone
        ]


def _add_all(found: dict[int, int], scores: Sequence[Sequence[float]]) -> None:
    """Add pairs until there can be no more: who has none takes that of one who finds another."""
    owners = {b: a for a, b in found.items()}
    for start in range(len(scores)):
        if start in found:
            continue
        wanted: dict[int, int] = {}  # who would take it
        waiting = deque([start])
        while waiting:
            a = waiting.popleft()
            for b, score in enumerate(scores[a]):
                if not score or b in wanted:
                    continue
                wanted[b] = a
                if b in owners:
                    waiting.append(owners[b])
                    continue
                _hand_on(b, wanted, found, owners)
                waiting.clear()
                break


def _hand_on(b: int, wanted: dict[int, int], found: dict[int, int], owners: dict[int, int]) -> None:
    """Give a free one to who wanted it, what that one had to who wanted that, and so on."""
    free: int | None = b
    while free is not None:
        a = wanted[free]
        before = found.get(a)
        found[a], owners[free] = free, a
        free = before


def _says(section: Section, what: Section) -> bool:
    return all(section.options.get(name) == value for name, value in what.options.items())


def _unique(keys: Sequence[Hashable]) -> dict[Hashable, int]:
    times = Counter(keys)
    return {key: at for at, key in enumerate(keys) if key is not None and times[key] == 1}


def _names(package: Package) -> list[Hashable]:
    return [section.name for section in package.sections]


def _typed_names(package: Package) -> list[Hashable]:
    return [(one.type, one.name) if one.name is not None else None for one in package.sections]


def _names_to_be(package: Package) -> list[Hashable]:
    named = zip(package.sections, agent_names(package), strict=True)
    return [(one.type, name) if one.anonymous else None for one, name in named]


def _singletons(package: Package) -> list[Hashable]:
    kinds = (section.type for section in package.sections)
    return [kind if (package.name, kind) in SINGLETONS else None for kind in kinds]
