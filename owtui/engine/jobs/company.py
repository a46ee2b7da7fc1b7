"""Devices that go all or none: each says how far it is and waits for the others.

A mark is a number that rises with each stage, and -n says that a device left before all were at n.
Who gives up does so in a transaction that has looked at all marks under lock: it is either before
everybody got there, and then nobody goes on, or after, and then it goes on itself. So all devices
decide alike, and alike again when they are asked after a crash.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlmodel import Session

from owtui.engine.jobs.state import ResultState
from storage.core import JOB_RESULT
from storage.jobs import ACTED_ON

LOOK_EVERY_S = 0.5


@dataclass(frozen=True, slots=True)
class Company:
    """One device of a job among those that it changes. `transact` is Database.awrite."""

    job_id: UUID
    device_id: UUID
    transact: Callable[[Callable[[Session], Any]], Awaitable[Any]]
    clock: Callable[[], float]
    sleep: Callable[[float], Awaitable[None]]

    async def all_at(self, mark: int, within_s: float) -> bool:
        """Say that this device is at `mark` and wait for all others: True when they are there.

        False when one of them ended or gave up before, or the time is over: nobody goes on then.
        May be asked again after a crash; the answer is the same.
        """
        until = self.clock() + within_s
        while True:
            look = partial(self._look, mark=mark, late=self.clock() >= until)
            answer = await self.transact(look)
            if answer is not None:
                return bool(answer)
            await self.sleep(LOOK_EVERY_S)

    async def note(self, mark: int) -> None:
        """Say that this device is at `mark`, without waiting for anybody."""

        def write(session: Session) -> None:
            if 0 <= self._mine(session) < mark:
                self._set(session, mark)

        await self.transact(write)

    async def mark(self) -> int:
        """How far this device said it was, in whatever life of the engine."""
        at: int = await self.transact(self._mine)
        return abs(at)

    async def leave(self) -> int:
        """Take no further part: the others do not get past the first mark that not all were at.

        Returns that mark; what all had decided before stands.
        """
        before: int = await self.transact(self._leave)
        return before

    def _look(self, session: Session, mark: int, late: bool) -> bool | None:
        marks = self._marks(session)
        mine = marks[self.device_id][0]
        if 0 <= mine < mark:
            mine = mark
            self._set(session, mine)
            marks[self.device_id] = (mine, marks[self.device_id][1])
        if all(_was_at(at, mark) for at, _ in marks.values()):
            return True
        if not _was_at(mine, mark):
            return False
        if late or any(
            not _was_at(at, mark) and (at < 0 or state.is_over) for at, state in marks.values()
        ):
            self._set(session, -mark)
            return False
        return None

    def _leave(self, session: Session) -> int:
        marks = self._marks(session)
        mine = marks[self.device_id][0]
        if mine < 0:
            return -mine
        before = 1
        while all(_was_at(at, before) for at, _ in marks.values()):
            before += 1
        self._set(session, -before)
        return before

    def _mine(self, session: Session) -> int:
        """Its own mark, under lock: of a thousand devices nobody reads those of the others."""
        columns = JOB_RESULT.c
        query = select(columns.mark).where(
            columns.job_id == self.job_id, columns.device_id == self.device_id
        )
        at: int = session.execute(query.with_for_update()).scalar_one()
        return at

    def _marks(self, session: Session) -> dict[UUID, tuple[int, ResultState]]:
        columns = JOB_RESULT.c
        query = (
            select(columns.device_id, columns.mark, columns.state)
            .where(columns.job_id == self.job_id, columns.position < ACTED_ON)
            .order_by(columns.device_id)
            .with_for_update()
        )
        return {row.device_id: (row.mark, ResultState(row.state)) for row in session.execute(query)}

    def _set(self, session: Session, mark: int) -> None:
        columns = JOB_RESULT.c
        session.execute(
            update(JOB_RESULT)
            .where(columns.job_id == self.job_id, columns.device_id == self.device_id)
            .values(mark=mark)
        )


def _was_at(at: int, mark: int) -> bool:
    return at >= mark or -at > mark
