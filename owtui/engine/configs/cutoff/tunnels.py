"""When our way leads through a tunnel: its two ends, and the way under it."""

from __future__ import annotations

from ipaddress import ip_address

from owtui.engine.configs.cutoff import gate, path, ports
from owtui.engine.configs.cutoff.firewall import Packet
from owtui.engine.configs.cutoff.model import Reason, ip_of
from owtui.engine.configs.cutoff.network import TUNNELS, Iface
from owtui.engine.configs.cutoff.picture import Picture
from owtui.engine.configs.cutoff.routes import network_of
from owtui.engine.configs.cutoff.scene import Scene, differing, flag, label
from owtui.engine.openwrt.uci import Section

_GUARDED = ("wireguard", "amneziawg")
_SAME = "Leave it as it was, or change the other end at the same time."
_NOBODY = ip_address("203.0.113.1")  # stands for an endpoint that is only a name
# Packages whose daemon makes a tunnel, and how its devices are called.
_DAEMONS = {
    "openvpn": ("tun", "tap", "ovpn"),
    "zerotier": ("zt",),
    "tailscale": ("tailscale",),
    "tinc": ("tinc", "tun"),
    "ipsec": ("ipsec", "xfrm"),
    "strongswan": ("ipsec", "xfrm"),
    "fastd": ("fastd", "mesh-vpn"),
    "sshtunnel": (),
    "autossh": (),
}
_REVERSE = ("sshtunnel", "autossh", "openvpn", "tailscale", "zerotier")


def look(scene: Scene, before: Picture, after: Picture) -> list[Reason]:
    """Judge each tunnel by which we may come in."""
    client = after.way.client
    if client is not None and client.is_loopback:
        return _reverse(scene)
    ingress = before.ingress
    if ingress is None:
        return []
    names = {ingress.l3} | {e.name for e in ports.candidates(scene, before, ingress)}
    reasons: list[Reason] = []
    for iface in before.network.ifaces.values():
        then = after.network.ifaces.get(iface.name)
        if iface.proto in TUNNELS and iface.l3 in names and then is not None:
            reasons += _tunnel(scene, before, after, iface, then)
    return reasons + _daemon(scene, names)


def _reverse(scene: Scene) -> list[Reason]:
    """We come from the device itself, out of a tunnel that it has opened."""
    changed = [p for p in (*_REVERSE, "network", "firewall") if scene.changed(p)]
    return [
        Reason(
            "doubt",
            f"We come in through a tunnel that the device opens itself, and {package} changes: "
            "whether the tunnel survives cannot be told.",
            package,
            hint="Check that the device still reaches the other end.",
        )
        for package in changed
    ]


def _tunnel(scene: Scene, before: Picture, after: Picture, old: Iface, then: Iface) -> list[Reason]:
    if old.proto not in _GUARDED or then.proto != old.proto:
        changed = differing(old.section, then.section, "metric", "dns", "peerdns")
        reasons = [_doubt(then, option) for option in changed[:1]]
        peer = then.section.get("peeraddr") or then.section.get("server") or "elsewhere"
        return reasons + _under(scene, before, after, peer)
    reasons = _own_end(before, old, then)
    was, now = _peer(before, old), _peer(after, then)
    if was is None:
        return reasons or _strange_peers(before, after, old, then)
    reasons += _far_end(before, after, then, was, now)
    endpoint = (now or was).get("endpoint_host")
    if not any(r.level == "certain" for r in reasons):
        reasons += _under(scene, before, after, endpoint or "elsewhere")
        reasons += [] if endpoint else _listening(before, after, old, then)
        reasons += _names(before, after, endpoint)
    return reasons


def _doubt(then: Iface, option: str) -> Reason:
    return Reason(
        "doubt",
        f"Option {option} of {then.proto} interface {then.name} changes, and our way leads through "
        "it: whether the other end takes it cannot be told.",
        "network",
        then.name,
        option,
        _SAME,
    )


def _own_end(before: Picture, old: Iface, then: Iface) -> list[Reason]:
    """The interface itself: its key, and the port where it is called."""
    if old.section.get("private_key") != then.section.get("private_key"):
        return [
            Reason(
                "certain",
                f"WireGuard interface {then.name}, through which we come in, gets another private "
                "key: its peers do not know it.",
                "network",
                then.name,
                "private_key",
                _SAME,
            )
        ]
    listen = then.section.get("listen_port", "0")
    if not listen.isdigit() or int(listen) > 65535:
        return [
            Reason(
                "certain",
                f"`{listen}` is no port: WireGuard interface {then.name}, through which we come "
                "in, does not come up.",
                "network",
                then.name,
                "listen_port",
                "Correct the value.",
            )
        ]
    was = _peer(before, old)
    port = differing(old.section, then.section, *set(old.section.options) - {"listen_port"})
    if "listen_port" in port and was is not None and not was.get("endpoint_host"):
        return [
            Reason(
                "certain",
                f"WireGuard interface {then.name} listens on port "
                f"{then.section.get('listen_port') or 'any'} and no longer on "
                f"{old.section.get('listen_port')}, where its peer calls it.",
                "network",
                then.name,
                "listen_port",
                _SAME,
            )
        ]
    changed = [o for o in ("fwmark", "tunlink", "nohostroute") if _differs(old, then, o)]
    return [_doubt(then, option) for option in changed[:1]]


def _differs(old: Iface, then: Iface, option: str) -> bool:
    return old.section.get(option) != then.section.get(option)


def _peer(picture: Picture, iface: Iface) -> Section | None:
    """The peer behind which we are: the narrowest of its networks that has our address."""
    client = picture.way.client
    best: tuple[int, Section] | None = None
    for peer in picture.network.package.typed(f"{iface.proto}_{iface.name}"):
        if flag(peer, "disabled", False):
            continue
        for word in peer.words("allowed_ips"):
            net = network_of(word)
            inside = net is not None and client is not None and net.version == client.version
            if net is None or not inside or client not in net:
                continue
            if best is None or net.prefixlen > best[0]:
                best = (net.prefixlen, peer)
    return best[1] if best is not None else None


def _strange_peers(before: Picture, after: Picture, old: Iface, then: Iface) -> list[Reason]:
    """No peer has our address now, so that which of them carries us is not known."""
    kinds = [f"{i.proto}_{i.name}" for i in (old, then)]
    peers = [p.network.package.typed(k) for p, k in zip((before, after), kinds, strict=True)]
    if [p.options for p in peers[0]] == [p.options for p in peers[1]]:
        return []
    return [
        Reason(
            "doubt",
            f"Peers of {then.name}, through which we come in, change, and none of them has our "
            "address: whether the tunnel survives cannot be told.",
            "network",
            kinds[1],
            hint=_SAME,
        )
    ]


def _far_end(
    before: Picture, after: Picture, then: Iface, was: Section, now: Section | None
) -> list[Reason]:
    client = after.way.client
    key = was.get("public_key")
    if now is None or now.get("public_key") != key:
        return [_lost_peer(after, then, was, now)]
    if now.get("preshared_key") != was.get("preshared_key"):
        what, option = "gets another preshared key", "preshared_key"
        level = "certain"
    elif not now.get("endpoint_host") and was.get("endpoint_host"):
        what, option = "loses its endpoint, so that the device no longer calls it", "endpoint_host"
        level = "doubt"
    else:
        names = ("endpoint_host", "endpoint_port", "persistent_keepalive")
        changed = [o for o in names if now.get(o) != was.get(o)]
        alive = now.get(names[2])
        if not changed or (changed == [names[2]] and alive.isdigit() and alive != "0"):
            return []
        what, option, level = f"gets another {changed[0]}", changed[0], "doubt"
    return [
        Reason(
            "certain" if level == "certain" else "doubt",
            f"The peer of {then.name} behind which we are ({client}) {what}.",
            "network",
            label(now),
            option,
            _SAME,
        )
    ]


def _lost_peer(after: Picture, then: Iface, was: Section, now: Section | None) -> Reason:
    client = after.way.client
    kind = f"{then.proto}_{then.name}"
    peers = after.network.package.typed(kind)
    same = next((p for p in peers if p.get("public_key") == was.get("public_key")), None)
    if same is None:
        sentence = f"The peer of {then.name} behind which we are ({client}) is removed or gets"
        return Reason(
            "certain",
            f"{sentence} another key.",
            "network",
            label(was),
            "public_key",
            _SAME,
        )
    if flag(same, "disabled", False):
        what, option = "is switched off", "disabled"
    else:
        owner = f"; another peer has it: {label(now)}" if now is not None else ""
        what, option = f"no longer has our address in allowed_ips{owner}", "allowed_ips"
    return Reason(
        "certain",
        f"The peer of {then.name} behind which we are ({client}) {what}.",
        "network",
        label(same),
        option,
        f"Keep {client} in its allowed_ips." if option == "allowed_ips" else "Leave it on.",
    )


# -- under the tunnel -------------------------------------------------------------------------


def _under(scene: Scene, before: Picture, after: Picture, far: str) -> list[Reason]:
    """The way to the other end: its route, and the interface that carries it."""
    outer = ip_of(far) or _NOBODY
    reasons = [_below(r) for r in path.back(before, after, outer, f"the other end ({far})")]
    route, now = before.routes.to(outer), after.routes.to(outer)
    if route is None or now is None or any(r.level == "certain" for r in reasons):
        return reasons
    old, then = (p.network.ifaces.get(r.iface) for p, r in ((before, route), (after, now)))
    if old is None or then is None or old.proto in TUNNELS:
        return reasons
    return reasons + [_below(r) for r in ports.look(scene, before, after, old, then)]


def _below(reason: Reason) -> Reason:
    return Reason(
        reason.level,
        f"Under the tunnel through which we come in: {reason.sentence}",
        reason.package,
        reason.section,
        reason.option,
        reason.hint,
    )


def _names(before: Picture, after: Picture, endpoint: str) -> list[Reason]:
    """An endpoint that is a name is looked up anew when the tunnel comes up."""
    if not endpoint or ip_of(endpoint) is not None:
        return []
    for name, old in before.network.ifaces.items():
        then = after.network.ifaces.get(name)
        changed = [o for o in ("dns", "peerdns") if then is not None and _differs(old, then, o)]
        if changed:
            return [
                Reason(
                    "doubt",
                    f"Our tunnel leads to {endpoint}, and the name servers of interface {name} "
                    "change: whether the name is found cannot be told.",
                    "network",
                    name,
                    changed[0],
                    "Make sure that the new servers know the name.",
                )
            ]
    return []


def _listening(before: Picture, after: Picture, old: Iface, then: Iface) -> list[Reason]:
    """A peer without an endpoint calls us: its packets must come through the firewall."""
    port = then.section.get("listen_port")
    route = after.routes.to(_NOBODY)
    carrier = after.network.ifaces.get(route.iface) if route is not None else None
    if carrier is None or not port.isdigit():
        return []
    packet = Packet(carrier.l3, None, _NOBODY, int(port), "udp")
    was = gate.firewall_of(before).rule(packet)
    now = gate.firewall_of(after).rule(packet)
    if not was.accepted or now.accepted:
        return []
    return [
        Reason(
            "certain",
            f"The firewall no longer lets in the calls of the peer to port {port} (UDP) on "
            f"interface {carrier.name}, and we come in through that tunnel.",
            "firewall",
            label(now.section) if now.section is not None else "",
            now.option,
            "Keep the rule for that port.",
        )
    ]


# -- daemons ----------------------------------------------------------------------------------


def _daemon(scene: Scene, names: set[str]) -> list[Reason]:
    """Tunnels that a daemon makes, which has a configuration of its own."""
    reasons = []
    for package, prefixes in _DAEMONS.items():
        mine = sorted(n for n in names if n.startswith(prefixes)) if prefixes else []
        if mine and scene.changed(package):
            reasons += _daemon_changed(scene, package, mine[0])
        folder = f"/etc/{package}/"
        files = [p for p in sorted(scene.touched) if p.startswith(folder)]
        if mine and files:
            reasons.append(
                Reason(
                    "doubt",
                    f"{files[0]} changes, and we come in through {mine[0]}: whether {package} "
                    "still connects cannot be told.",
                    files[0],
                    hint=_SAME,
                )
            )
    return reasons


def _daemon_changed(scene: Scene, package: str, device: str) -> list[Reason]:
    old = _instance(scene.before.package(package).sections, device)
    new = _instance(scene.after.package(package).sections, device)
    if old is not None and _runs(old) and (new is None or not _runs(new)):
        return [
            Reason(
                "certain",
                f"{package} no longer runs {label(old)}, and we come in through its {device}.",
                package,
                label(old),
                "enabled" if new is not None else "",
                "Leave it on.",
            )
        ]
    if old is not None and new is not None and not differing(old, new):
        return []
    return [
        Reason(
            "doubt",
            f"{package} changes, and we come in through its {device}: whether it still connects "
            "cannot be told.",
            package,
            label(new) if new is not None else "",
            hint=_SAME,
        )
    ]


def _instance(sections: tuple[Section, ...], device: str) -> Section | None:
    """The section that makes a device; the only one where none names it."""
    named = [s for s in sections if s.get("dev") and device.startswith(s.get("dev"))]
    running = [s for s in sections if _runs(s)]
    return named[0] if named else running[0] if len(running) == 1 else None


def _runs(section: Section) -> bool:
    return flag(section, "enabled", False) or flag(section, "enable", False)
