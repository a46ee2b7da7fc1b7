"""What a device shows of how its configuration came to differ: one command line and its reading.

Everything is optional, and nothing of it proves anything: busybox has had each of the programs
since 19.07, images leave some out, and a log forgets. Times are told as ages by the device's own
clock, so that a clock that is wrong does not matter.
"""

from __future__ import annotations

import re
from calendar import timegm
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from owtui.engine.openwrt import snapshot, sums
from owtui.engine.openwrt.answer import printable
from owtui.engine.openwrt.probe import marked
from owtui.engine.openwrt.quoting import quote

ROM = "/rom"
LINES = 80
"""Lines of the log that say anything of this, the newest."""

_WORDS = (
    "luci: accepted login on",
    "auth succeeded",
    "Exit \\(",
    "root login on",
    "openwisp: .*onfiguration",
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_STAMP = re.compile(r"(?:\w{3} )?(\w{3}) +(\d{1,2}) (\d\d):(\d\d):(\d\d) (\d{4}) (.*)")
_LUCI = re.compile(r"luci: accepted login on \S+ for (\S+) from (\S+)")  # [luci dispatcher]
_SSH = re.compile(r"(?i)dropbear\[\d+\]: .*auth succeeded.* for '([^']*)'.* from (\S+)$")
_LEFT = re.compile(r"dropbear\[\d+\]: Exit \(.*\) from <(\S+?)>")
_CONSOLE = re.compile(r"login\[\d+\]: root login on '([^']*)'")
_AGENT = re.compile(
    r"openwisp: (?:Configuration (?:downloaded|applied)|The most recent configuration backup)"
)


@dataclass(frozen=True, slots=True)
class Login:
    """Somebody who came in: `kind` is luci, shell or console; ages in seconds.

    `source` is an address, for a console its line; `ended_s` is None while nobody saw an end.
    """

    kind: str
    user: str
    source: str
    began_s: float
    ended_s: float | None = None


@dataclass(frozen=True, slots=True)
class Clues:
    """What was seen; ages are in seconds before now, by the device's clock."""

    uptime_s: float | None = None
    changed_s: float | None = None  # the youngest of the files that differ
    as_image: frozenset[str] = frozenset()  # packages that are as in the firmware
    unlike_image: frozenset[str] = frozenset()  # and those of the firmware that are not
    staged: bool = False  # somebody's `uci set` waits in /tmp/.uci
    rpcd_s: tuple[float, ...] = ()  # when sessions of rpcd, LuCI's, last staged something
    logins: tuple[Login, ...] = ()
    agent_s: tuple[float, ...] = ()  # when OpenWISP's agent spoke of a configuration


def script(token: str, paths: Sequence[str]) -> str:
    """Return the command line; `paths` are the files that differ."""
    files = " ".join(map(quote, paths))
    parts = {
        "clock": "date '+%s %b %e %H:%M:%S %Y'",
        "uptime": "cat /proc/uptime",
        "changed": f'for f in {files}; do [ ! -e "$f" ] || date -r "$f" +%s; done',
        "image": f"for f in {ROM}{sums.FOLDER}*; do"
        f' cmp -s "$f" "${{f#{ROM}}}" && echo "same $f" || echo "other $f"; done',
        "staged": f"cat {sums.STAGING}*",
        "rpcd": 'for f in /var/run/rpcd/uci-*/*; do [ ! -e "$f" ] || date -r "$f" +%s; done',
        "log": f"logread | grep -E '{'|'.join(_WORDS)}' | tail -n {LINES}",
    }
    return marked(token, parts)


def read(output: bytes, token: str) -> Clues:
    """Sort the answer of `script`. Raises ProtocolError when it is cut."""
    found = {
        name: printable(data.decode("utf-8", "replace"))
        for name, data in snapshot.parts_of(output, token).items()
    }
    return clues(found)


def clues(parts: Mapping[str, str]) -> Clues:
    """Make clues of the texts of the parts."""
    stamp, _, local = parts.get("clock", "").strip().partition(" ")
    now = int(stamp) if stamp.isdecimal() else None
    same, other = _image(parts.get("image", ""))
    changed = _ages(parts.get("changed", ""), now)
    here = _seconds(f"{local} .")
    logins, agent = _log(parts.get("log", ""), here) if here is not None else ((), ())
    uptime = parts.get("uptime", "").split()
    return Clues(
        uptime_s=float(uptime[0]) if uptime and re.fullmatch(r"[\d.]{1,15}", uptime[0]) else None,
        changed_s=min(changed, default=None),
        as_image=same,
        unlike_image=other,
        staged=bool(parts.get("staged", "").strip()),
        rpcd_s=_ages(parts.get("rpcd", ""), now),
        logins=logins,
        agent_s=agent,
    )


def _ages(text: str, now: int | None) -> tuple[float, ...]:
    """Ages of Unix times, one a line; one that is still to come is none."""
    if now is None:
        return ()
    return tuple(float(now - int(w)) for w in text.split() if w.isdecimal() and int(w) <= now)


def _image(text: str) -> tuple[frozenset[str], frozenset[str]]:
    """Packages that are as in the firmware, and those that differ; none without an overlay."""
    kinds: dict[str, set[str]] = {"same": set(), "other": set()}
    for line in text.splitlines():
        kind, _, path = line.partition(" ")
        if kind in kinds and sums.package_of(path.removeprefix(ROM)):
            kinds[kind].add(path.removeprefix(ROM))
    return frozenset(kinds["same"]), frozenset(kinds["other"])


def _log(text: str, here: float) -> tuple[tuple[Login, ...], tuple[float, ...]]:
    """Who came in and when the agent spoke, out of the log, oldest first."""
    logins: list[Login] = []
    open_: dict[str, int] = {}  # "address:port" of shells → their place in the list
    agent: list[float] = []
    for line in text.splitlines():
        at, said = _seconds(line), _STAMP.match(line)
        if at is None or said is None or at > here:
            continue
        age, words = here - at, said[7]
        if found := _SSH.search(words):
            open_[found[2]] = len(logins)
            logins.append(Login("shell", found[1], _host(found[2]), age))
        elif found := _LEFT.search(words):
            if (place := open_.pop(found[1], None)) is not None:
                began = logins[place]
                logins[place] = Login(began.kind, began.user, began.source, began.began_s, age)
        elif found := _LUCI.search(words):
            logins.append(Login("luci", found[1], found[2], age))
        elif found := _CONSOLE.search(words):
            logins.append(Login("console", "root", found[1], age))
        elif _AGENT.search(words):
            agent.append(age)
    return tuple(logins), tuple(agent)


def _host(where: str) -> str:
    """The address of "address:port"."""
    return where.rpartition(":")[0].strip("[]") or where


def _seconds(line: str) -> float | None:
    """Where a line of the log stands on the device's own calendar, in seconds; None for no line.

    Only differences count, so that the zone does not matter. Months are English in every image.
    """
    found = _STAMP.match(line)
    if found is None or found[1] not in _MONTHS:
        return None
    day, hour, minute, second, year = (int(found[place]) for place in range(2, 7))
    month = _MONTHS.index(found[1]) + 1
    return float(timegm((year, month, day, hour, minute, second)))
