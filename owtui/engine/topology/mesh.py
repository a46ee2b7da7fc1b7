"""802.11s meshes out of monitoring documents, one topology a network and channel; pure.

OpenWISP's create_mesh_topology (operations.md §4.5), with two of its defects left out: truth values
are joined by "and" instead of averaged, and which word of two stands first does not depend on who
reported first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from owtui.engine.monitoring.transform import dicts
from owtui.engine.topology.graph import Graph, Link, Node, Pair, pair
from owtui.engine.topology.told import Told, mac_of

MODE = "802.11s"
ESTABLISHED = "ESTAB"
OLDEST = timedelta(seconds=360)
EXPIRATION_S = 330
"""OpenWISP's expiration_time of these topologies: five minutes and a late report."""

_OF_NODE = ("ht", "vht", "he", "mfp", "wmm", "vendor")
_OF_LINK = (
    *("auth", "authorized", "noise", "signal", "signal_avg"),
    *("mesh_llid", "mesh_plid", "mesh_plink", "mesh_non_peer_ps"),
)


@dataclass(slots=True)
class _Mesh:
    """One network on one channel, as it is found."""

    nodes: dict[str, str] = field(default_factory=dict)  # id → MAC of its interface
    by_mac: dict[str, str] = field(default_factory=dict)  # MAC of an interface → id
    peers: dict[str, list[Mapping[str, Any]]] = field(default_factory=lambda: defaultdict(list))


def meshes(told: Iterable[Told], now: datetime, oldest: timedelta = OLDEST) -> dict[str, Graph]:
    """The graphs by "SSID@channel", of the documents that are not older than `oldest` at `now`."""
    found: dict[str, _Mesh] = defaultdict(_Mesh)
    for one in sorted(told, key=lambda one: (one.mac.upper(), str(one.device_id))):
        if one.mac and now - one.at <= oldest:
            for label, channel, interface in _interfaces(one):
                _add(found[label], f"{one.mac.upper()}@{channel}", interface)
    return {label: _graph(mesh) for label, mesh in sorted(found.items())}


def _interfaces(told: Told) -> Iterator[tuple[str, Any, Mapping[str, Any]]]:
    for interface in dicts(told.document, "interfaces"):
        wireless = interface.get("wireless")
        if isinstance(wireless, dict) and wireless.get("mode") == MODE:
            channel = wireless.get("channel")
            yield f"{wireless.get('ssid') or ''}@{channel}", channel, interface


def _add(mesh: _Mesh, id_: str, interface: Mapping[str, Any]) -> None:
    mac = mac_of(interface)
    mesh.nodes[id_] = str(interface.get("mac") or "")
    if mac:
        mesh.by_mac[mac] = id_
    mesh.peers[id_] += dicts(interface["wireless"], "clients")


def _graph(mesh: _Mesh) -> Graph:
    about: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    links: dict[Pair, list[Mapping[str, Any]]] = defaultdict(list)
    for id_ in sorted(mesh.peers):
        for client in mesh.peers[id_]:
            other = mesh.by_mac.get(mac_of(client))
            if other is None or other == id_:
                continue  # no interface of ours: a station, or a router of somebody else
            about[other].append(client)
            if client.get("mesh_plink") in (None, ESTABLISHED):  # not every driver tells it
                links[pair(id_, other)].append(client)
    return Graph.of(
        [
            Node(id_, id_, (mac,) if mac else (), _joined(about[id_], _OF_NODE))
            for id_, mac in mesh.nodes.items()
        ],
        [Link(*ends, 1.0, properties=_joined(of, _OF_LINK)) for ends, of in links.items()],
        protocol="Mesh",
        version="1",
        metric="Airtime",
    )


def _joined(told: list[Mapping[str, Any]], keys: Iterable[str]) -> dict[str, Any]:
    """What several say of the same, as one; what is absent or null with one is the others'."""
    found = {}
    for key in keys:
        values = [one[key] for one in told if one.get(key) is not None]
        if values:
            found[key] = _one_of(values)
    return found


def _one_of(values: list[Any]) -> Any:
    if all(isinstance(value, bool) for value in values):
        return all(values)
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        return sum(values) // len(values)  # -95 and -94 come to -95, as upstream
    words = list(dict.fromkeys(map(str, values)))
    return values[0] if len(words) == 1 else f"INCONSISTENT: ({' / '.join(words)})"
