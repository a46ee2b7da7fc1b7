"""The order in which devices may be taken away, as text: pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from owtui.engine.topology.picture import Picture
from widgets.plaintext import clean, fit, width_of

if TYPE_CHECKING:
    from owtui.engine.topology.order import Order


def text(order: Order, picture: Picture, devices: Mapping[str, str]) -> str:
    """Wave by wave with the reasons; what has no turn is told at the end, and why.

    devices: the name by the id, for devices that are no node
    """
    start = picture.nodes.get(order.root or "")
    root = start.name if start else ""
    lines = [f"Seen from {root}; each wave after the one before." if root else "No root."]
    rows: dict[int, list[tuple[str, str]]] = {}
    for turn in order.turns:
        name = clean(picture.nodes[turn.node].name)
        rows.setdefault(turn.wave, []).append((name, clean(turn.reason)))
    wide = max((width_of(name) for found in rows.values() for name, _ in found), default=0)
    for wave, found in sorted(rows.items()):
        lines += ["", f"Wave {wave + 1}: {len(found)} device{'s' * (len(found) != 1)}"]
        lines += [f"  {fit(name, wide)}  {reason}" for name, reason in sorted(found)]
    if order.unplaced:
        lines += ["", f"Without a place: {len(order.unplaced)}"]
        for id_, why in order.unplaced.items():
            node = picture.nodes.get(id_)
            lines.append(clean(f"  {node.name if node else devices.get(id_, id_)}: {why}"))
    return "\n".join(lines) + "\n"
