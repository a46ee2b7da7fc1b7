"""Which topics moved since the last look."""

from __future__ import annotations

import asyncio

import pytest

from owtui.engine.watch import Watcher
from storage.errors import StorageError


class Counters:
    """Counters as a database has them, and what was told of them."""

    def __init__(self) -> None:
        self.now = {"devices": 1}
        self.failures = 0
        self.told: list[frozenset[str]] = []
        self.some = asyncio.Event()

    async def read(self) -> dict[str, int]:
        if self.failures:
            self.failures -= 1
            raise StorageError("busy")
        return dict(self.now)

    async def moved(self, topics: frozenset[str]) -> None:
        self.told.append(topics)
        self.some.set()


async def test_the_first_look_remembers_and_later_ones_tell_what_moved() -> None:
    counters = Counters()
    watcher = Watcher(counters.read, counters.moved)
    assert await watcher.look() == frozenset()
    assert await watcher.look() == frozenset()
    counters.now |= {"devices": 3, "jobs": 1}
    assert await watcher.look() == {"devices", "jobs"}
    assert counters.told == [{"devices", "jobs"}]


async def test_a_busy_database_is_asked_again() -> None:
    counters = Counters()

    async def sleep(seconds: float) -> None:
        assert seconds == 1.0
        counters.now["devices"] += 1
        await asyncio.sleep(0)

    watcher = Watcher(counters.read, counters.moved, sleep=sleep)
    await watcher.look()
    counters.failures = 2
    task = asyncio.create_task(watcher.run())
    async with asyncio.timeout(30):
        await counters.some.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert counters.told[0] == {"devices"}


async def test_what_nobody_could_be_told_of_is_told_again() -> None:
    counters = Counters()
    refusals = [StorageError("busy"), AttributeError("a bug of ours")]
    told: list[frozenset[str]] = []
    some = asyncio.Event()

    async def moved(topics: frozenset[str]) -> None:
        if refusals:
            raise refusals.pop()
        told.append(topics)
        some.set()

    async def sleep(seconds: float) -> None:
        await asyncio.sleep(0)

    watcher = Watcher(counters.read, moved, sleep=sleep)
    await watcher.look()
    counters.now["jobs"] = 1
    task = asyncio.create_task(watcher.run())
    async with asyncio.timeout(30):
        await some.wait()
    assert not task.done()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert told == [{"jobs"}]
