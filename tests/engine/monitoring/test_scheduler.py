"""The scheduler: bounded, never twice at once, deadlines kept, nothing left behind."""

from __future__ import annotations

import asyncio
from random import Random

from owtui.engine.monitoring.rota import Pace, Rota
from owtui.engine.monitoring.scheduler import Scheduler

DEADLINE_S = 30.0


class Polls:
    """Counts polls; each waits until it is let go."""

    def __init__(self) -> None:
        self.running: set[str] = set()
        self.most = 0
        self.served: list[str] = []
        self.gate = asyncio.Event()
        self.changed = asyncio.Event()

    async def __call__(self, key: str) -> bool:
        assert key not in self.running
        self.running.add(key)
        self.most = max(self.most, len(self.running))
        self.changed.set()
        try:
            await self.gate.wait()
            self.served.append(key)
        finally:
            self.running.discard(key)
            self.changed.set()
        return True

    async def until(self, served: int) -> None:
        while len(self.served) < served:
            self.changed.clear()
            await asyncio.wait_for(self.changed.wait(), DEADLINE_S)


def due_now(count: int, every_s: float = 600.0) -> Rota:
    rota = Rota(Pace(every_s=every_s), Random(0))
    rota.sync([f"d{i}" for i in range(count)], now=-10_000)
    return rota


async def test_no_more_than_parallel_run_at_once_and_all_are_served() -> None:
    polls = Polls()
    scheduler = Scheduler(due_now(20), polls, parallel=4, clock=lambda: 0.0)
    task = asyncio.create_task(scheduler.run())
    polls.gate.set()
    await polls.until(20)
    assert polls.most <= 4
    assert sorted(polls.served) == sorted(f"d{i}" for i in range(20))
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_stopping_cancels_what_runs() -> None:
    polls = Polls()
    scheduler = Scheduler(due_now(3), polls, parallel=3, clock=lambda: 0.0)
    task = asyncio.create_task(scheduler.run())
    while len(polls.running) < 3:
        polls.changed.clear()
        await asyncio.wait_for(polls.changed.wait(), DEADLINE_S)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert not polls.running


async def test_a_poll_that_breaks_or_hangs_counts_as_a_failure_and_stops_nobody() -> None:
    rota = due_now(2)
    both = asyncio.Event()
    done = rota.done

    def told(key: str, now: float, *, ok: bool) -> None:
        done(key, now, ok=ok)
        if rota.failures("d0") and rota.failures("d1"):
            both.set()

    rota.done = told  # type: ignore[method-assign]  # listen in on the turns given back

    async def poll(key: str) -> bool:
        if key == "d0":
            raise RuntimeError("bug")
        await asyncio.Event().wait()
        return True

    scheduler = Scheduler(rota, poll, parallel=2, clock=lambda: 0.0, deadline_s=0.05)
    task = asyncio.create_task(scheduler.run())
    await asyncio.wait_for(both.wait(), DEADLINE_S)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_paused_starts_nothing_and_resumes() -> None:
    polls = Polls()
    polls.gate.set()
    scheduler = Scheduler(due_now(2), polls, parallel=2, clock=lambda: 0.0)
    scheduler.pause()
    task = asyncio.create_task(scheduler.run())
    for _ in range(20):
        await asyncio.sleep(0)
    assert not polls.served
    scheduler.pause(False)
    await polls.until(2)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


class Sleepy:
    """A clock that can jump, as after a night in which the process stood still."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


async def test_after_a_night_the_overdue_are_spread_and_after_a_busy_second_they_are_not() -> None:
    clock, polls = Sleepy(), Polls()
    polls.gate.set()
    rota = Rota(Pace(every_s=300, jitter=0), Random(1))
    rota.sync([f"d{i}" for i in range(200)], now=0)
    scheduler = Scheduler(rota, polls, parallel=500, clock=clock)
    task = asyncio.create_task(scheduler.run())
    await asyncio.sleep(0)
    clock.now = 30
    in_time = scheduler.lag.overdue
    assert 0 < in_time < 60
    scheduler.nudge()
    await polls.until(in_time)
    clock.now = 8 * 3600.0
    scheduler.nudge()
    for _ in range(50):
        await asyncio.sleep(0)
    assert len(polls.served) == in_time
    assert rota.next_due() is not None
    assert scheduler.lag.overdue == 0
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
