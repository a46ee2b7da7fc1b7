"""Everything one collect brought home, whichever transport carried it."""

from __future__ import annotations

from dataclasses import dataclass, field

from owtui.engine.openwrt.answer import Answer
from owtui.engine.openwrt.reading import Reading


@dataclass(slots=True)
class Parts:
    """The answers of a device as it gave them; each may be missing.

    Wireless answers stand under the name of their network device.
    """

    reading: Reading
    wireless: Answer = field(default_factory=Answer)  # ubus network.wireless status
    radios: dict[str, Answer] = field(default_factory=dict)  # ubus iwinfo info
    stations: dict[str, Answer] = field(default_factory=dict)  # hostapd get_clients, or assoclist
    modems: list[Answer] = field(default_factory=list)  # mmcli -J: each modem, then its signal
    leases: str = ""  # /tmp/dhcp.leases
    neighbours: str = ""  # ip -json neigh, ip neigh or /proc/net/arp
    openvpn: str = ""  # lines of UCI that name the devices of OpenVPN
