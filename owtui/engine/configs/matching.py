"""Which section of one package is which of another: for people, so that a change reads as one.

An inserted anonymous section must not rewrite all that follow it, and a section that only got a
name, or another place, is still the same. Nothing rests on a good guess: a diff says how to get
from one to the other whatever was matched.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Hashable, Iterable, Sequence
from difflib import SequenceMatcher

from owtui.engine.configs.sections import SINGLETONS, agent_names, identity
from owtui.engine.openwrt.uci import Package, Section

ALIKE = 0.4  # sections less alike than this are one removed and one added
MOST_COMPARED = 200_000  # pairs of one type; beyond, sections are paired by their place

Pairs = dict[int, int]  # place in the new package → place in the old one
Keys = Callable[[Package], Sequence[Hashable]]  # of each section; None has no partner


def pair(old: Package, new: Package) -> Pairs:
    """Match the sections of two states of one package; each section at most once."""
    matching = _Matching(old, new)
    matching.by_key(_name_keys)
    matching.equal_ones()
    matching.by_key(_names_to_be, _name_keys)
    matching.by_key(_name_keys, _names_to_be)
    matching.by_key(_identity_keys)
    matching.by_key(_singleton_keys)
    matching.alike_ones()
    return matching.pairs


def moved(pairs: Pairs) -> set[int]:
    """The places in the new package of sections that changed their order, as few as possible."""
    places = sorted(pairs)
    kept = _longest_rise([pairs[place] for place in places])
    return {place for at, place in enumerate(places) if at not in kept}


def frozen(section: Section) -> Hashable:
    """All of a section that the file says, as something to look it up by."""
    options = (
        (name, tuple(value) if isinstance(value, list) else value)
        for name, value in sorted(section.options.items())
    )
    return (section.type, section.name, tuple(options))


def likeness(one: Section, other: Section) -> float:
    """How much two sections of one type say the same, from 0 to 1."""
    count = len(one.options) + len(other.options)
    if not count:
        return 1.0
    score = 0.0
    for name, value in one.options.items():
        there = other.options.get(name)
        if there is not None:
            score += 1.0 if there == value else 0.25
    return 2 * score / count


class _Matching:
    """Pairs found so far; each rule looks at what the rules before it left."""

    def __init__(self, old: Package, new: Package) -> None:
        self.old, self.new = old, new
        self.pairs: Pairs = {}
        self._old_left = set(range(len(old.sections)))
        self._new_left = set(range(len(new.sections)))

    def by_key(self, keys: Keys, new_keys: Keys | None = None) -> None:
        """Pair what has the same key, where the key is the only one of its kind on both sides."""
        olds = _unique(keys(self.old), self._old_left)
        news = _unique((new_keys or keys)(self.new), self._new_left)
        for key in olds.keys() & news.keys():
            self._take(news[key], olds[key])

    def equal_ones(self) -> None:
        """Pair equal sections: in their order where that is possible, then wherever they are."""
        olds, news = sorted(self._old_left), sorted(self._new_left)
        old_keys = [frozen(self.old.sections[at]) for at in olds]
        new_keys = [frozen(self.new.sections[at]) for at in news]
        blocks = SequenceMatcher(None, old_keys, new_keys, autojunk=False).get_matching_blocks()
        for a, b, size in blocks:
            for step in range(size):
                self._take(news[b + step], olds[a + step])
        elsewhere: dict[Hashable, deque[int]] = defaultdict(deque)
        for at, key in zip(olds, old_keys, strict=True):
            if at in self._old_left:
                elsewhere[key].append(at)
        for at, key in zip(news, new_keys, strict=True):
            if at in self._new_left and elsewhere[key]:
                self._take(at, elsewhere[key].popleft())

    def alike_ones(self) -> None:
        """Pair anonymous sections of one type that are most alike, without crossing."""
        for kind in {self.old.sections[at].type for at in self._old_left}:
            olds = self._anonymous(self.old, self._old_left, kind)
            news = self._anonymous(self.new, self._new_left, kind)
            for a, b in self._aligned(olds, news):
                self._take(b, a)

    def _anonymous(self, package: Package, left: Iterable[int], kind: str) -> list[int]:
        chosen = (at for at in sorted(left) if package.sections[at].type == kind)
        return [at for at in chosen if package.sections[at].anonymous]

    def _aligned(self, olds: Sequence[int], news: Sequence[int]) -> list[tuple[int, int]]:
        if len(olds) * len(news) > MOST_COMPARED:
            return list(zip(olds, news, strict=False))
        scores = [
            [likeness(self.old.sections[a], self.new.sections[b]) for b in news] for a in olds
        ]
        return [(olds[a], news[b]) for a, b in best_alignment(scores)]

    def _take(self, new_at: int, old_at: int) -> None:
        self.pairs[new_at] = old_at
        self._new_left.discard(new_at)
        self._old_left.discard(old_at)


def _unique(keys: Sequence[Hashable], left: Iterable[int]) -> dict[Hashable, int]:
    places = {at: keys[at] for at in left if keys[at] is not None}
    times = Counter(places.values())
    return {key: at for at, key in places.items() if times[key] == 1}


def _name_keys(package: Package) -> list[Hashable]:
    return [None if one.name is None else (one.type, one.name) for one in package.sections]


def _names_to_be(package: Package) -> list[Hashable]:
    """The names that the agent gives to anonymous sections."""
    named = zip(package.sections, agent_names(package), strict=True)
    return [(one.type, name) if one.anonymous else None for one, name in named]


def _identity_keys(package: Package) -> list[Hashable]:
    return [identity(package.name, section) for section in package.sections]


def _singleton_keys(package: Package) -> list[Hashable]:
    kinds = (section.type for section in package.sections)
    return [kind if (package.name, kind) in SINGLETONS else None for kind in kinds]


def best_alignment(scores: Sequence[Sequence[float]]) -> list[tuple[int, int]]:
    """The pairs, both sides rising, whose sum is highest; none below ALIKE."""
    rows, columns = len(scores), len(scores[0]) if scores else 0
    best = [[0.0] * (columns + 1) for _ in range(rows + 1)]
    for a in range(rows - 1, -1, -1):
        for b in range(columns - 1, -1, -1):
            both = scores[a][b] + best[a + 1][b + 1] if scores[a][b] >= ALIKE else 0.0
            best[a][b] = max(both, best[a + 1][b], best[a][b + 1])
    result: list[tuple[int, int]] = []
    a = b = 0
    while a < rows and b < columns:
        if scores[a][b] >= ALIKE and best[a][b] == scores[a][b] + best[a + 1][b + 1]:
            result.append((a, b))
            a, b = a + 1, b + 1
        elif best[a][b] == best[a + 1][b]:
            a += 1
        else:
            b += 1
    return result


def _longest_rise(values: Sequence[int]) -> set[int]:
    """The places of a longest rising part of a sequence of different numbers."""
    ends: list[int] = []
    last: list[int] = []
    links: dict[int, int] = {}
    for at, value in enumerate(values):
        place = bisect_left(ends, value)
        if place:
            links[at] = last[place - 1]
        ends[place : place + 1] = [value]
        last[place : place + 1] = [at]
    chain: set[int] = set()
    at = last[-1] if last else -1
    while at >= 0:
        chain.add(at)
        at = links.get(at, -1)
    return chain
