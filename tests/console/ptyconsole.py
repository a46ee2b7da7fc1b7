"""The console as a process in a pty: its bytes, its CPU, the modes it leaves the terminal in."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
SCRIPT = Path(__file__).parent / "terminal.py"
DEADLINE_S = 60.0
_SYNC_QUERY, _SYNC_REPLY = b"\x1b[?2026$p", b"\x1b[?2026;2$y"


class PtyConsole:
    """Use `running`."""

    def __init__(self, words: list[str], size: tuple[int, int], environ: dict[str, str]) -> None:
        self._fd, self._inside = pty.openpty()
        columns, lines = size
        fcntl.ioctl(self._inside, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self.before = self.modes
        self.written = b""
        kept = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}
        self.process = subprocess.Popen(
            [sys.executable, *words],
            stdin=self._inside,
            stdout=self._inside,
            stderr=self._inside,
            env={**kept, "TERM": "xterm-256color", "PYTHONPATH": str(ROOT), **environ},
            start_new_session=True,
        )

    @property
    def modes(self) -> list[Any]:
        """How the terminal treats what is typed."""
        return termios.tcgetattr(self._inside)

    def cpu_s(self) -> float:
        """The CPU seconds of the process so far, all its threads."""
        stat = Path(f"/proc/{self.process.pid}/stat").read_text("utf-8")
        ticks = stat.rpartition(")")[2].split()[11:13]
        return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")

    def type(self, keys: bytes) -> None:
        """Type keys."""
        os.write(self._fd, keys)

    def until(self, *marks: bytes) -> bytes:
        """Read until each of these has been written; returns all that was written since before."""
        began, deadline = len(self.written), time.monotonic() + DEADLINE_S
        while not all(mark in self.written[began:] for mark in marks):
            told = self.written[began:][-3000:]
            assert time.monotonic() < deadline, f"no {marks!r} in {told!r}"
            assert self._read(0.5) or self.process.poll() is None, f"it ended: {told!r}"
        return self.written[began:]

    def settle(self, quiet_s: float = 0.3) -> bytes:
        """Read until nothing has come for so long; returns what came."""
        began, deadline = len(self.written), time.monotonic() + DEADLINE_S
        while self._read(quiet_s):
            assert time.monotonic() < deadline, "it never falls silent"
        return self.written[began:]

    def watch(self, seconds: float) -> bytes:
        """Read for so long; returns what came."""
        began, deadline = len(self.written), time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self._read(left)
        return self.written[began:]

    def ended(self) -> int:
        """Read until the process has ended; returns its exit code."""
        deadline = time.monotonic() + DEADLINE_S
        while self.process.poll() is None:
            assert time.monotonic() < deadline, "it does not end"
            self._read(0.1)
        while self._read(0.0):
            pass
        return self.process.returncode

    def close(self) -> None:
        """End it whatever it does."""
        self.process.kill()
        self.process.wait(DEADLINE_S)
        os.close(self._fd)
        os.close(self._inside)

    def _read(self, timeout_s: float) -> bytes:
        if not select.select([self._fd], [], [], timeout_s)[0]:
            return b""
        piece = os.read(self._fd, 65536)
        self.written += piece
        if _SYNC_QUERY in piece:
            os.write(self._fd, _SYNC_REPLY)
        return piece


@contextmanager
def running(*words: str, size: tuple[int, int] = (80, 24), **environ: str) -> Iterator[PtyConsole]:
    """Run terminal.py, or with "-m" a module, in a terminal of this size."""
    command = [*words] if words[0] == "-m" else [str(SCRIPT), *words]
    console = PtyConsole(command, size, {"LANG": "C.UTF-8", **environ})
    try:
        yield console
    finally:
        console.close()
