"""Does the address that we dial survive?"""

from __future__ import annotations

import ipaddress

from owtui.engine.configs.cutoff.model import Ip, Net, Reason
from owtui.engine.configs.cutoff.network import Iface
from owtui.engine.configs.cutoff.picture import Picture
from owtui.engine.configs.cutoff.routes import network_of
from owtui.engine.configs.cutoff.scene import Scene, differing

_KEEP = "Keep it as it is, or give the new way in with the push."
# Options of an address that others give, which may make them give another one.
_ASKING = (
    "clientid",
    "vendorid",
    "hostname",
    "reqopts",
    "sendopts",
    "broadcast",
    "ipaddr",
    "macaddr",
    "reqaddress",
    "reqprefix",
    "forceprefix",
    "ifaceid",
    "username",
    "password",
    "service",
    "ac",
    "apn",
    "pincode",
    "auth",
    "pdptype",
    "server",
)
_ASSIGNING = ("ip6assign", "ip6hint", "ip6ifaceid", "ip6class", "ip6prefix")


def look(scene: Scene, before: Picture, after: Picture) -> list[Reason]:
    """Judge the address and its interface; the ways to it are links.py's and routes.py's."""
    server = after.way.server
    if server is None or before.home is None:
        return _unknown(scene, before)
    home, then = before.home, after.home
    if then is None and after.promised:
        return [_nowhere(server)]
    if then is None or (
        not after.promised and not then.owns(server) and _not_given(home, after, server)
    ):
        return [_gone(before, after, server)]
    reasons = down(before, after, then)
    if not reasons and _twice(after, server) and not _twice(before, server):
        reasons.append(
            Reason(
                "doubt",
                f"{server} is on more than one interface afterwards: which of them answers cannot "
                "be told.",
                "network",
                then.name,
                "ipaddr",
                "Give each interface an address of its own.",
            )
        )
    if after.promised and not then.owns(server):
        reasons.append(_promised(then, server))
    elif not then.owns(server):
        reasons += _given(scene, before, after, then, server)
    return reasons


def _unknown(scene: Scene, before: Picture) -> list[Reason]:
    if not (scene.changed("network") or scene.changed("wireless")):
        return []
    said = before.way.seen.server or before.way.address
    return [
        Reason(
            "doubt",
            f"Nothing tells on which interface {said} is, and the network changes: whether the way "
            "in survives cannot be told.",
            "network",
            hint="Poll the device, so that its addresses are known, and plan again.",
        )
    ]


def _nowhere(server: Ip) -> Reason:
    return Reason(
        "certain",
        f"No interface has {server} afterwards.",
        "network",
        hint="Give the address that the change sets as the new way in.",
    )


def _promised(then: Iface, server: Ip) -> Reason:
    return Reason(
        "doubt",
        f"Interface {then.name} is given its address by somebody else ({then.proto}): whether it "
        f"is {server} cannot be told.",
        "network",
        then.name,
        "proto",
        "See to it that the address is reserved for this device.",
    )


def _not_given(home: Iface, after: Picture, server: Ip) -> bool:
    """True when the address was the configuration's own, and no longer is."""
    if home.owns(server):
        return True
    if not after.scene.facts.interfaces:
        return False
    return not any(a.ip == server for found in after.given.values() for a in found)


def _gone(before: Picture, after: Picture, server: Ip) -> Reason:
    """Say what became of the address."""
    home = before.home
    assert home is not None  # the caller looked
    then = after.network.ifaces.get(home.name)
    place = ("network", home.name)
    if then is None:
        what = f"Interface {home.name}, which has {server}, is removed"
        return Reason("certain", f"{what}.", *place, hint="Keep that interface.")
    if then.wrong:
        value = then.section.get(then.wrong)
        return Reason(
            "certain",
            f"`{value}` is nothing netifd takes for {then.wrong}: interface {home.name} stays down "
            f"and {server} with it.",
            *place,
            then.wrong,
            "Correct the value.",
        )
    if then.proto != home.proto:
        return Reason(
            "certain",
            f"Interface {home.name} goes from proto {home.proto or 'none'} to "
            f"{then.proto or 'none'}: nothing gives it {server} any longer.",
            *place,
            "proto",
            _KEEP,
        )
    if not home.owns(server):
        return Reason(
            "certain",
            f"Interface {home.name} no longer asks for a prefix, from which it has {server}.",
            *place,
            "ip6assign",
            _KEEP,
        )
    option = (
        "addresses" if then.proto == "wireguard" else "ipaddr" if server.version == 4 else "ip6addr"
    )
    others = ", ".join(str(a) for a in then.addresses if a.version == server.version)
    to = f"has {others} instead of" if others else "loses"
    return Reason("certain", f"Interface {home.name} {to} {server}.", *place, option, _KEEP)


def down(before: Picture, after: Picture, then: Iface) -> list[Reason]:
    """Judge an interface of ours that is there but is not brought up."""
    old = before.network.ifaces.get(then.name)
    if then.off and not (old is not None and old.off):
        when = "at the next boot" if then.off == "auto" else "at once"
        return [
            Reason(
                "certain",
                f"Interface {then.name} is switched off; it goes down {when}.",
                "network",
                then.name,
                then.off,
                "Leave it on.",
            )
        ]
    device = then.lower or (then.l3 if then.l3.startswith("@") else "")
    if not device or (old is not None and before.network.exists(device, before.physical) is False):
        return []
    there = after.network.exists(device, after.physical)
    if there is False:
        return [
            Reason(
                "certain",
                f"Interface {then.name} is put on {device}, which is not there afterwards.",
                "network",
                then.name,
                "device",
                f"Define {device}, or keep {old.lower if old else 'the device it had'}.",
            )
        ]
    if there is None and (old is None or old.lower != device):
        return [
            Reason(
                "doubt",
                f"Interface {then.name} is put on {device}, which may not be there.",
                "network",
                then.name,
                "device",
                "Poll the device, so that its ports are known, and plan again.",
            )
        ]
    return []


def _twice(picture: Picture, server: Ip) -> bool:
    owners = [i for i in picture.network.ifaces.values() if i.owns(server) and not i.off]
    return len({i.l3 for i in owners}) > 1


# -- addresses that others give ---------------------------------------------------------------


def _given(scene: Scene, before: Picture, after: Picture, then: Iface, server: Ip) -> list[Reason]:
    old = before.network.ifaces.get(then.name)
    if old is None:
        return []
    if server.version == 6 and not server.is_link_local and old.section.get("ip6assign"):
        return _assigned(before, after, old, then, server)
    local = server.is_link_local
    asked = [o for o in differing(old.section, then.section) if o in _ASKING and not local]
    reasons = [
        Reason(
            "doubt",
            f"Interface {then.name} gets {server} from somebody else, and asks for it in another "
            f"way ({option} changes): it may be given another address.",
            "network",
            then.name,
            option,
            "See to it that the address is reserved for this device.",
        )
        for option in asked[:1]
    ]
    if _base(before, old) != _base(after, then) or _mac(before, old) != _mac(after, then):
        reasons.append(
            Reason(
                "doubt",
                f"Interface {then.name} gets {server} from somebody else and may be given another "
                "address, since its device or MAC address changes.",
                "network",
                then.name,
                "device",
                "See to it that the address is reserved for this device.",
            )
        )
    return reasons


def _base(picture: Picture, iface: Iface) -> str:
    """The device without its VLAN, which has the same MAC address."""
    base, dot, _ = iface.lower.rpartition(".")
    return base if dot and picture.links.is_bridge(base) else iface.lower


def _mac(picture: Picture, iface: Iface) -> str:
    section = picture.network.devices.get(_base(picture, iface))
    return iface.section.get("macaddr") or (section.get("macaddr") if section else "")


def _assigned(before: Picture, after: Picture, old: Iface, then: Iface, server: Ip) -> list[Reason]:
    """An IPv6 address out of a prefix: the unique local one of `globals`, or the provider's."""
    ula = _ula(before)
    if ula is not None and server in ula:
        if _ula(after) != ula:
            return [
                Reason(
                    "certain",
                    f"ula_prefix goes from {ula} to {_ula(after) or 'nothing'}: {server} is no "
                    "longer in it.",
                    "network",
                    "globals",
                    "ula_prefix",
                    _KEEP,
                )
            ]
    else:
        reasons = _delegation(before, after, server)
        if reasons:
            return reasons
    changed = [o for o in _ASSIGNING if old.section.get(o) != then.section.get(o)]
    if not changed:
        return []
    host = _host(then.section.get("ip6ifaceid"))
    other = host is not None and host != int(server) & ((1 << 64) - 1)
    return [
        Reason(
            "certain" if "ip6ifaceid" in changed and other else "doubt",
            f"Interface {then.name} takes its share of the prefix in another way ({changed[0]} "
            f"changes): {server} {'changes' if other else 'may change'} with it.",
            "network",
            then.name,
            "ip6ifaceid" if other else changed[0],
            _KEEP,
        )
    ]


def _ula(picture: Picture) -> Net | None:
    section = picture.network.package.section("globals")
    return network_of(section.get("ula_prefix")) if section is not None else None


def _host(text: str) -> int | None:
    """The host part that an interface gives itself; ::1 unless told, None where it is derived."""
    if text in ("eui64", "random"):
        return None
    try:
        return int(ipaddress.IPv6Address(text or "::1")) & ((1 << 64) - 1)
    except ValueError:
        return None


_DELEGATING = ("dhcpv6", "6in4", "6rd", "6to4", "pppoe", "pppoa")


def _delegation(before: Picture, after: Picture, server: Ip) -> list[Reason]:
    """The provider's prefix comes over an interface of its own, which must stay."""
    left = [i for i in after.network.ifaces.values() if i.proto in _DELEGATING and not i.off]
    reasons = []
    for old in before.network.ifaces.values():
        if old.proto not in _DELEGATING or old.off:
            continue
        then = next((i for i in left if i.name == old.name and i.proto == old.proto), None)
        if then is not None and not differing(old.section, then.section):
            continue
        what = "goes away" if then is None else "changes"
        reasons.append(
            Reason(
                "doubt" if left else "certain",
                f"{server} is from the prefix that comes over interface {old.name}, which {what}."
                if not left
                else f"{server} may be from the prefix of interface {old.name}, which {what}.",
                "network",
                old.name,
                hint="Come in over an address that the device has by itself, or keep it.",
            )
        )
    return reasons
