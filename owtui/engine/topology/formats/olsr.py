"""OLSR 1, as olsrd's plug-ins jsoninfo and txtinfo tell it; metric ETX.

Both give the topology that every node knows, so one device is enough for a whole mesh. MID tells
under which further addresses a node is known.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from owtui.engine.topology.formats.base import Format
from owtui.engine.topology.formats.lines import Line, Lines
from owtui.engine.topology.formats.registry import Formats
from owtui.engine.topology.formats.values import At, document, is_json
from owtui.engine.topology.graph import Graph, Link, Node

SCALE = 1024.0
"""jsoninfo's tcEdgeCost is the ETX times this (LINK_COST fixed point of olsrd)."""

_RELEASE = re.compile(r"-\s*([0-9][\w.]*)")
_HASH = re.compile(r"hash_(\w+)")


class Olsr(Format):
    """jsoninfo (both shapes) or txtinfo, told apart by how they begin."""

    id = "olsr"
    title = "OLSRd (txtinfo/jsoninfo)"
    protocol = "OLSR"
    version = "0.8"
    metric = "ETX"
    partial = True  # a mesh may have split; every part tells its own half
    # Both plug-ins take the bare path where others would send HTTP; the first that listens answers.
    command = "echo /all | nc 127.0.0.1 9090 || echo /all | nc 127.0.0.1 2006"

    def read(self, text: str, at: datetime, options: Mapping[str, Any]) -> Graph:
        """Read one of the two, behind HTTP's headers where jsoninfo was told to send them."""
        if text.startswith("HTTP/"):
            text = re.split(r"\r?\n\r?\n", text, maxsplit=1)[-1]
        if is_json(text):
            return self._jsoninfo(document(text, self))
        lines = Lines(text, self)
        aliases = dict(self._mid(lines))
        links = [link for line in lines.table("Table: Topology") if (link := self._link(line))]
        return self._graph(aliases, links)

    def _jsoninfo(self, told: At) -> Graph:
        links = [link for one in told["topology"].items() if (link := self._edge(one))]
        aliases = {}
        for one in told["mid"].items():
            main = one.get("main") or one
            others = [alias["ipAddress"].name for alias in one.each("aliases")]
            aliases[main["ipAddress"].name] = tuple(dict.fromkeys(others))
        version, revision = _release(told)
        return self._graph(aliases, links, version, revision)

    def _edge(self, one: At) -> Link | None:
        cost = one["tcEdgeCost"]
        if cost.value == math.inf:  # a link that is lost is told a while longer
            return None
        return Link(
            one["lastHopIP"].name,
            one["destinationIP"].name,
            cost.number / SCALE,
            properties={
                "link_quality": one["linkQuality"].number,
                "neighbor_link_quality": one["neighborLinkQuality"].number,
            },
        )

    def _mid(self, lines: Lines) -> Iterator[tuple[str, tuple[str, ...]]]:
        for line in lines.table("Table: MID"):
            address, aliases = line.fields(2, "\t")
            yield address, tuple(dict.fromkeys(one for one in aliases.split(";") if one))

    def _link(self, line: Line) -> Link | None:
        target, source, quality, other, cost = line.fields(5, "\t")
        if cost == "INFINITE":
            return None
        return Link(
            source,
            target,
            line.number(cost),
            properties={
                "link_quality": line.number(quality),
                "neighbor_link_quality": line.number(other),
            },
        )

    def _graph(
        self,
        aliases: Mapping[str, tuple[str, ...]],
        links: list[Link],
        version: str = "",
        revision: str = "",
    ) -> Graph:
        """A node is one that a link names; MID alone makes none (netdiff)."""
        ends = {end for link in links for end in link.pair}
        nodes = (Node(end, addresses=aliases.get(end, ())) for end in ends)
        return self.graph(nodes, links, version=version, revision=revision)


def _release(told: At) -> tuple[str, str]:
    """Version and revision: told apart in newer releases, one text in older ones."""
    if version := told.get("version"):
        return version.some("releaseVersion"), version.some("sourceHash")
    config = told.get("config")
    text = config.some("olsrdVersion") if config else ""  # "olsr.org -  0.6.6-git_…-hash_…"
    release, revision = _RELEASE.search(text), _HASH.search(text)
    return release.group(1) if release else "", revision.group(1) if revision else ""


def register(formats: Formats) -> None:
    """Add it to the family."""
    formats.add(Olsr())
