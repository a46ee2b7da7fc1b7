"""One word where several would say the same: at most one for each key in a while.

OpenWISP waits 3 s before it tells that a configuration changed, so that two edits are one push.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection
from uuid import UUID

WAIT_S = 3.0


class Debounce:
    """Tells of keys some seconds after the first time that each was seen.

    `clock` counts seconds and `sleep` waits on it. It needs a running loop; `close` tells the rest
    at once.
    """

    def __init__(
        self,
        tell: Callable[[Collection[UUID]], None],
        *,
        wait_s: float = WAIT_S,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._tell = tell
        self._wait_s = wait_s
        self._clock = clock
        self._sleep = sleep
        self._due: dict[UUID, float] = {}
        self._task: asyncio.Task[None] | None = None

    def saw(self, keys: Collection[UUID]) -> None:
        """These are to be told of; one that waits already waits no longer for it."""
        at = self._clock() + self._wait_s
        for key in keys:
            self._due.setdefault(key, at)
        if self._due and self._task is None:
            self._task = asyncio.create_task(self._run(), name="config_modified")

    async def close(self) -> None:
        """Tell what waits, and stop."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
            self._task = None
        if self._due:
            self._tell(list(self._due))
            self._due.clear()

    async def _run(self) -> None:
        try:
            while self._due:
                # In the order they were seen, which is the order they are due.
                await self._sleep(max(0.0, next(iter(self._due.values())) - self._clock()))
                now = self._clock()
                ready = [key for key, at in self._due.items() if at <= now]
                for key in ready:
                    del self._due[key]
                if ready:
                    self._tell(ready)
        finally:
            self._task = None
