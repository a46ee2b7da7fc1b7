"""Who is wired to whom in a fleet, and what routing daemons and LLDP on a device tell of it.

The shape of the fleet is the truth: every answer here is made from it. A neighbour that is off is
not told, as if its entry had expired. A mesh that floods (OLSR, batman-adv) is as large as a cell:
a gateway and what is around it.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .network import link_local, mac_plus

if TYPE_CHECKING:
    from .device import Device

CELL = 12  # devices of a flooding mesh
OLSR_SCALE = 1024
_LAN, _WAN = 1, 8  # offsets of an interface's MAC, as network.links has them
_HANDSHAKE_S = 120


@dataclass(frozen=True, slots=True)
class Member:
    """A device as others of its fleet see it. `address` is in the mesh's network."""

    index: int
    name: str
    mac: str
    address: str
    uplink: int | None
    description: str = "OpenWrt"

    def key(self, what: str = "public") -> str:
        """A WireGuard key of its own, in base64."""
        return base64.b64encode(hashlib.sha256(f"wg {what} {self.mac}".encode()).digest()).decode()


class Wiring:
    """All members and the wires between them. `is_up`: whether a device is on and reachable."""

    def __init__(self, members: Iterable[Member] = ()) -> None:
        self.members = tuple(members)
        self.is_up: Callable[[int], bool] = lambda index: True
        self._below: dict[int, list[int]] = defaultdict(list)
        for member in self.members:
            if member.uplink is not None:
                self._below[member.uplink].append(member.index)

    def wires(self, index: int) -> list[Member]:
        """Who is at the other end of a device's wires, its uplink first; also who is off."""
        if not self.members:
            return []
        uplink = self.members[index].uplink
        above = [] if uplink is None else [uplink]
        return [self.members[other] for other in (*above, *self._below.get(index, ()))]

    def seen(self, index: int) -> list[Member]:
        """Those of them that are up."""
        return [member for member in self.wires(index) if self.is_up(member.index)]

    def edges(self, index: int) -> Iterator[tuple[Member, Member]]:
        """The wires within a device's cell between devices that are up: below, above."""
        start = index // CELL * CELL
        for member in self.members[start : start + CELL]:
            above = member.uplink
            if above is None or above < start:
                continue
            if all(one == index or self.is_up(one) for one in (member.index, above)):
                yield member, self.members[above]


def quality(one: Member, other: Member) -> float:
    """ETX of a wire, from 1.0 to 2.5; the same from both ends."""
    low, high = sorted((one.index, other.index))
    return 1.0 + hashlib.sha256(f"{low} {high}".encode()).digest()[0] / 170


# -- LLDP -----------------------------------------------------------------------------------------


def _chassis(member: Member) -> dict[str, Any]:
    return {
        member.name: {
            "id": {"type": "mac", "value": member.mac},
            "descr": member.description,
            "mgmt-ip": [member.address, link_local(member.mac)],
            "capability": [
                {"type": "Bridge", "enabled": True},
                {"type": "Router", "enabled": True},
                {"type": "Wlan", "enabled": True},
                {"type": "Station", "enabled": False},
            ],
        }
    }


def lldp_chassis(device: Device) -> dict[str, Any]:
    """Return `lldpcli -f json show chassis`."""
    return {"local-chassis": {"chassis": _chassis(_own(device))}}


def lldp_neighbours(device: Device) -> dict[str, Any]:
    """Return `lldpcli -f json show neighbors`; a single one is an object and no list."""
    found: list[dict[str, Any]] = []
    for number, other in enumerate(_wiring(device).seen(device.identity.index), 1):
        is_above = other.index == device.identity.uplink
        found.append(
            {
                _port(device, is_above, number): {
                    "via": "LLDP",
                    "rid": str(number),
                    "age": "1 day, 02:03:04",
                    "chassis": _chassis(other),
                    "port": {
                        "id": {"type": "mac", "value": mac_plus(other.mac, _far(is_above))},
                        "descr": "lan1" if is_above else "wan",
                        "ttl": "120",
                    },
                }
            }
        )
    return {"lldp": {"interface": found[0] if len(found) == 1 else found} if found else {}}


def _port(device: Device, is_above: bool, number: int) -> str:
    ports = device.model.lan_ports or ("eth0",)
    return device.model.wan_port or ports[0] if is_above else ports[number % len(ports)]


def _far(is_above: bool) -> int:
    """Which interface of the other is at the wire."""
    return _LAN if is_above else _WAN


# -- routing daemons ------------------------------------------------------------------------------


def babel(device: Device) -> str:
    """Return what babeld's local interface says to `dump` and `quit`."""
    own, wiring = _own(device), _wiring(device)
    lines = ["BABEL 1.0", "version babeld-1.13.1", f"host {device.hostname}"]
    lines += [f"my-id {_eui64(own.mac)}", "ok"]
    lan, wan = (link_local(mac_plus(own.mac, offset)) for offset in (_LAN, _WAN))
    lines.append(f"add interface br-lan up true ipv6 {lan} ipv4 {own.address}")
    lines.append(f"add interface wan up true ipv6 {wan}")
    for number, other in enumerate(wiring.seen(own.index), 1):
        is_above = other.index == own.uplink
        cost = round(96 * quality(own, other))
        lines.append(
            f"add neighbour {number:08x} address {link_local(mac_plus(other.mac, _far(is_above)))}"
            f" if {'wan' if is_above else 'br-lan'} reach ffff ureach 0000 rxcost {cost}"
            f" txcost {cost} rtt 1.250 rttcost 0 cost {cost}"
        )
    lines.append(f"add xroute {own.address}/32-::/0 prefix {own.address}/32 from ::/0 metric 0")
    return "\n".join([*lines, "ok", ""])


def jsoninfo(device: Device) -> str:
    """Return what olsrd's jsoninfo says to /all."""
    topology = []
    members = {_own(device).index: _own(device)}
    for one, other in _wiring(device).edges(device.identity.index):
        members |= {one.index: one, other.index: other}
        cost = int(quality(one, other) * OLSR_SCALE)
        for source, target in ((one, other), (other, one)):
            topology.append(
                {
                    "lastHopIP": source.address,
                    "destinationIP": target.address,
                    "linkQuality": 1.0,
                    "neighborLinkQuality": 1.0,
                    "tcEdgeCost": cost,
                    "validityTime": 284572,
                }
            )
    mid = [
        {
            "main": {"ipAddress": member.address, "validityTime": 286445},
            "aliases": [{"ipAddress": f"172.16.{member.index // 250}.{member.index % 250 + 1}"}],
        }
        for _, member in sorted(members.items())
    ]
    version = {"version": "olsr.org - 0.9.8", "releaseVersion": "0.9.8", "sourceHash": "0" * 32}
    return json.dumps({"topology": topology, "mid": mid, "version": version}) + "\n"


def vis(device: Device) -> str:
    """Return `batadv-vis -f jsondoc`."""
    own = _own(device)
    heard: dict[int, list[Member]] = defaultdict(list)
    for one, other in _wiring(device).edges(own.index):
        heard[one.index].append(other)
        heard[other.index].append(one)
    members = {member.index: member for member in _wiring(device).members} or {own.index: own}
    rows = [
        {
            "primary": mac_plus(members[index].mac, _LAN),
            "secondary": [mac_plus(members[index].mac, _WAN)],
            "neighbors": [
                {
                    "router": mac_plus(members[index].mac, _LAN),
                    "neighbor": mac_plus(other.mac, _WAN),
                    "metric": f"{quality(members[index], other):.3f}",
                }
                for other in others
            ],
            "clients": [mac_plus(members[index].mac, 0)],
        }
        for index, others in sorted(heard.items())
    ]
    return json.dumps({"source_version": "2024.2", "algorithm": 4, "vis": rows}) + "\n"


def wireguard(device: Device) -> str:
    """Return `wg show all dump`: an interface with a peer a wire, stale where that one is off."""
    own, wiring = _own(device), _wiring(device)
    rows: list[tuple[str, ...]] = [("wg0", own.key("private"), own.key(), "51820", "off")]
    for other in wiring.wires(own.index):
        age = other.index % _HANDSHAKE_S if wiring.is_up(other.index) else 3600
        shared = base64.b64encode(hashlib.sha256(b"psk").digest()).decode()
        handshake = str(int(device.now()) - age)
        endpoint, allowed = f"{other.address}:51820", f"{other.address}/32"
        rows.append(
            ("wg0", other.key(), shared, endpoint, allowed, handshake, "37384", "35848", "25")
        )
    return "".join("\t".join(row) + "\n" for row in rows)


def _own(device: Device) -> Member:
    members = _wiring(device).members
    if members:
        return members[device.identity.index]
    spec = device.identity
    return Member(spec.index, spec.name, spec.mac, spec.lan_address, None)


def _wiring(device: Device) -> Wiring:
    return device.identity.wiring


def _eui64(mac: str) -> str:
    parts = mac.split(":")
    return ":".join([*parts[:3], "ff", "fe", *parts[3:]])
