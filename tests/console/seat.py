"""A person at a terminal of his own in which `owtui` runs: types, and reads what is on the screen.

The program is the leader of the session, and the terminal controls it, as a login has it: when the
terminal goes, the kernel sends SIGHUP. A thread reads all the time, since a program whose terminal
nobody reads stands still.
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pyte

DEADLINE_S = 60.0
# Questions to the terminal, which pyte takes for text.
_QUESTIONS = re.compile(rb"\x1b\[[?>=<]?[0-9;]*(?:\$p|u)")
_LAUNCH = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.executable, [sys.executable, "-m", "owtui", *sys.argv[1:]])
"""


class Seat:
    """The terminal and the process in it."""

    def __init__(self, *argv: str, columns: int = 120, lines: int = 30, **environ: str) -> None:
        self._person, inside = pty.openpty()
        fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self.modes = termios.tcgetattr(inside)
        self._screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self._screen)
        self._shown = threading.Condition()
        self.raw = b""
        self._ended = False
        self.process = subprocess.Popen(
            [sys.executable, "-c", _LAUNCH, *argv],
            stdin=inside,
            stdout=inside,
            stderr=inside,
            env={**os.environ, "TERM": "xterm-256color", "LANG": "C.UTF-8", **environ},
            start_new_session=True,
        )
        self._inside = inside
        self._wake, self._waker = os.pipe()
        self._reader = threading.Thread(target=self._read, name="seat", daemon=True)
        self._reader.start()

    def _read(self) -> None:
        try:
            while self._wake not in select.select([self._person, self._wake], [], [])[0]:
                data = os.read(self._person, 65536)
                with self._shown:
                    self.raw += data
                    self._stream.feed(_QUESTIONS.sub(b"", data))
                    self._shown.notify_all()
        except OSError:
            pass  # the last end of the terminal is closed
        finally:
            with self._shown:
                self._ended = True
                self._shown.notify_all()

    @property
    def screen(self) -> str:
        """The lines on the screen."""
        with self._shown:
            return "\n".join(self._screen.display)

    def until(self, holds: Callable[[str], Any], deadline_s: float = DEADLINE_S) -> Any:
        """Wait until something is so on the screen; returns what `holds` found."""
        end = time.monotonic() + deadline_s
        with self._shown:
            while not (found := holds("\n".join(self._screen.display))):
                left = end - time.monotonic()
                assert left > 0 and not self._ended, "\n".join(self._screen.display)
                self._shown.wait(left)
        return found

    def sees(self, *words: str) -> None:
        """Wait until all these words are on the screen."""
        self.until(lambda screen: all(word in screen for word in words))

    def type(self, text: str) -> None:
        """Press keys."""
        os.write(self._person, text.encode())

    def command(self, line: str) -> None:
        """Type a `:` line as a person does, who looks at it before Enter."""
        self.type(":")
        self.sees("Esc close")
        self.type(line)
        self.sees(f":{line}")
        self.type("\r")

    @property
    def modes_now(self) -> list[Any]:
        """How the terminal is set; compare with `modes`, from before the program ran."""
        return termios.tcgetattr(self._inside)

    def left(self) -> int:
        """Wait for the program's end; returns its exit code."""
        return self.process.wait(DEADLINE_S)

    def hang_up(self) -> None:
        """Close the window: the terminal is gone, and the program is told so by SIGHUP."""
        os.write(self._waker, b"x")
        self._reader.join(DEADLINE_S)  # who still reads there keeps it open
        for fd in (self._person, self._wake, self._waker):
            os.close(fd)
        self._person = -1

    def close(self) -> None:
        """Leave nothing behind."""
        self.process.kill()
        self.process.wait(DEADLINE_S)
        os.close(self._inside)
        if self._person >= 0:
            self.hang_up()


@contextmanager
def seated(*argv: str, **environ: str) -> Iterator[Seat]:
    """A seat that is left at the end."""
    seat = Seat(*argv, **environ)
    try:
        yield seat
    finally:
        seat.close()
