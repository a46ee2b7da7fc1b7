"""A network as a tree from one of its nodes: how it reads in an outline, at any width.

Below the root each node hangs on the neighbour by which the way is shortest. What only a link that
is down leads to is lost: it stands where it was seen last, with the number of nodes behind it.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import count

from owtui.engine.topology.graph import Pair
from owtui.engine.topology.picture import LinkView, Picture

Neighbours = Mapping[str, Mapping[str, LinkView]]
Key = Callable[[str, LinkView | None], object]


@dataclass(frozen=True, slots=True)
class Branch:
    """A line of the outline, top to bottom; `depth` 0 is the root of an island.

    link: to the node above, None for a root
    more: links that are up and that the tree does not show, at this node
    is_lost: only a link that is down leads here; `behind` nodes cannot be reached past it
    is_behind: one of those, shown where the lost node is opened
    """

    node: str
    parent: str | None
    link: LinkView | None
    depth: int
    island: int
    more: int = 0
    is_lost: bool = False
    behind: int = 0
    is_behind: bool = False


@dataclass(slots=True)
class _Tree:
    """A tree that grows: by node the one above it and the link there."""

    above: dict[str, tuple[str, LinkView] | None]
    below: dict[str, list[str]]

    @classmethod
    def from_root(cls, root: str, ways: Neighbours, free: Collection[str], by_hops: bool) -> _Tree:
        """The shortest ways from a root over free nodes; equal ones by cost, then by id."""
        tree, number = cls({}, {}), count()  # `free` is not copied: there may be many trees
        waiting: list[tuple[tuple[float, float, int], str, tuple[str, LinkView] | None]] = [
            ((0.0, 0.0, next(number)), root, None)
        ]
        while waiting:
            (far, cost, _), node, above = heapq.heappop(waiting)
            if node in tree.above:
                continue
            tree.above[node] = above
            if above is not None:
                tree.below.setdefault(above[0], []).append(node)
            for other, link in ways[node].items():
                if other in free and other not in tree.above:
                    own = max(link.weight, 0.0)
                    place = (far + 1, cost + own) if by_hops else (far + own, cost + 1)
                    heapq.heappush(waiting, ((*place, next(number)), other, (node, link)))
        return tree


def outline(
    picture: Picture,
    root: str,
    *,
    by_hops: bool = True,
    opened: Collection[str] = (),
    key: Key | None = None,
    every: bool = False,
) -> tuple[Branch, ...]:
    """Lay a picture out as lines from a root; islands follow, the largest first.

    opened: lost nodes whose unreachable ones are shown; `every`: those of all lost nodes
    key: in which order branches stand beside one another; by the cost of their link by default
    Raises KeyError for a root that is not in the picture.
    """
    if root not in picture.nodes:
        raise KeyError(root)
    up, down = neighbours(picture, up=True), neighbours(picture, up=False)
    both = {node: {**down[node], **up[node]} if down[node] else up[node] for node in up}
    free = set(picture.nodes)
    lines: list[Branch] = []
    order, island = key or _by_cost, -1
    for start in (root, *_roots(up)):
        if start not in free:
            continue
        island += 1
        tree = _Tree.from_root(start, up, free, by_hops)
        free -= tree.above.keys()
        lost = _lost(tree, both, down, free)
        free -= {node for one in lost.values() for node in one[1].above}
        lines += _written(tree, lost, island, up, order, None if every else opened)
    return tuple(lines)


def neighbours(picture: Picture, *, up: bool) -> dict[str, dict[str, LinkView]]:
    """By node the others that a link leads to, with the link: those up, or those down."""
    found: dict[str, dict[str, LinkView]] = {id_: {} for id_ in picture.nodes}
    for (one, other), link in picture.links.items():
        if link.is_up is up and one in found and other in found:
            found[one][other] = found[other][one] = link
    return found


def _by_cost(node: str, link: LinkView | None) -> tuple[float, str]:
    return (link.weight if link is not None else 0.0, node)


def _roots(up: Neighbours) -> list[str]:
    """Of each part that links up hold together the node with the most neighbours; largest first."""
    left, found = set(up), []
    for start in sorted(up):
        if start in left:
            part = _Tree.from_root(start, up, left, True).above
            left -= part.keys()
            top = min(part, key=lambda node: (-len(up[node]), node))
            found.append((-len(part), -len(up[top]), top))
    return [top for _, _, top in sorted(found)]


def _lost(
    tree: _Tree, both: Neighbours, down: Neighbours, free: Collection[str]
) -> dict[str, tuple[tuple[str, LinkView], _Tree]]:
    """By lost node where it hung last and the tree behind it; the newest link down counts."""
    ends = [
        (link.since.timestamp() if link.since else 0.0, other, node, link)
        for node in tree.above
        for other, link in down[node].items()
        if other in free
    ]
    if not ends:
        return {}
    left = set(free)
    found: dict[str, tuple[tuple[str, LinkView], _Tree]] = {}
    for _, other, node, link in sorted(ends, key=lambda end: (-end[0], end[1], end[2])):
        if other in left:
            part = _Tree.from_root(other, both, left, True)
            left -= part.above.keys()
            found[other] = ((node, link), part)
    return found


def _written(
    tree: _Tree,
    lost: Mapping[str, tuple[tuple[str, LinkView], _Tree]],
    island: int,
    up: Neighbours,
    order: Key,
    opened: Collection[str] | None,
) -> Iterator[Branch]:
    """The lines of one island; without recursion, a chain may be long."""
    hung: dict[str, list[str]] = {}
    for node, ((at, _), _) in lost.items():
        hung.setdefault(at, []).append(node)
    (root,) = (node for node, above in tree.above.items() if above is None)
    waiting: list[tuple[str, int, _Tree, bool]] = [(root, 0, tree, False)]
    while waiting:
        node, depth, part, is_behind = waiting.pop()
        above = part.above[node]
        is_lost = above is None and part is not tree
        if is_lost:
            above = lost[node][0]
        below = part.below.get(node, [])
        if is_lost and opened is not None and node not in opened:
            below = []
        shown = len(part.below.get(node, [])) + (above is not None and not is_lost)
        yield Branch(
            node,
            above[0] if above else None,
            above[1] if above else None,
            depth,
            island,
            more=max(0, len(up[node]) - shown) if part is tree else 0,
            is_lost=is_lost,
            behind=len(part.above) - 1 if is_lost else 0,
            is_behind=is_behind,
        )
        after = [(one, part) for one in below]
        if part is tree:
            after += [(one, lost[one][1]) for one in hung.get(node, ())]
        links = {one: _link(one, of, lost) for one, of in after}
        after.sort(key=lambda one: (one[1] is not part, order(one[0], links[one[0]])))
        waiting += [
            (one, depth + 1, of, of is not tree and of is part) for one, of in reversed(after)
        ]


def _link(
    node: str, part: _Tree, lost: Mapping[str, tuple[tuple[str, LinkView], _Tree]]
) -> LinkView | None:
    above = part.above[node]
    return lost[node][0][1] if above is None else above[1]


def pairs(branches: Collection[Branch]) -> frozenset[Pair]:
    """The links that an outline shows."""
    return frozenset(one.link.pair for one in branches if one.link is not None)
