"""The own files of a lab device: its configuration, release, board and services."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.lab.device import LabSpec

SERVICES = {
    "boot": (10, ""),
    "cron": (50, ""),
    "dnsmasq": (19, "/usr/sbin/dnsmasq"),
    "dropbear": (19, "/usr/sbin/dropbear"),
    "firewall": (19, ""),
    "log": (12, "/sbin/logd"),
    "network": (20, "/sbin/netifd"),
    "rpcd": (12, "/sbin/rpcd"),
    "sysntpd": (98, "/usr/sbin/ntpd"),
    "system": (10, ""),
    "uhttpd": (50, "/usr/sbin/uhttpd"),
}
"""Init scripts: start order, and the daemon that keeps running, if any."""

REVISION = "r29141-81be8a8869"
TARGET = "ramips/mt7621"

CONFIG = {
    "system": """
config system
	option hostname '{hostname}'
	option timezone 'UTC'
	option ttylogin '0'
	option log_size '128'
	option compat_version '1.0'

config timeserver 'ntp'
	option enabled '1'
	list server '0.openwrt.pool.ntp.org'
	list server '1.openwrt.pool.ntp.org'
""",
    "network": """
config interface 'loopback'
	option device 'lo'
	option proto 'static'
	option ipaddr '127.0.0.1'
	option netmask '255.0.0.0'

config globals 'globals'
	option ula_prefix 'fd00:1ab::/48'

config device
	option name 'br-lan'
	option type 'bridge'
	list ports 'lan1'
	list ports 'lan2'
	list ports 'lan3'
	list ports 'lan4'

config interface 'lan'
	option device 'br-lan'
	option proto 'static'
	option ipaddr '192.168.1.1'
	option netmask '255.255.255.0'

config interface 'wan'
	option device 'wan'
	option proto 'dhcp'
""",
    "wireless": """
config wifi-device 'radio0'
	option type 'mac80211'
	option band '2g'
	option channel '1'
	option htmode 'HT20'
	option disabled '0'

config wifi-iface 'default_radio0'
	option device 'radio0'
	option network 'lan'
	option mode 'ap'
	option ssid 'OpenWrt'
	option encryption 'none'
""",
    "dhcp": """
config dnsmasq
	option domainneeded '1'
	option leasefile '/tmp/dhcp.leases'

config dhcp 'lan'
	option interface 'lan'
	option start '100'
	option limit '150'
	option leasetime '12h'
""",
    "dropbear": """
config dropbear 'main'
	option enable '1'
	option PasswordAuth 'on'
	option RootPasswordAuth 'on'
	option Port '22'
""",
    "firewall": """
config defaults
	option input 'REJECT'
	option output 'ACCEPT'
	option forward 'REJECT'

config zone
	option name 'lan'
	list network 'lan'
	option input 'ACCEPT'

config zone
	option name 'wan'
	list network 'wan'
	option input 'REJECT'
	option masq '1'

config rule
	option name 'Allow-Ping'
	option src 'wan'
	option proto 'icmp'
	option target 'ACCEPT'
""",
}


def files(spec: LabSpec) -> dict[str, tuple[str, int]]:
    """Return the device's own files: path to content and mode."""
    found = {f"/etc/config/{name}": (text, 0o600) for name, text in _config(spec).items()}
    for name, (start, daemon) in SERVICES.items():
        script = f"#!/bin/sh /etc/rc.common\nSTART={start}\nDAEMON={daemon}\n"
        found[f"/etc/init.d/{name}"] = (script, 0o755)
    description = f"OpenWrt {spec.release} {REVISION}"
    release = {
        "ID": "OpenWrt",
        "RELEASE": spec.release,
        "REVISION": REVISION,
        "TARGET": TARGET,
        "ARCH": "mipsel_24kc",
        "DESCRIPTION": description,
        "TAINTS": "",
    }
    board = {
        "kernel": "6.6.127",
        "hostname": spec.hostname,
        "system": "MediaTek MT7621 ver:1 eco:3",
        "model": spec.model,
        "board_name": spec.board_name,
        "rootfs_type": "squashfs",
        "release": {
            "distribution": "OpenWrt",
            "version": spec.release,
            "revision": REVISION,
            "target": TARGET,
            "description": description,
            "builddate": "1786311194",
        },
    }
    model = {"model": {"id": spec.board_name, "name": spec.model}}
    own = {"mac": spec.mac, "memory_bytes": spec.memory_bytes}
    plain = {
        "/etc/openwrt_release": "".join(f"DISTRIB_{k}='{v}'\n" for k, v in release.items()),
        "/etc/openwrt_version": f"{spec.release}\n",
        "/etc/board.json": json.dumps(model, indent="\t") + "\n",
        "/etc/banner": f" OpenWrt {spec.release}, {REVISION}\n",
        "/lab/board.json": json.dumps(board),
        "/lab/device.json": json.dumps(own),
    }
    return found | {path: (text, 0o644) for path, text in plain.items()}


def enabled_services() -> dict[str, str]:
    """Return the links of /etc/rc.d."""
    return {
        f"/etc/rc.d/S{start:02}{name}": f"../init.d/{name}" for name, (start, _) in SERVICES.items()
    }


def _config(spec: LabSpec) -> dict[str, str]:
    made = {name: text.replace("{hostname}", spec.hostname) for name, text in CONFIG.items()}
    return made | spec.config
