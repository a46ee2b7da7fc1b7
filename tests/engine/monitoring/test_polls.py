"""Looks at one device: one at a time, so that its counters come in the order they were read in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, cast
from uuid import UUID

import pytest

from owtui.engine.bus import Bus
from owtui.engine.fleet import Fleet
from owtui.engine.monitoring.polls import Polls
from owtui.engine.openwrt.collect import Report
from owtui.engine.openwrt.facts import Facts
from owtui.errors import Kind
from owtui.settings import Settings
from storage.db import Database

ONE = UUID(int=1)
START = datetime(2026, 11, 27, tzinfo=UTC)


class Slow:
    """A router that has read its counter, which grows, when `asked`, and answers when let go."""

    def __init__(self) -> None:
        self.counted = 0
        self.asked = asyncio.Event()
        self.gates: list[asyncio.Event] = []

    @asynccontextmanager
    async def router(self, device_id: UUID) -> AsyncIterator[Slow]:
        yield self

    async def collect(self, paths: Sequence[str]) -> Report:
        self.counted += 1
        told: dict[str, Any] = {"rx": self.counted}
        gate = asyncio.Event()
        self.gates.append(gate)
        self.asked.set()
        await gate.wait()
        return Report(Facts(), document=told)

    async def fingerprint(self, paths: Sequence[str]) -> None:
        return None


async def heard(slow: Slow) -> None:
    async with asyncio.timeout(5):
        await slow.asked.wait()


@pytest.fixture
def slow() -> Slow:
    return Slow()


@pytest.fixture
def polls(slow: Slow, sqlite_database: Database) -> Polls:
    ticks = count()
    fleet = Fleet(sqlite_database)
    return Polls(
        *(cast(Any, slow), fleet, Bus(), sqlite_database, Settings(), cast(Any, None)),
        clock=lambda: float(next(ticks)),
        present=lambda: START + timedelta(seconds=next(ticks)),
    )


async def test_the_later_a_look_is_said_to_be_the_more_was_counted(
    polls: Polls, slow: Slow
) -> None:
    first = asyncio.create_task(polls.sight(ONE))
    await heard(slow)
    others = [asyncio.create_task(polls.sight(ONE)) for _ in range(2)]
    for _ in range(5):
        await asyncio.sleep(0)
    slow.asked.clear()
    for gate in reversed(slow.gates):  # who asked last would be answered first
        gate.set()
        await asyncio.sleep(0)
    await first
    await heard(slow)
    for gate in slow.gates:
        gate.set()
    looks = [await first, *[await one for one in others]]
    told = [cast(Any, one.document)["rx"] for one in sorted(looks, key=lambda one: one.at)]
    assert told == sorted(told)
    assert looks[1] is looks[2], "one look is enough for all who asked before it began"
    assert slow.counted == 2


async def test_a_look_without_end_is_a_device_that_does_not_answer(
    polls: Polls, slow: Slow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("owtui.engine.monitoring.polls.LOOK_S", 0.01)
    async with asyncio.timeout(5):
        found = await polls.sight(ONE)
    assert found.failure is not None
    assert (found.failure.kind, found.status) == (Kind.TIMEOUT, "critical")


async def test_a_look_that_was_cancelled_holds_up_nobody(polls: Polls, slow: Slow) -> None:
    first = asyncio.create_task(polls.sight(ONE))
    await heard(slow)
    other = asyncio.create_task(polls.sight(ONE))
    await asyncio.sleep(0)
    slow.asked.clear()
    first.cancel()
    await heard(slow)
    slow.gates[-1].set()
    assert (await other).document == {"rx": 2}
