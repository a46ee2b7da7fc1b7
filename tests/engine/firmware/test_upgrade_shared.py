"""Upgrades that wait, on a PostgreSQL server: pending, woken, scheduled, taken up by the next."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from owtui.engine.jobs.durable import Durable
from owtui.engine.jobs.jobs import Jobs
from owtui.engine.jobs.process import process_name
from owtui.engine.jobs.state import ResultState
from storage import jobdelays
from tests.engine.firmware.place import Place, upgrading
from tests.engine.firmware.test_upgrade_later import health, job, pending, result_when, vanish

pytestmark = pytest.mark.slow


@pytest.fixture
async def place(pg_url: str, tmp_path: Path) -> AsyncIterator[Place]:
    async with upgrading(pg_url, tmp_path) as made:
        yield made


@asynccontextmanager
async def succeeded(place: Place) -> AsyncIterator[None]:
    """The engine ends, and another takes over what it left."""
    await place.jobs.stop(drain_s=1.0)
    means = replace(place.jobs.means, engine_id=f"{process_name()}-next")
    place.jobs = Jobs(means, durable=Durable(means, poll_s=0.05))
    await place.jobs.start()
    try:
        yield
    finally:
        await place.jobs.stop(drain_s=5.0)


async def test_a_device_that_is_away_is_pending_and_wakes_with_its_health(place: Place) -> None:
    await vanish(place, 1)
    await health(place, 1, "critical")
    job_id = await place.begin(2, persistent="auto")
    await pending(place, job_id, 1)
    states = [one.state for one in await place.jobs.results(job_id)]
    assert states == [ResultState.SUCCESS, ResultState.PENDING]
    await place.device(1).fault()
    await result_when(place, job_id, 1, "pending, try 2")
    await health(place, 1, "ok")
    within = timedelta(seconds=120)
    async with asyncio.timeout(20):
        while (await pending(place, job_id, 1)).retry_at > place.jobs.means.now() + within:
            await place.jobs.durable.moved(job_id, 0.1)  # type: ignore[union-attr]  # it is there
    place.skip(120)
    results = await place.end(job_id)
    assert [one.state for one in results] == [ResultState.SUCCESS] * 2
    assert [place.device(at).device.effects.upgrades for at in (0, 1)] == [1, 1]


async def test_what_is_pending_is_tried_again_by_the_next_engine(place: Place) -> None:
    await vanish(place)
    job_id = await place.begin(1, persistent="yes")
    before = await pending(place, job_id, 0)
    async with succeeded(place):
        kept = await place.parts.database.aread(lambda s: jobdelays.of_job(s, job_id))
        assert kept[before.device_id].retries == 1
        await place.device(0).fault()
        place.skip(900)
        [result] = await place.end(job_id)
    assert result.state is ResultState.SUCCESS
    assert place.device(0).device.effects.upgrades == 1


async def test_a_scheduled_batch_is_begun_at_its_time_by_the_next_engine(place: Place) -> None:
    at = place.jobs.means.now() + timedelta(hours=3)
    job_id = await place.begin(2, at=at.isoformat())
    await result_when(place, job_id, 0, "scheduled for")
    async with succeeded(place):
        assert (await job(place, job_id)).state == "queued"
        place.skip(3 * 3600)
        results = await place.end(job_id)
    assert [one.state for one in results] == [ResultState.SUCCESS] * 2
    began = (await job(place, job_id)).started
    assert began is not None and began >= at
    assert [place.device(at).device.effects.upgrades for at in (0, 1)] == [1, 1]
