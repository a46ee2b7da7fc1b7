"""Does the firewall still let us in? Both configurations are asked about the same packet."""

from __future__ import annotations

from owtui.engine.configs.cutoff.firewall import Firewall, Packet, Ruling, name_of
from owtui.engine.configs.cutoff.model import Ip, Reason, Way
from owtui.engine.configs.cutoff.picture import Picture
from owtui.engine.configs.cutoff.scene import Scene, Side, label
from owtui.engine.openwrt.uci import Section

_OUTSIDE = ("/etc/nftables.d/", "/etc/firewall.user", "/usr/share/nftables.d/")
_FW4 = (22, 3)  # the first release with firewall4


def look(scene: Scene, before: Picture, after: Picture) -> list[Reason]:
    """Compare what becomes of the first packet of a new connection."""
    client = after.way.client
    old_packet, packet = packet_of(before), packet_of(after)
    if client is not None and client.is_loopback:
        return _outside(scene)
    if old_packet is None or packet is None:
        return _nowhere(scene) + _outside(scene)
    if packet == old_packet and not any(scene.changed(p) for p in ("firewall", "network")):
        return _outside(scene)
    old, new = firewall_of(before), firewall_of(after)
    reasons = _forwarded(old, new, old_packet, packet, before.way)
    was, now = old.rule(old_packet), new.rule(packet)
    if now.accepted:
        reasons += _open(was, now, packet)
    elif was.accepted and before.side.has("firewall"):
        reasons += _refused(was, now, packet, after, new)
    elif was.perhaps and before.side.has("firewall"):
        reasons += [] if was.perhaps <= now.perhaps else _refused(was, now, packet, after, new)
    else:
        reasons += _unexplained(scene, now, packet)
    return reasons + _outside(scene)


def _nowhere(scene: Scene) -> list[Reason]:
    if not scene.changed("firewall"):
        return []
    return [
        Reason(
            "doubt",
            "The firewall changes, and on which interface we come in cannot be told.",
            "firewall",
            hint="Poll the device, so that its addresses are known, and plan again.",
        )
    ]


def firewall_of(picture: Picture) -> Firewall:
    """The firewall of a picture, with the devices of its interfaces."""
    known = (picture.earlier or picture).network.ifaces
    seen = picture.scene.facts.interfaces
    devices = {i.network: i.name for i in seen if i.network and i.network not in known}
    devices |= {i.name: i.l3 for i in picture.network.ifaces.values()}
    return Firewall(picture.side, devices, picture.scene.release < _FW4)


def packet_of(picture: Picture) -> Packet | None:
    """The first packet of our connection; None where nobody knows how it comes in."""
    server, ingress = picture.way.server, picture.ingress
    if server is None or ingress is None:
        return None
    return Packet(ingress.l3, picture.way.client, server, picture.way.server_port)


def _whence(packet: Packet) -> str:
    client: Ip | None = packet.client
    return f"from {client} to port {packet.port}" if client else f"to port {packet.port}"


def _refused(
    was: Ruling, now: Ruling, packet: Packet, after: Picture, new: Firewall
) -> list[Reason]:
    """Not let in: by a rule, by the policy of the zone, or since no zone has the interface."""
    ingress = after.ingress
    name = ingress.name if ingress is not None else packet.device
    verb = "drops" if now.verdict == "drop" else "rejects"
    why, place, option = _culprit(was, now, name, new)
    return [
        Reason(
            "doubt" if now.perhaps else "certain",
            f"The firewall {verb} our connection {_whence(packet)}: {why}.",
            "firewall",
            label(place) if place is not None else "",
            option,
            "Let it in with a rule (src, proto tcp, dest_port, target ACCEPT), or leave it as it "
            "was.",
        )
    ]


def _culprit(
    was: Ruling, now: Ruling, iface: str, new: Firewall
) -> tuple[str, Section | None, str]:
    section = now.section
    if now.option == "target" and section is not None:
        return f"rule {name_of(section)}", section, "target"
    if was.option == "target" and was.section is not None:
        gone = f"rule {name_of(was.section)}, which let us in, no longer does"
        return gone, was.section, ""
    if now.zone:
        return f"input of zone {now.zone} is {now.verdict.upper()}", section, "input"
    if was.zone:
        same = next(
            (s for s in new.package.typed("zone") if s.get("name") == was.zone), was.section
        )
        return f"interface {iface} is in no zone any longer", same, "network"
    return f"the policy for input is {now.verdict.upper()}", section, "input"


def _unexplained(scene: Scene, now: Ruling, packet: Packet) -> list[Reason]:
    """We are in although the running rules, as they are read here, would not let us."""
    if not scene.changed("firewall"):
        return []
    section = now.section
    return [
        Reason(
            "doubt",
            f"By its configuration the firewall would not let us in {_whence(packet)}, neither now "
            "nor afterwards; something else does, or it does not run.",
            "firewall",
            label(section) if section is not None else "",
            hint="Check the rules by hand.",
        )
    ]


def _open(was: Ruling, now: Ruling, packet: Packet) -> list[Reason]:
    """Let in, unless a rule that was not there before takes us."""
    rules = [s for s in now.refusing if s.options not in [o.options for o in was.refusing]]
    return [
        Reason(
            "doubt",
            f"Rule {name_of(rule)} may keep us out {_whence(packet)}: whether its conditions "
            "(set, time, mark, MAC, limit) are met cannot be told.",
            "firewall",
            label(rule),
            hint="Put a rule before it that lets us in.",
        )
        for rule in rules[:1]
    ]


def _forwarded(
    old: Firewall, new: Firewall, old_packet: Packet, packet: Packet, way: Way
) -> list[Reason]:
    """Port forwardings: one that takes our packets, or one over which we come in."""
    taken = new.redirect(packet)
    was = old.redirect(old_packet)
    if taken is not None and was is None and not _to_itself(taken, packet):
        to = taken.get("dest_ip") or "another machine"
        return [
            Reason(
                "certain",
                f"Port forwarding {name_of(taken)} sends our connection {_whence(packet)} to {to}.",
                "firewall",
                label(taken),
                "src_dport",
                "Forward another port, or limit it with src_ip.",
            )
        ]
    if way.port == way.server_port or old_packet.port == way.port:
        return []
    outer = Packet(old_packet.device, old_packet.client, old_packet.server, way.port)
    used = old.redirect(outer)
    if used is None or used.get("dest_port", used.get("src_dport")) != str(way.server_port):
        return []
    still = new.redirect(Packet(packet.device, packet.client, packet.server, way.port))
    if still is not None and still.options == used.options:
        return []
    return [
        Reason(
            "certain" if still is None else "doubt",
            f"Port forwarding {name_of(used)}, over which we come in on port {way.port}, "
            f"{'is gone' if still is None else 'changes'}.",
            "firewall",
            label(used),
            "",
            "Keep it.",
        )
    ]


def _to_itself(section: Section, packet: Packet) -> bool:
    ip = section.get("dest_ip")
    port = section.get("dest_port", section.get("src_dport"))
    return ip in ("", str(packet.server)) and port == str(packet.port)


def _outside(scene: Scene) -> list[Reason]:
    """Rules that are not UCI: included files."""
    reasons = [
        Reason(
            "doubt",
            f"{path} {'changes' if scene.after.file(path) is not None else 'is removed'}: what its "
            "rules do to our connection cannot be told.",
            path,
            hint="Check the rules by hand.",
        )
        for path in sorted(scene.touched)
        if path.startswith(_OUTSIDE) or path in _included(scene.before) | _included(scene.after)
    ]
    old = [s.options for s in scene.before.typed("firewall", "include")]
    if old != [s.options for s in scene.after.typed("firewall", "include")]:
        reasons.append(
            Reason(
                "doubt",
                "The firewall includes other files than before: what their rules do to our "
                "connection cannot be told.",
                "firewall",
                "include",
                "path",
                "Check the rules by hand.",
            )
        )
    return reasons


def _included(side: Side) -> set[str]:
    return {s.get("path") for s in side.typed("firewall", "include")}
