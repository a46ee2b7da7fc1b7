"""Background tasks that fail: told, and a duty without end begins anew."""

from __future__ import annotations

import asyncio

from owtui.engine.bus import Bus
from owtui.engine.events import Notice
from owtui.engine.supervise import LONGEST_S, WELL_S, supervised


async def test_a_duty_begins_anew_ever_later_and_soon_after_it_went_well() -> None:
    bus, clock, runs = Bus(), [0.0], 0
    heard = bus.subscribe((Notice.topic,), lambda: None)
    pauses: list[float] = []

    async def slept(seconds: float) -> None:
        pauses.append(seconds)

    async def duty() -> None:
        nonlocal runs
        runs += 1
        if runs == 9:
            clock[0] += WELL_S + 1
        if runs == 10:
            return
        raise ValueError("an odd report")

    await supervised(duty, "ingest", bus, lasting=True, sleep=slept, clock=lambda: clock[0])
    assert pauses == [2, 4, 8, 16, 32, LONGEST_S, LONGEST_S, LONGEST_S, 1]
    assert any("begins anew" in str(event) for event in heard.take())


async def test_what_is_done_once_stops_and_a_cancelled_duty_ends() -> None:
    bus = Bus()
    heard = bus.subscribe((Notice.topic,), lambda: None)

    async def broken() -> None:
        raise ValueError("once")

    await supervised(broken, "settle configurations", bus)
    assert any("stopped" in str(event) for event in heard.take())
    task = asyncio.create_task(supervised(asyncio.Event().wait, "poll", bus, lasting=True))  # type: ignore[arg-type]
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert task.cancelled()
