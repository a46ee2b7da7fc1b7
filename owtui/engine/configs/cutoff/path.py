"""Do the answers of the device still find the way to us?"""

from __future__ import annotations

from owtui.engine.configs.cutoff.model import Ip, Reason
from owtui.engine.configs.cutoff.picture import Picture
from owtui.engine.configs.cutoff.routes import Route
from owtui.engine.configs.cutoff.scene import Scene, label

_JUDGES = ("mwan3", "pbr", "vpn-policy-routing", "banip")
_ROUTING = ("babeld", "olsrd", "olsrd2", "bird", "frr", "batman-adv", "bmx7")


def look(scene: Scene, before: Picture, after: Picture) -> list[Reason]:
    """Judge the way of the answers."""
    client = after.way.client
    reasons = back(before, after, client) if client is not None else []
    return reasons + _policies(scene, before)


def back(before: Picture, after: Picture, client: Ip) -> list[Reason]:
    """Compare the routes of our answers."""
    old, then = before.routes.to(client), after.routes.to(client)
    if client.is_link_local:
        old, then = before.reply, after.reply
    if old is None or old.refuses:
        return []  # answers find us in a way that the configuration does not tell
    if then is None:
        return [_no_way(before, after, old, client)]
    if _neighbour(old) and not _neighbour(then) and then.iface != old.iface:
        return [_moved_off(after, old, then, client)]
    if then.refuses:
        return [
            Reason(
                "certain",
                f"A route of type {then.section.get('type')} to {then.to} covers {client}: the "
                "answers to us are thrown away.",
                "network",
                label(then.section),
                "target",
                "Take our address out of that route.",
            )
        ]
    if then.iface != old.iface and then.to.prefixlen > 0 and then.to != old.to:
        return _other_iface(before, after, old, then, client)
    if then.iface != old.iface and then.to.prefixlen > 0 and then.metric == old.metric:
        return _rivals(before, after, old, then, client)
    return _gateway(before, after, old, then, client)


def _neighbour(route: Route) -> bool:
    return route.gateway is None and route.to.prefixlen > 0 and not route.option


def _moved_off(after: Picture, old: Route, then: Route, client: Ip) -> Reason:
    """We were a neighbour; another interface takes the answers instead."""
    iface = after.network.ifaces.get(old.iface)
    if then.to.prefixlen > 0 and iface is not None and iface.on_link(client):
        return _taken(old, then, client)
    mask = iface is not None and bool(iface.section.get("netmask"))
    what = "is removed" if iface is None else "is switched off" if iface.off else ""
    return Reason(
        "certain",
        f"Interface {old.iface} {what}: the answers to {client} leave by interface {then.iface}."
        if what
        else f"{client}, from where we come, is no longer in a network of interface {old.iface}: "
        f"the answers leave by interface {then.iface}.",
        "network",
        old.iface,
        "" if what else "netmask" if mask else "ipaddr" if client.version == 4 else "ip6addr",
        f"Keep {old.to} on interface {old.iface}.",
    )


def _rivals(before: Picture, after: Picture, old: Route, then: Route, client: Ip) -> list[Reason]:
    """Two interfaces in one network: the kernel takes the route that came first."""
    if _shared(before, after, old.iface, then.iface):
        return []
    return [
        Reason(
            "doubt",
            f"Interfaces {old.iface} and {then.iface} are both in {then.to}: by which of them the "
            f"answers to {client} leave cannot be told.",
            "network",
            label(then.section),
            then.option or "ipaddr",
            "Give each interface a network of its own.",
        )
    ]


def _no_way(before: Picture, after: Picture, old: Route, client: Ip) -> Reason:
    iface = after.network.ifaces.get(old.iface)
    option = old.option or ("ipaddr" if client.version == 4 else "ip6addr")
    name = label(old.section)
    if iface is None or iface.off:
        return Reason(
            "certain",
            f"Interface {old.iface}, over which the answers find us, is "
            f"{'removed' if iface is None else 'switched off'}.",
            "network",
            old.iface,
            iface.off if iface is not None else "",
            "Keep that interface.",
        )
    if after.way.server != before.way.server and before.on_link:
        return Reason(
            "doubt",
            f"{client}, from where we come, is in none of the device's networks afterwards, and it "
            "has no route to us.",
            "network",
            name,
            option,
            "Give this machine an address in the device's new network.",
        )
    if old.gateway is None and old.to.prefixlen > 0 and not old.option:
        option = "netmask" if iface.section.get("netmask") else option
        return Reason(
            "certain",
            f"{client}, from where we come, is no longer in a network of interface {old.iface}, "
            "and there is no route to it: the answers do not find us.",
            "network",
            name,
            option,
            f"Keep {old.to}, or give the device a gateway.",
        )
    gateway = iface.section.get(option) if option in ("gateway", "ip6gw") else ""
    lost = f"gateway {old.gateway}" if old.gateway else f"the route to {old.to}"
    why = f": {gateway} is in none of its networks" if gateway else ""
    return Reason(
        "certain",
        f"Interface {old.iface} loses {lost}{why}; the answers do not find {client}, from where "
        "we come.",
        "network",
        name,
        option,
        f"Keep {lost}, or add a route to {client}.",
    )


def _other_iface(
    before: Picture, after: Picture, old: Route, then: Route, client: Ip
) -> list[Reason]:
    """A network nearer than the one we are in now takes our answers elsewhere."""
    if _shared(before, after, old.iface, then.iface):
        return []
    return [_taken(old, then, client)]


def _taken(old: Route, then: Route, client: Ip) -> Reason:
    return Reason(
        "certain",
        f"{then.to} on interface {then.iface} covers {client}, from where we come: the answers "
        f"leave there and no longer on {old.iface}.",
        "network",
        label(then.section),
        then.option or ("ipaddr" if client.version == 4 else "ip6addr"),
        "Choose a network that does not cover our address.",
    )


def _shared(before: Picture, after: Picture, old: str, then: str) -> bool:
    """True when both interfaces are reached by a common port or radio."""
    one, two = before.network.ifaces.get(old), after.network.ifaces.get(then)
    if one is None or two is None:
        return False
    if one.name == two.name:
        return True
    return bool(before.entries(one) & after.entries(two))


def _gateway(before: Picture, after: Picture, old: Route, then: Route, client: Ip) -> list[Reason]:
    far = old.to.prefixlen == 0 or old.gateway is not None
    near = _neighbour(then)
    place = ("network", label(then.section), then.option or "netmask")
    if far and near and then.iface in (old.iface, before.ingress and before.ingress.name):
        return [
            Reason(
                "certain",
                f"{then.to} covers {client}, from where we come: the device takes us for a "
                "neighbour and no longer sends its answers over the gateway.",
                *place,
                "Correct the netmask.",
            )
        ]
    if then.iface != old.iface and not _shared(before, after, old.iface, then.iface):
        if before.ingress is not None and before.ingress.name != old.iface:
            return []
        return [
            Reason(
                "certain",
                f"The answers to {client} leave by interface {then.iface} and no longer by "
                f"{old.iface}, over which we come in.",
                *place,
                f"Keep the route over {old.iface} the better one (metric).",
            )
        ]
    if then.gateway is not None and then.gateway != old.gateway and (far or old.gateway is None):
        return [
            Reason(
                "doubt",
                f"The answers to {client} go over {then.gateway}{_instead(old)}: whether that "
                "leads to us cannot be told.",
                *place,
                "Make sure that it is a router and knows the way to us.",
            )
        ]
    return []


def _instead(old: Route) -> str:
    if old.gateway is not None:
        return f" instead of {old.gateway}"
    return "" if old.to.prefixlen == 0 else ", no longer straight to us"


def _policies(scene: Scene, before: Picture) -> list[Reason]:
    """Routing that this model does not follow: rules, policies, routing daemons."""
    if before.on_link:
        return []
    reasons = []
    for kind in ("rule", "rule6"):
        old = [s.options for s in scene.before.typed("network", kind)]
        if old != [s.options for s in scene.after.typed("network", kind)]:
            reasons.append(
                Reason(
                    "doubt",
                    "Rules of policy routing change: which way the answers go cannot be told.",
                    "network",
                    kind,
                    hint="Check that our address is not covered.",
                )
            )
    names = (*_JUDGES, *_ROUTING)
    for name in (n for n in names if scene.changed(n)):
        reasons.append(
            Reason(
                "doubt",
                f"{name} changes, which takes part in the way of our packets.",
                name,
                hint="Check that our address is not affected.",
            )
        )
    return reasons
