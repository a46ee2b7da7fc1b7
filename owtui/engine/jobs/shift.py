"""Who works and who waits, so that an engine can leave in good order.

A task at work is let finish its step; one that waits may be cut off at any time, since what it
waits for is in the database.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

CUT_S = 5.0  # for those cut off to put down what they hold


class Shift:
    """The tasks of one engine, from its start to its stop."""

    def __init__(self) -> None:
        self.is_over = False
        self._working: set[asyncio.Task[Any]] = set()
        self._waiting: set[asyncio.Task[Any]] = set()
        self._idle = asyncio.Event()
        self._idle.set()

    @asynccontextmanager
    async def work(self) -> AsyncIterator[None]:
        """What is done in here is waited for when the shift ends."""
        task = _current()
        self._working.add(task)
        self._idle.clear()
        try:
            yield
        finally:
            self._down_tools(task)

    @asynccontextmanager
    async def wait(self) -> AsyncIterator[None]:
        """What is done in here is cut off when the shift ends."""
        task = _current()
        self._waiting.add(task)
        try:
            yield
        finally:
            self._waiting.discard(task)

    async def pause(self, seconds: float) -> None:
        """Wait in the middle of work; when the shift ends meanwhile, see `leave`."""
        task = _current()
        async with self.wait():
            self._down_tools(task)
            await asyncio.sleep(seconds)
            if self.is_over:
                await self.leave()
        self._working.add(task)
        self._idle.clear()

    async def leave(self) -> None:
        """Between two steps when the shift is over: never return, the next engine goes on."""
        async with self.wait():
            self._down_tools(_current())
            await asyncio.Event().wait()

    async def end(self, drain_s: float) -> None:
        """Let those at work finish for so long, then cut everybody off."""
        self.is_over = True
        with suppress(TimeoutError):
            async with asyncio.timeout(drain_s):
                await self._idle.wait()
        left = [*self._working, *self._waiting]
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left, timeout=max(drain_s, CUT_S))

    def _down_tools(self, task: asyncio.Task[Any]) -> None:
        self._working.discard(task)
        if not self._working:
            self._idle.set()


def _current() -> asyncio.Task[Any]:
    task = asyncio.current_task()
    assert task is not None
    return task
