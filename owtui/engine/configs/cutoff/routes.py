"""Where the kernel would send an answer: networks on the link, static routes, gateways, tunnels."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from owtui.engine.configs.cutoff.model import Ip, Net, ip_of
from owtui.engine.configs.cutoff.network import Cidr, Iface, Network
from owtui.engine.configs.cutoff.scene import flag
from owtui.engine.openwrt.uci import Section

_REFUSING = ("blackhole", "unreachable", "prohibit", "throw")
_DEFAULTS = {4: ipaddress.ip_network("0.0.0.0/0"), 6: ipaddress.ip_network("::/0")}
# Protocols that put a default route unless `defaultroute` says no, and for which version of IP.
_DEFAULTING = {
    "dhcp": (4,),
    "pppoe": (4, 6),
    "pppoa": (4, 6),
    "ppp": (4, 6),
    "3g": (4, 6),
    "qmi": (4, 6),
    "ncm": (4, 6),
    "mbim": (4, 6),
    "modemmanager": (4, 6),
    "dhcpv6": (6,),
    "6in4": (6,),
    "l2tp": (4,),
    "pptp": (4,),
}
# The addresses of an interface: those it is given by the configuration and those seen on it.
Addresses = Callable[[Iface], tuple[Cidr, ...]]


@dataclass(frozen=True, slots=True)
class Route:
    """A way to a network. `gateway` None: the other end is on the link, or behind a tunnel."""

    to: Net
    iface: str
    gateway: Ip | None
    metric: int
    section: Section
    refuses: bool = False  # blackhole and the like
    option: str = ""


class Routes:
    """The main table of one configuration."""

    def __init__(self, network: Network, addresses: Addresses) -> None:
        self._network = network
        self._addresses = addresses
        self.all = tuple(self._valid())

    def to(self, ip: Ip, iface: str = "") -> Route | None:
        """Return the best route to an address, over one interface only if it is named."""
        fitting = (
            r
            for r in self.all
            if r.to.version == ip.version and ip in r.to and iface in ("", r.iface)
        )
        return min(fitting, key=lambda r: (-r.to.prefixlen, r.metric), default=None)

    def _valid(self) -> Iterator[Route]:
        """Leave out what the kernel refuses: a gateway that is not on the link."""
        for route in self._collected():
            if route.gateway is None or self._reachable(route):
                yield route

    def _reachable(self, route: Route) -> bool:
        gateway = route.gateway
        iface = self._network.ifaces[route.iface]
        if gateway is None or iface.dynamic or flag(route.section, "onlink", False):
            return True
        if gateway.version == 6 and gateway.is_link_local:
            return True
        return any(
            a.version == gateway.version and gateway in a.network for a in self._addresses(iface)
        )

    def _collected(self) -> Iterator[Route]:
        for iface in self._network.ifaces.values():
            if iface.off or iface.wrong:
                continue
            yield from self._of_iface(iface)
        for kind in ("route", "route6"):
            for section in self._network.package.typed(kind):
                yield from self._static(section, 4 if kind == "route" else 6)

    def _of_iface(self, iface: Iface) -> Iterator[Route]:
        metric = _number(iface.section.get("metric"))
        for address in self._addresses(iface):
            if address.network.prefixlen < address.max_prefixlen:
                yield Route(address.network, iface.name, None, metric, iface.section)
        for gateway in iface.gateways if iface.proto == "static" else ():
            option = "gateway" if gateway.version == 4 else "ip6gw"
            to = _DEFAULTS[gateway.version]
            yield Route(to, iface.name, gateway, metric, iface.section, option=option)
        if flag(iface.section, "defaultroute", True):
            for version in _DEFAULTING.get(iface.proto, ()):
                yield Route(_DEFAULTS[version], iface.name, None, metric, iface.section)
        if iface.proto in ("wireguard", "amneziawg"):
            yield from self._of_peers(iface, metric)

    def _of_peers(self, iface: Iface, metric: int) -> Iterator[Route]:
        for peer in self._network.package.typed(f"{iface.proto}_{iface.name}"):
            if flag(peer, "disabled", False) or not flag(peer, "route_allowed_ips", False):
                continue
            for word in peer.words("allowed_ips"):
                to = network_of(word)
                if to is not None:
                    yield Route(to, iface.name, None, metric, peer, option="allowed_ips")

    def _static(self, section: Section, version: int) -> Iterator[Route]:
        iface = self._network.ifaces.get(section.get("interface"))
        kind = section.get("type", "unicast")
        refuses = kind in _REFUSING
        if flag(section, "disabled", False) or section.get("table", "main") not in ("main", "254"):
            return
        if not refuses and (iface is None or iface.off or iface.wrong):
            return
        to = _target(section, version)
        if to is None:
            return
        gateway = ip_of(section.get("gateway"))
        metric = _number(section.get("metric"))
        name = iface.name if iface is not None else ""
        yield Route(to, name, gateway, metric, section, refuses, "target")


def network_of(text: str, netmask: str = "") -> Net | None:
    """Read a network; host bits may be set."""
    if netmask and "/" not in text:
        text = f"{text}/{netmask}"
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def _target(section: Section, version: int) -> Net | None:
    target = section.get("target")
    if not target or target == "default":
        return _DEFAULTS[version]
    found = network_of(target, section.get("netmask"))
    return found if found is not None and found.version == version else None


def _number(text: str) -> int:
    return int(text) if text.isdigit() else 0
