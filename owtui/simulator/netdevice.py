"""A network device as netifd reports it, with the keys and their order of its status."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .jsontext import Fields

LOOPBACK = "lo"
_COUNTERS = """
collisions rx_frame_errors tx_compressed multicast rx_length_errors tx_dropped rx_bytes
rx_missed_errors tx_errors rx_compressed rx_over_errors tx_fifo_errors rx_crc_errors rx_packets
tx_heartbeat_errors rx_dropped tx_aborted_errors tx_packets rx_errors tx_bytes tx_window_errors
rx_fifo_errors tx_carrier_errors
"""
_BRIDGE = {
    "stp": False,
    "forward_delay": 8,
    "priority": 32767,
    "ageing_time": 0,
    "hello_time": 1,
    "max_age": 10,
    "igmp_snooping": False,
    "bridge_empty": False,
    "multicast_querier": False,
    "hash_max": 512,
    "robustness": 2,
    "query_interval": 12500,
    "query_response_interval": 1000,
    "last_member_interval": 100,
    "vlan_filtering": False,
    "stp_kernel": False,
}


@dataclass(frozen=True, slots=True)
class Link:
    """A network device; rates are bytes a second, `kind` as netifd's devtype."""

    name: str
    mac: str
    kind: str
    up: bool = True
    carrier: bool = True
    master: str = ""
    rx_rate: float = 0.0
    tx_rate: float = 0.0


@dataclass(frozen=True, slots=True)
class Counters:
    """What has passed a device since the boot."""

    rx_bytes: int
    rx_packets: int
    tx_bytes: int
    tx_packets: int


def link_status(link: Link, links: Iterable[Link], counters: Counters) -> dict[str, Any]:
    """Return the entry of `ubus call network.device status` for a link among `links`."""
    bridge, loopback = link.kind == "bridge", link.name == LOOPBACK
    wired = link.kind == "ethernet"
    modes = ["100baseT-F", "1000baseT-F"] if wired else []
    answer: dict[str, Any] = {
        "external": link.kind == "wlan",
        "present": True,
        "type": "bridge" if bridge else "Network device",
        "up": link.up,
        "carrier": link.carrier,
        "auth_status": False,
    }
    if not loopback:
        answer["link-advertising"] = modes
        answer["link-partner-advertising"] = modes if link.carrier else []
        answer["link-supported"] = modes
        answer["speed"] = "1000F" if link.carrier else "-1F"
        answer["autoneg"] = wired
        answer["flow-control"] = {
            "autoneg": True,
            "supported": [],
            "link-advertising": [],
            "link-partner-advertising": [],
            "negotiated": [],
        }
        answer |= {"hw-tc-offload": False, "devtype": link.kind}
    if bridge:
        answer["bridge-members"] = sorted(o.name for o in links if o.master == link.name)
        answer["bridge-attributes"] = dict(_BRIDGE)
    return answer | _settings(link, loopback, bridge) | {"statistics": statistics(counters)}


def _settings(link: Link, loopback: bool, bridge: bool) -> dict[str, Any]:
    mtu = 65536 if loopback else 1500
    return {
        "mtu": mtu,
        "mtu6": mtu,
        "macaddr": link.mac,
        "txqueuelen": 1000,
        "ipv6": True,
        "ip6segmentrouting": False,
        "promisc": False,
        "rpfilter": 0,
        "acceptlocal": False,
        "igmpversion": 0,
        "mldversion": 0,
        "neigh4reachabletime": 30000,
        "neigh6reachabletime": 30000,
        "neigh4gcstaletime": 60,
        "neigh6gcstaletime": 60,
        "neigh4locktime": 100,
        "dadtransmits": 1,
        "multicast": not loopback,
        "sendredirects": True,
        "drop_v4_unicast_in_l2_multicast": False,
        "drop_v6_unicast_in_l2_multicast": False,
        "drop_gratuitous_arp": False,
        "drop_unsolicited_na": False,
        "arp_accept": False,
        "gro": bridge,
    }


def statistics(counters: Counters) -> Fields:
    """Return the statistics table of netifd, in its order."""
    counts = dict.fromkeys(_COUNTERS.split(), 0)
    counts["rx_bytes"], counts["rx_packets"] = counters.rx_bytes, counters.rx_packets
    counts["tx_bytes"], counts["tx_packets"] = counters.tx_bytes, counters.tx_packets
    return Fields(counts.items())
