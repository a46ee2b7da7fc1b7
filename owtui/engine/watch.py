"""Learns what other processes did: one small read of the revision counters a second.

The database is the bus between processes. The holder of the engine watches too: the command line
writes inventory of its own. Nothing is read beyond the counters until one of them moved.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

from owtui.log import incident
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
        """Look once a second until cancelled; what failed is asked, and told, again next time."""
        while True:
            try:
                await self.look()
            except StorageError as error:
                _log.warning("what others wrote could not be read: %s", error)
            except Exception:  # noqa: BLE001  # an engine that no longer looks takes up no job
                incident(_log, "what others wrote could not be taken up")
            await self._sleep(INTERVAL_S)

    async def look(self) -> frozenset[str]:
        """Look now; the first look only remembers."""
        counters = await self._revisions()
        topics: frozenset[str] = frozenset()
        if (last := self._last) is not None:
            topics = frozenset(t for t, counter in counters.items() if last.get(t, 0) != counter)
        if topics:
            await self._moved(topics)
        self._last = counters  # only now: what nobody could be told of has moved still
        return topics
