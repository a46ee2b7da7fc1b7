"""What a plan says of an upgrade over HTTP, before anything is sent. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from owtui.engine.firmware.options import MEANINGS, keeps
from owtui.engine.openwrt import rights

BY_KEY = "Over SSH, for which it has a key, though it was read over HTTP."
UNKNOWN = (
    "What its ubus session may do is not known: it is read when the device is polled next; poll it,"
    " or give it SSH."
)
NO_BACKUP = "no backup (“cgi-io backup” is not granted)"
LESS = "of /etc what sysupgrade keeps by itself, not all changed files (-c)"
NO_ROOM = "no services are stopped to make room"


def refusal(facts: Mapping[str, Any], options: Mapping[str, bool], *, clean: bool) -> str:
    """Why a device cannot be upgraded over HTTP, "" where it can.

    facts: as they are stored; clean: the image needs that its configuration is not kept
    """
    told = [f"-{letter} ({MEANINGS[letter]})" for letter, on in options.items() if on]
    told = [one for one in told if not one.startswith("-n ")]
    if told:
        return (
            f"It is reached over HTTP, where sysupgrade is not told {', '.join(told)}:"
            " name no option, or n, or give it SSH."
        )
    may = facts.get("rights")
    if may is None:
        return UNKNOWN
    if missing := rights.lacking(may, keeps=keeps(options)):
        return f"It is reached over HTTP, and its ubus session lacks {missing}. {rights.ALLOW}"
    if clean:
        return (
            "It is reached over HTTP, where sysupgrade's test is not told -n, and without it the"
            " test refuses this image: give it SSH."
        )
    return ""


def warning(facts: Mapping[str, Any], options: Mapping[str, bool]) -> str:
    """What is less than over SSH, as the plan tells it."""
    less = [NO_ROOM]
    if keeps(options) and "c" not in options:
        less.insert(0, LESS)
    if "backup" not in (facts.get("rights") or ()):
        less.append(NO_BACKUP)
    return f"! Over HTTP, unless SSH lets us in by then: {'; '.join(less)}."


def commands(facts: Mapping[str, Any], options: Mapping[str, bool], size: str) -> tuple[str, ...]:
    """What is sent."""
    may, keep = facts.get("rights") or (), keeps(options)
    line = " ".join(rights.KEEP if keep else rights.CLEAN)
    start = f"ubus call file exec: {line}"
    if "rpc-sys start" in may:
        start = f"ubus call rpc-sys upgrade_start {{keep: {str(keep).lower()}}}"
    return (f"cgi-upload {rights.IMAGE} ({size})", start)
