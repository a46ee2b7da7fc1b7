"""Questions that wait together are answered together."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from owtui.engine.batch import Batch


class Desk:
    """Doubles numbers, refuses negative ones, and remembers how it was asked."""

    def __init__(self) -> None:
        self.rounds: list[list[int]] = []
        self.asked = asyncio.Event()
        self.open = asyncio.Event()
        self.open.set()

    async def answer(self, questions: Sequence[int]) -> list[int | Exception]:
        self.rounds.append(list(questions))
        self.asked.set()
        await self.open.wait()
        if 13 in questions:
            raise OSError("the desk burns")
        return [ValueError(str(one)) if one < 0 else 2 * one for one in questions]


async def test_who_asks_while_an_answer_is_fetched_waits_for_the_next_with_all_others() -> None:
    desk = Desk()
    batch: Batch[int, int] = Batch(desk.answer, "double")
    desk.open.clear()
    async with asyncio.TaskGroup() as group:
        first = group.create_task(batch.ask(1))
        await desk.asked.wait()
        later = [group.create_task(batch.ask(number)) for number in (2, 3, 4)]
        await asyncio.sleep(0)
        desk.open.set()
    assert desk.rounds == [[1], [2, 3, 4]]
    assert [task.result() for task in (first, *later)] == [2, 4, 6, 8]


async def test_an_error_goes_to_who_asked_for_it_and_one_of_the_desk_to_all() -> None:
    batch: Batch[int, int] = Batch(Desk().answer, "double")
    said = await asyncio.gather(batch.ask(1), batch.ask(-1), return_exceptions=True)
    assert said[0] == 2 and isinstance(said[1], ValueError)
    said = await asyncio.gather(batch.ask(1), batch.ask(13), return_exceptions=True)
    assert all(isinstance(one, OSError) for one in said)
    assert await batch.ask(5) == 10


async def test_giving_up_leaves_the_answers_of_the_others_alone() -> None:
    desk = Desk()
    desk.open.clear()
    batch: Batch[int, int] = Batch(desk.answer, "double")
    impatient, patient = (asyncio.create_task(batch.ask(number)) for number in (1, 2))
    await desk.asked.wait()
    impatient.cancel()
    desk.open.set()
    assert await patient == 4
    with pytest.raises(asyncio.CancelledError):
        await impatient
