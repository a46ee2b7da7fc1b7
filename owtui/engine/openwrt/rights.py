"""What a ubus session may do of an upgrade, by its login, and what is missing in words. Pure.

rpcd compares names with patterns: a file by its path, a command by the program alone or by the
whole line [rpcd session.c, file.c]. LuCI grants /tmp/firmware.bin and whole lines of sysupgrade.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Collection, Mapping

IMAGE = "/tmp/firmware.bin"
"""Where an image lies over HTTP: what rpc-sys flashes, and the one file that LuCI may write."""

SYSUPGRADE = "/sbin/sysupgrade"
TEST = (SYSUPGRADE, "--test", IMAGE)
KEEP = (SYSUPGRADE, IMAGE)
CLEAN = (SYSUPGRADE, "-n", IMAGE)

NEEDED: Mapping[str, tuple[str, str]] = {
    "upload": (f"“cgi-io upload” with “file write” of {IMAGE}", "to send the image"),
    "stat": (
        f"“ubus file stat” with “file list” of {IMAGE}",
        "to see that it is still ours",
    ),
    "test": (f"“rpc-sys upgrade_test”, or “file exec” of “{' '.join(TEST)}”", "to have it judged"),
}
_START = "“rpc-sys upgrade_start”, or “file exec” of “{line}”"

ALLOW = (
    "Grant it in a file of /usr/share/rpcd/acl.d and restart rpcd (LuCI's own grants all of it),"
    " or give the device SSH."
)


def granted(acls: Mapping[str, object]) -> tuple[str, ...]:
    """Which of its parts a session may do, by the `acls` that its login answered with.

    upload, stat, test, keep and clean (the start, with or without the configuration), backup;
    `rpc-sys test` and `rpc-sys start` where those methods may be called.
    """
    by_rpc_test = _may(acls, "ubus", "rpc-sys", "upgrade_test")
    by_rpc_start = _may(acls, "ubus", "rpc-sys", "upgrade_start")
    found = {
        "upload": _may(acls, "cgi-io", "upload", "write") and _may(acls, "file", IMAGE, "write"),
        "stat": _may(acls, "ubus", "file", "stat") and _may(acls, "file", IMAGE, "list"),
        "test": by_rpc_test or _may_run(acls, TEST),
        "keep": by_rpc_start or _may_run(acls, KEEP),
        "clean": by_rpc_start or _may_run(acls, CLEAN),
        "backup": _may(acls, "cgi-io", "backup", "read"),
        "rpc-sys test": by_rpc_test,
        "rpc-sys start": by_rpc_start,
    }
    return tuple(name for name, may in found.items() if may)


def lacking(rights: Collection[str], *, keeps: bool) -> str:
    """Which rights an upgrade needs and the session has not, each with what for; "" when none."""
    missing = [f"{right} ({why})" for name, (right, why) in NEEDED.items() if name not in rights]
    if ("keep" if keeps else "clean") not in rights:
        line = " ".join(KEEP if keeps else CLEAN)
        missing.append(f"{_START.format(line=line)} (to flash it)")
    return "; ".join(missing)


def _may(acls: Mapping[str, object], scope: str, name: str, verb: str) -> bool:
    objects = acls.get(scope)
    return isinstance(objects, dict) and any(
        fnmatch.fnmatchcase(name, str(pattern))
        and isinstance(verbs, list)
        and any(fnmatch.fnmatchcase(verb, str(one)) for one in verbs)
        for pattern, verbs in objects.items()
    )


def _may_run(acls: Mapping[str, object], words: tuple[str, ...]) -> bool:
    if not _may(acls, "ubus", "file", "exec"):
        return False
    return _may(acls, "file", words[0], "exec") or _may(acls, "file", " ".join(words), "exec")
