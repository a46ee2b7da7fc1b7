"""All or none: devices that wait for one another decide alike, whoever is late, ends or dies."""

from __future__ import annotations

import asyncio
import random
from uuid import UUID

import pytest
from sqlalchemy import update

from owtui.engine.jobs.company import Company
from storage.core import JOB_RESULT
from tests.engine.jobs.twins import House


async def company(house: House) -> list[Company]:
    """A submitted job that reboots every device, and its devices as they wait for each other."""
    plan = await house.jobs.plan("reboot", house.rows, {})
    await house.jobs.submit(plan)
    return [
        Company(plan.id, row.id, house.means.database.awrite, house.clock, house.clock.sleep)
        for row in house.rows
    ]


def marks(house: House) -> dict[UUID, int]:
    query = JOB_RESULT.select()
    found = house.means.database.read(lambda session: session.execute(query).all())
    return {row.device_id: row.mark for row in found}


async def test_all_go_on_when_the_last_is_there(house: House) -> None:
    devices = await company(house)
    assert await asyncio.gather(*(one.all_at(1, 60) for one in devices)) == [True] * 3
    assert set(marks(house).values()) == {1}
    assert await devices[0].all_at(1, 60)  # asked again, after a crash


async def test_nobody_goes_on_when_one_does_not_come(house: House) -> None:
    first, second, _ = await company(house)
    assert await asyncio.gather(first.all_at(1, 30), second.all_at(1, 60)) == [False, False]
    assert not await first.all_at(1, 60)


async def test_one_that_ended_holds_nobody_up(house: House) -> None:
    first, _, third = await company(house)

    def end(session: object) -> None:
        columns = JOB_RESULT.c
        session.execute(  # type: ignore[attr-defined]  # a Session
            update(JOB_RESULT).where(columns.device_id == third.device_id).values(state="failed")
        )

    await house.means.database.awrite(end)
    before = house.clock()
    assert not await first.all_at(1, 600)
    assert house.clock() - before < 10


async def test_who_leaves_takes_the_others_back(house: House) -> None:
    first, second, third = await company(house)
    await third.leave()
    assert await asyncio.gather(first.all_at(1, 60), second.all_at(1, 60)) == [False, False]
    assert marks(house)[third.device_id] == -1


async def test_who_leaves_later_undoes_nothing_that_was_decided(house: House) -> None:
    first, second, third = await company(house)
    assert await asyncio.gather(*(one.all_at(1, 60) for one in (first, second, third)))
    await third.leave()
    assert await first.all_at(1, 60)
    assert not await second.all_at(2, 60)


async def test_who_leaves_before_all_are_there_was_not_there(house: House) -> None:
    """A device that said that it was there and then took itself back, in a later life."""
    first, second, third = await company(house)
    await first.note(3)
    await second.note(2)
    await third.note(2)
    assert await first.leave() == 3
    assert await first.leave() == 3  # asked again, after a crash
    assert not await second.all_at(3, 60)
    assert not await third.all_at(3, 60)


async def test_who_leaves_after_all_were_there_is_told_so(house: House) -> None:
    first, second, third = await company(house)
    for one in (first, second, third):
        await one.note(3)
    assert await first.leave() == 4
    assert await second.all_at(3, 60)
    assert await third.all_at(3, 60)


@pytest.mark.parametrize("seed", range(6))
async def test_whoever_is_late_all_decide_alike(house: House, seed: int) -> None:
    chance = random.Random(seed)
    devices = await company(house)
    for mark in (1, 2, 3):
        answers = await asyncio.gather(
            *(one.all_at(mark, chance.choice((0, 0.4, 1, 2))) for one in devices)
        )
        assert len(set(answers)) == 1, f"seed {seed}, mark {mark}: {answers}"
