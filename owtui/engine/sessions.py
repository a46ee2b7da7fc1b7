"""What a person keeps open on a device: a shell, a tunnel to its web page, its log.

Each has a connection of its own and runs in the process of the face that asked, holder or not. What
could change the device is refused in read-only mode and audited, at its beginning and its end.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Any, Protocol
from urllib.parse import urlsplit
from uuid import UUID

from owtui.engine.events import Event, Notice, TunnelChanged
from owtui.engine.fleet import Fleet
from owtui.engine.openwrt.logtail import LogLine, Tail, recent
from owtui.engine.transport.base import Target
from owtui.engine.transport.pool import Pool
from owtui.engine.transport.terminal import USUAL, Size, Terminal
from owtui.engine.transport.tunnel import Door, Tunnel
from owtui.errors import BlockedError, InputError
from owtui.operator import Operator
from storage import audit
from storage.db import Database
from storage.tables import AuditEntry, now

Resolve = Callable[[UUID], Awaitable[Target]]
Publish = Callable[..., None]  # of any number of events
HTTP_PORT, TLS_PORT = 80, 443


class Session(Protocol):
    """Anything here that lasts. `release` is awaited once, when it is closed."""

    release: Callable[[], Awaitable[None]] | None

    async def close(self) -> None:
        """End it; again does nothing."""
        ...


class Sessions:
    """The shells, tunnels and log tails of this process; closed with the engine.

    publish: told of what moves; clock: seconds, for how long a session lasted
    """

    def __init__(
        self,
        database: Database,
        pool: Pool,
        resolve: Resolve,
        fleet: Fleet,
        operator: Operator,
        *,
        read_only: bool = False,
        publish: Publish = lambda *events: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._pool = pool
        self._resolve = resolve
        self._fleet = fleet
        self._operator = operator
        self._read_only = read_only
        self._publish = publish
        self._clock = clock
        self._open: set[Session] = set()

    async def shell(self, device_id: UUID, *, term: str = "xterm", size: Size = USUAL) -> Terminal:
        """Open a login shell; who asked closes it (`async with`).

        Raises BlockedError in read-only mode, the DeviceError that says why there is none.
        """
        self._permit("A shell")
        async with AsyncExitStack() as stack:
            connection = await stack.enter_async_context(self._pool.own(device_id))
            await stack.enter_async_context(self._audited("shell", device_id, {}))
            terminal = await Terminal.open(connection, term=term, size=size)
            self._keep(terminal, stack)
        return terminal

    async def tunnel(self, device_id: UUID, port: int | None = None) -> Tunnel:
        """Open a tunnel to the device's web page, or to another port of it.

        It stays until it or the engine is closed. Raises BlockedError in read-only mode, since a
        web page changes things too; RefusedError when the device leads nowhere.
        """
        self._permit("A tunnel to the web page")
        door = _door(await self._resolve(device_id)) if port is None else _at(port)
        connect = partial(self._pool.own, device_id)
        async with AsyncExitStack() as stack:
            detail = {"port": door.port}
            await stack.enter_async_context(self._audited("tunnel", device_id, detail))
            tunnel = await Tunnel.open(device_id, self._name(device_id), door, connect, now())
            tunnel.moved = partial(self._tunnel_moved, tunnel)
            stack.callback(self._publish, TunnelChanged(str(tunnel.local_port)))
            self._keep(tunnel, stack)
        self._publish(TunnelChanged(str(tunnel.local_port)))
        return tunnel

    def tunnels(self) -> tuple[Tunnel, ...]:
        """The tunnels that are open, the oldest first; may be asked on any thread."""
        found = (session for session in tuple(self._open) if isinstance(session, Tunnel))
        return tuple(sorted(found, key=lambda tunnel: tunnel.opened))

    async def close_tunnel(self, local_port: int) -> None:
        """Close the tunnel at this local port. Raises InputError when there is none."""
        for tunnel in self.tunnels():
            if tunnel.local_port == local_port:
                return await tunnel.close()
        raise InputError(f"There is no tunnel at port {local_port}.")

    async def leave_removed(self) -> None:
        """Close the tunnels to devices that are not in the inventory any more."""
        for tunnel in self.tunnels():
            if tunnel.device_id not in self._fleet.rows:
                await tunnel.close()
                said = f"{tunnel.device} was removed: its tunnel {tunnel.url} is closed."
                self._publish(_notice(tunnel, said))

    def _tunnel_moved(self, tunnel: Tunnel) -> None:
        events: list[Event] = [TunnelChanged(str(tunnel.local_port))]
        if tunnel.lost:
            said = f"{tunnel.device}: the connection under its tunnel {tunnel.url} went away."
            events.append(_notice(tunnel, said, "The next visit makes it anew."))
        self._publish(*events)

    def log(self, device_id: UUID, *, lines: int = 50, match: str = "") -> Tail:
        """Follow the device's log; who asked closes it (`async with`). See Tail.

        Raises InputError for what is no regular expression.
        """
        connect = partial(self._pool.own, device_id)
        tail = Tail(connect, self._name(device_id), lines=lines, match=match)
        self._keep(tail, AsyncExitStack())
        return tail

    async def recent_log(
        self, device_id: UUID, *, lines: int = 100, match: str = ""
    ) -> tuple[LogLine, ...]:
        """Read the last lines of the device's log. Raises DeviceError, InputError."""
        async with self._pool.shell(device_id) as shell:
            return await recent(shell, self._name(device_id), lines, match)

    async def close(self) -> None:
        """End everything that is open."""
        await asyncio.gather(*(session.close() for session in tuple(self._open)))

    def _permit(self, what: str) -> None:
        if self._read_only:
            raise BlockedError(
                f"{what} is refused: this fleet is opened read-only, and it could change things.",
                "The log can be followed; or start with --write.",
            )

    def _name(self, device_id: UUID) -> str:
        row = self._fleet.rows.get(device_id)
        return row.name if row else str(device_id)

    def _keep(self, session: Session, stack: AsyncExitStack) -> None:
        """Let a session live on; what it stands on goes when it is closed."""
        self._open.add(session)
        stack.callback(self._open.discard, session)
        session.release = stack.pop_all().aclose

    @asynccontextmanager
    async def _audited(
        self, what: str, device_id: UUID, detail: dict[str, Any]
    ) -> AsyncIterator[None]:
        """Write into the audit that something is opened, and how long it was when it ends."""
        began = self._clock()
        outcome = "failed"
        await self._note(f"open_{what}", device_id, "success", detail)
        try:
            yield
            outcome = "success"
        finally:
            lasted = {"seconds": round(self._clock() - began, 1)}
            await self._note(f"close_{what}", device_id, outcome, detail | lasted)

    async def _note(
        self, action: str, device_id: UUID, outcome: str, detail: dict[str, Any]
    ) -> None:
        entry = AuditEntry(
            operator=self._operator.name,
            host=self._operator.host,
            face=self._operator.face,
            action=action,
            outcome=outcome,
            device_id=device_id,
            device_name=self._name(device_id),
            detail=detail,
        )
        await self._database.awrite(lambda session: audit.write(session, entry))


def _notice(tunnel: Tunnel, sentence: str, hint: str = "") -> Notice:
    return Notice(f"tunnel {tunnel.local_port}", sentence, hint, "warning")


def _door(target: Target) -> Door:
    """Where the device's page is, as its connection says; else port 80."""
    for login in target.logins:
        if login.http_url:
            url = urlsplit(login.http_url)
            scheme = url.scheme or "http"
            return Door(url.port or (TLS_PORT if scheme == "https" else HTTP_PORT), scheme)
    return Door()


def _at(port: int) -> Door:
    return Door(port, "https" if port == TLS_PORT else "http")
