"""Pictures made up for tests: small ones by hand, large ones by a seed."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from owtui.engine.topology.graph import pair
from owtui.engine.topology.picture import LinkView, NodeView, Picture

NOW = datetime(2026, 11, 23, 16, 4, tzinfo=UTC)


def picture(
    *links: str, alone: Iterable[str] = (), costs: dict[str, float] | None = None
) -> Picture:
    """A picture of links like "a-b", or "a!b" for one that is down since five minutes."""
    found: dict[tuple[str, str], LinkView] = {}
    for text in links:
        is_up = "-" in text
        one, other = text.split("-" if is_up else "!")
        since = NOW - timedelta(hours=3) if is_up else NOW - timedelta(minutes=6)
        cost = (costs or {}).get(text, 1.0)
        found[pair(one, other)] = LinkView(one, other, cost, is_up=is_up, since=since)
    ids = sorted({end for key in found for end in key} | set(alone))
    nodes = {id_: NodeView(id_, id_, device_id=device(id_)) for id_ in ids}
    return Picture("mesh", NOW, NOW, "olsr", metric="ETX", nodes=nodes, links=found)


def device(id_: str) -> UUID:
    """The device of a node, the same at every call."""
    return UUID(int=random.Random(id_).getrandbits(128), version=4)


def mesh(count: int, links: int, seed: int, *, down: float = 0.0, parts: float = 0.0) -> Picture:
    """A random mesh: a tree of short ways and links across it; some down, some parts apart."""
    chance = random.Random(seed)
    names = [f"n{number:04}" for number in range(count)]
    found: list[str] = []
    for number in range(1, count):
        if chance.random() >= parts:
            near = names[max(0, number - chance.randint(1, 40))]
            found.append(_link(near, names[number], chance.random() >= down))
    while len(found) < links:
        one, other = chance.sample(names, 2)
        found.append(_link(one, other, chance.random() >= down))
    costs = {text: round(1 + chance.expovariate(2), 3) for text in found}
    return picture(*found, alone=names, costs=costs)


def _link(one: str, other: str, is_up: bool) -> str:
    return f"{one}{'-' if is_up else '!'}{other}"
