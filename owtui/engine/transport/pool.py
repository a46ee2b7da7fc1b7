"""One SSH connection a device, used by everything that talks to it.

It is made on demand, tried first the way that worked last, and closed when nobody used it for a
while. A connection found dead before anything was sent is replaced once, unseen.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from uuid import UUID

from owtui.engine.transport.base import (
    CommandResult,
    Deadlines,
    HostKeys,
    Login,
    Progress,
    Target,
)
from owtui.engine.transport.dial import Dialer, OnAttempt, Way
from owtui.engine.transport.errors import UnsentError
from owtui.engine.transport.gates import Slots
from owtui.engine.transport.jump import ResolveJump
from owtui.engine.transport.shared import GOODBYE_S, Lease, Shared
from owtui.engine.transport.ssh import OUTPUT_BYTES, SshConnection

MAX_CONNECTIONS = 1000
"""Open at once; each costs a file descriptor here and about 60 KiB."""

Resolve = Callable[[UUID], Awaitable[Target]]


class Pool:
    """The connections to all devices.

    resolve: a device's id to what the inventory says now
    on_attempt: told of each credential tried: connection row, whether it worked, else why not
    resolve_jump: a jump host's name to the device of the inventory it names
    """

    def __init__(
        self,
        resolve: Resolve,
        host_keys: HostKeys,
        deadlines: Deadlines | None = None,
        clock: Callable[[], float] = time.monotonic,
        *,
        max_connections: int = MAX_CONNECTIONS,
        output_bytes: int = OUTPUT_BYTES,
        on_attempt: OnAttempt | None = None,
        resolve_jump: ResolveJump | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        limits = deadlines or Deadlines()
        self._resolve = resolve
        self._on_attempt = on_attempt
        self._dialer = Dialer(
            host_keys,
            limits,
            resolve_jump=resolve_jump,
            output_bytes=output_bytes,
            sleep=sleep,
            clock=clock,
        )
        self._devices: Shared[UUID] = Shared(limits.idle_s, Slots(max_connections))
        self._ways: dict[UUID, Way] = {}
        self._own: set[SshConnection] = set()

    @asynccontextmanager
    async def shell(
        self, device_id: UUID, target: Target | None = None
    ) -> AsyncIterator[PooledShell]:
        """Lend a shell on the device's connection, which is made first if need be.

        target: the device, where the caller has just resolved it
        Raises the DeviceError that says why the device cannot be reached.
        """
        shell = PooledShell(self, device_id, await self.take(device_id, target))
        try:
            yield shell
        finally:
            shell.release()

    async def take(self, device_id: UUID, target: Target | None = None) -> Lease[UUID]:
        """Hold the device's connection until the lease is released; for shells."""
        return await self._devices.take(device_id, lambda: self._connect(device_id, target))

    @asynccontextmanager
    async def fresh(self, device_id: UUID, login: Login) -> AsyncIterator[SshConnection]:
        """Lend a connection of its own, made with this login alone and closed after.

        It proves a login that was just changed, which the pooled connection cannot; on a device
        that is `factory` it proves nothing.
        """
        target = replace(await self._resolve(device_id), logins=(login,))
        connection = await self._dialer.connect(target)
        try:
            yield connection
        finally:
            connection.close()
            await connection.wait_closed()

    @asynccontextmanager
    async def own(self, device_id: UUID) -> AsyncIterator[SshConnection]:
        """Lend a connection of its own, made with the device's logins and closed after.

        For what lasts: a shell, a tunnel, a log tail. On the shared one it would hold the only
        channel that dropbear can be trusted with. It counts among `max_connections`.
        """
        async with self._devices.place():
            connection = await self._connect(device_id, None)
            self._own.add(connection)
            try:
                yield connection
            finally:
                self._own.discard(connection)
                await _part(connection)

    async def probe_factory(self, device_id: UUID) -> bool:
        """Tell whether the device lets anybody in; see Dialer.probe_factory."""
        return await self._dialer.probe_factory(await self._resolve(device_id))

    def invalidate(self, device_id: UUID) -> None:
        """Forget a device's connection: its address, credential or host key was edited.

        Commands that run finish on the old connection.
        """
        self._ways.pop(device_id, None)
        self._devices.forget(device_id)

    def connected(self) -> set[UUID]:
        """Devices with a connection that stands."""
        return self._devices.connected()

    def stands(self, device_id: UUID) -> bool:
        """Whether the device's connection stands."""
        return self._devices.stands(device_id)

    async def close(self) -> None:
        """Close every connection; commands that run are lost."""
        await asyncio.gather(*map(_part, self._own))
        await self._devices.close()
        await self._dialer.hops.close()

    async def _connect(self, device_id: UUID, target: Target | None) -> SshConnection:
        target = target or await self._resolve(device_id)
        connection = await self._dialer.connect(
            target, first=self._ways.get(device_id), on_attempt=self._on_attempt
        )
        self._ways[device_id] = Way(connection.place.address, connection.login.connection_id)
        return connection


class PooledShell:
    """`base.Shell` on a pooled connection, which may be another one after a loss."""

    def __init__(self, pool: Pool, device_id: UUID, lease: Lease[UUID]) -> None:
        self._pool = pool
        self._device_id = device_id
        self._lease = lease
        self._renewing = asyncio.Lock()

    @property
    def connection(self) -> SshConnection:
        """The connection in use: its address, credential, banner, whether it is `factory`."""
        return self._lease.connection

    async def run(
        self, command: str, *, stdin: bytes = b"", timeout: float | None = None
    ) -> CommandResult:
        """See `base.Shell.run`."""
        lease = self._lease
        try:
            return await lease.connection.run(command, stdin=stdin, timeout=timeout)
        except UnsentError:
            fresh = await self._renewed(lease)
            return await fresh.run(command, stdin=stdin, timeout=timeout)

    async def upload(
        self,
        data: bytes,
        path: str,
        *,
        mode: int = 0o600,
        progress: Progress | None = None,
        resume: bool = False,
    ) -> bool:
        """See `base.Shell.upload`."""
        lease = self._lease
        try:
            return await lease.connection.upload(
                data, path, mode=mode, progress=progress, resume=resume
            )
        except UnsentError:
            fresh = await self._renewed(lease)
            return await fresh.upload(data, path, mode=mode, progress=progress, resume=resume)

    def release(self) -> None:
        """Let go of the connection."""
        self._lease.release()

    async def _renewed(self, dead: Lease[UUID]) -> SshConnection:
        """Return a new connection in place of a dead one; one for all who noticed."""
        async with self._renewing:
            if self._lease is dead:
                dead.release()
                self._lease = await self._pool.take(self._device_id)
            return self._lease.connection


async def _part(connection: SshConnection) -> None:
    """Close a connection and wait for it, but not for ever: the device may be hanging."""
    connection.close()
    try:
        async with asyncio.timeout(GOODBYE_S):
            await connection.wait_closed()
    except TimeoutError:
        connection.abort()
        await connection.wait_closed()
