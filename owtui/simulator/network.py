"""Network devices and interfaces, made from the configuration that is in force.

Counters grow with uptime at a rate of the device's own; addresses, bridges and routes follow
what netifd last read from UCI.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .netdevice import LOOPBACK, Counters, Link, link_status
from .uci import Package, Section, first, listed

if TYPE_CHECKING:
    from .device import Device


@dataclass(frozen=True, slots=True)
class Address:
    """An interface's IPv4 address with its network."""

    interface: ipaddress.IPv4Interface

    @property
    def ip(self) -> str:
        return str(self.interface.ip)

    @property
    def mask(self) -> int:
        return self.interface.network.prefixlen


def mac_plus(mac: str, offset: int) -> str:
    """Return the MAC address `offset` after this one."""
    value = (int(mac.replace(":", ""), 16) + offset) & 0xFFFFFFFFFFFF
    return ":".join(f"{value:012x}"[i : i + 2] for i in range(0, 12, 2))


def link_local(mac: str) -> str:
    """Return the fe80:: address of a MAC (modified EUI-64)."""
    raw = bytes.fromhex(mac.replace(":", ""))
    eui = bytes([raw[0] ^ 2]) + raw[1:3] + b"\xff\xfe" + raw[3:]
    return str(ipaddress.IPv6Address(b"\xfe\x80" + bytes(6) + eui))


class Network:
    """The links and interfaces of one device."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._down: set[str] = set()
        random = device.random
        self._rate = random.uniform(2_000, 400_000)
        self._plugged = {
            port: index == 0 or random.random() < 0.4
            for index, port in enumerate(device.model.lan_ports)
        }
        site = device.identity
        self.wan_address = Address(ipaddress.IPv4Interface(f"{site.wan_address}/24"))

    @property
    def _package(self) -> Package:
        return self._device.in_force("network")

    def interfaces(self) -> list[Section]:
        """Return the interfaces of the configuration, sorted by name as netifd does."""
        return sorted(self._package.typed("interface"), key=lambda s: s.name)

    def set_up(self, name: str, up: bool) -> None:
        """ifup and ifdown."""
        self._down.discard(name) if up else self._down.add(name)

    def bridges(self) -> dict[str, list[str]]:
        """Return each bridge's configured ports."""
        found: dict[str, list[str]] = {}
        for section in self._package.typed("device"):
            if first(section.options.get("type")) == "bridge":
                name = first(section.options.get("name"))
                found[name] = listed(section.options.get("ports"))
        for section in self._package.typed("interface"):
            if first(section.options.get("type")) == "bridge":
                found[f"br-{section.name}"] = listed(section.options.get("ifname"))
        return found

    def l3_device(self, section: Section) -> str:
        if first(section.options.get("type")) == "bridge":
            return f"br-{section.name}"
        return first(section.options.get("device") or section.options.get("ifname"))

    def links(self) -> list[Link]:
        """Return all network devices in kernel order."""
        device = self._device
        mac, model = device.mac, device.model
        bridges = self.bridges()
        master = {port: name for name, ports in bridges.items() for port in ports}
        found = [Link(LOOPBACK, "00:00:00:00:00:00", "loopback")]
        if "eth0" not in (*model.lan_ports, model.wan_port):
            found.append(Link("eth0", mac, "ethernet", rx_rate=self._rate, tx_rate=self._rate))
        for index, port in enumerate(model.lan_ports):
            plugged = self._plugged[port]
            rate = self._rate if plugged else 0.0
            where = master.get(port, "")
            address = mac_plus(mac, index + 1)
            found.append(Link(port, address, "ethernet", True, plugged, where, rate, rate * 0.3))
        if model.wan_port:
            found.append(
                Link(model.wan_port, mac_plus(mac, 8), "ethernet", True, True, "", self._rate)
            )
        for name in bridges:
            found.append(
                Link(name, mac_plus(mac, 1), "bridge", rx_rate=self._rate, tx_rate=self._rate)
            )
        return found + device.wireless.links()

    def counters(self, link: Link) -> Counters:
        """Return what has passed since the boot."""
        if link.kind == "wlan":
            rx, tx = self._device.wireless.passed(link.name)
            return Counters(rx, rx // 820, tx, tx // 610)
        seconds = self._device.uptime() if link.carrier else 0.0
        rx = int(seconds * link.rx_rate)
        tx = int(seconds * (link.tx_rate or link.rx_rate * 0.4))
        return Counters(rx, rx // 820, tx, tx // 610)

    def addresses(self, section: Section) -> list[Address]:
        """Return an interface's IPv4 addresses; nonsense in UCI gives none, as with netifd."""
        if section.name in self._down:
            return []
        proto = first(section.options.get("proto"))
        if proto == "dhcp":
            return [self.wan_address]
        if proto != "static":
            return []
        mask = first(section.options.get("netmask"), "255.255.255.0")
        found = []
        for text in listed(section.options.get("ipaddr")):
            try:
                found.append(
                    Address(ipaddress.IPv4Interface(text if "/" in text else f"{text}/{mask}"))
                )
            except ValueError:
                continue
        return found

    def prefix(self, section: Section) -> tuple[str, int] | None:
        """Return the ULA prefix assigned to an interface: its address without ::1, and length."""
        assign = first(section.options.get("ip6assign"))
        globals_ = self._package.find("globals")
        ula = first(globals_.options.get("ula_prefix")) if globals_ else ""
        if not assign.isdigit() or not ula:
            return None
        return ula.partition("/")[0], int(assign)

    def gateway(self, section: Section) -> str:
        if first(section.options.get("proto")) == "dhcp":
            return str(self.wan_address.interface.network.network_address + 1)
        return first(section.options.get("gateway"))

    # -- ubus ------------------------------------------------------------------------------

    def dump(self) -> dict[str, Any]:
        """Return `ubus call network.interface dump`."""
        return {"interface": [self.status(section) for section in self.interfaces()]}

    def status(self, section: Section, named: bool = True) -> dict[str, Any]:
        """Return one interface's status."""
        proto = first(section.options.get("proto"), "none")
        addresses = self.addresses(section)
        gateway = self.gateway(section) if addresses else ""
        up = section.name not in self._down
        dhcp = proto == "dhcp"
        head: dict[str, Any] = {"interface": section.name} if named else {}
        head |= {
            "up": up,
            "pending": False,
            "available": True,
            "autostart": up,
            "dynamic": False,
            "uptime": int(self._device.uptime()),
            "l3_device": self.l3_device(section),
            "proto": "none" if proto == "dhcpv6" else proto,
            "device": self.l3_device(section),
        }
        if proto in ("static", "dhcp"):
            head["updated"] = ["addresses", "routes", "data"] if dhcp else ["addresses"]
        source = f"{addresses[0].ip}/32" if addresses else ""
        route = {"target": "0.0.0.0", "mask": 0, "nexthop": gateway, "source": source}
        dns = [gateway] if dhcp else listed(section.options.get("dns"))
        return head | {
            "metric": 0,
            "dns_metric": 0,
            "delegation": True,
            "ipv4-address": [{"address": a.ip, "mask": a.mask} for a in addresses],
            "ipv6-address": [],
            "ipv6-prefix": [],
            "ipv6-prefix-assignment": self._assignment(section),
            "route": [route] if gateway else [],
            "dns-server": dns if addresses else [],
            "dns-search": ["lan"] if dhcp else [],
            "neighbors": [],
            "inactive": {
                "ipv4-address": [],
                "ipv6-address": [],
                "route": [],
                "dns-server": [],
                "dns-search": [],
                "neighbors": [],
            },
            "data": {"dhcpserver": gateway, "leasetime": 3600} if dhcp and gateway else {},
        }

    def _assignment(self, section: Section) -> list[dict[str, Any]]:
        prefix = self.prefix(section)
        if prefix is None or section.name in self._down:
            return []
        address, mask = prefix
        local = {"address": address + "1", "mask": mask}
        return [{"address": address, "mask": mask, "local-address": local}]

    def device_status(self) -> dict[str, Any]:
        """Return `ubus call network.device status`."""
        links = sorted(self.links(), key=lambda link: link.name)
        return {link.name: link_status(link, links, self.counters(link)) for link in links}

    def list_neighbours(self) -> list[tuple[str, str, str, str]]:
        """Return address, device, MAC and state of what the kernel knows around it."""
        found = []
        for section in self.interfaces():
            gateway = self.gateway(section) if self.addresses(section) else ""
            if gateway:
                mac = self._device.identity.uplink_mac
                found.append((gateway, self.l3_device(section), mac, "REACHABLE"))
        here = {client.mac for client in self._device.wireless.clients()}
        for client in self._device.wireless.visitors():
            state = "REACHABLE" if client.mac in here else "STALE"
            found.append((client.address, "br-lan", client.mac, state))
        return found
