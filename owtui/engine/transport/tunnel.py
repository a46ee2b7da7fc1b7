"""A port of this machine that leads to a port of a device, through SSH.

One connection carries all that goes through a tunnel; when it is gone, as after a reboot, the next
visitor has it made anew. Unlike commands, forwarded channels are safe beside each other on dropbear
(240 of 240 with six at once on 2022.83).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, Self
from uuid import UUID

import asyncssh

from owtui.engine.transport.errors import of_session
from owtui.engine.transport.ssh import SshConnection
from owtui.errors import PROBLEMS, DeadlineError, DeviceError, LostError, RefusedError, failure_of

LOCAL = "127.0.0.1"  # here, and on the device: nothing else on either network is opened
OPEN_S = 15.0
BLOCK = 64 * 1024

Connect = Callable[[], AbstractAsyncContextManager[SshConnection]]
Release = Callable[[], Awaitable[None]]


def _nothing() -> None:
    """Who opened the tunnel wants to hear nothing of it."""


class Sink(Protocol):
    """The writing end of a local socket or of a channel."""

    def write(self, data: bytes) -> None: ...
    def write_eof(self) -> None: ...
    async def drain(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Door:
    """A port of the device; `scheme` is what a browser calls it."""

    port: int = 80
    scheme: str = "http"


class Tunnel:
    """A listener on 127.0.0.1 and what went through it.

    device: its name; local_port tells tunnels apart; opened: UTC
    bytes_in, bytes_out: from and to the device
    visitors: connections open now; visits: how many came
    error: why the last visitor could not be let through, "" when he was
    lost: its connection is gone, and nobody has had it made anew yet
    moved: called when it is lost or back; release: awaited once, when the tunnel is closed
    """

    def __init__(
        self, device_id: UUID, device: str, door: Door, connect: Connect, opened: datetime
    ) -> None:
        self.device_id = device_id
        self.device = device
        self.door = door
        self.opened = opened
        self.local_port = 0
        self.bytes_in = 0
        self.bytes_out = 0
        self.visits = 0
        self.error = ""
        self.lost = False
        self.moved: Callable[[], None] = _nothing
        self._connect = connect
        self.release: Release | None = None
        self._server: asyncio.Server | None = None
        self._visits: set[asyncio.Task[None]] = set()
        self._connection: SshConnection | None = None
        self._held = AsyncExitStack()
        self._connecting = asyncio.Lock()

    @classmethod
    async def open(
        cls, device_id: UUID, device: str, door: Door, connect: Connect, opened: datetime
    ) -> Self:
        """Connect, try the device's port once and listen.

        Raises RefusedError when the device lets nothing through to that port, or what keeps the
        device from being reached.
        """
        tunnel = cls(device_id, device, door, connect, opened)
        try:
            _, far = await tunnel._channel()
            far.close()
            tunnel._server = await asyncio.start_server(tunnel._visit, LOCAL, 0)
        except BaseException:
            await tunnel._held.aclose()
            raise
        tunnel.local_port = tunnel._server.sockets[0].getsockname()[1]
        return tunnel

    @property
    def url(self) -> str:
        """Where a browser on this machine finds the device."""
        return f"{self.door.scheme}://{LOCAL}:{self.local_port}/"

    @property
    def remote(self) -> str:
        """The end on the device."""
        return f"{LOCAL}:{self.door.port}"

    @property
    def visitors(self) -> int:
        """How many connections go through it now."""
        return len(self._visits)

    async def close(self) -> None:
        """Stop listening, cut what goes through, close the connection; again does nothing."""
        if self._server is not None:
            self._server.close()
        visits = tuple(self._visits)
        for visit in visits:
            visit.cancel()
        await asyncio.gather(*visits, return_exceptions=True)
        async with self._connecting:
            self._connection = None
            await self._held.aclose()
        release, self.release = self.release, None
        if release is not None:
            await release()

    async def _visit(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        """Carry one local connection to the device and back."""
        task = asyncio.current_task()
        assert task is not None
        self._visits.add(task)
        self.visits += 1
        try:
            await self._carry(near, back)
        except PROBLEMS as error:  # storage's as well: the device may have been removed
            self.error = failure_of(error).sentence
            back.transport.abort()
        except asyncio.CancelledError:
            pass  # close() did it; asyncio's server would report it as a failure
        finally:
            back.close()
            self._visits.discard(task)

    async def _carry(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        far, forth = await self._channel()
        self.error = ""
        ways = (
            asyncio.create_task(self._pump(near, forth, out=True), name=f"to {self.device}"),
            asyncio.create_task(self._pump(far, back, out=False), name=f"from {self.device}"),
        )
        try:
            await asyncio.gather(*ways)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            forth.close()

    async def _pump(self, source: Any, sink: Sink, *, out: bool) -> None:
        """Pass bytes on until their end, which is passed on too."""
        # A reset on one side ends the visit: the other side sees its end.
        with contextlib.suppress(OSError, asyncssh.Error):
            while data := await source.read(BLOCK):
                if out:
                    self.bytes_out += len(data)
                else:
                    self.bytes_in += len(data)
                sink.write(data)
                await sink.drain()
            sink.write_eof()

    async def _channel(
        self,
    ) -> tuple[asyncssh.SSHReader[bytes], asyncssh.SSHWriter[bytes]]:
        """Open a channel to the device's port, on a new connection if the old one is gone."""
        try:
            return await self._forwarded(await self._connected())
        except LostError:
            return await self._forwarded(await self._connected())

    async def _connected(self) -> SshConnection:
        async with self._connecting:
            if self._connection is None or self._connection.closed:
                await self._held.aclose()
                made = await self._held.enter_async_context(self._connect())
                self._connection = made
                if self.lost:
                    self.lost = False
                    self.moved()
                made.when_lost(lambda: self._gone(made))
            return self._connection

    def _gone(self, connection: SshConnection) -> None:
        """The connection went away, and nobody here closed it."""
        if self._connection is connection:
            self.lost = True
            self.moved()

    async def _forwarded(
        self, connection: SshConnection
    ) -> tuple[asyncssh.SSHReader[bytes], asyncssh.SSHWriter[bytes]]:
        port = self.door.port
        try:
            async with asyncio.timeout(OPEN_S):
                return await connection.raw.open_connection(LOCAL, port, encoding=None)
        except TimeoutError:
            raise DeadlineError(
                f"{self.device}: its port {port} did not answer within {OPEN_S:g} s."
            ) from None
        except asyncssh.ChannelOpenError as error:
            raise self._refusal(error, connection) from error
        except (asyncssh.Error, OSError) as error:
            raise of_session(error, connection.place) from error

    def _refusal(self, error: asyncssh.ChannelOpenError, connection: SshConnection) -> DeviceError:
        """Map the device's answer that it does not lead us there."""
        if connection.closed or "closed" in error.reason:
            return of_session(error, connection.place)
        if error.code == asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED:
            return RefusedError(
                f"{self.device} refuses to forward connections.",
                "Its SSH server was told not to: dropbear's -j, or the key's own options.",
            )
        return RefusedError(
            f"{self.device} refused: nothing answers at its port {self.door.port}.",
            "Start its web server (uhttpd), or name another port.",
        )
