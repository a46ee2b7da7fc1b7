"""NetJSON NetworkGraph: the exchange format, and what owtui itself gives out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from owtui.engine.topology.formats.base import Format
from owtui.engine.topology.formats.registry import Formats
from owtui.engine.topology.formats.values import At, document
from owtui.engine.topology.graph import Graph, Link, Node

# netdiff gives out a WireGuard interface with the secrets of its peers.
_SECRET = frozenset({"preshared_key", "private_key"})


class NetJson(Format):
    """A NetworkGraph; protocol, version, revision and metric are the document's own."""

    id = "netjson"
    title = "NetJSON NetworkGraph"
    protocol = "NetJSON"

    def read(self, text: str, at: datetime, options: Mapping[str, Any]) -> Graph:
        """Read the graph; of equal nodes the last counts, a link to the node itself does not.

        A link whose `status` is "down", as owtui and OpenWISP give it out, is not told of.
        """
        told = document(text, self)
        kind = told["type"]
        if kind.value != "NetworkGraph":
            raise kind.wrong(f"it is {kind.text!r}, not NetworkGraph")
        for key in ("protocol", "version", "metric"):  # they may be null, and must be there
            if key not in told.object:
                raise self.wrong(key, "it is missing")
        return Graph.of(
            [_node(one) for one in told["nodes"].items()],
            [_link(one) for one in told["links"].items() if not _is_down(one)],
            protocol=told.some("protocol"),
            version=_word(told, "version"),
            metric=told.some("metric"),
            revision=_word(told, "revision"),
        )


def _node(one: At) -> Node:
    return Node(one["id"].name, one.some("label"), one.texts("local_addresses"), _properties(one))


def _link(one: At) -> Link:
    source, target, cost = one["source"].name, one["target"].name, one["cost"].number
    return Link(source, target, cost, one.some("cost_text"), _properties(one))


def _is_down(one: At) -> bool:
    """Of the link by owtui, among its properties by OpenWISP."""
    places = (one, one.get("properties"))
    said = (place.get("status") for place in places if place is not None)
    return any(word is not None and word.value == "down" for word in said)


def _properties(one: At) -> dict[str, Any]:
    found = one.get("properties")
    if not found:
        return {}
    return {key: value.plain for key, value in found.members() if key not in _SECRET}


def _word(told: At, key: str) -> str:
    """A version, which some write as a number."""
    found = told.get(key)
    if found is None or found.value in ("", None):
        return ""  # as owtui gives out what no source has told
    return str(found.number) if isinstance(found.value, float) else found.name


def register(formats: Formats) -> None:
    """Add it to the family."""
    formats.add(NetJson())
