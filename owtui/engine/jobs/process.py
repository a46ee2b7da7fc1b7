"""The name of a process that runs jobs, and whether it is still there.

Host, pid and start time: a pid alone may be another program's after a reboot.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Collection
from pathlib import Path

_START_TIME = 19  # the 22nd field of /proc/PID/stat, counted behind the name in brackets


def process_name() -> str:
    """The name of this process, stored with the jobs that it runs."""
    host = socket.gethostname()[:32]
    return f"{host}:{os.getpid()}:{_started(os.getpid()) or '0'}"


def is_gone(name: str, alive: Collection[str]) -> bool:
    """Whether a process has ended; for one of another machine, whether its beat is missing."""
    host, _, rest = name.partition(":")
    pid, _, started = rest.partition(":")
    if host == socket.gethostname()[:32] and pid.isdigit():
        return _started(int(pid)) != started
    return name not in alive


def _started(pid: int) -> str | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
    except OSError:
        return None
    return stat.rpartition(")")[2].split()[_START_TIME]
