"""The `ubus` command of a lab device: list and call, with ubus's own status numbers.

A failing call says `Command failed: ubus call … (Not found)` on stderr and exits with the status
negated, as 24.10 does (openwrt.md: 246 is -10, "Connection failed"); list and -S do not.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from .objects import Bus, StatusError
from .tabjson import plain, pretty

USAGE = "Usage: ubus [<options>] <command> [arguments...]\n"
STATUS = {
    1: "Invalid command", 2: "Invalid argument", 3: "Method not found", 4: "Not found",
    5: "No response", 6: "Permission denied", 7: "Request timed out", 8: "Operation not supported",
    12: "Parsing message data failed",
}  # fmt: skip


def main(arguments: list[str]) -> int:
    """Return the exit code of `ubus <arguments>`."""
    words, simple, verbose = list(arguments), False, False
    while words and words[0].startswith("-"):
        flag = words.pop(0)
        simple = simple or flag == "-S"
        verbose = verbose or flag == "-v"
        if flag in ("-t", "-s"):
            words = words[1:]
    if not words or words[0] not in ("list", "call"):
        print(USAGE, file=sys.stderr, end="")
        return 255
    try:
        if words[0] == "list":
            verbose = verbose or "-v" in words
            return _list([w for w in words[1:] if w != "-v"], verbose)
        return _call(words[1:], simple)
    except StatusError as error:
        if simple:
            return error.status
        if words[0] == "list":
            print(f"Command failed: {STATUS[error.status]}", file=sys.stderr)
            return error.status
        line = " ".join(["ubus", *words])
        print(f"Command failed: {line} ({STATUS[error.status]})", file=sys.stderr)
        return 256 - error.status


def _list(patterns: list[str], verbose: bool) -> int:
    bus = Bus()
    pattern = patterns[0] if patterns else "*"
    names = [
        name
        for name in sorted(bus.signatures())
        if name == pattern or (pattern.endswith("*") and name.startswith(pattern[:-1]))
    ]
    if not names:
        raise StatusError(4)
    for name in names:
        if not verbose:
            print(name)
            continue
        print(f"'{name}' @{sum(name.encode()) * 0x9E3779B1 & 0xFFFFFFFF:08x}")
        for method, signature in bus.signatures()[name].items():
            print(f'\t"{method}":{plain(signature)}')
    return 0


def _call(words: list[str], simple: bool) -> int:
    if not 2 <= len(words) <= 3:
        print(USAGE, file=sys.stderr, end="")
        return 254
    message: Any = {}
    if len(words) == 3:
        try:
            message = json.loads(words[2])
        except ValueError:
            message = None
        if not isinstance(message, dict):
            raise StatusError(12)
    answer = Bus().call(words[0], words[1], message)
    if answer is not None:
        print(plain(answer) if simple else pretty(answer))
    return 0
