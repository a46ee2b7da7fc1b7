"""Files that are empty, gone or broken: what the next boot makes of them.

[guarded-apply.md §2.1, base-files config_generate] /etc/config/network is written anew with factory
settings when it is not there or has no bytes; /etc/config/system in the same way, which costs the
name but not the way in.
"""

from __future__ import annotations

import re

from owtui.engine.configs.cutoff.model import Reason
from owtui.engine.configs.cutoff.scene import Scene

# What a script must name before it is worth a doubt: nobody can say what it does.
_MEDDLES = re.compile(
    rb"\b(ip\s+(-\S+\s+)*(addr|link|route|rule)|ifconfig|ifdown|ifup|brctl|iptables|nft|wifi"
    rb"|uci\s+(-\S+\s+)*(set|delete|batch|import|add_list|del_list|commit)|passwd|chpasswd"
    rb"|firstboot|jffs2reset|/etc/init\.d/(network|firewall|dropbear|uhttpd|rpcd)|killall|reboot"
    rb"|authorized_keys)\b"
)
_SCRIPTS = ("/etc/rc.local", "/etc/uci-defaults/", "/etc/hotplug.d/", "/etc/crontabs/")
_SERVICES = ("network", "firewall", "dropbear", "uhttpd", "rpcd", "wpad", "boot")


def look(scene: Scene) -> list[Reason]:
    """Judge files as files, whatever they say."""
    reasons = _system(scene) + _network(scene) + _unread(scene)
    for package in scene.packages_touched:
        reasons += _broken(scene, package)
    for path in sorted(scene.touched):
        reasons += _script(scene, path)
    return reasons


_OUTER = ("network", "firewall", "wireless")


def _unread(scene: Scene) -> list[Reason]:
    """What the device has and did not let us read takes part in the way in all the same."""
    own = ("dropbear",) if scene.way.transport == "ssh" else ("uhttpd", "rpcd")
    moved = any(scene.changed(package) for package in _OUTER)
    return [
        Reason(
            "doubt",
            f"/etc/config/{package} could not be read ({why.rstrip('.')}), and the change touches "
            "the way in: whether it survives cannot be told.",
            package,
            hint="Read the device as root over SSH, and plan again.",
        )
        for package in (*_OUTER, *own)
        if (why := scene.unread.get(f"/etc/config/{package}")) is not None
        and (moved or f"/etc/config/{package}" in scene.touched)
    ]


def _network(scene: Scene) -> list[Reason]:
    if "/etc/config/network" not in scene.touched or scene.after.file("/etc/config/network"):
        return []
    gone = "is removed" if not scene.after.has("network") else "is empty"
    return [
        Reason(
            "certain",
            f"/etc/config/network {gone}: the device loses its addresses, and its next boot gives "
            "it the factory settings.",
            "network",
            hint="Keep at least the interface over which it is managed.",
        )
    ]


def _system(scene: Scene) -> list[Reason]:
    if "/etc/config/system" not in scene.touched or scene.after.file("/etc/config/system"):
        return []
    return [
        Reason(
            "doubt",
            "/etc/config/system is left without a byte: the next boot gives the device the factory "
            "name, time zone and log settings.",
            "system",
            hint="Keep its section `system`.",
        )
    ]


# What each package's service does without a configuration it can read.
_WITHOUT = {
    "network": ("certain", "netifd gets no configuration and takes the interfaces down"),
    "dropbear": ("certain", "no SSH server is started"),
    "firewall": ("doubt", "it is not known which rules stay in force"),
    "wireless": ("doubt", "the radios may stay silent"),
    "uhttpd": ("doubt", "no web server is started"),
    "rpcd": ("doubt", "nobody can log in over HTTP"),
}


def _broken(scene: Scene, package: str) -> list[Reason]:
    scene.after.package(package)
    why = scene.after.broken.get(package)
    if why is None or package not in _WITHOUT or package in scene.before.broken:
        return []
    level, what = _WITHOUT[package]
    other = "http" if package == "dropbear" else "ssh"
    if package in ("dropbear", "uhttpd", "rpcd"):
        level = "certain" if scene.way.transport != other else "doubt"
    return [
        Reason(
            "certain" if level == "certain" else "doubt",
            f"/etc/config/{package} cannot be read ({why.rstrip('.')}): {what}.",
            package,
            hint="Correct that line.",
        )
    ]


def _script(scene: Scene, path: str) -> list[Reason]:
    name = path.removeprefix("/etc/init.d/")
    data = scene.after.file(path)
    if name in _SERVICES and name != path:
        return [
            Reason(
                "doubt",
                f"{path} is {'replaced' if data is not None else 'removed'}: what the service does "
                "then cannot be told.",
                path,
                hint="Look at the script before you push it.",
            )
        ]
    if data is None or not path.startswith(_SCRIPTS):
        return []
    calls = set(_calls(data)) - set(_calls(scene.before.file(path) or b""))
    found = next((m for line in sorted(calls) if (m := _MEDDLES.search(line))), None)
    if found is None:
        return []
    return [
        Reason(
            "doubt",
            f"{path} runs `{found[0].decode('utf-8', 'replace')}`: what it does to the way in "
            "cannot be told.",
            path,
            hint="Look at the script before you push it.",
        )
    ]


def _calls(data: bytes) -> list[bytes]:
    """The lines of a script that could touch the way in."""
    return [
        line.strip()
        for line in data.splitlines()
        if _MEDDLES.search(line) and not line.strip().startswith(b"#")
    ]
