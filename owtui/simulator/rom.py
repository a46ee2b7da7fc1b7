"""The image a device runs: the files all devices of one model and release have in common."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from .files import Node, directory, link, plain
from .jsontext import indented
from .models import MODELS, Model, Release
from .services import UNITS

_IMAGE_TIME = 1_700_000_000.0
_FOLDERS = (
    "bin dev etc etc/config etc/crontabs etc/dropbear etc/hotplug.d etc/init.d etc/iproute2 "
    "etc/nftables.d etc/rc.d etc/uci-defaults lib lib/upgrade lib/upgrade/keep.d mnt overlay "
    "proc rom root sbin sys tmp usr usr/bin usr/lib usr/lib/opkg usr/libexec usr/sbin usr/share "
    "usr/share/rpcd usr/share/rpcd/acl.d www www/cgi-bin"
)
BANNER = """\
  _______                     ________        __
 |       |.-----.-----.-----.|  |  |  |.----.|  |_
 |   -   ||  _  |  -__|     ||  |  |  ||   _||   _|
 |_______||   __|_____|__|__||________||__|  |____|
          |__| W I R E L E S S   F R E E D O M
 -----------------------------------------------------
 OpenWrt {version}, {revision}
 -----------------------------------------------------
"""
_PASSWD = """\
root:x:0:0:root:/root:/bin/ash
daemon:*:1:1:daemon:/var:/bin/false
ftp:*:55:55:ftp:/home/ftp:/bin/false
network:*:101:101:network:/var:/bin/false
nobody:*:65534:65534:nobody:/var:/bin/false
ntp:x:123:123:ntp:/var/run/ntp:/bin/false
dnsmasq:x:453:453:dnsmasq:/var/run/dnsmasq:/bin/false
logd:x:514:514:logd:/var/run/logd:/bin/false
ubus:x:81:81:ubus:/var/run/ubus:/bin/false
"""
# Files `sysupgrade -l` names beside /etc/config; those without text here are short stand-ins.
KEPT = (
    "etc/ethers etc/group etc/hosts etc/inittab etc/iproute2/rt_protos etc/iproute2/rt_tables "
    "etc/nftables.d/10-custom-filter-chains.nft etc/nftables.d/README etc/passwd etc/profile "
    "etc/protocols etc/rc.local etc/services etc/shells etc/shinit etc/sysctl.conf "
    "etc/sysupgrade.conf etc/uhttpd.crt etc/uhttpd.key"
)


def description(release: Release) -> str:
    return f"OpenWrt {release.version} {release.revision}"


def release_file(model: Model, release: Release) -> str:
    """Return /etc/openwrt_release."""
    rows = {
        "ID": "OpenWrt",
        "RELEASE": release.version,
        "REVISION": release.revision,
        "TARGET": model.target,
        "ARCH": model.arch,
        "DESCRIPTION": description(release),
        "TAINTS": "",
    }
    return "".join(f"DISTRIB_{key}='{value}'\n" for key, value in rows.items())


def os_release_file(model: Model, release: Release) -> str:
    """Return /etc/os-release (VERSION_ID, BUILD_DATE … as the release has them)."""
    rows = {
        "NAME": "OpenWrt",
        "VERSION": release.version,
        "ID": "openwrt",
        "ID_LIKE": "lede openwrt",
        "PRETTY_NAME": f"OpenWrt {release.version}",
        "VERSION_ID": release.version,
        "HOME_URL": "https://openwrt.org/",
        "BUG_URL": "https://bugs.openwrt.org/",
        "SUPPORT_URL": "https://forum.openwrt.org/",
        "BUILD_ID": release.revision,
        "OPENWRT_BOARD": model.target,
        "OPENWRT_ARCH": model.arch,
        "OPENWRT_TAINTS": "",
        "OPENWRT_DEVICE_MANUFACTURER": "OpenWrt",
        "OPENWRT_DEVICE_MANUFACTURER_URL": "https://openwrt.org/",
        "OPENWRT_DEVICE_PRODUCT": "Generic",
        "OPENWRT_DEVICE_REVISION": "v0",
        "OPENWRT_RELEASE": description(release),
    }
    if release.builddate:
        rows["OPENWRT_BUILD_DATE"] = release.builddate
    return "".join(f'{key}="{value}"\n' for key, value in rows.items())


def packages(release: Release) -> dict[str, str]:
    """Return the installed packages and their versions."""
    found = {
        "base-files": f"1684~{release.revision.rpartition('-')[2]}",
        "busybox": "1.36.1-r2",
        "dnsmasq": "2.90-r4",
        "dropbear": "2024.86-r3",
        "firewall4": "2024.12.18~18fc0ead-r1",
        "fwtool": "2019.11.12~8f7fe925-r1",
        "iwinfo": "2024.10.20~b94f066e-r2",
        "kernel": f"{release.kernel}~0-r1",
        "libc": "1.2.5-r4",
        "libubox20240329": "2025.07.23~49056d17-r1",
        "netifd": "2025.05.23~7901e66c-r1",
        "opkg": "2024.10.16~38eccbb1-r1",
        "procd": "2026.03.14~c59f2d80-r1",
        "rpcd": "2025.09.01~bba95191-r3",
        "rpcd-mod-file": "2025.09.01~bba95191-r3",
        "rpcd-mod-iwinfo": "2025.09.01~bba95191-r3",
        "ubus": "2025.10.17~60e04048-r1",
        "ubusd": "2025.10.17~60e04048-r1",
        "uci": "2025.01.20~16ff0bad-r1",
        "uhttpd": "2025.07.06~7e64e8ba-r3",
        "uhttpd-mod-ubus": "2025.07.06~7e64e8ba-r3",
    }
    if release.series < (22, 3):
        del found["firewall4"]
        found["firewall"] = "2021-03-23-61db17ed-1"
    return dict(sorted(found.items()))


def board_file(model: Model) -> dict[str, Any]:
    """Return /etc/board.json without the device's own MAC."""
    network: dict[str, Any] = {"lan": {"ports": list(model.lan_ports), "protocol": "static"}}
    if model.wan_port:
        network["wan"] = {"device": model.wan_port, "protocol": "dhcp"}
    return {
        "model": {"id": model.board, "name": model.name},
        "network": network,
        "system": {},
        "wlan": {},
    }


def board_text(model: Model, mac: str) -> str:
    """Return /etc/board.json of one device."""
    board = board_file(model)
    board["system"] = {"label_macaddr": mac}
    return indented(board).replace("\t\t\n\t}", "\t}") + "\n"


@lru_cache(maxsize=64)
def image(model_key: str, release: Release, luci: str) -> Mapping[str, Node]:
    """Return the read-only files of a model running a release; `luci` one of acls.KINDS."""
    model = MODELS[model_key]
    nodes: dict[str, Node] = {"/": directory(mtime=_IMAGE_TIME)}
    for name in _FOLDERS.split():
        nodes[f"/{name}"] = directory(mtime=_IMAGE_TIME)
    nodes["/var"] = link("/tmp", _IMAGE_TIME)
    texts: dict[str, str] = {
        "/etc/openwrt_release": release_file(model, release),
        "/etc/openwrt_version": release.revision + "\n",
        "/etc/os-release": os_release_file(model, release),
        "/etc/banner": BANNER.format(version=release.version, revision=release.revision),
        "/usr/lib/opkg/status": "",
        "/usr/lib/opkg/installed": "".join(f"{k} - {v}\n" for k, v in packages(release).items()),
        "/lib/upgrade/keep.d/base-files": "/etc/hosts\n/etc/passwd\n/etc/shadow\n",
        "/www/index.html": "<html><head><title>LuCI</title></head></html>\n" if luci else "",
    }
    texts |= {f"/{name}": f"# {name}\n" for name in KEPT.split()}
    texts["/etc/passwd"] = _PASSWD
    texts["/etc/hosts"] = "127.0.0.1 localhost\n\n::1     localhost ip6-localhost ip6-loopback\n"
    texts["/etc/rc.local"] = "# Put your custom commands here.\n\nexit 0\n"
    for path, text in texts.items():
        nodes[path] = plain(text, mtime=_IMAGE_TIME)
    for unit in UNITS:
        script = f"#!/bin/sh /etc/rc.common\n\nSTART={unit.start or ''}\n"
        nodes[f"/etc/init.d/{unit.name}"] = plain(script, 0o755, _IMAGE_TIME)
        if unit.start is not None:
            target = f"../init.d/{unit.name}"
            nodes[f"/etc/rc.d/S{unit.start:02d}{unit.name}"] = link(target, _IMAGE_TIME)
    acls = {
        "none": (),
        "luci": ("luci-base", "luci-mod-system"),
        "rpc-sys": ("luci-base", "rpc-sys"),
        "full": ("luci-base", "full"),
    }
    for name in ("unauthenticated", *acls[luci]):
        path = f"/usr/share/rpcd/acl.d/{name}.json"
        nodes[path] = plain(f'{{"{name}":{{}}}}\n', mtime=_IMAGE_TIME)
    nodes["/dev/null"] = plain("", 0o666, _IMAGE_TIME)
    return nodes
