"""What a device's answers mean: sysupgrade's log, its exit, the memory. Pure.

Rules from sysupgrade's own behaviour on OpenWrt 24.10: the log is absent until sysupgrade was
started, holds `rc=N` when it ended without flashing, and neither when the device is on its way.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

POINT_OF_NO_RETURN = "Commencing upgrade"
FALSE_FAILURE = 246
"""ubus's exit when procd kills it: `Command failed: ubus call system sysupgrade {…}`."""

_FALSE = re.compile(r"Command failed: ubus call system sysupgrade ")
_RC = re.compile(r"^rc=(\d+)$", re.MULTILINE)
_SIGNAL = 128  # an exit above it: ended by a signal
_MEMORY = re.compile(r"^(MemAvailable|MemFree):\s+(\d+) kB$", re.MULTILINE)


class Fate(StrEnum):
    """What became of a flash, by the log of the detached sysupgrade."""

    NEVER = "never"  # not started: it may be started
    REFUSED = "refused"  # ended without flashing: its words say why
    RUNNING = "running"  # on its way: never start it again


@dataclass(frozen=True, slots=True)
class Flash:
    """The fate and what sysupgrade said."""

    fate: Fate
    said: str = ""


def judge_log(log: str | None) -> Flash:
    """Read the log; None: there is none. A false failure is one that flashes all the same."""
    if log is None:
        return Flash(Fate.NEVER)
    ended = _RC.findall(log)
    said = _RC.sub("", log).strip()
    if not ended or is_success(int(ended[-1]), log):
        return Flash(Fate.RUNNING, said)
    return Flash(Fate.REFUSED, said)


def is_success(exit_status: int, said: str) -> bool:
    """Whether an ended sysupgrade flashes: zero, cut off by procd, or the known false failure.

    Stage 2 ends all processes: one that a signal met behind the point of no return has flashed.
    """
    if exit_status in (0, FALSE_FAILURE) or _FALSE.search(said):
        return True
    return exit_status > _SIGNAL and POINT_OF_NO_RETURN in said


def complaint(said: str) -> str:
    """The lines of a refusal that tell why, as one sentence's tail."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    told = [line for line in lines if line not in ("Image check failed.",)]
    return "; ".join(told or lines) or "it does not say why"


def free_bytes(meminfo: str) -> int | None:
    """MemAvailable, where a kernel has it, else MemFree, in bytes; None: it says neither."""
    found = {name: int(kib) * 1024 for name, kib in _MEMORY.findall(meminfo)}
    return found.get("MemAvailable", found.get("MemFree"))


def fits(size: int, free: int) -> bool:
    """Whether an image has room: equal is not enough."""
    return size < free


def same_uuid(found: str, wanted: str) -> bool:
    """Whether the agent's UUID is the device's; dashes and case do not matter."""
    return found.strip().replace("-", "").lower() == wanted.strip().replace("-", "").lower()
