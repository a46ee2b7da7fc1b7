"""Which way to a device: what its connection prefers, the other where that one fails.

What worked is tried first for a while. A host key or certificate that does not fit ends the
attempt: a password must not follow an impostor to another port.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Protocol
from uuid import UUID

from owtui.engine.openwrt.fallback import FallbackRouter
from owtui.engine.openwrt.router import Router
from owtui.engine.openwrt.rpc import UbusRouter
from owtui.engine.openwrt.shell import SshRouter
from owtui.engine.openwrt.ubusdoor import UbusDoor, http_logins
from owtui.engine.transport.base import Deadlines, Login, Shell, Target
from owtui.engine.transport.dial import OnAttempt
from owtui.engine.transport.ubus import Connect, UbusSession, over_http
from owtui.errors import AuthError, DeviceError, HostKeyError, InputError, Kind, UnreachableError

KEPT_S = 300.0  # so long what worked goes before what is preferred

Resolve = Callable[[UUID], Awaitable[Target]]

_NOT_THERE = (Kind.UNREACHABLE, Kind.REFUSED, Kind.TIMEOUT)


class Shells(Protocol):
    """Where shells come from; transport.pool implements it."""

    def shell(
        self, device_id: UUID, target: Target | None = None
    ) -> AbstractAsyncContextManager[Shell]:
        """Lend a shell on the device's connection, which is made first if need be."""
        ...

    def fresh(self, device_id: UUID, login: Login) -> AbstractAsyncContextManager[Shell]:
        """Lend a shell on a connection of its own, made with this login alone."""
        ...

    def invalidate(self, device_id: UUID) -> None:
        """Forget the device's connection."""
        ...

    def stands(self, device_id: UUID) -> bool:
        """Whether the device's connection stands."""
        ...


@dataclass(slots=True)
class _Held:
    """A ubus session, where it is and how many use it now; gone: nothing answers there."""

    session: UbusSession
    login: Login
    address: str
    users: int = 0
    gone: bool = False
    radios: set[str] = field(default_factory=set)  # what `collect` remembers


class Reach:
    """Routers for devices over the pool's SSH connections and over ubus sessions of its own.

    on_attempt: told of each credential that ubus took or refused, where ubus is preferred
    """

    def __init__(
        self,
        shells: Shells,
        resolve: Resolve,
        deadlines: Deadlines | None = None,
        connect: Connect = over_http,
        clock: Callable[[], float] = time.monotonic,
        on_attempt: OnAttempt | None = None,
    ) -> None:
        self._shells = shells
        self._on_attempt = on_attempt
        self._resolve = resolve
        self._deadlines = deadlines or Deadlines()
        self._connect = connect
        self._clock = clock
        self._sessions: dict[UUID, _Held] = {}
        self._worked: dict[UUID, tuple[str, float]] = {}
        # Names of devices that SSH is the way to. While the connection stands nothing of what is
        # stored is wanted: reading and unsealing it was a seventh of what a poll costs.
        self._warm: dict[UUID, str] = {}

    @asynccontextmanager
    async def router(self, device_id: UUID) -> AsyncIterator[Router]:
        """Open a device with what is stored for it.

        Raises the DeviceError of the preferred way; its hint says what became of the other.
        """
        async with AsyncExitStack() as stack:
            name = self._warm.get(device_id)
            if name is not None and self._shells.stands(device_id):
                shell = await stack.enter_async_context(self._shells.shell(device_id))
                yield SshRouter(shell, name)
            else:
                yield await self._open(await self._resolve(device_id), stack)

    def cool(self) -> None:
        """Somebody edited devices: what is stored is read again when they are opened next."""
        self._warm.clear()

    @asynccontextmanager
    async def fresh(self, device_id: UUID, login: Login) -> AsyncIterator[Router]:
        """Open a connection of its own with this login alone, closed afterwards.

        It proves the login: a refusal is told and not followed by another way.
        """
        target = replace(await self._resolve(device_id), logins=(login,))
        async with AsyncExitStack() as stack:
            try:
                router = await self._open_fresh(_ways(target)[0], target, stack)
            except DeviceError as error:
                if error.kind not in _NOT_THERE or len(_ways(target)) < 2:
                    raise
                router = await self._open_fresh(_ways(target)[1], target, stack)
            yield router

    @asynccontextmanager
    async def at(self, device_id: UUID, address: str, port: int = 0) -> AsyncIterator[Router]:
        """Open the device over SSH where it is to be from now on, with what is stored for it.

        The connection takes the place of the pooled one; `port` 0 is the stored one.
        """
        target = await self._resolve(device_id)
        logins = tuple(replace(one, port=port or one.port) for one in target.logins)
        there = replace(target, addresses=(address,), logins=logins)
        async with AsyncExitStack() as stack:
            yield await self._open_ssh(there, stack)

    @asynccontextmanager
    async def over_ssh(self, device_id: UUID) -> AsyncIterator[Router]:
        """Open a device over SSH alone, whatever is preferred, with what is stored for it."""
        target = await self._resolve(device_id)
        async with AsyncExitStack() as stack:
            yield await self._open_ssh(target, stack)

    @asynccontextmanager
    async def over_ubus(self, device_id: UUID) -> AsyncIterator[UbusSession]:
        """Open a device's ubus session alone, whatever is preferred; it is shared with polls."""
        target = await self._resolve(device_id)
        if not http_logins(target.logins, target.addresses):
            raise UnreachableError(
                f"{target.name} has no connection for HTTP.",
                "Set the HTTP URL of one that has a password.",
            )
        async with AsyncExitStack() as stack:
            yield await self._open_ubus(target, stack)

    async def door(self, device_id: UUID) -> UbusDoor:
        """The device's ubus by itself, for a change on rpcd's probation; nothing is opened yet."""
        return UbusDoor(await self._resolve(device_id), self._make)

    async def forget(self, device_id: UUID) -> None:
        """Close the device's connections: an address, credential or host key was edited."""
        self._worked.pop(device_id, None)
        self._warm.pop(device_id, None)
        self._shells.invalidate(device_id)
        held = self._sessions.pop(device_id, None)
        if held is not None and not held.users:
            await held.session.close()

    async def close(self) -> None:
        """End all ubus sessions; the pool is its owner's to close."""
        sessions = [held.session for held in self._sessions.values()]
        self._sessions.clear()
        await asyncio.gather(*(session.close() for session in sessions))

    # -- one device ---------------------------------------------------------------------------

    async def _open(self, target: Target, stack: AsyncExitStack) -> Router:
        ways = _ways(target)
        worked, at = self._worked.get(target.device_id, ("", 0.0))
        if worked in ways and self._clock() - at < KEPT_S:
            ways.sort(key=lambda way: way != worked)
        self._warm.pop(target.device_id, None)
        try:
            router = await self._open_one(ways[0], target, stack)
            if ways[0] == "ssh" == _ways(target)[0]:
                self._warm[target.device_id] = target.name
            return router
        except HostKeyError:
            raise
        except DeviceError as error:
            if len(ways) < 2:
                raise
            try:
                router = await self._open_one(ways[1], target, stack)
            except (DeviceError, InputError) as other:
                said = f"Over {_WORDS[ways[1]]}: {other.sentence}"
                error.hint = f"{error.hint} {said}".strip()
                raise error from other
            self._worked[target.device_id] = (ways[1], self._clock())
            return router

    async def _open_one(self, way: str, target: Target, stack: AsyncExitStack) -> Router:
        if way == "ssh":
            return await self._open_ssh(target, stack)
        session = await self._open_ubus(target, stack)
        held = self._sessions.get(target.device_id)
        known = held.radios if held and held.session is session else None
        router = UbusRouter(session, radios=known, acls=lambda: session.acls)
        return FallbackRouter(router, lambda: self._open_ssh(target, stack))

    async def _open_ssh(self, target: Target, stack: AsyncExitStack) -> Router:
        shell = await stack.enter_async_context(self._shells.shell(target.device_id, target))
        return SshRouter(shell, target.name)

    async def _open_ubus(self, target: Target, stack: AsyncExitStack) -> UbusSession:
        """Open the first session that one of the logins gives."""
        refusal: AuthError | None = None
        for login in http_logins(target.logins, target.addresses):
            try:
                session = await self._open_login(target, login, stack)
            except AuthError as error:
                refusal = error
                await self._tell(login, error.sentence)
            else:
                await self._tell(login, "")
                return session
        assert refusal is not None  # _ways names ubus only where there is a login for it
        raise refusal

    async def _open_login(self, target: Target, login: Login, stack: AsyncExitStack) -> UbusSession:
        """Log in where the URL says, else at the first address that answers."""
        held = self._sessions.get(target.device_id)
        known = held.address if held else ""
        addresses = sorted(target.addresses, key=lambda address: address != known)
        *others, last = [""] if login.http_url else addresses
        for address in others:
            try:
                return await stack.enter_async_context(self._session(target, login, address))
            except DeviceError as error:
                if error.kind not in _NOT_THERE:
                    raise
        return await stack.enter_async_context(self._session(target, login, last))

    async def _tell(self, login: Login, why_not: str) -> None:
        """Report how a credential went; where SSH is preferred the pool's word counts."""
        if self._on_attempt and login.prefer == "ubus":
            await self._on_attempt(login.connection_id, not why_not, why_not)

    @asynccontextmanager
    async def _session(
        self, target: Target, login: Login, address: str
    ) -> AsyncIterator[UbusSession]:
        """Share the device's session; its connection closes with the last user."""
        held = self._sessions.get(target.device_id)
        if held is None or (held.login, held.address) != (login, address):
            there = replace(target, addresses=(address,)) if address else target
            held = _Held(self._make(there, login), login, address)
            self._sessions[target.device_id] = held
        held.users += 1
        try:
            await held.session.open()
            yield held.session
        except DeviceError as error:
            # A session that stands costs no login, so only forgetting it lets the next one find
            # out that its server is gone, and go another way.
            if error.kind in _NOT_THERE and self._sessions.get(target.device_id) is held:
                del self._sessions[target.device_id]
                held.gone = True
            raise
        finally:
            held.users -= 1
            if not held.users:
                current = self._sessions.get(target.device_id) is held
                await (held.session.rest() if current or held.gone else held.session.close())

    async def _open_fresh(self, way: str, target: Target, stack: AsyncExitStack) -> Router:
        login = target.logins[0]
        if way == "ssh":
            context = self._shells.fresh(target.device_id, login)
            return SshRouter(await stack.enter_async_context(context), target.name)
        session = self._make(target, login)
        stack.push_async_callback(session.close)
        await session.open()
        return UbusRouter(session)

    def _make(self, target: Target, login: Login) -> UbusSession:
        return UbusSession(target, login, self._connect, self._clock, self._deadlines)


_WORDS = {"ssh": "SSH", "ubus": "ubus"}


def _ways(target: Target) -> list[str]:
    """The transports this device has, the preferred first; SSH is always one."""
    prefers_ubus = bool(target.logins) and target.logins[0].prefer == "ubus"
    if not http_logins(target.logins, target.addresses):
        return ["ssh"]
    return ["ubus", "ssh"] if prefers_ubus else ["ssh", "ubus"]
