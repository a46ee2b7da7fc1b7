"""The one command line that reads a whole configuration over SSH, and the cutting of its answer.

As in probe.py each part stands behind a line with a token that the device cannot know. Files come
first and byte for byte; their checksums, made afterwards, prove that none was cut or rewritten
while it was read. `dd` bounds each file, should somebody have left a log in /etc/config.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise

from owtui.engine.configs.model import Agent, File, Running, SeenFrom
from owtui.engine.openwrt import sums, uci
from owtui.engine.openwrt.answer import Answer, documents, printable
from owtui.engine.openwrt.probe import marked
from owtui.engine.openwrt.quoting import quote
from owtui.engine.openwrt.sums import ABSENT, FOLDER, Fingerprint, package_of
from owtui.errors import ProtocolError

BLOCK = 64 * 1024
BLOCKS = 8
LIMIT = BLOCK * BLOCKS
"""Bytes of a file that is read; one more block is asked for, so that a larger one shows."""

TOO_LARGE = f"it is larger than {LIMIT // 1024} KiB"
UNREADABLE = "it could not be read"
AGENT_FILE = "/etc/config/openwisp"
AGENT_LOCK = "/tmp/openwisp/applying_conf"
AGENT_CHECKSUM = "/etc/openwisp/checksum"
AGENT_SERVICES = ("openwisp-config", "openwisp_config")  # since 1.1.0, before
DEFAULT_MODE = 0o600

_VERSION = re.compile(r"\d[\w.~+-]*\Z")
_CHECKSUM = re.compile(r"[0-9a-f]{32}\Z")
_LISTED = re.compile(r"(?m)^-([r-][w-][xsS-][r-][w-][xsS-][r-][w-][xtT-])\S* .*? (/.*)$")


class MovedError(ProtocolError):
    """A file was rewritten while it was read."""


@dataclass(slots=True)
class Told:
    """What a device told of itself beside its files; "" and None where it told nothing."""

    connection: str = ""  # SSH_CONNECTION: client, its port, server, its port
    df: str = ""
    version: str = ""  # what openwisp-config --version prints
    services: list[Answer] = field(default_factory=list)  # ubus call service list
    locked: bool = False
    checksum: str = ""
    free_bytes: int | None = None


def script(token: str, paths: Sequence[str] = ()) -> str:
    """Return the command line; `token` is at least 16 unguessable letters or digits."""
    files = " ".join([f"{FOLDER}*", *map(quote, sums.asked(paths))])
    each = (
        f'for f in {files}; do [ -f "$f" ] || continue; echo "\n{token} file $f";'
        f' dd if="$f" bs={BLOCK} count={BLOCKS + 1} 2>/dev/null; done'
    )
    return f"{each}; {about(token, paths)}"


def about(token: str, paths: Sequence[str] = ()) -> str:
    """Return the part of the command line that reads everything but the files."""
    files = " ".join([f"{FOLDER}*", *map(quote, sums.asked(paths))])
    calls = "; ".join(f'ubus call service list \'{{"name":"{n}"}}\'' for n in AGENT_SERVICES)
    parts = {
        "modes": f"ls -ldL {files}",
        "sums": sums.command(paths),
        "connection": 'echo "$SSH_CONNECTION"',
        "df": "df -P",
        "version": "openwisp-config --version || openwisp_config --version",
        "services": calls,
        "lock": f"[ ! -e {AGENT_LOCK} ] || echo held",
        "checksum": f"cat {AGENT_CHECKSUM}",
    }
    return marked(token, parts)


def read(output: bytes, token: str, paths: Sequence[str], at: datetime) -> Running:
    """Sort the answer of `script`. Raises ProtocolError when it is cut, MovedError."""
    contents: dict[str, bytes] = {}
    parts: dict[str, bytes] = {}
    for name, path, data in _cut(output, token):
        if name == "file":
            contents[path] = data
        else:
            parts[name] = data
    fingerprint = fingerprint_of(parts, paths)
    unread = dict.fromkeys(fingerprint.unread, UNREADABLE)
    modes = modes_of(parts)
    files: dict[str, File] = {}
    for path, value in fingerprint.sums.items():
        if value == ABSENT:
            continue
        data = contents.get(path, b"")
        if len(data) > LIMIT:
            unread[path] = TOO_LARGE
        elif sums.md5(data) != value:
            raise MovedError(f"{path} was rewritten while it was read.", "Ask again.")
        else:
            files[path] = File(data, modes.get(path, DEFAULT_MODE))
    return running(files, fingerprint, told_of(parts), unread, at)


def fingerprint_of(parts: Mapping[str, bytes], paths: Sequence[str]) -> Fingerprint:
    """The fingerprint among the parts. Raises ProtocolError where there is no configuration."""
    found = sums.read(_text(parts, "sums"), paths)
    if found is None:
        raise ProtocolError(
            "The device shows no configuration.", f"Look whether {FOLDER} can be read on it."
        )
    return found


def modes_of(parts: Mapping[str, bytes]) -> dict[str, int]:
    """Permissions of the files, by path."""
    return {path: _mode(flags) for flags, path in _LISTED.findall(_text(parts, "modes"))}


def told_of(parts: Mapping[str, bytes]) -> Told:
    """What the other parts tell."""
    return Told(
        connection=_text(parts, "connection"),
        df=_text(parts, "df"),
        version=_text(parts, "version"),
        services=[Answer(value) for value in documents(parts.get("services", b""))],
        locked=bool(_text(parts, "lock").strip()),
        checksum=_text(parts, "checksum"),
    )


def parts_of(output: bytes, token: str) -> dict[str, bytes]:
    """Sort the answer of `about`. Raises ProtocolError when it is cut."""
    return {name: data for name, _, data in _cut(output, token)}


def running(
    files: Mapping[str, File],
    fingerprint: Fingerprint,
    told: Told,
    unread: Mapping[str, str],
    at: datetime,
) -> Running:
    """Put it together; both transports end here."""
    free = told.free_bytes if told.free_bytes is not None else _free(told.df)
    return Running(
        files=dict(files),
        sums=fingerprint.sums,
        staged=fingerprint.staged,
        seen_from=_seen_from(told.connection),
        agent=_agent(files.get(AGENT_FILE), told),
        free_bytes=free,
        read_at=at,
        unread=dict(unread),
    )


def _cut(output: bytes, token: str) -> Iterator[tuple[str, str, bytes]]:
    """Yield part, path and content; one newline before each mark is ours."""
    mark = re.compile(rb"\n" + re.escape(token.encode()) + rb" (\w+)(?: (/[^\n]*))?\n")
    marks = list(mark.finditer(output))
    if not marks or marks[-1][1] != b"end":
        raise ProtocolError("The configuration was cut short.", "Ask again.")
    for here, after in pairwise(marks):
        path = (here[2] or b"").decode("utf-8", "surrogateescape")
        yield here[1].decode(), path, output[here.end() : after.start()]


def _text(parts: Mapping[str, bytes], name: str) -> str:
    return parts.get(name, b"").decode("utf-8", "surrogateescape")


def _mode(flags: str) -> int:
    """0o640 of "rw-r-----", with setuid, setgid and sticky."""
    mode = sum(1 << (8 - place) for place, flag in enumerate(flags) if flag not in "-ST")
    special = ((2, "sS", 0o4000), (5, "sS", 0o2000), (8, "tT", 0o1000))
    return mode | sum(bit for place, letters, bit in special if flags[place] in letters)


def _seen_from(connection: str) -> SeenFrom:
    words = printable(connection).split()
    if len(words) != 4 or not words[3].isdecimal():
        return SeenFrom()
    return SeenFrom(words[0], words[2], int(words[3]))


def _free(df: str) -> int | None:
    """Bytes that are free where /etc is written: the overlay, else the root file system."""
    rows = {row[-1]: row for row in map(str.split, df.splitlines()) if len(row) >= 6}
    for mount in ("/overlay", "/"):
        if mount in rows and rows[mount][-3].isdecimal():
            return int(rows[mount][-3]) * 1024
    return None


def _agent(config: File | None, told: Told) -> Agent | None:
    """The OpenWISP agent, None where the device has none; its file alone is a leftover."""
    words = printable(told.version).split()
    version = words[-1] if words and _VERSION.match(words[-1]) else ""
    services = [a[name] for a in told.services for name in AGENT_SERVICES if a[name]]
    if not version and not services:
        return None
    instances = [one for service in services for _, one in service["instances"].items()]
    http = None
    if config is not None:
        with suppress(ProtocolError):
            http = uci.parse(config.data, package_of(AGENT_FILE)).section("http")
    checksum = told.checksum.strip().splitlines()[-1:] or [""]  # it keeps the server's whole answer
    return Agent(
        version=version,
        running=any(one["running"].flag for one in instances),
        url=printable(http.get("url")) if http else "",
        applying=told.locked,
        checksum=checksum[0] if _CHECKSUM.match(checksum[0]) else "",
        unmanaged=tuple(map(printable, http.words("unmanaged"))) if http else (),
    )
