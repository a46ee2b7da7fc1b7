"""Who gives us our own address, and who knows the name that we dial?

The device may be our DHCP server: then a change of its pool can take our address away. Where it is
dialled by a name, the name can be one that follows its hostname.
"""

from __future__ import annotations

from owtui.engine.configs.cutoff.model import Reason, ip_of
from owtui.engine.configs.cutoff.network import Iface
from owtui.engine.configs.cutoff.picture import Picture
from owtui.engine.configs.cutoff.scene import Scene, Side, flag, label
from owtui.engine.openwrt.uci import Section


def look(scene: Scene, before: Picture, after: Picture) -> list[Reason]:
    """Judge the DHCP server and the name of the device."""
    reasons = _name(scene)
    ingress = before.ingress
    if ingress is None or not before.on_link or not scene.changed("dhcp"):
        return reasons
    old = _gives(scene.before, ingress, before)
    if old is None or _gives(scene.after, ingress, after) is not None:
        return reasons
    reasons.append(
        Reason(
            "doubt",
            f"The device gives away {before.way.client}, from where we come, on interface "
            f"{ingress.name}, and afterwards it does not: this machine may lose it.",
            "dhcp",
            label(old),
            hint="Give this machine a fixed address first.",
        )
    )
    return reasons


def _gives(side: Side, iface: Iface, picture: Picture) -> Section | None:
    """The section from which our address may come: a host of its own, else the pool."""
    client = picture.way.client
    for host in side.typed("dhcp", "host"):
        if client is not None and ip_of(host.get("ip")) == client:
            return host
    for pool in side.typed("dhcp", "dhcp"):
        if pool.get("interface") != iface.name or flag(pool, "ignore", False):
            continue
        for address in iface.addresses:
            if client is None or client.version != 4 or address.version != 4:
                continue
            first = int(address.network.network_address) + _number(pool.get("start"), 100)
            if first <= int(client) < first + _number(pool.get("limit"), 150):
                return pool
    return None


def _number(text: str, default: int) -> int:
    return int(text) if text.isdigit() else default


def _name(scene: Scene) -> list[Reason]:
    address = scene.way.address
    if ip_of(address) is not None or not scene.changed("system"):
        return []
    old, new = _hostname(scene.before), _hostname(scene.after)
    if old == new or address.partition(".")[0].lower() != old.lower():
        return []
    return [
        Reason(
            "doubt",
            f"The device is dialled as {address} and is called {new or 'OpenWrt'} afterwards: the "
            "name may no longer be found.",
            "system",
            "system",
            "hostname",
            "Dial it by its address, or give the new name in with the push.",
        )
    ]


def _hostname(side: Side) -> str:
    sections = side.typed("system", "system")
    return sections[0].get("hostname") if sections else ""
