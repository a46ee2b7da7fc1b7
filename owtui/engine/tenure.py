"""How long a process is the engine: from the moment the lease is free until it leaves or loses it.

A lease can be lost: the PostgreSQL server was restarted, or somebody removed the file. Then another
process may be the engine already, and two would do one job's steps side by side.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from owtui.engine.lease import Holder, Lease
from owtui.log import incident

_log = logging.getLogger(__name__)

LOOK_EVERY_S = 2.0


class Tenure:
    """Takes the lease, looks after it, and begins and ends the work with it.

    saw: called after each look at a lease that another process has
    """

    def __init__(
        self,
        lease: Lease,
        holder: Callable[[], Holder],
        begin: Callable[[], Awaitable[None]],
        end: Callable[[], Awaitable[None]],
        *,
        saw: Callable[[], None] = lambda: None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._lease = lease
        self._holder = holder
        self._begin = begin
        self._end = end
        self._saw = saw
        self._sleep = sleep

    async def run(self, *, held: bool) -> None:
        """Be the engine whenever nobody else is; `held`: this process begins as it."""
        while True:
            await self._sleep(LOOK_EVERY_S)
            held = await (self._keep() if held else self._take())

    async def _take(self) -> bool:
        if not await self._acquire():
            self._saw()
            return False
        try:
            await self._begin()
        except Exception:  # noqa: BLE001  # who holds the lease and does no work blocks everybody
            incident(_log, "the engine could not begin; it tries again")
            await self._leave()
            return False
        return True

    async def _keep(self) -> bool:
        if await asyncio.to_thread(self._lease.is_held):
            return True
        _log.warning("the lease was lost")
        while (again := await self._acquire(unreachable=None)) is None:
            await self._sleep(LOOK_EVERY_S)  # nobody else can get it now either
        if not again:
            _log.warning("another process has it: this one stops its work")
            await self._leave()
        return again

    async def _acquire(self, unreachable: bool | None = False) -> bool | None:
        try:
            return await asyncio.to_thread(self._lease.acquire, self._holder())
        except Exception as error:  # noqa: BLE001  # psycopg's, of a server that is not there
            _log.warning("the lease cannot be asked for: %s", error)
            return unreachable

    async def _leave(self) -> None:
        try:
            await self._end()
        except Exception:  # noqa: BLE001  # the lease goes whatever happens
            incident(_log, "the engine could not end its work in good order")
        await asyncio.to_thread(self._lease.release)
