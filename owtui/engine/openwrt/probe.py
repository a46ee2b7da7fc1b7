"""The one command line that asks an SSH session for all facts, and the cutting of its answer.

Each part stands behind a line with a token the device cannot know, so that no output can pass for
another part; each may be missing; the last marker proves that the answer is whole. Only what ash
and busybox have had since 19.07 is used.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from owtui.engine.openwrt import sums
from owtui.engine.openwrt.answer import Answer, documents, printable
from owtui.engine.openwrt.reading import Reading
from owtui.errors import ProtocolError

# What is asked, by the name of its part. A failing command leaves its part empty.
PARTS = {
    "board": "ubus call system board || cat /etc/openwrt_release",
    "info": "ubus call system info || cat /proc/meminfo",
    "interfaces": "ubus call network.interface dump",
    "devices": "ubus call network.device status || "
    "grep -H . /sys/class/net/*/address /sys/class/net/*/operstate",
    "board_json": "cat /etc/board.json",
    "loadavg": "cat /proc/loadavg",
    "uptime": "cat /proc/uptime",
    "df": "df -P",
    "boot_id": "cat /proc/sys/kernel/random/boot_id",
    "cpus": "grep -c ^processor /proc/cpuinfo",
    "clock": "date +%s",
    "clients": "for ap in $(ubus list 'hostapd.*'); do ubus call $ap get_clients; done",
    "unlocked": "grep -c ^root:: /etc/shadow",
    "agent": "openwisp-config --version || openwisp_config --version",
}
_RELEASE = re.compile(r"(?m)^DISTRIB_(\w+)='(.*)'$")
_SYSFS = re.compile(r"(?m)^/sys/class/net/([^/\s]+/\w+):(.*)$")


def script(token: str, paths: Sequence[str] | None = None) -> str:
    """Return the command line; `token` is at least 16 unguessable letters or digits.

    With paths, be they none, the checksums of the configuration are asked for, too.
    """
    asked = PARTS if paths is None else {**PARTS, "sums": sums.command(paths)}
    return marked(token, asked)


def marked(token: str, parts: Mapping[str, str]) -> str:
    """Put a line with the token before what each command prints, and one behind all of it.

    The mark and the newline that ends what came before it are one write: each costs a packet.
    """
    lines = (f"echo '\n{token} {name}'; {{ {line}; }} 2>/dev/null" for name, line in parts.items())
    return "; ".join(lines) + f"; echo '\n{token} end'"


def read(output: bytes, token: str) -> Reading:
    """Sort the answer of `script`. Raises ProtocolError when its end is missing."""
    return reading(cut(output, token))


def cut(output: bytes, token: str) -> dict[str, bytes]:
    """Cut what `marked` printed into its parts. Raises ProtocolError when its end is missing."""
    found = re.split(rb"(?m)^" + re.escape(token.encode()) + rb" (\w+)\r?$", output)
    if len(found) < 3 or found[-2] != b"end":
        raise ProtocolError("The answer to the question for facts was cut short.", "Ask again.")
    return {name.decode(): data for name, data in zip(found[1::2], found[2::2], strict=True)}


def reading(parts: Mapping[str, bytes]) -> Reading:
    """What stands in the parts of a script."""

    def text(name: str) -> str:
        return printable(parts.get(name, b"").decode("utf-8", "replace"))

    def answer(name: str) -> Answer:
        return Answer(next(documents(parts.get(name, b"")), None))

    return Reading(
        board=answer("board"),
        info=answer("info"),
        interfaces=answer("interfaces"),
        devices=answer("devices"),
        board_json=answer("board_json"),
        clients=[Answer(value) for value in documents(parts.get("clients", b""))],
        release=dict(_RELEASE.findall(text("board"))),
        sysfs=dict(_SYSFS.findall(text("devices"))),
        loadavg=text("loadavg"),
        uptime=text("uptime"),
        meminfo=text("info"),
        df=text("df"),
        boot_id=text("boot_id"),
        cpus=text("cpus"),
        clock=text("clock"),
        agent=text("agent"),
        unlocked=text("unlocked"),
        sums=parts.get("sums", b"").decode("utf-8", "surrogateescape"),
    )
