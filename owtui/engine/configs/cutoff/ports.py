"""Do our packets still come in: ports, VLANs, radios and devices under the interface?"""

from __future__ import annotations

from dataclasses import replace

from owtui.engine.configs.cutoff import wireless
from owtui.engine.configs.cutoff.links import Entry, ours
from owtui.engine.configs.cutoff.model import Reason
from owtui.engine.configs.cutoff.network import Iface
from owtui.engine.configs.cutoff.picture import Picture
from owtui.engine.configs.cutoff.scene import Scene, flag, label
from owtui.engine.openwrt.uci import Section

_SMALLEST = {4: 576, 6: 1280}
_LARGEST = 9216


def look(scene: Scene, before: Picture, after: Picture, old: Iface, then: Iface) -> list[Reason]:
    """Compare the ports and radios by which an interface is reached, and their devices."""
    return [*_ways(scene, before, after, old, then), *_devices(before, after, then)]


def candidates(scene: Scene, before: Picture, iface: Iface) -> frozenset[Entry]:
    """The ports, radios and tunnels by which we may come in now."""
    return ours(scene, before.entries(iface), before.on_link)


def _ways(scene: Scene, before: Picture, after: Picture, old: Iface, then: Iface) -> list[Reason]:
    mine = candidates(scene, before, old)
    trail = before.links.trail
    has = after.entries(then)
    if not mine:
        return _unexplained(scene, old) if not has else []
    bridged = after.links.is_bridge(then.lower)
    lost: set[Entry] = set()
    reasons = _crowded(old, then, has)
    for entry in sorted(mine, key=str):
        if entry.air is not None:
            found = wireless.compare(scene, entry, has, then, bridged)
            reasons += found
            lost |= {entry} if any(r.level == "certain" for r in found) else set()
        elif entry not in has:
            lost.add(entry)
    left = ", ".join(sorted(str(e) for e in mine - lost))
    wired = {e for e in lost if e.air is None}
    if wired:
        place = _place(trail, after.network.package.sections)
        reasons.append(_unplugged(then, wired, place, not left))
    if not lost or not left:
        return reasons
    maybe = f"; whether we come in there or over {left} cannot be told."
    return [
        replace(r, level="doubt", sentence=r.sentence.rstrip(".") + maybe)
        if r.level == "certain"
        else r
        for r in reasons
    ]


def _crowded(old: Iface, then: Iface, has: frozenset[Entry]) -> list[Reason]:
    """[netifd interface.c] Without a bridge an interface takes the radio that is up first."""
    airs = [e for e in has if e.air is not None]
    if then.lower or not old.lower or len(airs) < 2:
        return []
    return [
        Reason(
            "doubt",
            f"Interface {then.name} loses its device and has {len(airs)} wireless interfaces, of "
            "which it takes in only one: whether that is ours cannot be told.",
            "network",
            then.name,
            "device",
            "Keep the bridge.",
        )
    ]


def _place(old: list[Section], new: tuple[Section, ...]) -> Section | None:
    """The first section on the way that is not as it was."""
    for section in old:
        if any(s.type == section.type and s.options == section.options for s in new):
            continue
        same = [s for s in new if s.type == section.type and _alike(s, section)]
        return same[0] if same else section
    return None


def _alike(one: Section, two: Section) -> bool:
    if one.type == "device":
        return one.get("name") == two.get("name")
    return label(one) == label(two)


_WRITTEN = {
    "device": "ports",
    "bridge-vlan": "ports",
    "switch_vlan": "ports",
    "switch": "enable_vlan",
    "interface": "device",
}


def _unplugged(iface: Iface, lost: set[Entry], place: Section | None, all_: bool) -> Reason:
    names = ", ".join(sorted(str(e) for e in lost))
    section = place if place is not None else iface.section
    return Reason(
        "certain",
        f"Interface {iface.name} is no longer reached by {names}"
        f"{', by which we come in' if all_ else ''}.",
        "network",
        label(section),
        _WRITTEN.get(section.type, ""),
        "Leave ports and VLANs on our way as they are.",
    )


def _unexplained(scene: Scene, iface: Iface) -> list[Reason]:
    """No port leads to the interface already now: the model knows too little."""
    if not (scene.changed("network") or scene.changed("wireless")):
        return []
    return [
        Reason(
            "doubt",
            f"By which port interface {iface.name} is reached cannot be told from its "
            "configuration, which changes.",
            "network",
            iface.name,
            hint="Check the change by hand.",
        )
    ]


# -- devices ----------------------------------------------------------------------------------


def _devices(before: Picture, after: Picture, then: Iface) -> list[Reason]:
    after.entries(then)
    sections = {id(s): s for s in after.links.trail if s.type in ("interface", "device")}
    return [reason for s in sections.values() for reason in _device(before, after, s)]


def _device(before: Picture, after: Picture, section: Section) -> list[Reason]:
    old = _same(before, section)
    if section.get("proto") == "batadv" and old is not None:
        return _mesh(old, section)
    server = after.way.server
    version = server.version if server is not None else 4
    mtu = section.get("mtu")
    name = section.get("name") or label(section)
    place = ("network", label(section))
    if (
        version == 6
        and not flag(section, "ipv6", True)
        and (old is None or flag(old, "ipv6", True))
    ):
        return [
            Reason(
                "certain",
                f"IPv6 is switched off on {name}, and we come in over IPv6.",
                *place,
                "ipv6",
                "Leave it on.",
            )
        ]
    if old is None or old.get("mtu") != mtu:
        found = _mtu(mtu, version, name, place)
        if found is not None:
            return [found]
    if flag(section, "auth", False) and (old is None or not flag(old, "auth", False)):
        return [
            Reason(
                "doubt",
                f"{name} lets nobody in before 802.1X has admitted him.",
                *place,
                "auth",
                "Leave it off on the port by which we come in.",
            )
        ]
    return []


def _mesh(old: Section, section: Section) -> list[Reason]:
    """batman-adv: nodes understand only those of the same algorithm."""
    was, now = (s.get("routing_algo", "BATMAN_IV") for s in (old, section))
    if was == now:
        return []
    return [
        Reason(
            "certain" if now in ("BATMAN_IV", "BATMAN_V") else "doubt",
            f"batman-adv goes from {was} to {now}: the other nodes of the mesh, over which we come "
            "in, do not understand it.",
            "network",
            label(section),
            "routing_algo",
            "Change all nodes at once, in one rollout, or leave it.",
        )
    ]


def _mtu(mtu: str, version: int, name: str, place: tuple[str, str]) -> Reason | None:
    size = int(mtu) if mtu.isdigit() else 1500
    if version == 6 and size < _SMALLEST[6]:
        return Reason(
            "certain",
            f"{name} gets an MTU of {size}: below 1280 there is no IPv6, over which we come in.",
            *place,
            "mtu",
            "Use 1280 or more.",
        )
    if not _SMALLEST[4] <= size <= _LARGEST:
        return Reason(
            "doubt",
            f"{name} gets an MTU of {size}, with which the way in may not work.",
            *place,
            "mtu",
            "Use a value from 576 to 9216; Ethernet has 1500.",
        )
    return None


def _same(before: Picture, section: Section) -> Section | None:
    """The section of the running configuration that this one comes from."""
    name = section.get("name")
    if section.type == "device" and name:
        return before.network.devices.get(name)
    return next((s for s in before.network.package.sections if label(s) == label(section)), None)
