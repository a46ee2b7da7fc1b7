"""Links between our own devices, out of their monitoring documents; pure.

Who names the MAC of another in its neighbour table, its leases or the stations of a radio shares a
network with it. What is not ours is left out: it is in the pages of the device.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from owtui.engine.monitoring.transform import dicts
from owtui.engine.topology.graph import Graph, Link, Node, Pair, pair
from owtui.engine.topology.told import Told, mac_of

OLDEST = timedelta(days=1)
"""A router that is off still has its cables."""

NEIGHBOUR, LEASE, WIFI, MESH = "neighbour", "lease", "wifi", "mesh"
_MESHES = ("802.11s", "adhoc")
_DEAD = ("FAILED", "INCOMPLETE")


def neighbours(told: Iterable[Told], now: datetime, oldest: timedelta = OLDEST) -> Graph:
    """The graph of all devices. A node is a device by its MAC; its other MACs are its addresses.

    A MAC that two devices have is nobody's. Properties of a link: `via`, what told of it
    (neighbour, lease, wifi, mesh), and `interfaces`, where it was seen by which end.
    """
    known = {
        one.mac.upper(): one
        for one in sorted(told, key=lambda one: str(one.device_id))
        if one.mac and now - one.at <= oldest
    }
    owners = _owners(known)
    seen: dict[Pair, set[tuple[str, str, str]]] = defaultdict(set)
    for own, one in known.items():
        for how, interface, mac in _named(one):
            other = owners.get(mac)
            if other is not None and other != own:
                seen[pair(own, other)].add((how, own, interface))
    return Graph.of(
        [_node(own, one) for own, one in known.items()],
        [_link(ends, ways) for ends, ways in seen.items()],
        protocol="Neighbours",
        version="1",
        metric="static",
    )


def _owners(known: dict[str, Told]) -> dict[str, str]:
    """Devices by every MAC that is theirs alone."""
    owners: dict[str, str] = {}
    shared = set()
    for own, one in known.items():
        for mac in _macs(one):
            if owners.setdefault(mac, own) != own:
                shared.add(mac)
    owners |= {own: own for own in known}
    return {mac: own for mac, own in owners.items() if mac not in shared or mac == own}


def _macs(one: Told) -> Iterator[str]:
    return (mac for entry in dicts(one.document, "interfaces") if (mac := mac_of(entry)))


def _node(own: str, one: Told) -> Node:
    others = [mac for mac in dict.fromkeys(_macs(one)) if mac != own]
    return Node(own, one.name, tuple(others))


def _named(one: Told) -> Iterator[tuple[str, str, str]]:
    """How, at which interface, and whose MAC a device names."""
    for entry in dicts(one.document, "neighbors"):
        if entry.get("state") not in _DEAD:
            yield NEIGHBOUR, str(entry.get("interface") or ""), mac_of(entry)
    for entry in dicts(one.document, "dhcp_leases"):
        yield LEASE, "", mac_of(entry)
    for interface in dicts(one.document, "interfaces"):
        wireless = interface.get("wireless")
        if isinstance(wireless, dict):
            how = MESH if wireless.get("mode") in _MESHES else WIFI
            for client in dicts(wireless, "clients"):
                yield how, str(interface.get("name") or ""), mac_of(client)


def _link(ends: Pair, ways: set[tuple[str, str, str]]) -> Link:
    via = sorted({how for how, _, _ in ways})
    interfaces: dict[str, list[str]] = {}
    for _, own, interface in sorted(ways):
        if interface and interface not in interfaces.setdefault(own, []):
            interfaces[own].append(interface)
    told = {own: names for own, names in sorted(interfaces.items()) if names}
    return Link(*ends, 1.0, ", ".join(via)[:24], {"via": via, "interfaces": told})
