"""Babel, as babeld's local interface answers `dump` (babeld's local.c); metric: babel's cost.

One dump knows its own neighbours only, by their link-local addresses. Such an address is a node
until `merging` finds the dump of the one that owns it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from owtui.engine.topology.formats.base import Format
from owtui.engine.topology.formats.lines import Line, Lines
from owtui.engine.topology.formats.registry import Formats
from owtui.engine.topology.graph import Graph, Link, Node

UNREACHABLE = 65535  # INFINITY of RFC 8966 as babeld prints it

_BANNER = ("version", "host", "my-id")
_NUMBERS = ("rxcost", "txcost", "rtt", "rttcost")


@dataclass(slots=True)
class _Entry:
    """A line about an interface or a neighbour, as its pairs of words name its fields."""

    line: Line
    name: str
    fields: dict[str, str]

    def __getitem__(self, key: str) -> str:
        if key not in self.fields:
            raise self.line.wrong(f"there is no {key}")
        return self.line.name(self.fields[key])


@dataclass(slots=True)
class _Dump:
    """What a dump told, or what is left of it after later changes."""

    banner: dict[str, str] = field(default_factory=dict)
    entries: dict[tuple[str, str], _Entry] = field(default_factory=dict)

    def of(self, kind: str) -> list[_Entry]:
        return [entry for (its, _), entry in self.entries.items() if its == kind]


class Babel(Format):
    """One router's dump, with the banner, which says whose it is; `monitor` may follow."""

    id = "babel"
    title = "Babel (babeld)"
    protocol = "Babel"
    version = "1.0"
    metric = "cost"
    partial = True
    # babeld listens where UCI says, by convention at 33123, and at ::1 only.
    command = (
        "printf 'dump\\nquit\\n' | nc ::1 $(uci -q get babeld.@general[0].local_port || echo 33123)"
    )

    def read(self, text: str, at: datetime, options: Mapping[str, Any]) -> Graph:
        """Read a dump."""
        dump = _Dump()
        for line in Lines(text, self):
            _take(dump, line)
        if "my-id" not in dump.banner:
            raise self.wrong("", "there is no my-id: the banner of babeld is missing")
        node = _node(dump)
        neighbours = [entry for entry in dump.of("neighbour") if _reached(entry)]
        return self.graph(
            [node],
            [_link(node.id, entry) for entry in neighbours],
            version=dump.banner.get("version", ""),
        )


def _take(dump: _Dump, line: Line) -> None:
    """Take a line in; what is said of routes is not of the graph."""
    words = line.text.split()
    if words[0] in _BANNER and len(words) > 1:
        dump.banner[words[0]] = line.name(" ".join(words[1:]))
    elif words[0] in ("no", "bad"):
        raise line.wrong("babeld refused what it was asked")
    elif words[0] in ("add", "change", "flush") and len(words) > 2:
        if words[1] in ("interface", "neighbour"):
            key = (words[1], words[2])
            pairs = dict(zip(words[3::2], words[4::2], strict=False))
            dump.entries[key] = _Entry(line, line.name(words[2]), pairs)
            if words[0] == "flush":
                del dump.entries[key]
    elif words[0] not in ("BABEL", "ok"):
        raise line.wrong(f"babeld says no such thing as {words[0][:40]!r}")


def _node(dump: _Dump) -> Node:
    addresses, interfaces = [], []
    for entry in dump.of("interface"):
        if entry["up"] != "true":
            continue
        interfaces.append(entry.name)
        addresses += [entry[key] for key in ("ipv6", "ipv4") if key in entry.fields]
    known = tuple(dict.fromkeys(addresses))
    return Node(
        dump.banner["my-id"],
        dump.banner.get("host", ""),
        known,
        {"interfaces": list(dict.fromkeys(interfaces))},
    )


def _reached(entry: _Entry) -> bool:
    return entry.line.number(entry["cost"]) < UNREACHABLE


def _link(source: str, entry: _Entry) -> Link:
    properties: dict[str, Any] = {"interface": entry["if"], "reach": entry["reach"]}
    for key in _NUMBERS:
        if key in entry.fields:
            properties[key] = entry.line.number(entry[key])
    return Link(source, entry["address"], entry.line.number(entry["cost"]), properties=properties)


def register(formats: Formats) -> None:
    """Add it to the family."""
    formats.add(Babel())
