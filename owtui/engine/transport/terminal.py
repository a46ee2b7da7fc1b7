"""An interactive shell on a device: bytes in, bytes out, nothing interpreted on the way.

It has a connection to itself, so that it neither waits for the polls nor holds them up.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from types import TracebackType
from typing import NamedTuple, Self

import asyncssh

from owtui.engine.transport.errors import of_session
from owtui.engine.transport.session import Stream
from owtui.engine.transport.ssh import SshConnection
from owtui.errors import DeadlineError

OPEN_S = 15.0
"""How long the device may take to give a shell on a connection that stands."""

Release = Callable[[], Awaitable[None]]


class Size(NamedTuple):
    """Of a terminal, in cells."""

    columns: int
    rows: int


USUAL = Size(80, 24)


class Terminal:
    """A login shell with a pty. Methods belong to the event loop that opened it.

    release: awaited once, when the terminal is closed
    """

    def __init__(self, stream: Stream, name: str) -> None:
        self.name = name
        self.release: Release | None = None
        self._stream = stream

    @classmethod
    async def open(
        cls, connection: SshConnection, *, term: str = "xterm", size: Size = USUAL
    ) -> Self:
        """Start the shell of the login.

        Raises ProtocolError when the device gives none, LostError, DeadlineError.
        """
        stream = Stream()
        place = connection.place
        try:
            async with asyncio.timeout(OPEN_S):
                await connection.raw.create_session(
                    lambda: stream,
                    encoding=None,
                    term_type=term,
                    term_size=(size.columns, size.rows),
                )
        except TimeoutError:
            raise DeadlineError(
                f"{place.name}: no shell within {OPEN_S:g} s.", "The device may be overloaded."
            ) from None
        except (asyncssh.Error, OSError) as error:
            raise of_session(error, place) from error
        return cls(stream, place.name)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    @property
    def closed(self) -> asyncio.Event:
        """Set when the shell has ended or the connection is gone."""
        return self._stream.ended

    @property
    def exit_status(self) -> int | None:
        """What the shell returned; None while it runs, or when the connection went away."""
        return self._stream.exit_status

    async def read(self) -> bytes:
        """Return what the device has written, waiting for something; b"" at the end."""
        return await self._stream.read()

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._stream.__aiter__()

    def write(self, data: bytes) -> None:
        """Type; a shell that has ended does not care."""
        channel = self._stream.channel
        if channel is not None and not self.closed.is_set():
            with contextlib.suppress(BrokenPipeError):
                channel.write(data)

    def resize(self, columns: int, rows: int) -> None:
        """Tell the device that the window has another size now."""
        channel = self._stream.channel
        if channel is not None and not self.closed.is_set():
            channel.change_terminal_size(columns, rows)

    async def close(self) -> None:
        """Hang up; a second time does nothing."""
        if self._stream.channel is not None:
            self._stream.channel.abort()
        release, self.release = self.release, None
        if release is not None:
            await release()
