"""From which node a topology is looked at: as somebody has set it, by id, address or name; pure."""

from __future__ import annotations

from collections.abc import Iterable

from owtui.engine.topology.picture import Picture


def find(picture: Picture, name: str) -> str | None:
    """A node by its id, the name of its device (in whatever case), or an address; None for none."""
    if not name:
        return None
    if name in picture.nodes:
        return name
    wanted = name.casefold()
    nodes = picture.nodes.items()
    by_name = (id_ for id_, node in nodes if node.name.casefold() == wanted)
    by_address = (id_ for id_, node in nodes if name in node.addresses)
    return next(by_name, None) or next(by_address, None)


def first(picture: Picture, names: Iterable[str]) -> str | None:
    """The first of several that is there."""
    return next(filter(None, (find(picture, name) for name in names)), None)
