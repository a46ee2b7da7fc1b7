"""One channel: what a command prints is kept up to a limit, or handed on as it comes (`Stream`)."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections import deque
from collections.abc import AsyncIterator

from owtui.engine.transport.base import CommandResult
from owtui.engine.transport.library import asyncssh

STREAM_BYTES = 256 * 1024
"""What a Stream holds that nobody has read yet; then the other side has to wait."""

COMPLAINT_BYTES = 4096


class Output(asyncssh.SSHClientSession[bytes]):
    """What a command says and how it ends; asyncssh calls the methods without docstrings.

    channel: None until the server opened it; exit_status: None until the command ended
    ended: set when the channel is gone, for whatever reason
    """

    def __init__(self, limit: int) -> None:
        self.channel: asyncssh.SSHClientChannel[bytes] | None = None
        self.exit_status: int | None = None
        self.ended = asyncio.Event()
        self.writable = asyncio.Event()
        self.writable.set()
        self._limit = limit
        self._kept: tuple[list[bytes], list[bytes]] = ([], [])
        self._room = [limit, limit]
        self.cut = False

    def connection_made(self, chan: asyncssh.SSHClientChannel[bytes]) -> None:
        self.channel = chan

    def data_received(self, data: bytes, datatype: int | None) -> None:
        stream = 0 if datatype is None else 1
        room = self._room[stream]
        if len(data) > room:
            data, self.cut = data[:room], True
        if data:
            self._room[stream] -= len(data)
            self._kept[stream].append(data)

    def eof_received(self) -> bool:
        return True  # our side closes when the input is sent, not because the other has

    def exit_status_received(self, status: int) -> None:
        self.exit_status = status

    def exit_signal_received(self, signal: str, core_dumped: bool, msg: str, lang: str) -> None:
        self.exit_status = signal_status(signal)

    def connection_lost(self, exc: Exception | None) -> None:
        self.writable.set()
        self.ended.set()

    def pause_writing(self) -> None:
        self.writable.clear()

    def resume_writing(self) -> None:
        self.writable.set()

    def send(self, data: bytes) -> None:
        """Give the command all of its input; one that has ended already does not care."""
        if self.channel is None:
            return
        with contextlib.suppress(BrokenPipeError):
            if data:
                self.channel.write(data)
            self.channel.write_eof()

    def drain(self) -> None:
        """Keep nothing more, so that the end of a cut command is noticed whatever it prints."""
        self._room = [0, 0]
        if self.channel is not None:
            self.channel.resume_reading()

    def result(self, took_s: float) -> CommandResult:
        """Return what was collected."""
        stdout, stderr = (b"".join(parts) for parts in self._kept)
        status = 255 if self.exit_status is None else self.exit_status
        return CommandResult(stdout, stderr, status, took_s, self.cut)


class Stream(Output):
    """A channel whose standard output is read while it comes; of stderr the beginning is kept."""

    def __init__(self) -> None:
        super().__init__(COMPLAINT_BYTES)
        self._blocks: deque[bytes] = deque()
        self._unread = 0
        self._moved = asyncio.Event()

    def data_received(self, data: bytes, datatype: int | None) -> None:
        if datatype is not None:
            super().data_received(data, datatype)
            return
        self._blocks.append(data)
        self._unread += len(data)
        self._moved.set()
        if self._unread > STREAM_BYTES and self.channel is not None:
            self.channel.pause_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._moved.set()

    async def read(self) -> bytes:
        """Return what has come, waiting for something; b"" when the channel is gone."""
        while not self._blocks and not self.ended.is_set():
            self._moved.clear()
            await self._moved.wait()
        data = b"".join(self._blocks)
        self.forget()
        return data

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while data := await self.read():
            yield data

    def forget(self) -> None:
        """Have nothing unread; the other side may go on."""
        paused = self._unread > STREAM_BYTES
        self._blocks.clear()
        self._unread = 0
        if paused and self.channel is not None and not self.ended.is_set():
            self.channel.resume_reading()

    def drain(self) -> None:
        """Keep nothing more; see Output.drain."""
        self.forget()
        super().drain()


def signal_status(name: str) -> int:
    """Return the exit status a shell gives for a signal: 128 + its number."""
    number = getattr(signal, f"SIG{name}", None)
    return 128 + int(number) if number else 255
