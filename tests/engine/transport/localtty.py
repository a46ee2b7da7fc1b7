"""A local terminal for tests: a pty whose other side types and looks."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import pty
import struct
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

DEADLINE_S = 20.0


class LocalTty:
    """`fd` is the terminal that a program gets; the methods are the person at it."""

    def __init__(self, columns: int, rows: int) -> None:
        self._person, self.fd = pty.openpty()
        os.set_blocking(self._person, False)
        self.seen = b""
        self.resize(columns, rows)

    @property
    def modes(self) -> list[Any]:
        return termios.tcgetattr(self.fd)

    def resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, text: str) -> None:
        os.write(self._person, text.encode())

    async def until(self, mark: bytes) -> bytes:
        """Look until this has been shown; return all that was, up to it."""
        loop, more = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(self._person, more.set)
        try:
            async with asyncio.timeout(DEADLINE_S):
                while mark not in self.seen:
                    await more.wait()
                    more.clear()
                    with contextlib.suppress(BlockingIOError):
                        self.seen += os.read(self._person, 65536)
        except TimeoutError:
            raise AssertionError(f"no {mark!r} in {self.seen!r}") from None
        finally:
            loop.remove_reader(self._person)
        before, _, self.seen = self.seen.partition(mark)
        return before + mark

    def hang_up(self) -> None:
        """Close the window."""
        os.close(self._person)
        self._person = -1

    def close(self) -> None:
        os.close(self.fd)
        if self._person >= 0:
            os.close(self._person)


@contextmanager
def local_tty(columns: int = 80, rows: int = 24) -> Iterator[LocalTty]:
    made = LocalTty(columns, rows)
    try:
        yield made
    finally:
        made.close()
