"""BMX6, as its plug-in bmx6_json gathers it (b6m-spy): nodes with their links and rates."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from owtui.engine.topology.formats.base import Format
from owtui.engine.topology.formats.registry import Formats
from owtui.engine.topology.formats.values import At, document
from owtui.engine.topology.graph import Graph, Link


class Bmx6(Format):
    """A list of nodes. The cost is the mean of both rates, as netdiff has it: higher is better."""

    id = "bmx6"
    title = "BMX6 (q6m)"
    protocol = "BMX6_b6m"
    version = "0"
    metric = "none"

    def read(self, text: str, at: datetime, options: Mapping[str, Any]) -> Graph:
        """Read the list; of a link that both ends tell the later word counts."""
        told = document(text, self)
        return self.graph(
            (),
            [
                _link(node["name"].name, link)
                for node in told.items()
                for link in node["links"].items()
            ],
        )


def _link(source: str, link: At) -> Link:
    sent, received = link["txRate"], link["rxRate"]
    return Link(
        source,
        link["name"].name,
        (sent.number + received.number) / 2.0,
        properties={"tx_rate": sent.plain, "rx_rate": received.plain},
    )


def register(formats: Formats) -> None:
    """Add it to the family."""
    formats.add(Bmx6())
