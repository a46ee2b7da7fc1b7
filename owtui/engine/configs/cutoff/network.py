"""/etc/config/network and wireless as netifd understands them: interfaces, devices, addresses.

Both syntaxes are read: `config device` with `ports` (21.02 and later) and an interface of
`type bridge` with `ifname` (before). What an absent option means is netifd's [config.c, proto.c].
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from owtui.engine.configs.cutoff.air import Air, airs_of
from owtui.engine.configs.cutoff.model import Ip, ip_of
from owtui.engine.configs.cutoff.scene import Side, flag
from owtui.engine.openwrt.uci import Section

Cidr = ipaddress.IPv4Interface | ipaddress.IPv6Interface

# How netifd's protocol scripts call the device that gets the addresses.
_MADE = {
    "pppoe": "pppoe-{}",
    "pppoa": "pppoa-{}",
    "ppp": "ppp-{}",
    "pptp": "pptp-{}",
    "l2tp": "l2tp-{}",
    "3g": "3g-{}",
    "6in4": "6in4-{}",
    "6to4": "6to4-{}",
    "6rd": "6rd-{}",
    "dslite": "ds-{}",
    "map": "map-{}",
    "464xlat": "464-{}",
    "gre": "gre4-{}",
    "gretap": "gre4t-{}",
    "grev6": "gre6-{}",
    "grev6tap": "gre6t-{}",
    "ipip": "ipip-{}",
    "vti": "vti-{}",
    "wireguard": "{}",
    "amneziawg": "{}",
    "vxlan": "{}",
    "vxlan6": "{}",
    "batadv": "{}",
    "openconnect": "vpn-{}",
    "relay": "",
}
TUNNELS = frozenset(_MADE) - {"pppoe", "pppoa", "ppp", "3g", "batadv", "relay"}
UNADDRESSED = (
    "",
    "none",
    "static",
    "batadv",
    "batadv_hardif",
    "batadv_vlan",
    "relay",
    "gre_hardif",
)
_TYPED = ("8021q", "8021ad", "macvlan", "ipvlan", "veth", "bonding", "bridge", "dummy", "vrf")


@dataclass(frozen=True, slots=True)
class Iface:
    """A UCI interface. `wrong` names the option that keeps netifd from bringing it up."""

    name: str
    section: Section
    proto: str
    lower: str  # the device it is put on; "" where a radio or the protocol makes it
    l3: str  # the device that has the addresses
    addresses: tuple[Cidr, ...]
    gateways: tuple[Ip, ...]
    wrong: str = ""

    @property
    def off(self) -> str:
        """The option that keeps it down; "" when it is brought up."""
        if self.section.get("disabled") in ("1", "true"):  # [netifd config.c]
            return "disabled"
        return "" if flag(self.section, "auto", True) else "auto"

    @property
    def dynamic(self) -> bool:
        """True when the addresses come from somebody else."""
        return self.proto not in UNADDRESSED and not (self.proto == "wireguard" and self.addresses)

    def owns(self, ip: Ip) -> bool:
        """True when the configuration itself gives it this address."""
        return any(a.ip == ip for a in self.addresses)

    def on_link(self, ip: Ip) -> bool:
        """True when the address lies in one of its own networks."""
        return any(ip.version == a.version and ip in a.network for a in self.addresses)


class Network:
    """The network of one side."""

    def __init__(self, side: Side) -> None:
        self.side = side
        self.package = side.package("network")
        self.devices: dict[str, Section] = {}
        for section in self.package.typed("device"):
            name = section.get("name")
            if name and (section.get("type") or name not in self.devices):
                self.devices[name] = section  # [netifd device.c] of two sections the last holds
        self.vlans: dict[str, list[Section]] = {}
        for section in self.package.typed("bridge-vlan"):
            self.vlans.setdefault(section.get("device"), []).append(section)
        self.ifaces: dict[str, Iface] = {}
        for kind in ("interface", "alias"):
            for section in self.package.typed(kind):
                if section.name is not None:
                    self.ifaces[section.name] = self._iface(section)

    @cached_property
    def airs(self) -> tuple[Air, ...]:
        """The wireless interfaces."""
        return airs_of(self.side.package("wireless"))

    @cached_property
    def made(self) -> frozenset[str]:
        """Names of devices that exist only because the configuration makes them."""
        names = {n for n, s in self.devices.items() if s.get("type") in _TYPED}
        names |= {f"br-{i.name}" for i in self.ifaces.values() if is_bridge(i.section)}
        names |= {i.l3 for i in self.ifaces.values() if i.proto in _MADE}
        names |= {air.ifname for air in self.airs}
        return frozenset(names - {""})

    def airs_in(self, network: str) -> list[Air]:
        """The wireless interfaces that belong to an interface."""
        return [air for air in self.airs if network in air.networks]

    def owner(self, ip: Ip) -> Iface | None:
        """Return the interface that the configuration gives this address; one that is up first."""
        found = [i for i in self.ifaces.values() if i.owns(ip)]
        return min(found, key=lambda i: bool(i.off or i.wrong), default=None)

    def exists(self, device: str, physical: frozenset[str], depth: int = 0) -> bool | None:
        """Say whether a device will be there; None where nobody knows.

        physical: devices that the hardware has, whatever is configured; empty: not known
        """
        if depth > 8 or not device:
            return None
        if device.startswith("@"):
            parent = self.ifaces.get(device[1:])
            return self.exists(parent.l3, physical, depth + 1) if parent else False
        section = self.devices.get(device)
        if section is not None and not flag(section, "enabled", True):
            return False
        if section is not None and section.get("type") in ("8021q", "8021ad", "macvlan", "ipvlan"):
            return self.exists(section.get("ifname"), physical, depth + 1)
        if device in self.made:
            return True
        base, dot, _ = device.rpartition(".")
        if dot:
            return self.exists(base, physical, depth + 1)
        return device in physical if physical else None

    def _iface(self, section: Section) -> Iface:
        name = section.name or ""
        proto = section.get("proto", "none")
        lower = section.get("device") or section.get("ifname")
        if section.type == "alias":
            lower = f"@{section.get('interface')}"
        lower = f"br-{name}" if is_bridge(section) else (lower.split() or [""])[0]
        addresses, wrong = _addresses(section, proto)
        gateways, bad = _gateways(section)
        if proto == "static" and bad:
            addresses, wrong = (), bad  # [netifd proto.c] one bad option keeps it all down
        return Iface(
            name,
            section,
            proto,
            lower,
            self._l3(name, proto, lower),
            addresses,
            gateways,
            wrong,
        )

    def _l3(self, name: str, proto: str, lower: str) -> str:
        if proto in _MADE:
            return _MADE[proto].format(name)
        if lower.startswith("@"):
            parent = self.ifaces.get(lower[1:])
            if parent is None:
                parents = (s for s in self.package.typed("interface") if s.name == lower[1:])
                section = next(parents, None)
                if section is None or section.get("device", "").startswith("@"):
                    return ""
                parent = self._iface(section)
            return parent.l3
        return lower or nameless(name)


def nameless(iface: str) -> str:
    """What stands for the device of an interface that a radio makes, as long as none is known."""
    return f"(radio of {iface})"


def is_bridge(section: Section) -> bool:
    """True for an interface in the syntax before 21.02 that is a bridge of its own."""
    return section.type == "interface" and section.get("type") == "bridge"


def _addresses(section: Section, proto: str) -> tuple[tuple[Cidr, ...], str]:
    """Read the addresses and name the option that netifd refuses.

    One bad address keeps the whole interface down; without a netmask an address stands alone.
    """
    if proto == "wireguard" or proto == "amneziawg":
        return tuple(_cidrs(section.words("addresses"), "")), ""
    if proto not in ("static", "6in4", "gre", "ipip", "batadv_vlan"):
        return (), ""
    found: list[Cidr] = []
    netmask = section.get("netmask")
    for option, mask in (("ipaddr", netmask), ("ip6addr", "")):
        words = section.words(option)
        cidrs = list(_cidrs(words, mask))
        if len(cidrs) != len(words):
            return (), "netmask" if mask and _cidr(words[0], "") else option
        found += cidrs
    if proto != "static":
        return tuple(found), ""
    wrong = next((a for a in found if a.version == 4 and _experimental(a)), None)
    return tuple(found), "ipaddr" if wrong else ""


def _experimental(address: Cidr) -> bool:
    return int(address.ip) >> 28 == 15  # 240.0.0.0/4 [netifd proto.c]


def _gateways(section: Section) -> tuple[tuple[Ip, ...], str]:
    found: list[Ip] = []
    wrong = ""
    for option in ("gateway", "ip6gw"):
        text = section.get(option)
        ip = ip_of(text) if text else None
        if ip is not None:
            found.append(ip)
        elif text:
            wrong = option
    return tuple(found), wrong


def prefix_of(netmask: str) -> str:
    """Read a netmask as netifd does: up to the last zero bit, whatever is between [utils.c]."""
    ip = ip_of(netmask) if "." in netmask else None
    return netmask if ip is None else str(32 - (int(ip) ^ 0xFFFFFFFF).bit_length())


def _cidrs(words: Iterable[str], netmask: str) -> Iterable[Cidr]:
    return (c for c in (_cidr(word, netmask) for word in words) if c is not None)


def _cidr(word: str, netmask: str) -> Cidr | None:
    if "/" not in word and netmask:
        word = f"{word}/{prefix_of(netmask)}"
    try:
        return ipaddress.ip_interface(word)
    except ValueError:
        return None
