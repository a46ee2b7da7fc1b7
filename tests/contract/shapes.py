"""What every device has in common in its answers: keys, types, line forms.

Each shape is checked against the captures too, so that none of them can ask for more than real
OpenWrt gives.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from tests.lab.standins.tabjson import pretty

Check = Callable[[str], None]
Needs = dict[str, Any]


def json_of(needs: Needs, *, indented: bool = True) -> Check:
    """Return a check of JSON: the keys and types of `needs`, printed as ubus prints.

    A type stands for itself; `{"*": x}` is a table in which each value has shape x, `[x]` a list.
    """

    def check(text: str) -> None:
        value = json.loads(text)
        if indented:
            assert text == pretty(value) + "\n", "not printed as ubus prints"
        _agrees(value, needs, "")

    return check


def _agrees(value: Any, needs: Any, where: str) -> None:
    if isinstance(needs, type):
        assert type(value) is needs, f"{where}: {value!r} is no {needs.__name__}"
    elif isinstance(needs, list):
        assert isinstance(value, list), f"{where}: {value!r} is no list"
        for index, item in enumerate(value):
            _agrees(item, needs[0], f"{where}[{index}]")
    elif "*" in needs:
        assert isinstance(value, dict) and value, f"{where}: {value!r} is empty or no table"
        for key, item in value.items():
            _agrees(item, needs["*"], f"{where}.{key}")
    else:
        for key, inner in needs.items():
            assert isinstance(value, dict) and key in value, f"{where}.{key} is missing"
            _agrees(value[key], inner, f"{where}.{key}")


def lines_like(*patterns: str, needs: tuple[str, ...] = ()) -> Check:
    """Return a check that each line matches one pattern whole, and that `needs` are among them."""
    allowed = re.compile("|".join(f"(?:{pattern})" for pattern in patterns))

    def check(text: str) -> None:
        lines = text.splitlines()
        assert lines and text.endswith("\n")
        for line in lines:
            assert allowed.fullmatch(line), f"not a line of this answer: {line!r}"
        for need in needs:
            assert any(re.fullmatch(need, line) for line in lines), f"no line like {need}"

    return check


QUOTED = r"'(?:[^']|'\\'')*'"
_UCI_SECTION = r"[\w-]+\.(?:\w+|@[\w-]+\[\d+\])"
UCI_SHOW = (rf"{_UCI_SECTION}=[\w-]+", rf"{_UCI_SECTION}\.\w+={QUOTED}(?: {QUOTED})*")
UCI_EXPORT = (
    r"package [\w-]+",
    r"",
    r"config [\w-]+(?: '\w+')?",
    rf"\t(?:option|list) \w+ {QUOTED}",
)

UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
DF = (r"Filesystem .*", r"\S+ +\d+ +\d+ +\d+ +\d+% +/.*")

BOARD_JSON: Needs = {"model": {"id": str, "name": str}}
ADDRESS = {"address": str, "mask": int}
INTERFACE: Needs = {
    "interface": str,
    "up": bool,
    "pending": bool,
    "available": bool,
    "autostart": bool,
    "uptime": int,
    "l3_device": str,
    "proto": str,
    "device": str,
    "ipv4-address": [ADDRESS],
    "ipv6-address": [ADDRESS],
    "route": [{"target": str, "mask": int, "nexthop": str}],
    "dns-server": [str],
    "data": {},
}
STATUS = {key: value for key, value in INTERFACE.items() if key != "interface"}
BOARD: Needs = {
    "kernel": str,
    "hostname": str,
    "system": str,
    "model": str,
    "board_name": str,
    "release": dict.fromkeys(("distribution", "version", "revision", "target", "description"), str),
}
SPACE = {"total": int, "free": int, "used": int, "avail": int}
INFO: Needs = {
    "localtime": int,
    "uptime": int,
    "load": [int],
    "memory": dict.fromkeys(("total", "free", "shared", "buffered", "available", "cached"), int),
    "root": SPACE,
    "tmp": SPACE,
    "swap": {"total": int, "free": int},
}
DEVICE: Needs = {
    "present": bool,
    "type": str,
    "up": bool,
    "carrier": bool,
    "mtu": int,
    "macaddr": str,
    "statistics": {"rx_bytes": int, "tx_bytes": int, "rx_packets": int, "tx_packets": int},
}
RADIO: Needs = {
    "up": bool,
    "disabled": bool,
    "config": {"band": str},
    "interfaces": [{"section": str, "ifname": str, "config": {"mode": str, "ssid": str}}],
}
