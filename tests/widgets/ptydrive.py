"""Run a Textual app in a real terminal of a given size and count what it writes.

    with Terminal("rowtable", columns=120, lines=40) as terminal:
        written = terminal.send(b"j")     # bytes the app wrote until it fell silent

Nothing sleeps: reads end when the app has been silent for a while, or at a deadline that fails.
"""

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
from pathlib import Path
from types import TracebackType

_ROOT = Path(__file__).parents[2]
_DEADLINE_S = 60.0
_QUIET_S = 0.25
_FRAME_END = b"\x1b[?2026l"
_SYNC_QUERY, _SYNC_REPLY = b"\x1b[?2026$p", b"\x1b[?2026;2$y"


class Terminal:
    """A pty with `tests/widgets/apps/<name>.py`, or another script, running in it."""

    def __init__(
        self,
        script: str | Path,
        *arguments: str,
        columns: int,
        lines: int,
        ready: bytes = b"ready",
        **environment: str,
    ) -> None:
        if isinstance(script, str):
            script = Path(__file__).parent / "apps" / f"{script}.py"
        self._ready = ready
        settings = {
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "PYTHONPATH": str(_ROOT),
            "PATH": os.environ["PATH"],
            "HOME": os.environ["HOME"],
            "LANG": "C.UTF-8",
            **environment,
        }
        self._fd, inside = pty.openpty()
        fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self._app = subprocess.Popen(
            [sys.executable, str(script), *arguments],
            stdin=inside,
            stdout=inside,
            stderr=inside,
            env=settings,
            start_new_session=True,
        )
        os.close(inside)

    def __enter__(self) -> Terminal:
        self.read_until(self._ready)
        self.settle()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._app.kill()
        self._app.wait(timeout=_DEADLINE_S)
        os.close(self._fd)

    def send(self, keys: bytes) -> bytes:
        """Type keys and return everything written until the app is silent."""
        os.write(self._fd, keys)
        return self.settle()

    def latency(self, keys: bytes) -> float:
        """Type keys and give the seconds until the first byte; the whole frame is read."""
        started = time.monotonic()
        os.write(self._fd, keys)
        written = self._read(_DEADLINE_S)
        taken = time.monotonic() - started
        if _FRAME_END not in written:
            self.read_until(_FRAME_END)
        return taken

    def settle(self, quiet_s: float = _QUIET_S) -> bytes:
        """Read until nothing has come for a moment."""
        written = b""
        deadline = time.monotonic() + _DEADLINE_S
        while time.monotonic() < deadline:
            piece = self._read(quiet_s)
            if not piece:
                return written
            written += piece
        raise AssertionError(f"the app never fell silent; it wrote {len(written)} bytes")

    def read_until(self, mark: bytes) -> bytes:
        """Read until a text has been written."""
        written = b""
        deadline = time.monotonic() + _DEADLINE_S
        while mark not in written:
            remaining = deadline - time.monotonic()
            assert remaining > 0, f"no {mark!r} in {written[-2000:]!r}"
            written += self._read(remaining)
        return written

    def _read(self, timeout_s: float) -> bytes:
        if not select.select([self._fd], [], [], timeout_s)[0]:
            return b""
        try:
            piece = os.read(self._fd, 65536)
        except OSError as error:  # the app ended
            raise AssertionError("the app ended") from error
        if _SYNC_QUERY in piece:
            os.write(self._fd, _SYNC_REPLY)
        return piece
