"""batman-adv, as alfred's batadv-vis tells it in JSON, or batctl's vis in text; metric TQ.

vis gathers what all nodes told, so one device is enough. A node has a MAC a mesh interface; the
further ones lead to the primary.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from owtui.engine.topology.formats.base import Format
from owtui.engine.topology.formats.lines import Line, Lines
from owtui.engine.topology.formats.registry import Formats
from owtui.engine.topology.formats.values import At, document, is_json
from owtui.engine.topology.graph import Graph, Link, Node


class Batman(Format):
    """The JSON document or the table."""

    id = "batman"
    title = "batman-advanced (jsondoc/txtinfo)"
    protocol = "batman-adv"
    version = "2015.0"
    metric = "TQ"
    partial = True
    # alfred's, else what batctl had before it; the first one's word counts where both fail.
    command = "batadv-vis -f jsondoc || { s=$?; batctl vis_data jsondoc || exit $s; }"

    def read(self, text: str, at: datetime, options: Mapping[str, Any]) -> Graph:
        """Read one of the two."""
        if is_json(text):
            return self._vis(document(text, self))
        rows = Lines(text, self).table("Table: Topology")
        return self.graph((), [self._row(line) for line in rows])

    def _vis(self, told: At) -> Graph:
        primary: dict[str, str] = {}
        nodes, links = [], []
        rows = list(told["vis"].items())
        for row in rows:
            name = row["primary"].name
            secondaries = row.texts("secondary")
            primary.update(dict.fromkeys(secondaries, name))
            neighbours = list(row.each("neighbors"))
            clients = row.texts("clients")
            if neighbours:  # one without any is in no graph of netdiff either
                nodes.append(Node(name, "", secondaries, {"clients": list(clients)}))
            links += [(name, one["neighbor"].name, one["metric"].number) for one in neighbours]
        made = [Link(name, primary.get(other, other), cost) for name, other, cost in links]
        return self.graph(nodes, made, version=told.some("source_version"))

    def _row(self, line: Line) -> Link:
        if "\t" in line.text:
            raise line.wrong("its fields are parted by tabs, as olsrd's are")
        source, target, _, _, cost = line.fields(5)
        return Link(source, target, line.number(cost))


def register(formats: Formats) -> None:
    """Add it to the family."""
    formats.add(Batman())
