"""Learns what other processes did: one small read of the revision counters a second.

The database is the bus between processes. The holder of the engine watches too: the command line
writes inventory of its own. Nothing is read beyond the counters until one of them moved.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

from storage.errors import StorageError

_log = logging.getLogger(__name__)

INTERVAL_S = 1.0


class Watcher:
    """Compares counters and tells which topics moved since the last look."""

    def __init__(
        self,
        revisions: Callable[[], Awaitable[Mapping[str, int]]],
        moved: Callable[[frozenset[str]], Awaitable[None]],
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._revisions = revisions
        self._moved = moved
        self._sleep = sleep
        self._last: Mapping[str, int] | None = None

    async def run(self) -> None:
        """Look once a second until cancelled; a busy database is asked again next time."""
        while True:
            try:
                await self.look()
            except StorageError as error:
                _log.warning("revisions could not be read: %s", error)
            await self._sleep(INTERVAL_S)

    async def look(self) -> frozenset[str]:
        """Look now; the first look only remembers."""
        counters = await self._revisions()
        last, self._last = self._last, counters
        if last is None:
            return frozenset()
        topics = frozenset(t for t, counter in counters.items() if last.get(t, 0) != counter)
        if topics:
            await self._moved(topics)
        return topics
