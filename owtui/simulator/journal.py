"""The system log in memory (logread) and the kernel's ring (dmesg)."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable

_LINES = 1200


class Journal:
    """Lines as logd keeps them, bounded; a reader may wait for the next one."""

    def __init__(self, now: Callable[[], float], uptime: Callable[[], float]) -> None:
        self._now = now
        self._uptime = uptime
        self.lines: deque[str] = deque(maxlen=_LINES)
        self.ring: deque[str] = deque(maxlen=_LINES)
        self.count = 0
        self._grown = asyncio.Event()

    def say(self, tag: str, text: str, priority: str = "daemon.notice") -> None:
        """Add a line as a program called `tag` would."""
        when = time.strftime("%a %b %e %H:%M:%S %Y", time.gmtime(self._now()))
        self.lines.append(f"{when} {priority} {tag}: {text}")
        self.count += 1
        self._grown.set()

    def kernel(self, text: str) -> None:
        """Add a kernel message, to both."""
        self.ring.append(f"[{self._uptime():12.6f}] {text}")
        self.say("kernel", self.ring[-1], "kern.info")

    async def next_lines(self, seen: int) -> list[str]:
        """Wait until more than `seen` lines were ever logged; return the new ones."""
        while self.count <= seen:
            self._grown.clear()
            await self._grown.wait()
        fresh = min(self.count - seen, len(self.lines))
        return list(self.lines)[-fresh:] if fresh else []

    def clear(self) -> None:
        self.lines.clear()
        self.ring.clear()
