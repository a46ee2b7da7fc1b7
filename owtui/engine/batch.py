"""Questions answered together: who asks while one answer is fetched waits for the next, with all.

A fleet asks by the hundred; a statement and a change of thread for each costs more than a login.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Q = TypeVar("Q")
A = TypeVar("A")

Answer = Callable[[Sequence[Q]], Awaitable[Sequence[A | Exception]]]
"""Answers questions in their order; an exception is raised to who asked that one."""


class Batch(Generic[Q, A]):
    """The desk where questions collect. What `answer` raises itself is raised to all who wait."""

    def __init__(self, answer: Answer[Q, A], name: str) -> None:
        self._answer = answer
        self._name = name
        self._waiting: list[tuple[Q, asyncio.Future[A]]] = []
        self._task: asyncio.Task[None] | None = None

    async def ask(self, question: Q) -> A:
        """Wait for the answer; giving up leaves the others' alone."""
        mine: asyncio.Future[A] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, mine))
        if self._task is None:
            self._task = asyncio.create_task(self._serve(), name=self._name)
        return await mine

    async def _serve(self) -> None:
        batch: list[tuple[Q, asyncio.Future[A]]] = []
        try:
            while self._waiting:
                batch, self._waiting = self._waiting, []
                await self._round(batch)
        finally:
            self._task = None
            for _, future in [*batch, *self._waiting]:
                future.cancel()  # the loop ends; one that has its answer keeps it

    async def _round(self, batch: list[tuple[Q, asyncio.Future[A]]]) -> None:
        answers: Sequence[A | Exception]
        try:
            answers = await self._answer([question for question, _ in batch])
        except Exception as error:  # noqa: BLE001  # handed to whoever waits
            answers = [error] * len(batch)
        for (_, future), answer in zip(batch, answers, strict=True):
            if future.done():
                continue  # its asker gave up
            if isinstance(answer, Exception):
                future.set_exception(answer)
            else:
                future.set_result(answer)
