"""What an rpcd session may do, by the kind of its ACL files: none, LuCI's, one for upgrades, all.

LuCI flashes by `file exec` of whole command lines and does not grant rpc-sys [luci-mod-system.json,
group luci-mod-system-flash]; `rpc-sys` is a file of somebody's own that grants it, and little else.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from typing import Any

# object → methods, as LuCI's ACL files grant them; ("*",) is every method.
_NONE: dict[str, tuple[str, ...]] = {"session": ("access", "login")}
_LUCI: dict[str, tuple[str, ...]] = _NONE | {
    "file": ("list", "read", "stat", "write", "remove", "exec", "md5"),
    "iwinfo": ("devices", "info", "assoclist", "freqlist", "txpowerlist", "scan"),
    "log": ("read",),
    "network": ("get_proto_handlers",),
    "network.device": ("status",),
    "network.interface": ("dump",),
    "network.interface.*": ("status",),
    "network.wireless": ("status",),
    "hostapd.*": ("get_clients", "get_status", "del_client"),
    "rc": ("list", "init"),
    "service": ("list",),
    "system": ("board", "info", "reboot", "validate_firmware_image"),
    "uci": (
        "add",
        "apply",
        "changes",
        "configs",
        "confirm",
        "delete",
        "get",
        "order",
        "rename",
        "revert",
        "rollback",
        "set",
        "state",
    ),
}
_FULL: dict[str, tuple[str, ...]] = {"*": ("*",)}
_RPC_SYS: dict[str, tuple[str, ...]] = _NONE | {
    "file": ("stat",),
    "network.device": ("status",),
    "network.interface": ("dump",),
    "rpc-sys": ("upgrade_test", "upgrade_start"),
    "system": ("board", "info"),
    "uci": ("configs", "get"),
}
GRANTS = {"none": _NONE, "luci": _LUCI, "rpc-sys": _RPC_SYS, "full": _FULL}
KINDS = tuple(GRANTS)

# What LuCI may do with files: patterns of paths, and of whole command lines.
_LUCI_FILES = {
    "list": ("*",),
    "stat": ("*",),
    "read": ("/etc/openwrt_release", "/proc/*", "/etc/crontabs/root", "/etc/sysupgrade.conf"),
    "write": ("/etc/crontabs/root", "/etc/sysupgrade.conf", "/tmp/firmware.bin"),
    "remove": ("/tmp/firmware.bin",),
    "exec": (
        "/bin/dmesg -r",
        "/bin/ping *",
        "/bin/traceroute *",
        "/sbin/logread *",
        "/sbin/sysupgrade --list-backup",
        "/sbin/sysupgrade --test /tmp/firmware.bin",
        "/sbin/sysupgrade /tmp/firmware.bin",
        "/sbin/sysupgrade -n /tmp/firmware.bin",
        "/sbin/sysupgrade --force /tmp/firmware.bin",
    ),
}
_FILES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "none": {},
    "luci": _LUCI_FILES,
    "rpc-sys": {"stat": ("/tmp/firmware.bin",), "write": ("/tmp/firmware.bin",)},
    "full": dict.fromkeys(("list", "stat", "read", "write", "remove", "exec", "md5"), ("/*",)),
}
_CGI: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "none": {},
    "luci": {"backup": ("read",), "download": ("read",), "upload": ("write",)},
    "rpc-sys": {"upload": ("write",)},
    "full": {},  # an own file that grants ubus, uci and file knows nothing of cgi-io
}
_VERBS = {"md5": "read", "remove": "write", "stat": "list"}  # what rpcd asks for them


def may_use_file(kind: str, method: str, path: str, params: Any = ()) -> bool:
    """Tell whether an ACL opens a path, or a command line for exec."""
    if kind == "full":
        return True
    words = [path, *(str(p) for p in params)] if isinstance(params, list) else [path]
    line = " ".join(words)
    return any(fnmatch.fnmatchcase(line, p) for p in _FILES[kind].get(method, ()))


def may_use_cgi(kind: str, name: str, verb: str) -> bool:
    """Tell whether an ACL opens a program of cgi-io."""
    return verb in _CGI[kind].get(name, ())


def scopes(kind: str) -> dict[str, Any]:
    """Return the scopes beside ubus as a login tells them."""
    files: dict[str, list[str]] = {}
    for method, patterns in _FILES[kind].items():
        for pattern in patterns:
            verbs = files.setdefault(pattern, [])
            verb = _VERBS.get(method, method)
            if verb not in verbs:
                verbs.append(verb)
    cgi = {name: list(verbs) for name, verbs in _CGI[kind].items()}
    found: dict[str, Any] = {}
    if cgi:
        found["cgi-io"] = cgi
    if files:
        found["file"] = files
    return found
