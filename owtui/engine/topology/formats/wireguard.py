"""WireGuard, as `wg show all dump` tells it. Private and preshared keys are in it and never kept.

A peer is connected when its last handshake is younger than five minutes (a tunnel in use makes one
every two); the others are left out, as OpenWISP does.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from owtui.engine.topology.formats.base import Format
from owtui.engine.topology.formats.lines import Line, Lines
from owtui.engine.topology.formats.registry import Formats
from owtui.engine.topology.graph import Graph, Link, Node

FRESH = timedelta(minutes=5)
_INTERFACE, _PEER = 5, 9  # fields of the two kinds of lines

# Both secrets stay on the device: sed knows the two kinds of lines by their tabs.
_F = "[^\t]*"
_T = "\t"
_HIDE_PRIVATE = rf"s/^\({_F}\){_T}{_F}\({_T}{_F}{_T}{_F}{_T}{_F}\)$/\1{_T}-\2/"
_HIDE_SHARED = rf"s/^\({_F}{_T}{_F}\){_T}{_F}\({_T}.*{_T}.*{_T}.*\)$/\1{_T}-\2/"


class WireGuard(Format):
    """All interfaces of one device. An interface is a node by its name, a peer by its key."""

    id = "wireguard"
    title = "WireGuard"
    protocol = "Wireguard Status Log"
    version = "1"
    metric = "static"
    partial = True
    command = (
        "command -v wg >/dev/null || exit 127; wg show all dump | sed "
        f"-e '{_HIDE_PRIVATE}' -e '{_HIDE_SHARED}'"
    )

    def read(self, text: str, at: datetime, options: Mapping[str, Any]) -> Graph:
        """Read the lines; a handshake is judged at the moment `at`."""
        nodes, links, known = [], [], set()
        for line in Lines(text, self):
            fields = line.text.split("\t")
            if len(fields) not in (_INTERFACE, _PEER):
                raise line.wrong(f"there are {len(fields)} fields where 5 or 9 belong")
            name = line.name(fields[0])
            if len(fields) == _INTERFACE:
                known.add(name)
                nodes.append(_interface(line, fields))
            elif name not in known:
                raise line.wrong(f"its interface {name!r} has not been told")
            elif (peer := _peer(line, fields, at)) is not None:
                nodes.append(peer)
                links.append(Link(peer.id, name))
        return self.graph(nodes, links)

    def private(self, node: Node) -> bool:
        """Every device has its wg0."""
        return "listen_port" in node.properties


def _interface(line: Line, fields: list[str]) -> Node:
    """Its public key is an address of it: so its peers know it."""
    name, _, public, port, mark = fields
    key = line.name(public)
    properties = {"public_key": key or None, "listen_port": line.name(port)}
    properties["fwmark"] = line.name(mark)
    return Node(line.name(name), addresses=(key,) if _told(key) else (), properties=properties)


def _peer(line: Line, fields: list[str], at: datetime) -> Node | None:
    """The peer, None when it is not connected at that moment."""
    _, public, _, endpoint, allowed, handshake, received, sent, keepalive = fields
    seconds = line.count(handshake)
    if seconds == 0:
        return None
    try:
        last = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        raise line.wrong(f"{handshake!r} is not a time") from None
    if at - last >= FRESH:
        return None
    networks = [line.name(one) for one in allowed.split(",") if _told(one)]
    key = line.name(public)
    if not key:
        raise line.wrong("the peer has no public key")
    return Node(
        key,
        ", ".join(networks),
        properties={
            "endpoint": line.name(endpoint) if _told(endpoint) else None,
            "latest_handshake": last.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "transfer_rx": line.name(received),
            "transfer_tx": line.name(sent),
            "persistent_keepalive": line.name(keepalive),
            "allowed_ips": networks,
            "connected": True,
        },
    )


def _told(text: str) -> bool:
    return text.strip() not in ("", "(none)")


def register(formats: Formats) -> None:
    """Add it to the family."""
    formats.add(WireGuard())
