"""What netifd would say: interfaces, devices and radios, out of the device's configuration.

Nothing is really configured: the lab shares the host's network. Addresses and names are those of
/etc/config as last applied, so a committed and reloaded change shows up in the status.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .uci import Uci, UciError
from .uci_file import Section

Message = dict[str, Any]

APPLIED = "/var/run/lab-config"
"""Copy of /etc/config made at boot and by reload_config: what runs, not what is committed."""

LISTS = ("ipv4-address", "ipv6-address", "route", "dns-server", "dns-search", "neighbors")

COUNTERS = (
    "collisions rx_frame_errors tx_compressed multicast rx_length_errors tx_dropped rx_bytes "
    "rx_missed_errors tx_errors rx_compressed rx_over_errors tx_fifo_errors rx_crc_errors "
    "rx_packets tx_heartbeat_errors rx_dropped tx_aborted_errors tx_packets rx_errors tx_bytes "
    "tx_window_errors rx_fifo_errors tx_carrier_errors"
)


def _sections(package: str, type: str) -> dict[str, Section]:
    try:
        found = Uci(config=APPLIED).load(package, staged=False).sections
    except UciError:  # early in a boot nothing runs yet; or a package that cannot be read
        return {}
    return {s.name: s for s in found if s.type == type}


def interface_names() -> list[str]:
    """Return the logical interfaces, sorted as netifd lists them."""
    return sorted(_sections("network", "interface"))


def interface(name: str) -> Message:
    """Return one element of `network.interface dump`."""
    options = _sections("network", "interface")[name].options
    device, proto = str(options.get("device", "")), str(options.get("proto", "none"))
    addresses: list[Message] = []
    if proto == "static" and "ipaddr" in options:
        import ipaddress  # 2 ms that only these calls are worth

        try:
            network = ipaddress.IPv4Interface(f"{options['ipaddr']}/{options['netmask']}")
            addresses = [{"address": str(network.ip), "mask": network.network.prefixlen}]
        except (ValueError, KeyError):
            addresses = []  # nonsense is accepted by uci and configures nothing
    empty: Message = {key: [] for key in LISTS}
    return {
        "interface": name,
        "up": True,
        "pending": False,
        "available": True,
        "autostart": True,
        "dynamic": False,
        "uptime": int(float(Path("/proc/uptime").read_text().split()[0])),
        "l3_device": device,
        "proto": proto,
        "device": device,
        **({"updated": ["addresses"]} if addresses else {}),
        "metric": 0,
        "dns_metric": 0,
        "delegation": True,
        "ipv4-address": addresses,
        "ipv6-address": [],
        "ipv6-prefix": [],
        "ipv6-prefix-assignment": [],
        "route": [],
        "dns-server": [],
        "dns-search": [],
        "neighbors": [],
        "inactive": empty,
        "data": {},
    }


def devices() -> Message:
    """Return `network.device status` of all devices, by name."""
    base = int(json.loads(Path("/lab/device.json").read_text())["mac"].replace(":", ""), 16)
    ports = {f"lan{number}": base + number for number in range(1, 5)}
    found: Message = {"br-lan": {"type": "bridge", **_device(base + 1, True)}}
    found["br-lan"] |= {"devtype": "bridge", "bridge-members": list(ports)}
    for name, mac in {"eth0": base, **ports, "wan": base + 8}.items():
        found[name] = _device(mac, name in ("eth0", "lan1", "wan"))
    found["lo"] = {**_device(0, True), "mtu": 65536, "mtu6": 65536}
    return {name: found[name] for name in sorted(found)}


def _device(mac: int, carrier: bool) -> Message:
    address = f"{mac:012x}"
    return {
        "external": False,
        "present": True,
        "type": "Network device",
        "up": True,
        "carrier": carrier,
        "auth_status": False,
        "speed": "1000F" if carrier else "-1F",
        "autoneg": True,
        "devtype": "ethernet",
        "mtu": 1500,
        "mtu6": 1500,
        "macaddr": ":".join(address[i : i + 2] for i in range(0, 12, 2)),
        "txqueuelen": 1000,
        "ipv6": carrier,
        "promisc": False,
        "multicast": True,
        "statistics": dict.fromkeys(COUNTERS.split(), 0),
    }


def wireless() -> Message:
    """Return `network.wireless status`."""
    radios = _sections("wireless", "wifi-device")
    found: Message = {}
    for index, (name, radio) in enumerate(radios.items()):
        disabled = radio.options.get("disabled") == "1"
        found[name] = {
            "up": not disabled,
            "pending": False,
            "autostart": True,
            "disabled": disabled,
            "retry_setup_failed": False,
            "config": {k: v for k, v in radio.options.items() if k != "type"},
            "interfaces": [
                {
                    "section": section.name,
                    "ifname": f"phy{index}-ap0",
                    "config": {k: v for k, v in section.options.items() if k != "device"},
                    "vlans": [],
                    "stations": [],
                }
                for section in _sections("wireless", "wifi-iface").values()
                if section.options.get("device") == name
            ],
        }
    return found
