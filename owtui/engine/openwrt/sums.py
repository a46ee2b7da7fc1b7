"""What tells one configuration from another without reading it: checksums, file by file.

An md5 is exact and changes with a comment; the digest of a parsed package does not, and is the same
whether the package was read as a file or told by rpcd's `uci get`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from owtui.engine.openwrt import uci
from owtui.engine.openwrt.facts import Facts
from owtui.engine.openwrt.quoting import absolute, quote
from owtui.errors import InputError, ProtocolError

FOLDER = "/etc/config/"
STAGING = "/tmp/.uci/"
ABSENT = "-"
TOLD = "uci:"  # before a digest of `uci get`, where the file itself may not be read
NOTHING = hashlib.md5(b"", usedforsecurity=False).hexdigest()

_SUM = re.compile(r"(?m)^([0-9a-f]{32})  (/.*)$")
_REFUSED = re.compile(r"(?m)^md5sum: can't open '(/.*)': ([^':\n]+)$")
_GONE = ("No such file or directory", "Not a directory")
_PACKAGE = re.compile(r"[A-Za-z0-9_-]+\Z")  # other names in the folder are no packages to libuci


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Which configuration a device has.

    `sums` maps each package's path in /etc/config, and each path asked for, to its md5, to "-" when
    it is absent, or to "uci:" and the digest of what `uci get` tells where files may not be read.
    `unread` are paths that are there and could not be read; nothing is known of them.
    """

    sums: Mapping[str, str]
    staged: tuple[str, ...] = ()  # packages with changes that nobody has committed
    unread: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Survey:
    """What a poll sees; no fingerprint where the session does not tell it along with the facts."""

    facts: Facts
    fingerprint: Fingerprint | None = None


def package_of(path: str) -> str:
    """The UCI package that a path is the file of, "" for any other path."""
    name = path.removeprefix(FOLDER)
    return name if name != path and _PACKAGE.match(name) else ""


def digest(package: uci.Package) -> str:
    """Digest what a package says: sections in their order, options in any."""
    said = [
        [section.type, section.name, sorted(section.options.items())]
        for section in package.sections
    ]
    return hashlib.md5(json.dumps(said).encode(), usedforsecurity=False).hexdigest()


def digest_of_file(data: bytes) -> str:
    """The same of a package's file; of its bytes where it is no UCI."""
    try:
        return digest(uci.parse(data, "package"))
    except ProtocolError:
        return md5(data)


def md5(data: bytes) -> str:
    """As the device's md5sum prints it."""
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def told_only(found: Mapping[str, str]) -> bool:
    """True where the values of some package are known and its file is not."""
    return any(value.startswith(TOLD) for value in found.values())


def asked(paths: Iterable[str]) -> tuple[str, ...]:
    """Check further paths, and leave out those that are looked at anyway. Raises InputError."""
    wanted = dict.fromkeys(absolute(path) for path in paths)
    for path in wanted:
        if "\n" in path or "\r" in path:
            raise InputError(f"{path!r} is no path that can be asked for.", "Name it in one line.")
    return tuple(path for path in wanted if not package_of(path))


def command(paths: Sequence[str] = ()) -> str:
    """The command line of a fingerprint: one md5sum, its complaints among its answers."""
    more = "".join(f" {quote(path)}" for path in asked(paths))
    return f"md5sum {FOLDER}* {STAGING}*{more} 2>&1"


def read(said: str, paths: Sequence[str] = ()) -> Fingerprint | None:
    """Read the answer of `command`; None where it tells of no package at all."""
    further = set(asked(paths))
    found = {path: value for value, path in _SUM.findall(said)}
    refused = {path: why.strip() for path, why in _REFUSED.findall(said)}
    sums = {path: value for path, value in found.items() if package_of(path) or path in further}
    if not any(map(package_of, sums)):
        return None
    unread = {path for path, why in refused.items() if package_of(path) and why not in _GONE}
    for path in further - sums.keys():
        if refused.get(path) in _GONE:
            sums[path] = ABSENT
        else:
            unread.add(path)  # a folder, or no permission
    staged = {
        path.removeprefix(STAGING)
        for path, value in found.items()
        if path.startswith(STAGING) and value != NOTHING  # `uci revert` leaves an empty file
    }
    return Fingerprint(dict(sorted(sums.items())), tuple(sorted(staged)), tuple(sorted(unread)))
