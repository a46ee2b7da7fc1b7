"""How a process becomes the engine, stays it, and ceases to be it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from owtui.engine.lease import Holder
from owtui.engine.tenure import Tenure

HOLDER = Holder("eva", "noc-1", 1, "2026-11-23T10:00:00Z")


@dataclass
class Lease:
    """A lease whose server does what the test says: each answer is given once."""

    acquired: list[bool | Exception] = field(default_factory=list)
    held: list[bool] = field(default_factory=list)
    released: int = 0

    def acquire(self, holder: Holder) -> bool:
        answer = self.acquired.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def is_held(self) -> bool:
        return self.held.pop(0)

    def release(self) -> None:
        self.released += 1

    def holder(self) -> Holder | None:
        return None


@dataclass
class Process:
    """What begins and ends with the lease."""

    lease: Lease
    begins: list[Exception | None] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    async def begin(self) -> None:
        self.told.append("begin")
        if self.begins and (error := self.begins.pop(0)):
            raise error

    async def end(self) -> None:
        self.told.append("end")

    async def live(self, *, held: bool, until: Callable[[], bool]) -> None:
        """Run until the lease has been asked everything."""
        over = asyncio.Event()

        async def sleep(seconds: float) -> None:
            if until():
                over.set()
                await asyncio.Event().wait()

        tenure = Tenure(self.lease, lambda: HOLDER, self.begin, self.end, sleep=sleep)
        task = asyncio.create_task(tenure.run(held=held))
        async with asyncio.timeout(60):
            await over.wait()
        assert not task.done()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_the_next_begins_when_the_lease_is_free_also_after_the_server_was_away() -> None:
    lease = Lease([False, OSError("server closed the connection"), False, True], [True])
    process = Process(lease)
    await process.live(held=False, until=lambda: not lease.held)
    assert (process.told, lease.released) == (["begin"], 0)


async def test_who_cannot_begin_lets_go_of_the_lease_and_tries_again() -> None:
    lease = Lease([True, True], [True])
    process = Process(lease, [OSError("disk I/O error"), None])
    await process.live(held=False, until=lambda: not lease.held)
    assert (process.told, lease.released) == (["begin", "end", "begin"], 1)


async def test_a_lease_that_was_lost_and_is_free_still_is_taken_again() -> None:
    lease = Lease([OSError("the database system is starting up"), True], [False, True])
    process = Process(lease)
    await process.live(held=True, until=lambda: not lease.held)
    assert (process.told, lease.released) == ([], 0)


async def test_who_lost_the_lease_to_another_ends_its_work_and_waits_like_anybody() -> None:
    lease = Lease([False, False, True], [True, False])
    process = Process(lease)
    await process.live(held=True, until=lambda: not lease.acquired)
    assert (process.told, lease.released) == (["end", "begin"], 1)
