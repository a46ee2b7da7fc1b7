"""Who is on which access point, out of a document (operations.md §1.10, §1.9's capabilities): pure.

Only wireless interfaces in access point mode make sessions: a mesh peer is no client.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from owtui.engine.monitoring.readings import ifname, is_mac
from owtui.engine.openwrt.answer import printable
from storage.wifi import Client, Stay


def stays(document: Mapping[str, Any]) -> dict[Stay, Client]:
    """The clients that are there, with what they can do."""
    found: dict[Stay, Client] = {}
    for interface in document.get("interfaces") or ():
        wireless = interface.get("wireless")
        if interface.get("type") != "wireless" or not isinstance(wireless, dict):
            continue
        if wireless.get("mode") != "access_point":
            continue
        ssid = printable(str(wireless.get("ssid") or ""))[:32]
        for told in _listed(wireless):
            client = capable(told, str(wireless.get("htmode") or ""))
            stay = Stay(ifname(interface)[:15], ssid, client.mac)
            found[stay] = client
    return found


def capable(told: Mapping[str, Any], htmode: str) -> Client:
    """A client as it is kept. A capability that its radio does not offer is not applicable (None),
    not missing (False): NOHT has none of them, HT no vht and he, VHT no he (acceptance 9)."""
    ht, vht, he = (told.get(name) for name in ("ht", "vht", "he"))
    if htmode == "NOHT":
        ht = vht = he = None
    elif htmode.startswith("HT"):
        vht, he = vht or None, he or None
    elif htmode.startswith("VHT"):
        he = he or None
    return Client(
        mac=str(told["mac"]).upper(),
        vendor=printable(str(told.get("vendor") or ""))[:200],
        ht=ht,
        vht=vht,
        he=he,
        wmm=bool(told.get("wmm")),
        wds=bool(told.get("wds")),
        wps=bool(told.get("wps")),
    )


def _listed(wireless: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """`clients` comes as {} from agents that have none."""
    clients = wireless.get("clients")
    for told in clients if isinstance(clients, list) else ():
        if isinstance(told, dict) and is_mac(str(told.get("mac", ""))):
            yield told
