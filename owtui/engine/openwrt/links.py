"""The `interfaces` of a document: netifd's network devices with what stands on each of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from owtui.engine.monitoring.documentschema import STATISTICS
from owtui.engine.openwrt import radios
from owtui.engine.openwrt.answer import Answer
from owtui.engine.openwrt.modems import Modem, modems
from owtui.engine.openwrt.parts import Parts

_COUNTERS = frozenset(STATISTICS.split())
_BOTH_WAYS = ("bytes", "packets", "errors", "dropped", "compressed", "fifo_errors")
_OTHER_WAY = {f"rx_{name}": f"tx_{name}" for name in _BOTH_WAYS}
_OTHER_WAY |= {tx: rx for rx, tx in _OTHER_WAY.items()}
_MOST = 2**64  # the kernel counts in 64 bits
_TUNNEL = re.compile(r"(tun|tap|wg)\d")
_TUNNEL_KINDS = ("tun", "tap", "tunnel", "wireguard")
_OPENVPN_DEVICE = re.compile(r"(?m)^\s*option\s+'?dev'?\s+['\"]?([^\s'\"]+)")
_MODEM = "modem-manager"


def interfaces(parts: Parts) -> list[dict[str, Any]]:
    """Each network device but the loopback, in netifd's order."""
    reading, known = parts.reading, radios.configured(parts.wireless)
    found = list(modems(parts.modems))
    tunnels = set(_OPENVPN_DEVICE.findall(parts.openvpn))
    layer3 = _layer3(reading.interfaces)
    made = []
    for name, device in reading.devices.items():
        if name == "lo":
            continue
        above = layer3.get(name, [])
        one = _device(name, device, reading.devices)
        wireless = radios.wireless(name, parts, known)
        modem = _modem(name, above, found)
        one["type"] = _type(name, device, above, tunnels, wireless is not None, modem)
        if statistics := _statistics(device["statistics"], wireless):
            one["statistics"] = statistics
        if wireless is not None:
            one["wireless"] = wireless
        if modem is not None and modem.mobile:
            one["mobile"] = modem.mobile
        made.append(one | _above(above))
    return made + _unlisted(found, {one["name"] for one in made})


def _layer3(dump: Answer) -> dict[str, list[Answer]]:
    """The UCI interfaces on each network device."""
    found: dict[str, list[Answer]] = {}
    for interface in dump["interface"]:
        if device := interface["l3_device"].text or interface["device"].text:
            found.setdefault(device, []).append(interface)
    return found


def _device(name: str, device: Answer, devices: Answer) -> dict[str, Any]:
    """What netifd tells of a network device itself."""
    one: dict[str, Any] = {"name": name, "type": "other", "up": device["up"].flag}
    for key, told in (("mac", "macaddr"), ("speed", "speed")):
        if device[told].text:
            one[key] = device[told].text
    for key in ("mtu", "txqueuelen"):
        if device[key].number:
            one[key] = device[key].number
    if device["multicast"].value is not None:
        one["multicast"] = device["multicast"].flag
    if _is_bridge(device):
        one["bridge_members"] = [
            member.text
            for member in device["bridge-members"]
            if devices[member.text]["up"].flag and devices[member.text]["present"].flag
        ]
        # Before 23.05 the settings of a bridge stand among those of the device.
        one["stp"] = device["bridge-attributes"]["stp"].flag or device["stp"].flag
    return one


def _is_bridge(device: Answer) -> bool:
    return "bridge" in (device["type"].text.lower(), device["devtype"].text)


def _type(
    name: str,
    device: Answer,
    above: list[Answer],
    tunnels: set[str],
    wireless: bool,
    modem: Modem | None,
) -> str:
    """The agent's word for the kind of a device, "other" where nothing tells."""
    if wireless:
        return "wireless"
    if _is_bridge(device):
        return "bridge"
    if modem is not None or any(one["proto"].text == "modemmanager" for one in above):
        return _MODEM
    if (
        name in tunnels
        or _TUNNEL.match(name)
        or device["devtype"].text in _TUNNEL_KINDS
        or any(one["proto"].text == "wireguard" for one in above)
    ):
        return "virtual"
    return "ethernet" if device["link-supported"] else "other"


def _statistics(told: Answer, wireless: dict[str, Any] | None) -> dict[str, int]:
    """The counters; those of an access point as its users see them, received and sent swapped.

    What is counted one way only (rx_crc_errors, tx_window_errors) keeps its name, since NetJSON has
    none for the other.
    """
    raw = told.value if isinstance(told.value, dict) else {}
    counted = {
        name: value
        for name, value in raw.items()
        if name in _COUNTERS and type(value) is int and 0 <= value < _MOST
    }
    if wireless is not None and wireless["mode"] == radios.ACCESS_POINT:
        return {_OTHER_WAY.get(name, name): value for name, value in counted.items()}
    return counted


def _above(interfaces: list[Answer]) -> dict[str, Any]:
    """Addresses and uptime of the UCI interfaces on a device."""
    made: dict[str, Any] = {}
    found: list[dict[str, Any]] = []
    for interface in interfaces:
        found.extend(one for one in _addresses(interface) if one not in found)
    if found:
        made["addresses"] = found
    if uptime := max((one["uptime"].number for one in interfaces if one["up"].flag), default=0):
        made["uptime"] = uptime
    return made


def _addresses(interface: Answer) -> Iterator[dict[str, Any]]:
    proto = "dhcp" if interface["proto"].text.startswith("dhcp") else "static"
    gateways = {
        "ipv4": _gateway(interface, "0.0.0.0"),
        "ipv6": _gateway(interface, "::"),
    }
    for family in ("ipv4", "ipv6"):
        for entry in interface[f"{family}-address"]:
            yield from _address(entry, family, proto, gateways[family])
    for prefix in interface["ipv6-prefix-assignment"]:
        yield from _address(prefix["local-address"], "ipv6", "static", "")


def _address(entry: Answer, family: str, proto: str, gateway: str) -> Iterator[dict[str, Any]]:
    if not entry["address"].text:
        return
    made = {
        "address": entry["address"].text,
        "mask": entry["mask"].number,
        "family": family,
        "proto": proto,
    }
    if gateway:
        made["gateway"] = gateway
    yield made


def _gateway(interface: Answer, anywhere: str) -> str:
    """Where the default route of an interface goes."""
    for route in interface["route"]:
        if route["target"].text == anywhere and route["mask"].number == 0:
            return route["nexthop"].text
    return ""


def _modem(name: str, above: list[Answer], found: list[Modem]) -> Modem | None:
    """The modem that a device belongs to: by its ports, else the only one for netifd's."""
    for modem in found:
        if name in modem.ports:
            return modem
    dialled = any(one["proto"].text == "modemmanager" for one in above)
    return found[0] if dialled and len(found) == 1 else None


def _unlisted(found: list[Modem], names: set[str]) -> list[dict[str, Any]]:
    """Modems whose network device netifd does not list."""
    return [
        {"name": modem.ports[0], "type": _MODEM, "mobile": modem.mobile}
        for modem in found
        if modem.mobile and modem.ports and not names & set(modem.ports)
    ]
