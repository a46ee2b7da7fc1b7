"""Connections that many use at once: made for the first, kept for the next, closed when idle.

Pool keeps one per device this way and jump one per chain of hops. Idle ones wait in the order they
were left, so that the longest unused goes first when another needs its place.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Generic, TypeVar

from owtui.engine.transport.gates import Slots
from owtui.engine.transport.ssh import SshConnection
from owtui.errors import LostError

K = TypeVar("K")
Dial = Callable[[], Awaitable[SshConnection]]

GOODBYE_S = 2.0
"""How long closing everything waits for the other sides."""


class Entry(Generic[K]):
    """One shared connection and how many use it."""

    __slots__ = ("connection", "dialing", "holds_slot", "idle", "key", "stale", "users")

    def __init__(self, key: K) -> None:
        self.key = key
        self.users = 0
        self.stale = False
        self.holds_slot = False
        self.connection: SshConnection | None = None
        self.dialing: asyncio.Task[SshConnection] | None = None
        self.idle: asyncio.TimerHandle | None = None


class Lease(Generic[K]):
    """One user's hold on a shared connection, until released."""

    __slots__ = ("_entry", "_shared", "connection")

    def __init__(self, shared: Shared[K], entry: Entry[K], connection: SshConnection) -> None:
        self.connection = connection
        self._shared = shared
        self._entry: Entry[K] | None = entry

    def release(self) -> None:
        """Let go; a second time does nothing."""
        entry, self._entry = self._entry, None
        if entry is not None:
            self._shared.leave(entry)


class Shared(Generic[K]):
    """The connections by key. `slots` caps how many are open; without it there is no cap."""

    def __init__(self, idle_s: float, slots: Slots | None = None) -> None:
        self._idle_s = idle_s
        self._slots = slots
        self._entries: dict[K, Entry[K]] = {}
        self._idle: dict[Entry[K], None] = {}
        self._open: set[Entry[K]] = set()
        self._closed = False

    def connected(self) -> set[K]:
        """Keys whose connection stands."""
        return {e.key for e in self._entries.values() if e.connection and not e.connection.closed}

    def stands(self, key: K) -> bool:
        """Whether a connection of this key stands."""
        entry = self._entries.get(key)
        return entry is not None and entry.connection is not None and not entry.connection.closed

    async def take(self, key: K, dial: Dial) -> Lease[K]:
        """Join the connection of `key`, made with `dial` when there is none.

        All who wait for one connection get the same result; when the last of them gives up, the
        attempt is given up too. Raises what `dial` raises.
        """
        if self._closed:
            raise _closing()
        entry = self._entries.get(key)
        if entry is None or (entry.connection is not None and entry.connection.closed):
            entry = self._begin(key, dial)
        entry.users += 1
        self._wake(entry)
        assert entry.dialing is not None, "set in _begin"
        try:
            connection = await asyncio.shield(entry.dialing)
        except BaseException as error:
            self.leave(entry)
            if isinstance(error, asyncio.CancelledError) and self._closed:
                raise _closing() from None
            raise
        return Lease(self, entry, connection)

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Hold a place under the cap for a connection that nobody shares."""
        if self._slots:
            await self._make_room(self._slots)
        try:
            if self._closed:
                raise _closing()
            yield
        finally:
            if self._slots:
                self._slots.release()

    def leave(self, entry: Entry[K]) -> None:
        """One user less; the last one leaves the connection idle, or closes it."""
        entry.users -= 1
        if entry.users:
            return
        assert entry.dialing is not None, "set in _begin"
        if not entry.dialing.done():
            self._forget(entry)
            entry.dialing.cancel()
        elif entry.connection is None or entry.connection.closed:
            self._drop(entry)
        elif entry.stale or self._closed or (self._slots and self._slots.waiting):
            self._shut(entry)
        else:
            self._idle[entry] = None
            loop = asyncio.get_running_loop()
            entry.idle = loop.call_later(self._idle_s, self._shut, entry)

    def forget(self, key: K) -> None:
        """Give newcomers a new connection; who uses the present one may finish."""
        entry = self._entries.pop(key, None)
        if entry is None:
            return
        entry.stale = True
        if entry in self._idle:
            self._shut(entry)

    async def close(self) -> None:
        """Close everything and wait for it, but not for ever."""
        self._closed = True
        dialing = [e.dialing for e in self._entries.values() if e.dialing and not e.dialing.done()]
        for task in dialing:
            task.cancel()
        connections = [e.connection for e in self._open if e.connection is not None]
        for connection in connections:
            connection.close()
        leaving = [asyncio.ensure_future(c.wait_closed()) for c in connections] + dialing
        if leaving:
            await asyncio.wait(leaving, timeout=GOODBYE_S)
            for connection in connections:
                connection.abort()
            await asyncio.wait(leaving, timeout=GOODBYE_S)

    def _begin(self, key: K, dial: Dial) -> Entry[K]:
        entry = self._entries[key] = Entry(key)
        entry.dialing = asyncio.create_task(self._dial(entry, dial), name=f"connect {key}")
        entry.dialing.add_done_callback(_heard)
        return entry

    async def _dial(self, entry: Entry[K], dial: Dial) -> SshConnection:
        """Get a place, connect, and take notice when the connection ends."""
        try:
            if self._slots:
                await self._make_room(self._slots)
                entry.holds_slot = True
            entry.connection = await dial()
        except BaseException:
            self._drop(entry)
            raise
        self._open.add(entry)
        entry.connection.when_lost(lambda: self._drop(entry))
        return entry.connection

    async def _make_room(self, slots: Slots) -> None:
        """Take a place, that of the longest unused connection when there is no other."""
        if slots.full and self._idle:
            self._shut(next(iter(self._idle)))
        await slots.acquire()

    def _wake(self, entry: Entry[K]) -> None:
        self._idle.pop(entry, None)
        if entry.idle is not None:
            entry.idle.cancel()
            entry.idle = None

    def _shut(self, entry: Entry[K]) -> None:
        """Close a connection that nobody uses."""
        self._drop(entry)
        if entry.connection is not None:
            entry.connection.close()

    def _drop(self, entry: Entry[K]) -> None:
        """Have no more to do with a connection that is gone or going."""
        self._wake(entry)
        self._forget(entry)
        self._open.discard(entry)
        if entry.holds_slot and self._slots:
            entry.holds_slot = False
            self._slots.release()

    def _forget(self, entry: Entry[K]) -> None:
        if self._entries.get(entry.key) is entry:
            del self._entries[entry.key]


def _closing() -> LostError:
    return LostError("The program is closing its connections.")


def _heard(task: asyncio.Task[SshConnection]) -> None:
    """Take note of a failure that nobody waits for any more."""
    if not task.cancelled():
        task.exception()
