"""The console in a real terminal of 120x40, with all that it writes counted and shown.

with Console(folder, "facts_every_s=0") as console:
    console.act(b"j")                bytes until it is silent
    console.act(b"\\r", "DEVICE")     the same, and the screen shows this then
    console.during(5.0)              bytes in so many seconds
    with console.frozen(): ...       what is polled meanwhile is shown afterwards, also if it fails
    console.share(10.0)              the part of a core it takes meanwhile, all threads together
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from tests.console import live
from tests.widgets.emulator import Screen
from tests.widgets.ptydrive import Terminal

TRUECOLOUR: dict[str, str] = {}
SIXTEEN = {"TERM": "xterm", "COLORTERM": ""}
QUIET_S = 0.3  # longer than the preview waits for the cursor to rest
_DEADLINE_S = 60.0
_TICKS = os.sysconf("SC_CLK_TCK")


class Console(Terminal):
    """`tests/console/live.py` on the fleet of a folder, with settings as NAME=JSON."""

    def __init__(self, folder: Path, *chosen: str, **environment: str) -> None:
        script = Path(live.__file__)
        super().__init__(script, str(folder), *chosen, columns=120, lines=40, **environment)
        self.screen = Screen()
        self.thawing = 0

    def __enter__(self) -> Self:
        self.until(" dev ")
        self.settle(QUIET_S)
        return self

    def act(self, keys: bytes, shown: str = "") -> int:
        """Type keys that show; give the bytes written until a text is there and it is silent."""
        os.write(self._fd, keys)
        count = len(self._read(_DEADLINE_S))
        assert count, f"nothing answered {keys!r}"
        return count + self.until(shown) + len(self.settle(QUIET_S))

    @contextmanager
    def frozen(self, keys: bytes = b"") -> Iterator[None]:
        """Freeze what is shown, and type keys then; `thawing` is what is written afterwards."""
        self.act(b"p" + keys, "FROZEN")
        try:
            yield
        finally:
            self.thawing = self.act(b"p")

    def until(self, shown: str) -> int:
        """Read until a text stands on the screen; gives the bytes."""
        count, deadline = 0, time.monotonic() + _DEADLINE_S
        while shown not in self.screen.text:
            assert time.monotonic() < deadline, f"no {shown!r} in\n{self.screen.text}"
            count += len(self._read(1.0))
        return count

    def during(self, seconds: float) -> int:
        """The bytes written in a time."""
        count, end = 0, time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            count += len(self._read(left))
        return count

    def share(self, seconds: float) -> tuple[float, int]:
        """The part of a core that the process takes in a time, and the bytes it writes in it."""
        began, spent = time.monotonic(), self._cpu_s()
        count = self.during(seconds)
        return (self._cpu_s() - spent) / (time.monotonic() - began), count

    def _cpu_s(self) -> float:
        """User and system time of all threads."""
        fields = Path(f"/proc/{self._app.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def _read(self, timeout_s: float) -> bytes:
        piece = super()._read(timeout_s)
        self.screen.feed(piece)
        return piece
