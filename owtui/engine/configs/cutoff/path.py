"""Do the answers of the device still find the way to us?"""

from __future__ import annotations

from owtui.engine.configs.cutoff.links import ours
from owtui.engine.configs.cutoff.model import Ip, Reason
from owtui.engine.configs.cutoff.network import Iface
from owtui.engine.configs.cutoff.picture import Picture
from owtui.engine.configs.cutoff.routes import Route, network_of
from owtui.engine.configs.cutoff.scene import Scene, label
from owtui.engine.openwrt.uci import Section

_JUDGES = ("mwan3", "pbr", "vpn-policy-routing", "banip")
_ROUTING = ("babeld", "olsrd", "olsrd2", "bird", "frr", "batman-adv", "bmx7")


def look(scene: Scene, before: Picture, after: Picture) -> list[Reason]:
    """Judge the way of the answers."""
    client = after.way.client
    if client is None:
        return _strangers(before, after) + _policies(scene, before)
    return back(before, after, client, f"us ({client})") + _policies(scene, before)


def _strangers(before: Picture, after: Picture) -> list[Reason]:
    """From where we come is not known: no route may change."""
    old, new = ({(r.to, r.iface, r.gateway) for r in p.routes.all} for p in (before, after))
    if old == new or before.home is None:
        return []
    lost = sorted(old - new, key=str) or sorted(new - old, key=str)
    return [
        Reason(
            "doubt",
            f"Routes change ({lost[0][0]} on interface {lost[0][1]}), and from where we come is "
            "not known: whether the answers find us cannot be told.",
            "network",
            lost[0][1],
            hint="Connect over SSH, where the device tells from where we come.",
        )
    ]


def back(before: Picture, after: Picture, client: Ip, whom: str) -> list[Reason]:
    """Compare the routes of the answers; `whom` is how the sentences call the address."""
    old, then = before.routes.to(client), after.routes.to(client)
    if client.is_link_local:
        old, then = before.reply, after.reply
    if old is None or old.refuses:
        return []  # answers find us in a way that the configuration does not tell
    if then is None:
        return [_no_way(after, old, whom)]
    if then.refuses:
        return [_thrown_away(then, whom)]
    rival = _rival(before, after, then)
    if rival is not None:
        return [_both(then, rival, whom)]
    if then.iface == old.iface or _shared(before, after, old.iface, then.iface):
        return _gateway(old, then, whom)
    if before.ingress is not None and before.ingress.name != old.iface and _far(old):
        return []  # answers leave elsewhere than we come in already now
    return [_elsewhere(after, old, then, client, whom)]


def _far(route: Route) -> bool:
    return route.to.prefixlen == 0 or route.gateway is not None


def _neighbour(route: Route) -> bool:
    return route.gateway is None and route.to.prefixlen > 0 and not route.option


def _option(route: Route) -> str:
    return route.option or ("ipaddr" if route.to.version == 4 else "ip6addr")


def _mask(iface: Iface, route: Route) -> str:
    has = route.to.version == 4 and iface.section.get("netmask")
    return "netmask" if has and not route.option else _option(route)


def _shared(before: Picture, after: Picture, old: str, then: str) -> bool:
    """True when both interfaces are reached by a port or radio of ours."""
    one, two = before.network.ifaces.get(old), after.network.ifaces.get(then)
    if one is None or two is None:
        return False
    mine = ours(before.scene, before.entries(one), before.on_link)
    return bool(mine & after.entries(two))


def _rival(before: Picture, after: Picture, then: Route) -> Route | None:
    """Another interface in the same network, new, without a port in common."""
    if then.to.prefixlen == 0:
        return None
    known = {(r.iface, r.to) for r in before.routes.all}
    for route in after.routes.all:
        same = route.to == then.to and route.metric == then.metric and not route.refuses
        if (
            not same
            or route.iface == then.iface
            or {(r.iface, r.to) for r in (route, then)} <= known
        ):
            continue
        if not _shared(before, after, then.iface, route.iface):
            return route
    return None


def _both(then: Route, rival: Route, whom: str) -> Reason:
    return Reason(
        "doubt",
        f"Interfaces {then.iface} and {rival.iface} are both in {then.to}: by which of them the "
        f"answers to {whom} leave cannot be told.",
        "network",
        label(rival.section),
        _option(rival),
        "Give each interface a network of its own.",
    )


def _thrown_away(then: Route, whom: str) -> Reason:
    return Reason(
        "certain",
        f"A route of type {then.section.get('type')} to {then.to} covers {whom}: the answers are "
        "thrown away.",
        "network",
        label(then.section),
        "target",
        "Take that address out of the route.",
    )


def _no_way(after: Picture, old: Route, whom: str) -> Reason:
    iface = after.network.ifaces.get(old.iface)
    if iface is None or iface.off:
        return _down(iface, old, whom, "")
    if _neighbour(old):
        return Reason(
            "certain",
            f"Interface {old.iface} no longer has a network with {whom} in it, and there is no "
            "other route: the answers find no way.",
            "network",
            label(old.section),
            _mask(iface, old),
            f"Keep {old.to}, or give the device a gateway.",
        )
    gateway = iface.section.get(old.option) if old.option in ("gateway", "ip6gw") else ""
    lost = f"gateway {old.gateway}" if old.gateway else f"the route to {old.to}"
    why = f" ({gateway} is in none of its networks)" if gateway else ""
    return Reason(
        "certain",
        f"Interface {old.iface} loses {lost}{why}: the answers to {whom} find no way.",
        "network",
        label(old.section),
        old.option,
        f"Keep {lost}.",
    )


def _down(iface: Iface | None, old: Route, whom: str, then: str) -> Reason:
    what = "removed" if iface is None else "switched off"
    return Reason(
        "certain",
        f"Interface {old.iface}, over which the answers to {whom} leave, is {what}{then}.",
        "network",
        old.iface,
        iface.off if iface is not None else "",
        "Keep that interface.",
    )


def _elsewhere(after: Picture, old: Route, then: Route, client: Ip, whom: str) -> Reason:
    """The answers leave by another interface, which shares no port with ours."""
    iface = after.network.ifaces.get(old.iface)
    leave = f"the answers leave by interface {then.iface} and no longer by {old.iface}"
    if iface is None or iface.off:
        return _down(iface, old, whom, f": they leave by interface {then.iface}")
    if then.to.prefixlen > 0 and any(client in a.network for a in after.addresses(iface)):
        return _covered(then, whom, leave)
    if _neighbour(old):
        return Reason(
            "certain",
            f"Interface {old.iface} no longer has a network with {whom} in it: {leave}.",
            "network",
            old.iface,
            _mask(iface, old),
            f"Keep {old.to} on interface {old.iface}.",
        )
    if then.to.prefixlen > 0:
        return _covered(then, whom, leave)
    if after.routes.to(client, old.iface) is None:
        lost = f"gateway {old.gateway}" if old.gateway else f"the route to {old.to}"
        return Reason(
            "certain",
            f"Interface {old.iface} loses {lost}: {leave}.",
            "network",
            label(old.section),
            old.option,
            f"Keep {lost}.",
        )
    return Reason(
        "certain",
        f"The way to {whom} changes: {leave}.",
        "network",
        label(then.section),
        then.option or "metric",
        f"Keep the route over {old.iface} the better one.",
    )


def _covered(then: Route, whom: str, leave: str) -> Reason:
    return Reason(
        "certain",
        f"{then.to} on interface {then.iface} covers {whom}: {leave}.",
        "network",
        label(then.section),
        _option(then),
        "Choose a network that does not cover that address.",
    )


def _gateway(old: Route, then: Route, whom: str) -> list[Reason]:
    """The answers leave as before; straight, or over which gateway?"""
    place = ("network", label(then.section), then.option or "netmask")
    if _far(old) and _neighbour(then):
        return [
            Reason(
                "certain",
                f"{then.to} covers {whom}: the device takes that address for a neighbour and no "
                "longer sends its answers over the gateway.",
                *place,
                "Correct the netmask.",
            )
        ]
    if then.gateway is None or then.gateway == old.gateway:
        return []
    instead = f" instead of {old.gateway}" if old.gateway is not None else ""
    straight = ", no longer straight" if _neighbour(old) else ""
    return [
        Reason(
            "doubt",
            f"The answers to {whom} go over {then.gateway}{instead}{straight}: whether that leads "
            "there cannot be told.",
            *place,
            "Make sure that it is a router and knows the way.",
        )
    ]


# -- what the main table does not tell --------------------------------------------------------


def _policies(scene: Scene, before: Picture) -> list[Reason]:
    """Rules that send our answers to other tables, and daemons that write routes."""
    reasons = []
    for kind in ("rule", "rule6"):
        sides = (scene.before, scene.after)
        old, new = (
            [s.options for s in _ruling(side.typed("network", kind), before)] for side in sides
        )
        if old != new:
            reasons.append(
                Reason(
                    "doubt",
                    "Rules of policy routing that cover our answers change: which way they go "
                    "cannot be told.",
                    "network",
                    kind,
                    hint="Take our address out of them.",
                )
            )
    reasons += _tables(before, scene)
    if before.on_link:
        return reasons
    for name in (n for n in (*_JUDGES, *_ROUTING) if scene.changed(n)):
        reasons.append(
            Reason(
                "doubt",
                f"{name} changes, which takes part in the way of our packets.",
                name,
                hint="Check that our address is not affected.",
            )
        )
    return reasons


def _tables(before: Picture, scene: Scene) -> list[Reason]:
    """An interface of ours that moves its routes to another table."""
    iface = before.ingress
    then = scene.after.package("network").section(iface.name) if iface is not None else None
    if iface is None or then is None:
        return []
    changed = [o for o in ("ip4table", "ip6table") if iface.section.get(o) != then.get(o)]
    return [
        Reason(
            "doubt",
            f"Interface {iface.name}, over which we come in, puts its routes into another table: "
            "which way the answers go cannot be told.",
            "network",
            iface.name,
            option,
            "Leave the table as it is.",
        )
        for option in changed[:1]
    ]


def _ruling(sections: tuple[Section, ...], picture: Picture) -> list[Section]:
    """The rules that an answer of the device itself to us could meet."""
    ends = (("src", picture.way.server), ("dest", picture.way.client))
    found = []
    for section in sections:
        nets = [(network_of(section.get(o)), ip) for o, ip in ends if section.get(o)]
        missed = any(n is not None and ip is not None and ip not in n for n, ip in nets)
        if not missed and not section.get("in") and not section.get("mark"):
            found.append(section)
    return found
