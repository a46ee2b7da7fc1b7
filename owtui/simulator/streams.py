"""What a simulated process reads and writes: the pipes, files and channels behind its fds.

A write to a reader that has gone raises `Hangup`, which is SIGPIPE: it ends whoever printed and
leaves a silent command alone.
"""

from __future__ import annotations

import asyncio
import errno
import os

PIPE_BYTES = 65536
_MOST_HELD = 128 << 20  # what a command that needs all of its input may hold


class Hangup(Exception):
    """Nobody reads what was written (SIGPIPE)."""


class Stream:
    """An open file description: reads nothing and forgets what is written (/dev/null)."""

    is_tty = False

    async def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes, or everything to the end for -1; b"" at the end."""
        return b""

    async def write(self, data: bytes) -> None:
        """Write all of `data`; raises Hangup without a reader, OSError on a full disk."""

    def share(self) -> Stream:
        """Return a stream for one more holder, who closes it too."""
        return self

    def close(self) -> None:
        """Give up this holder's part."""

    async def readline(self) -> bytes:
        """Return one line with its newline; only a byte at a time leaves the rest unread."""
        line = bytearray()
        while byte := await self.read(1):
            line += byte
            if byte == b"\n":
                break
        return bytes(line)


class BytesSource(Stream):
    """Bytes that are known beforehand."""

    def __init__(self, data: bytes) -> None:
        self._data = memoryview(data)

    async def read(self, size: int = -1) -> bytes:
        if size < 0:
            size = len(self._data)
        taken, self._data = self._data[:size], self._data[size:]
        return bytes(taken)


class Capture(Stream):
    """Keeps what is written, for $(command) and for file.exec; `limit` bytes at most."""

    def __init__(self, limit: int = 8 << 20) -> None:
        self.data = bytearray()
        self._limit = limit

    async def write(self, data: bytes) -> None:
        if len(self.data) + len(data) > self._limit:
            raise Hangup
        self.data += data


class Pipe:
    """A bounded pipe; `reader` and `writer` are its two ends."""

    def __init__(self, capacity: int = PIPE_BYTES) -> None:
        self._capacity = capacity
        self._buffer = bytearray()
        self._changed = asyncio.Event()
        self.writers = 1
        self.readers = 1
        self.reader = _ReadEnd(self)
        self.writer = _WriteEnd(self)

    @property
    def full(self) -> bool:
        return len(self._buffer) >= self._capacity

    def wake(self) -> None:
        """Let whoever waits look again."""
        self._changed.set()

    async def _wait(self) -> None:
        self._changed.clear()
        await self._changed.wait()

    def feed(self, data: bytes) -> int:
        """Put data in without waiting; returns the bytes that now lie in the pipe."""
        self._buffer += data
        self.wake()
        return len(self._buffer)

    async def take(self, size: int) -> bytes:
        """Return what is there, up to `size` bytes, or everything to the end for -1."""
        if size < 0:
            return await self._drain()
        while not self._buffer and self.writers > 0:
            await self._wait()
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        self.wake()
        return taken

    async def _drain(self) -> bytes:
        parts = bytearray()
        while part := await self.take(PIPE_BYTES):
            parts += part
            if len(parts) > _MOST_HELD:
                raise OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))
        return bytes(parts)

    async def put(self, data: bytes) -> None:
        """Write with back-pressure; raises Hangup once no reader is left."""
        while self.readers > 0 and self.full:
            await self._wait()
        if self.readers <= 0:
            raise Hangup
        self._buffer += data
        self.wake()


class _ReadEnd(Stream):
    def __init__(self, pipe: Pipe) -> None:
        self._pipe = pipe

    async def read(self, size: int = -1) -> bytes:
        return await self._pipe.take(size)

    def share(self) -> Stream:
        self._pipe.readers += 1
        return self

    def close(self) -> None:
        self._pipe.readers -= 1
        self._pipe.wake()


class _WriteEnd(Stream):
    def __init__(self, pipe: Pipe) -> None:
        self._pipe = pipe

    async def write(self, data: bytes) -> None:
        await self._pipe.put(data)

    def share(self) -> Stream:
        self._pipe.writers += 1
        return self

    def close(self) -> None:
        self._pipe.writers -= 1
        self._pipe.wake()
