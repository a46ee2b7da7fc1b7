"""By which ports and radios an interface is reached, down through bridges, VLANs and switches.

[netifd bridge.c] A bridge with `bridge-vlan` sections filters: its own untagged side is then a
member of nothing, and a port takes untagged frames only into its primary VLAN.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from owtui.engine.configs.cutoff.air import Air
from owtui.engine.configs.cutoff.network import TUNNELS, Iface, Network, is_bridge
from owtui.engine.configs.cutoff.scene import Scene, flag
from owtui.engine.openwrt.uci import Section

_MARKS = "tu*"  # behind a port of a switch_vlan
_DEPTH = 8  # deeper than any real device, and an end to configurations that go in circles


@dataclass(frozen=True, slots=True)
class Entry:
    """One way for frames into an interface. Equal entries are the same cable or the same air."""

    kind: str  # port, switch, air, tunnel
    name: str
    vlan: str = ""  # "" untagged
    air: Air | None = field(default=None, compare=False)
    netdev: str = field(default="", compare=False)  # whose counters tell whether it is alive

    def __str__(self) -> str:
        return f"{self.name} (VLAN {self.vlan})" if self.vlan else self.name


class Links:
    """The ways into the interfaces of one configuration; `trail` keeps what was looked at."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.trail: list[Section] = []

    def entries(self, iface: Iface) -> frozenset[Entry]:
        """Return all ways into an interface, none where its frames lead nowhere."""
        self.trail.append(iface.section)
        if iface.proto in TUNNELS:
            return frozenset((Entry("tunnel", iface.l3),))
        if iface.proto == "batadv":
            return frozenset(self._of_made(iface, "", 0))
        if iface.lower:
            return frozenset(self._of_device(iface.lower, "", 0))
        airs = self.network.airs_in(iface.name)
        return frozenset(_of_air(air, "") for air in airs if not air.off)

    def _of_device(self, device: str, vlan: str, depth: int) -> Iterator[Entry]:
        if depth > _DEPTH or not device:
            return
        if device.startswith("@"):
            yield from self._of_alias(device[1:], vlan, depth)
            return
        section = self.network.devices.get(device)
        if section is not None:
            self.trail.append(section)
            if not flag(section, "enabled", True):
                return
        kind = section.get("type") if section is not None else ""
        if kind == "bridge" or self._legacy(device) is not None:
            yield from self._of_bridge(device, section, vlan, depth)
        elif kind in ("8021q", "8021ad") and section is not None:
            yield from self._of_device(section.get("ifname"), section.get("vid"), depth + 1)
        elif kind in ("macvlan", "ipvlan") and section is not None:
            yield from self._of_device(section.get("ifname"), vlan, depth + 1)
        elif kind == "bonding" and section is not None:
            for port in section.words("ports"):
                yield from self._of_device(port, vlan, depth + 1)
        else:
            yield from self._of_plain(device, vlan, depth)

    def _of_plain(self, device: str, vlan: str, depth: int) -> Iterator[Entry]:
        """A device that no section makes: a VLAN by its name, a radio, what a protocol makes."""
        air = next((a for a in self.network.airs if a.ifname == device), None)
        if air is not None:
            if not air.off:
                yield _of_air(air, vlan)
            return
        made = next((i for i in self.network.ifaces.values() if _makes(i, device)), None)
        if made is not None:
            self.trail.append(made.section)
            yield from self._of_made(made, vlan, depth)
            return
        base, dot, tag = device.rpartition(".")
        if not dot:
            yield Entry("port", device, vlan, netdev=device)
        elif self._on_switch(base):
            yield from self._of_switch(device, tag)
        else:
            yield from self._of_device(base, tag, depth + 1)

    def _of_alias(self, name: str, vlan: str, depth: int) -> Iterator[Entry]:
        parent = self.network.ifaces.get(name)
        if parent is None or parent.off:
            return
        self.trail.append(parent.section)
        if parent.lower:
            yield from self._of_device(parent.lower, vlan, depth + 1)
        elif parent.proto in TUNNELS:
            yield Entry("tunnel", parent.l3, vlan)
        else:
            yield from (_of_air(a, vlan) for a in self.network.airs_in(name) if not a.off)

    def _of_made(self, iface: Iface, vlan: str, depth: int) -> Iterator[Entry]:
        """A mesh of batman-adv is reached by what is put into it; a tunnel is a way of its own."""
        if iface.proto != "batadv":
            yield Entry("tunnel", iface.l3, vlan)
            return
        for member in self.network.ifaces.values():
            if member.proto == "batadv_hardif" and member.section.get("master") == iface.name:
                if member.off:
                    continue
                self.trail.append(member.section)
                if member.lower:
                    yield from self._of_device(member.lower, vlan, depth + 1)
                airs = self.network.airs_in(member.name)
                yield from (_of_air(a, vlan) for a in airs if not a.off)

    # -- bridges ----------------------------------------------------------------------------------

    def _legacy(self, device: str) -> Iface | None:
        """The interface that is itself this bridge, in the syntax before 21.02."""
        iface = self.network.ifaces.get(device.removeprefix("br-"))
        return (
            iface
            if iface is not None and device == f"br-{iface.name}" and is_bridge(iface.section)
            else None
        )

    def is_bridge(self, device: str) -> bool:
        """True for a bridge in either syntax."""
        section = self.network.devices.get(device)
        typed = section is not None and section.get("type") == "bridge"
        return typed or self._legacy(device) is not None

    def _members(self, device: str, tag: str) -> Iterator[Air]:
        """The radios of the interfaces on this bridge, or on one of its VLANs."""
        names = [device] if not tag else [f"{device}.{tag}"]
        for iface in self.network.ifaces.values():
            if iface.lower in names and not iface.off:
                yield from (a for a in self.network.airs_in(iface.name) if not a.off)

    def _of_bridge(
        self, device: str, section: Section | None, vlan: str, depth: int
    ) -> Iterator[Entry]:
        vlans = self.network.vlans.get(device)
        if vlans:
            yield from self._of_filtering(device, vlans, vlan, depth)
            return
        legacy = self._legacy(device)
        if section is None and legacy is not None:
            section = legacy.section
            self.trail.append(section)
        if section is None:
            return
        ports = section.words("ports") or section.words("ifname")
        for port in ports:
            yield from self._of_device(port, vlan, depth + 1)
        yield from (_of_air(air, vlan) for air in self._members(device, vlan))

    def _of_filtering(
        self, device: str, vlans: list[Section], vlan: str, depth: int
    ) -> Iterator[Entry]:
        self.trail += vlans
        own = next((s for s in vlans if vlan and _is_vlan(s, vlan)), None)
        if own is None or not flag(own, "local", True):
            return
        tag = own.get("vlan")
        for port, tagged in _ports(own):
            if tagged:
                yield from self._of_device(port, tag, depth + 1)
            elif _primary(vlans, port) == tag:
                yield from self._of_device(port, "", depth + 1)
        yield from (_of_air(air, "") for air in self._members(device, vlan))

    # -- swconfig ---------------------------------------------------------------------------------

    def _on_switch(self, base: str) -> bool:
        """True for a VLAN device in front of a switch that swconfig drives."""
        sections = self.network.package.typed("switch_vlan")
        return base.startswith("eth") and bool(sections) and base not in self.network.devices

    def _of_switch(self, device: str, tag: str) -> Iterator[Entry]:
        """The ports of a VLAN; none where it does not lead to the CPU, tagged."""
        package = self.network.package
        self.trail += [*package.typed("switch_vlan"), *package.typed("switch")]
        if any(not flag(s, "enable_vlan", True) for s in package.typed("switch")):
            return
        for section in package.typed("switch_vlan"):
            if section.get("vid", section.get("vlan")) != tag:
                continue
            switch = section.get("device")
            words = section.words("ports")
            cpus = {w.rstrip(_MARKS) for w in words if w.endswith("t")} & self._cpus(switch)
            for word in words if cpus else ():
                number = word.rstrip(_MARKS)
                if cpus != {number}:
                    tagged = tag if word.endswith("t") else ""
                    yield Entry("switch", f"{switch} port {number}", tagged, netdev=device)

    def _cpus(self, switch: str) -> set[str]:
        """The ports that may be the CPU's: nothing names it, but it is in every VLAN."""
        vlans = [s for s in self.network.package.typed("switch_vlan") if s.get("device") == switch]
        ports = [{w.rstrip(_MARKS) for w in s.words("ports")} for s in vlans]
        return set.intersection(*ports) if ports else set()


def _of_air(air: Air, vlan: str) -> Entry:
    return Entry("air", air.name, vlan, air, air.ifname)


def _makes(iface: Iface, device: str) -> bool:
    made = iface.proto in TUNNELS or iface.proto in ("batadv", "pppoe", "pppoa", "ppp", "3g")
    return made and iface.l3 == device


def _is_vlan(section: Section, vlan: str) -> bool:
    return section.get("vlan") == vlan or vlan in section.words("alias")


def _ports(section: Section) -> Iterator[tuple[str, bool]]:
    """Each port of a bridge-vlan and whether it is tagged there."""
    for word in section.words("ports"):
        name, _, marks = word.partition(":")
        yield name, "t" in marks


def _primary(vlans: list[Section], port: str) -> str:
    """The VLAN into which a port takes untagged frames: the one marked *, else the last one."""
    found = ""
    for section in vlans:
        for word in section.words("ports"):
            name, _, marks = word.partition(":")
            if name != port or "t" in marks:
                continue
            if "*" in marks:
                return section.get("vlan")
            found = section.get("vlan")
    return found


def ours(scene: Scene, entries: frozenset[Entry], on_link: bool) -> frozenset[Entry]:
    """Leave the ways by which we may come in now.

    Out go ports that are down or never received a byte, and access points: whoever comes from
    behind a router is no station, and where a cable proves to be alive we take it for ours.
    """
    if scene.way.netdev:
        named = {e for e in entries if scene.way.netdev in (e.name, e.air and e.air.ifname)}
        if named:
            return frozenset(named)
    known = {i.name: i for i in scene.facts.interfaces}
    counted = any(i.rx_bytes for i in known.values())

    def is_dead(entry: Entry) -> bool:
        seen = known.get(entry.netdev)
        if seen is None:  # a port that the device does not have; a radio may go by another name
            return bool(known) and entry.kind == "port"
        return not seen.up or (counted and not seen.rx_bytes)

    alive = {e for e in entries if not is_dead(e)}
    proven = counted and any(e.netdev and e.air is None for e in alive)
    stations = on_link and not proven and scene.facts.clients != 0
    wired = {e for e in alive if e.air is None or e.air.mode != "ap"}
    if wired and not stations:
        return frozenset(wired)
    return frozenset(alive or entries)
