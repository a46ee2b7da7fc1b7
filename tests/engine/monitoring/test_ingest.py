"""Ingest: one write a batch, the newest sighting a device, nothing lost to a busy database."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from owtui.engine.monitoring.ingest import EARLIER, LONGEST_S, Ingest, Sighting, following
from owtui.errors import Failure, Kind
from storage.errors import BusyError

AT = datetime(2026, 11, 23, 10, tzinfo=UTC)


def seen(number: int, second: int = 0, failure: Failure | None = None) -> Sighting:
    return Sighting(UUID(int=number), AT.replace(second=second), failure=failure)


async def test_a_batch_holds_the_newest_sighting_of_each_device() -> None:
    written: list[Sequence[Sighting]] = []
    arrived = asyncio.Event()

    async def write(batch: Sequence[Sighting]) -> None:
        written.append(batch)
        arrived.set()

    async def at_once(_: float) -> None:
        return None

    ingest = Ingest(write, sleep=at_once)
    task = asyncio.create_task(ingest.run())
    for second in range(5):
        ingest.offer(seen(1, second))
    ingest.offer(seen(2))
    await asyncio.wait_for(arrived.wait(), 30)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert len(written) == 1
    assert {s.device_id.int: s.at.second for s in written[0]} == {1: 4, 2: 0}


async def test_a_busy_database_is_offered_the_batch_again_and_newer_ones_win() -> None:
    written: list[Sighting] = []
    busy = True

    async def write(batch: Sequence[Sighting]) -> None:
        if busy:
            ingest.offer(seen(1, 9))
            raise BusyError("locked")
        written.extend(batch)

    ingest = Ingest(write)
    ingest.offer(seen(1, 1))
    ingest.offer(seen(2, 1))
    await ingest.flush()
    busy = False
    await ingest.flush()
    assert {s.device_id.int: s.at.second for s in written} == {1: 9, 2: 1}


async def test_a_database_that_stays_away_is_asked_ever_more_rarely_until_it_is_back() -> None:
    pauses: list[float] = []
    done = asyncio.Event()

    async def slept(seconds: float) -> None:
        pauses.append(seconds)

    async def write(batch: Sequence[Sighting]) -> None:
        if len(pauses) < 8:
            raise BusyError("away")
        ingest.offer(seen(1)) if len(pauses) == 8 else done.set()

    ingest = Ingest(write, sleep=slept)
    ingest.offer(seen(1))
    task = asyncio.create_task(ingest.run())
    async with asyncio.timeout(5):
        await done.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert pauses == [1, 2, 4, 8, 16, LONGEST_S, LONGEST_S, LONGEST_S, 1]


def test_a_silent_device_is_critical_and_one_that_refuses_us_a_problem() -> None:
    assert seen(1).status == "ok"
    assert seen(1, failure=Failure(Kind.TIMEOUT, "late")).status == "critical"
    assert seen(1, failure=Failure(Kind.AUTH, "no")).status == "problem"


async def test_the_documents_of_replaced_sightings_go_along_with_the_newest() -> None:
    written: list[Sighting] = []
    busy = False

    async def write(batch: Sequence[Sighting]) -> None:
        if busy:
            raise BusyError("locked")
        written.extend(batch)

    def collected(second: int) -> Sighting:
        return replace(seen(1, second), document={"type": "DeviceMonitoring", "second": second})

    ingest: Ingest[Sighting] = Ingest(write, join=following)
    for one in (collected(0), collected(1), seen(1, 2), collected(3)):
        ingest.offer(one)
    await ingest.flush()
    (first,) = written
    assert [one.at.second for one in (*first.earlier, first)] == [0, 1, 3]
    assert all(one.document and not one.earlier for one in first.earlier)

    busy = True
    for second in range(2 * EARLIER):
        ingest.offer(collected(second))
        await ingest.flush()
    busy = False
    await ingest.flush()
    kept = [one.at.second for one in (*written[-1].earlier, written[-1])]
    assert kept == list(range(2 * EARLIER))[-EARLIER - 1 :], "bounded, and in their order"
