"""How many at once, in the order they came: logins at an address, connections of the pool."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager


class Gates:
    """A gate per key that lets a few through at once; unused gates are forgotten."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._gates: dict[Hashable, Slots] = {}

    @asynccontextmanager
    async def enter(self, key: Hashable) -> AsyncIterator[None]:
        """Wait for one's turn at the gate of `key` and hold it."""
        gate = self._gates.setdefault(key, Slots(self._width))
        await gate.acquire()
        try:
            yield
        finally:
            gate.release()
            if gate.unused and self._gates.get(key) is gate:
                del self._gates[key]


class Slots:
    """A first-come, first-served count of places."""

    def __init__(self, places: int) -> None:
        self._places = places
        self._free = places
        self._queue: deque[asyncio.Future[None]] = deque()

    @property
    def waiting(self) -> int:
        """How many wait for a place."""
        return len(self._queue)

    @property
    def full(self) -> bool:
        """True when the next one has to wait."""
        return self._free == 0

    @property
    def unused(self) -> bool:
        """True when nobody holds a place or waits for one."""
        return self._free == self._places

    async def acquire(self) -> None:
        """Take a place, after those who asked before."""
        if self._free:
            self._free -= 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                with contextlib.suppress(ValueError):  # passed over by release() already
                    self._queue.remove(turn)
            else:
                self.release()  # the place came together with the cancellation
            raise

    def release(self) -> None:
        """Give a place back: to the first who waits, else to the free ones."""
        while self._queue:
            turn = self._queue.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1
