"""meshviewer.json, as yanic writes it for Freifunk's map."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from owtui.engine.topology.formats.base import Format
from owtui.engine.topology.formats.registry import Formats
from owtui.engine.topology.formats.values import At, document
from owtui.engine.topology.graph import Graph, Link, Node

_KEPT = (
    *("is_online", "is_gateway", "clients", "firstseen", "lastseen", "uptime", "location"),
    *("firmware", "model", "domain", "gateway"),
)


class Meshviewer(Format):
    """Nodes that are offline stay in it, marked by is_online.

    A link tells the quality of both directions from 0 to 1; the cost is that of the worse one,
    turned round: 1.0 is perfect, as batman-adv's is everywhere else.
    """

    id = "meshviewer"
    title = "meshviewer.json (yanic)"
    protocol = "batman-adv"
    version = "1"
    metric = "TQ"

    def read(self, text: str, at: datetime, options: Mapping[str, Any]) -> Graph:
        """Read the document."""
        told = document(text, self)
        return self.graph([_node(one) for one in told["nodes"].items()], _links(told["links"]))


def _node(one: At) -> Node:
    mac = one.some("mac")
    addresses = (*((mac,) if mac else ()), *one.texts("addresses"))
    return Node(
        one["node_id"].name,
        one.some("hostname"),
        tuple(dict.fromkeys(addresses)),
        one.told(*_KEPT),
    )


def _links(links: At) -> Iterator[Link]:
    for one in links.items():
        if (worse := _quality(one)) <= 0:
            continue  # nothing comes through
        properties = one.told("type", "source_tq", "target_tq", "source_addr", "target_addr")
        yield Link(one["source"].name, one["target"].name, 1.0 / worse, properties=properties)


def _quality(one: At) -> float:
    told = [found.number for key in ("source_tq", "target_tq") if (found := one.get(key))]
    if not told:
        raise one.wrong("there is neither source_tq nor target_tq")
    if not all(0 <= quality <= 1 for quality in told):
        raise one.wrong("a quality is not between 0 and 1")
    return max(min(told), 0.0)


def register(formats: Formats) -> None:
    """Add it to the family."""
    formats.add(Meshviewer())
