"""How text of ours enters a command line of a device.

ash is a POSIX shell, so single quotes protect everything except themselves and NUL: one function
for every path, name and value that a command is built from.
"""

from __future__ import annotations

import re
import shlex

from owtui.errors import InputError

_SERVICE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]*\Z")
_USER = re.compile(r"[a-z_][a-z0-9_.-]{0,31}\Z", re.IGNORECASE)
_PACKAGE = re.compile(r"[A-Za-z0-9_-]+\Z")

SERVICE_VERBS = ("start", "stop", "restart", "reload", "enable", "disable")


def quote(text: str) -> str:
    """Return `text` as one word of an ash command line. Raises InputError on NUL."""
    if "\0" in text:
        raise InputError("A NUL character cannot be part of a command line.", "Remove it.")
    return shlex.quote(text)


def absolute(path: str) -> str:
    """Check a path of a device: absolute, without NUL, so that it can never read as an option."""
    if not path.startswith("/") or "\0" in path:
        raise InputError(f"{path!r} is not a path on a device.", "Paths start with a slash.")
    return path


def package_name(name: str) -> str:
    """Check the name of a UCI package."""
    if not _PACKAGE.match(name):
        raise InputError(f"{name!r} is not the name of a UCI package.", "Letters, digits, _ and -.")
    return name


def service_verb(name: str, verb: str) -> str:
    """Check a service and a verb; returns the path of its init script."""
    if not _SERVICE.match(name):
        raise InputError(f"{name!r} is not the name of a service.", "Names of /etc/init.d only.")
    if verb not in SERVICE_VERBS:
        raise InputError(f"A service cannot {verb!r}.", f"Use {', '.join(SERVICE_VERBS)}.")
    return f"/etc/init.d/{name}"


def new_password(username: str, password: str) -> bytes:
    """Check both and return what `passwd` reads on stdin: the password twice.

    Control characters are refused: a newline would end the password early, unseen.
    """
    if not _USER.match(username):
        raise InputError(f"{username!r} is not a user name.", "Letters, digits, _ . and - only.")
    if not password:
        raise InputError("The new password is empty.", "Give at least one character.")
    if any(ord(c) < 0x20 or ord(c) == 0x7F for c in password):
        raise InputError("The new password has a control character in it.", "Use visible ones.")
    return f"{password}\n{password}\n".encode()
