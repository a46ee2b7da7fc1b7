"""The `wireless` object of an interface: its radio, its network and who is associated.

What iwinfo says counts; where it is missing the configuration tells mode, SSID and channel.
NetJSON wants channel, frequency, noise and power of every radio: what nothing tells is 0 there,
since to leave the object out would lose the clients, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from owtui.engine.openwrt.answer import Answer
from owtui.engine.openwrt.parts import Parts

ACCESS_POINT = "access_point"

_MODES = {
    "Master": ACCESS_POINT,
    "Master (VLAN)": ACCESS_POINT,  # what a WDS station of an access point makes
    "Client": "station",
    "Mesh Point": "802.11s",
    "Ad-Hoc": "adhoc",
    "Monitor": "monitor",
}
_UCI_MODES = {
    "ap": ACCESS_POINT,
    "sta": "station",
    "mesh": "802.11s",
    "adhoc": "adhoc",
    "monitor": "monitor",
}
_OF_HOSTAPD = "auth assoc authorized preauth wds wmm ht vht he wps mfp"
_MESH = {
    "mesh llid": "mesh_llid",
    "mesh plid": "mesh_plid",
    "mesh plink": "mesh_plink",
    "mesh non-peer PS": "mesh_non_peer_ps",
    "signal_avg": "signal_avg",
}
# The lines of `iwinfo DEVICE info` that tell what rpcd's object would.
_PRINTED = {
    "ssid": r'ESSID: "(.*)"$',
    "mode": r"Mode: (.+?)  Channel:",
    "channel": r"  Channel: (\d+)",
    "frequency": r"  Channel: \d+ \((\d+\.\d+) GHz\)",
    "htmode": r"  HT Mode: (\w+)",
    "txpower": r"Tx-Power: (-?\d+) dBm",
    "quality": r"Link Quality: (\d+)/\d+",
    "quality_max": r"Link Quality: \d+/(\d+)",
    "signal": r"Signal: (-?\d+) dBm",
    "noise": r"Noise: (-?\d+) dBm",
    "bitrate": r"Bit Rate: (\d+(?:\.\d+)?) MBit/s",
}
_SCALE = {"frequency": 1000, "bitrate": 1000}  # GHz to MHz, Mbit/s to kbit/s
_WORDS = ("ssid", "mode", "htmode")


def printed(text: str) -> Answer:
    """Read what the command iwinfo prints, as rpcd's object would tell it."""
    told: dict[str, Any] = {}
    for name, pattern in _PRINTED.items():
        found = re.search(f"(?m){pattern}", text)
        if found is None:
            continue
        word = found[1]
        told[name] = word if name in _WORDS else round(float(word[:12]) * _SCALE.get(name, 1))
    return Answer(told)


def configured(wireless: Answer) -> dict[str, tuple[Answer, Answer]]:
    """The configuration of each radio and of its network, by network device."""
    return {
        interface["ifname"].text: (radio["config"], interface["config"])
        for _, radio in wireless.items()
        for interface in radio["interfaces"]
        if interface["ifname"].text
    }


def wireless(
    name: str, parts: Parts, known: dict[str, tuple[Answer, Answer]]
) -> dict[str, Any] | None:
    """The object of one network device; None where it is no wireless one."""
    info = parts.radios.get(name, Answer())
    radio, network = known.get(name, (Answer(), Answer()))
    said = info["mode"].text
    mode = _MODES.get(said) or _UCI_MODES.get(network["mode"].text) or said.lower()
    if not mode:
        return None
    stations = parts.stations.get(name, Answer())
    made: dict[str, Any] = {
        "mode": mode,
        "ssid": info["ssid"].text or network["ssid"].text or network["mesh_id"].text,
        "channel": info["channel"].number or _number(radio["channel"]),
        "frequency": info["frequency"].number or stations["freq"].number,
        "country": info["country"].text or radio["country"].text,
        "tx_power": info["txpower"].number or _number(radio["txpower"]),
        "noise": info["noise"].number,
        "htmode": info["htmode"].text or radio["htmode"].text,
        "clients": list(_clients(stations)),
    }
    made |= {key: info[key].number for key in _MEASURED if info[key].number}
    return made


_MEASURED = ("signal", "quality", "quality_max", "bitrate")


def _number(option: Answer) -> int:
    """An option of the configuration; netifd tells numbers as they stand in UCI, as text."""
    word = option.text
    return int(word) if re.fullmatch(r"[0-9]{1,9}", word) else option.number


def _clients(stations: Answer) -> Iterator[dict[str, Any]]:
    """Who is associated: hostapd names each by its MAC, iwinfo (all other modes) in a list."""
    for mac, client in stations["clients"].items():
        yield _of_hostapd(mac.lower(), client)
    for peer in stations["results"]:
        if mac := peer["mac"].text.lower():
            yield _of_iwinfo(mac, peer)


def _of_hostapd(mac: str, client: Answer) -> dict[str, Any]:
    made: dict[str, Any] = {"mac": mac}
    made |= {name: client[name].flag for name in _OF_HOSTAPD.split()}
    if client["he"].value is None:  # hostapd of 19.07 knows no HE
        made["he"] = None
    if client["signature"].text:
        made["signature"] = client["signature"].text
    made |= {key: client[key].number for key in ("aid", "signal") if client[key].number}
    rrm = [entry.number for entry in client["rrm"]]
    if len(rrm) == 5:
        made["rrm"] = rrm
    if rate := client["rate"]["tx"].number:
        made["bitrate"] = rate
    return made


def _of_iwinfo(mac: str, peer: Answer) -> dict[str, Any]:
    received, sent = peer["rx"], peer["tx"]
    made: dict[str, Any] = {
        "mac": mac,
        "auth": peer["authenticated"].flag,
        "assoc": True,
        "authorized": peer["authorized"].flag,
        "wmm": peer["wme"].flag,
        "mfp": peer["mfp"].flag,
        "ht": received["ht"].flag,
        "vht": received["vht"].flag,
        "he": None if received["he"].value is None else received["he"].flag,
    }
    made |= {key: peer[key].number for key in ("signal", "noise") if peer[key].number}
    if rate := sent["rate"].number:
        made["bitrate"] = rate
    for key, name in _MESH.items():
        if peer[key].value is not None:
            made[name] = peer[key].text or peer[key].number
    return made
