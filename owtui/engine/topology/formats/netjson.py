"""NetJSON NetworkGraph: the exchange format, and what owtui itself gives out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from owtui.engine.topology.formats.base import Format
from owtui.engine.topology.formats.registry import Formats
from owtui.engine.topology.formats.values import At, document
from owtui.engine.topology.graph import Graph, Link, Node


class NetJson(Format):
    """A NetworkGraph; protocol, version, revision and metric are the document's own."""

    id = "netjson"
    title = "NetJSON NetworkGraph"
    protocol = "NetJSON"

    def read(self, text: str, at: datetime, options: Mapping[str, Any]) -> Graph:
        """Read the graph; of equal nodes the last counts, a link to the node itself does not."""
        told = document(text, self)
        kind = told["type"]
        if kind.value != "NetworkGraph":
            raise kind.wrong(f"it is {kind.text!r}, not NetworkGraph")
        for key in ("protocol", "version", "metric"):  # they may be null, and must be there
            if key not in told.object:
                raise self.wrong(key, "it is missing")
        return Graph.of(
            [_node(one) for one in told["nodes"].items()],
            [_link(one) for one in told["links"].items()],
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


def _properties(one: At) -> dict[str, Any]:
    found = one.get("properties")
    return {key: value.plain for key, value in found.members()} if found else {}


def _word(told: At, key: str) -> str:
    """A version, which some write as a number."""
    found = told.get(key)
    if found is None:
        return ""
    return str(found.number) if isinstance(found.value, float) else found.name


def register(formats: Formats) -> None:
    """Add it to the family."""
    formats.add(NetJson())
