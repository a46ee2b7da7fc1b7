"""Who is around a router: its DHCP leases and the neighbour tables of its kernel."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from owtui.engine.openwrt.answer import Answer, printable

_ADDRESS = re.compile(r"[0-9]{1,3}(\.[0-9]{1,3}){3}\Z|[0-9a-fA-F.]*:[0-9a-fA-F:.]*\Z")
_MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}\Z")
_NO_MAC = "00:00:00:00:00:00"
_EXPIRY = re.compile(r"[0-9]{1,15}\Z")
_UNKNOWN = "*"  # what dnsmasq writes for a name or an id that it was not told


def leases(text: str) -> list[dict[str, Any]]:
    """Read dnsmasq's leases: expiry, MAC, address, name, client id; other lines are skipped.

    Of DHCPv6 dnsmasq writes an IAID where the MAC stands, and its own `duid` on a line [lease.c].
    """
    found = []
    for line in text.splitlines():
        words = line.split()
        if len(words) != 5:
            continue
        expiry, mac, address, name, client = words
        if _EXPIRY.match(expiry) and _MAC.match(mac.lower()) and _ADDRESS.match(address):
            found.append(
                {
                    "expiry": int(expiry),
                    "mac": mac.lower(),
                    "ip": address,
                    "client_name": "" if name == _UNKNOWN else printable(name),
                    "client_id": "" if client == _UNKNOWN else printable(client),
                }
            )
    return found


def neighbours(text: str) -> list[dict[str, Any]]:
    """Read `ip -json neigh`, `ip neigh` or /proc/net/arp, whichever it is."""
    start = text.lstrip()
    if start.startswith("["):
        return list(_from_json(start))
    if start.startswith("IP address"):
        return list(_from_arp(start))
    return list(_from_lines(start))


def _entry(address: str, device: str, mac: str, state: str = "") -> Iterator[dict[str, Any]]:
    if not _ADDRESS.match(address) or not device:
        return
    made = {"ip": address, "interface": device}
    mac = mac.lower()
    if _MAC.match(mac) and mac != _NO_MAC:
        made["mac"] = mac
    if state:
        made["state"] = state
    yield made


def _from_json(text: str) -> Iterator[dict[str, Any]]:
    try:
        told = Answer(json.loads(text))
    except (ValueError, RecursionError):
        return
    for row in told:
        state = next((word.text for word in row["state"]), "")
        yield from _entry(row["dst"].text, row["dev"].text, row["lladdr"].text, state)


def _from_arp(text: str) -> Iterator[dict[str, Any]]:
    for line in text.splitlines()[1:]:
        words = line.split()
        if len(words) == 6:
            yield from _entry(words[0], printable(words[5]), words[3])


def _from_lines(text: str) -> Iterator[dict[str, Any]]:
    for line in text.splitlines():
        words = [printable(word) for word in line.split()]
        if len(words) < 3 or words[1] != "dev":
            continue
        after = words[words.index("lladdr") + 1 :] if "lladdr" in words else []
        state = words[-1] if words[-1].isupper() and len(words) > 3 else ""
        yield from _entry(words[0], words[2], next(iter(after), ""), state)
