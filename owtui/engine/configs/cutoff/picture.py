"""One configuration seen from our way in: whose address we dial, whence we come, what answers."""

from __future__ import annotations

import ipaddress
from dataclasses import replace
from functools import cached_property

from owtui.engine.configs.cutoff.links import Entry, Links
from owtui.engine.configs.cutoff.model import Ip, Way
from owtui.engine.configs.cutoff.network import Cidr, Iface, Network, nameless
from owtui.engine.configs.cutoff.routes import Route, Routes
from owtui.engine.configs.cutoff.scene import Scene, Side
from owtui.engine.openwrt.uci import Section

_ONLY_V6 = ("dhcpv6", "6in4", "6to4", "6rd")
_ONLY_V4 = ("dhcp", "464xlat", "dslite")


class Picture:
    """What the device does with our connection under one configuration.

    `earlier` is the picture of the running one: addresses that others gave are known from there.
    `promised`: a person says that the device will be there.
    """

    def __init__(
        self,
        scene: Scene,
        side: Side,
        way: Way,
        earlier: Picture | None = None,
        promised: bool = False,
    ) -> None:
        self.scene = scene
        self.side = side
        self.way = way
        self.earlier = earlier
        self.promised = promised
        self.network = Network(side)
        self._place_devices()
        self.links = Links(self.network)

    def _place_devices(self) -> None:
        """Add what only the device can tell: names of modems' devices, tunnels outside of UCI."""
        ifaces = self.network.ifaces
        for device in self.scene.facts.interfaces:
            name = device.network.removesuffix("_4").removesuffix("_6")
            known = ifaces.get(device.network) or ifaces.get(name)
            if known is None:
                continue
            modem = known.dynamic and known.proto not in ("dhcp", "dhcpv6")
            if modem or known.l3 == nameless(known.name):
                ifaces[known.name] = replace(known, l3=device.name)
        own = frozenset(i.l3 for i in ifaces.values())
        self.managed: frozenset[str] = self.earlier.managed if self.earlier is not None else own
        for device in self.scene.facts.interfaces:
            if device.name in self.managed or device.network or not device.addresses:
                continue
            addresses = tuple(_cidrs(device.addresses))
            section = Section("interface", device.name)
            pseudo = Iface(device.name, section, "", device.name, device.name, addresses, ())
            ifaces.setdefault(device.name, pseudo)

    # -- addresses --------------------------------------------------------------------------------

    @cached_property
    def given(self) -> dict[str, tuple[Cidr, ...]]:
        """The addresses that others give each interface: DHCP, a prefix, a daemon. As seen now."""
        if self.earlier is not None:
            return self._kept(self.earlier)
        found: dict[str, list[Cidr]] = {}
        owned = {a.ip for i in self.network.ifaces.values() for a in i.addresses}
        for device in self.scene.facts.interfaces:
            for address in _cidrs(device.addresses):
                taker = None if address.ip in owned else self._taker(device.name, address)
                if taker is not None:
                    found.setdefault(taker.name, []).append(address)
        return {name: tuple(addresses) for name, addresses in found.items()}

    def _taker(self, device: str, address: Cidr) -> Iface | None:
        on_it = [i for i in self.network.ifaces.values() if i.l3 == device and not i.off]
        on_it.sort(key=lambda i: i.proto == "none")
        return next((i for i in on_it if _takes(i, address)), None)

    def _kept(self, earlier: Picture) -> dict[str, tuple[Cidr, ...]]:
        """Those of the running configuration whose interface still asks for them."""
        kept = {}
        for name, addresses in earlier.given.items():
            iface = self.network.ifaces.get(name)
            if iface is not None and iface.proto == earlier.network.ifaces[name].proto:
                kept[name] = tuple(a for a in addresses if _takes(iface, a))
        promise = self._promise(earlier) if self.promised else None
        if promise is not None and self.home is not None and not self.home.owns(promise.ip):
            kept[self.home.name] = (*kept.get(self.home.name, ()), promise)
        return kept

    def _promise(self, earlier: Picture) -> Cidr | None:
        """The address that a person says others will give, in a network as large as before."""
        server, home, old = self.way.server, earlier.home, earlier.way.server
        if server is None or home is None:
            return None
        own = next((a for a in earlier.addresses(home) if a.ip == old), None)
        if own is None or own.version != server.version:
            return None
        return ipaddress.ip_interface(f"{server}/{own.network.prefixlen}")

    def addresses(self, iface: Iface) -> tuple[Cidr, ...]:
        """All addresses of an interface."""
        return (*iface.addresses, *self.given.get(iface.name, ()))

    @cached_property
    def physical(self) -> frozenset[str]:
        """The network devices that the hardware has; empty where facts do not tell."""
        made = (self.earlier or self).network.made
        names = {i.name for i in self.scene.facts.interfaces}
        return frozenset(n for n in names - made if "." not in n)

    # -- the three ends of our connection ---------------------------------------------------------

    @cached_property
    def home(self) -> Iface | None:
        """The interface with the address that we come in on."""
        server = self.way.server
        if server is None:
            return None
        owner = self.network.owner(server)
        if owner is not None:
            return owner
        if self.promised and self.earlier is not None:
            return self._inherited(self.earlier, server)
        for name, addresses in self.given.items():
            if any(a.ip == server for a in addresses):
                return self.network.ifaces[name]
        if self.earlier is not None:
            return self._inherited(self.earlier, server)
        return self._only_dynamic(server)

    def _inherited(self, earlier: Picture, server: Ip) -> Iface | None:
        """The interface that had an address from others and still asks for one.

        A promised address may come from others as well: a lease that is reserved.
        """
        home = earlier.home
        then = self.network.ifaces.get(home.name) if home is not None else None
        if home is None or then is None:
            return None
        if self.promised:
            fits = then.dynamic and _takes(then, ipaddress.ip_interface(str(server)))
        else:
            fits = not home.owns(server) and then.proto == home.proto
        return then if fits else None

    def _only_dynamic(self, server: Ip) -> Iface | None:
        """Without facts: the one interface that could have been given the address."""
        if self.scene.facts.interfaces:
            return None
        wanted = ipaddress.ip_interface(str(server))
        found = [i for i in self.network.ifaces.values() if i.dynamic and not i.off]
        fitting = [i for i in found if _takes(i, wanted)]
        return fitting[0] if len(fitting) == 1 else None

    @cached_property
    def routes(self) -> Routes:
        """The main table."""
        return Routes(self.network, self.addresses)

    @cached_property
    def reply(self) -> Route | None:
        """The route of our answers."""
        client = self.way.client
        if client is None:
            return None
        bound = self.home.name if client.is_link_local and self.home is not None else ""
        return self.routes.to(client, bound)

    @cached_property
    def ingress(self) -> Iface | None:
        """The interface by which our packets come in: home, unless home cannot lead to us."""
        client = self.way.client
        if client is None or self.home is None:
            return self.home
        if self.routes.to(client, self.home.name) is not None or self.reply is None:
            return self.home
        return self.network.ifaces.get(self.reply.iface, self.home)

    @property
    def on_link(self) -> bool:
        """True when we are a neighbour, without a router between."""
        return (
            self.reply is not None and self.reply.gateway is None and (self.reply.to.prefixlen > 0)
        )

    def entries(self, iface: Iface) -> frozenset[Entry]:
        """The ways into an interface; `links.trail` then holds the sections on them."""
        self.links.trail = []
        return self.links.entries(iface)


def _takes(iface: Iface, address: Cidr) -> bool:
    """True when an interface could be given such an address by others."""
    if iface.owns(address.ip):
        return False
    if iface.proto == "none":  # a daemon outside of netifd may have put it there
        return True
    if address.version == 4:
        return iface.dynamic and iface.proto not in _ONLY_V6
    if address.ip.is_link_local or iface.section.get("ip6assign"):
        return True
    return iface.dynamic and iface.proto not in _ONLY_V4


def _cidrs(words: tuple[str, ...]) -> list[Cidr]:
    found = []
    for word in words:
        try:
            found.append(ipaddress.ip_interface(word.partition("%")[0]))
        except ValueError:
            continue
    return found
