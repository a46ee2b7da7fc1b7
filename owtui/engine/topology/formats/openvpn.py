"""OpenVPN's status: the file of `--status` or the answer of the management interface, any version.

Version 1 has sections of comma separated lines, 2 and 3 a first field that says what a line is.
The server is the centre; a client without a route has a node and no link.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar

from owtui.engine.topology.formats.base import Format
from owtui.engine.topology.formats.lines import Line, Lines
from owtui.engine.topology.formats.registry import Formats
from owtui.engine.topology.graph import Graph, Link, Node

SERVER = "openvpn-server"
UNDEFINED = "UNDEF"  # a client whose certificate has not been seen yet

_PROTO = re.compile(r"^(?:udp|tcp)[46]?(?:-server|-client)?:(?=.)")
_PLACE = re.compile(r"^(?:\[(?P<six>[^\]]+)\]|(?P<four>[^:]*)):(?P<port>\d{1,5})$")
_VLAN = re.compile(r"@\d+$")  # of a MAC in TAP mode
_TIMES = ("%a %b %d %H:%M:%S %Y", "%Y-%m-%d %H:%M:%S")
_COLUMNS = {
    "CLIENT LIST": "Common Name,Real Address,Bytes Received,Bytes Sent,Connected Since",
    "ROUTING TABLE": "Virtual Address,Common Name,Real Address,Last Ref",
}


@dataclass(frozen=True, slots=True)
class _Row:
    """A line as its columns name its fields."""

    line: Line
    fields: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        try:
            return self.fields[column]
        except KeyError:
            raise self.line.wrong(f"there is no “{column}”") from None


@dataclass(slots=True)
class _Status:
    """The rows of the two tables."""

    clients: list[_Row] = field(default_factory=list)
    routes: list[_Row] = field(default_factory=list)

    def add(self, kind: str, row: _Row) -> None:
        (self.clients if kind == "CLIENT LIST" else self.routes).append(row)


class OpenVpn(Format):
    """A server's status. With duplicate_cn a node is a name and where it comes from."""

    id = "openvpn"
    title = "OpenVPN"
    protocol = "OpenVPN Status Log"
    version = "1"
    metric = "static"
    options: ClassVar[Mapping[str, Any]] = {"duplicate_cn": False}
    # Where OpenWrt's init script lets the instance NAME write it, and where UCI says otherwise.
    command = (
        "cat /dev/null $({ ls /var/run/openvpn.*.status; uci -q show openvpn |"
        " sed -n \"s/^openvpn[.].*[.]status='\\(.*\\)'$/\\1/p\"; } 2>/dev/null | sort -u) | grep ."
    )

    def read(self, text: str, at: datetime, options: Mapping[str, Any]) -> Graph:
        """Read a status of any version; the first line that is one says which."""
        status = self._status(Lines(text, self))
        name = _naming(status, bool(options["duplicate_cn"]))
        nodes = [Node(SERVER, SERVER)]
        nodes += [Node(name(row)) for row in status.routes if _is_known(row)]
        addresses: dict[str, list[str]] = {}
        for row in status.routes:
            addresses.setdefault(row["Real Address"], []).append(_virtual(row))
        nodes += [_client(row, name(row), addresses) for row in status.clients if _is_known(row)]
        links = [Link(SERVER, name(row)) for row in status.routes if _is_known(row)]
        return self.graph(nodes, links)

    def private(self, node: Node) -> bool:
        """Every server is called the same."""
        return node.id == SERVER

    def _status(self, lines: Lines) -> _Status:
        found, seen = _Status(), False
        for kind, row in self._rows(lines):
            seen = True
            if row is not None:
                found.add(kind, row)
        if not seen:
            raise self.wrong("", "neither a list of clients nor a routing table is in it")
        return found

    def _rows(self, lines: Lines) -> Iterator[tuple[str, _Row | None]]:
        """Each row with its table; a table that begins is told without a row."""
        kind, columns = "", dict.fromkeys(_COLUMNS, "")
        for line in lines:
            text = line.text.strip()
            separator = "\t" if "\t" in text else ","
            first, *rest = text.split(separator)
            table = first.removeprefix("OpenVPN ").replace("_", " ")
            if table in _COLUMNS and rest:
                yield table, _row(line, columns[table], rest, separator)
            elif table in _COLUMNS:
                kind = table
                yield kind, None
            elif first == "HEADER" and rest and rest[0].replace("_", " ") in _COLUMNS:
                columns[rest[0].replace("_", " ")] = separator.join(rest[1:])
                yield rest[0].replace("_", " "), None
            elif first in ("GLOBAL STATS", "GLOBAL_STATS", "END"):
                kind = ""
            elif kind and first != "Updated" and text != _COLUMNS[kind]:
                yield kind, _row(line, _COLUMNS[kind], [first, *rest], separator)


def _row(line: Line, columns: str, fields: list[str], separator: str) -> _Row:
    if not columns:
        raise line.wrong("no HEADER came before it")
    names = columns.split(separator)
    if len(fields) < len(names):
        raise line.wrong(f"there are {len(fields)} fields where {len(names)} belong")
    return _Row(line, {name: line.name(one) for name, one in zip(names, fields, strict=False)})


def _is_known(row: _Row) -> bool:
    return row["Common Name"] not in ("", UNDEFINED)


def _virtual(row: _Row) -> str:
    """An address of the tunnel: a MAC loses its VLAN, a cached route its mark C."""
    address = _VLAN.sub("", row["Virtual Address"])
    return address[:-1] if address.endswith("C") and "." in address else address


def _place(row: _Row) -> tuple[str, int | None]:
    """Host and port of a real address, which may be IPv6 and may say its protocol."""
    text = _PROTO.sub("", row["Real Address"])
    if not (found := _PLACE.match(text)):
        return text, None
    return found["six"] or found["four"], int(found["port"])


def _naming(status: _Status, duplicates: bool) -> Callable[[_Row], str]:
    """How nodes are called; the port tells apart who comes from one address under one name."""

    def plain(row: _Row) -> str:
        return row["Common Name"]

    def with_host(row: _Row) -> str:
        return f"{row['Common Name']},{_place(row)[0]}"

    def apart(row: _Row) -> str:
        name, port = with_host(row), _place(row)[1]
        return f"{name}:{port}" if several[name] > 1 and port is not None else name

    if not duplicates:
        return plain
    several = Counter(with_host(row) for row in status.clients)
    return apart


def _client(row: _Row, id_: str, addresses: Mapping[str, list[str]]) -> Node:
    host, port = _place(row)
    properties: dict[str, Any] = {"real_address": host, "common_name": row["Common Name"]}
    if port is not None:
        properties["port"] = port
    properties["connected_since"] = _since(row)
    properties["bytes_received"] = row.line.count(row["Bytes Received"])
    properties["bytes_sent"] = row.line.count(row["Bytes Sent"])
    known = tuple(dict.fromkeys(addresses.get(row["Real Address"], ())))
    return Node(id_, row["Common Name"], known, properties)


def _since(row: _Row) -> str:
    """When the client came, in UTC; version 1 tells the server's local time, taken as UTC."""
    if seconds := row.fields.get("Connected Since (time_t)"):
        try:
            moment = datetime.fromtimestamp(row.line.count(seconds), UTC)
        except (OverflowError, OSError, ValueError):
            raise row.line.wrong(f"{seconds!r} is not a time") from None
        return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    for form in _TIMES:
        try:
            moment = datetime.strptime(row["Connected Since"], form)  # noqa: DTZ007  # no zone in it
        except ValueError:
            continue
        return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    raise row.line.wrong(f"{row['Connected Since']!r} is not a time")


def register(formats: Formats) -> None:
    """Add it to the family."""
    formats.add(OpenVpn())
