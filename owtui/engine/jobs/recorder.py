"""Writes the beginnings and ends of devices in groups: one transaction for all that wait.

Between two writes the next ones collect, so a thousand devices cost some dozens of transactions,
and still nobody goes on before his own line is committed.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Self
from uuid import UUID

from sqlmodel import Session

from owtui.engine.jobs import book, journal
from owtui.engine.jobs.means import Means
from owtui.engine.jobs.plan import Plan
from owtui.engine.jobs.result import Result
from owtui.operator import Operator

PAUSE_S = 0.08
"""From one write to the next. A worker waits for one write a device, half of this; a login takes
longer, and 12 transactions a second are cheap."""


@dataclass(frozen=True, slots=True)
class Start:
    """A device that is about to be sent something."""

    device_id: UUID
    at: datetime


class Recorder:
    """The pen of one running job; an asynchronous context that ends when all is written."""

    def __init__(self, means: Means, plan: Plan, operator: Operator) -> None:
        self._means = means
        self._plan = plan
        self._operator = operator
        self._waiting: list[tuple[Start | Result, asyncio.Future[bool]]] = []
        self._wake = asyncio.Event()
        self._closing = asyncio.Event()
        self._writer: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._writer = asyncio.create_task(self._write(), name=f"record job {self._plan.id}")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closing.set()
        self._wake.set()
        if self._writer is not None:
            await self._writer

    async def start(self, device_id: UUID, at: datetime) -> bool:
        """Mark a device in-progress; False when it is no longer pending. Committed on return."""
        return await self._put(Start(device_id, at))

    def finish(self, result: Result) -> asyncio.Future[bool]:
        """Record how a device ended: True once that is committed, False when it was over already.

        Who goes on to another device waits for its start and this in one: they share a write.
        """
        return self._put(result)

    def _put(self, line: Start | Result) -> asyncio.Future[bool]:
        done: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((line, done))
        self._wake.set()
        return done

    async def _write(self) -> None:
        """Write until the context ends, and nothing else ends this.

        A second Ctrl-C has asyncio cancel every task of the process at once; those that wait here
        for their last lines would then wait for ever.
        """
        while not self._closing.is_set():
            with contextlib.suppress(asyncio.CancelledError):
                await self._wake.wait()
                self._wake.clear()
                if await self._batch():
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self._closing.wait(), PAUSE_S)
        while self._waiting:
            with contextlib.suppress(asyncio.CancelledError):
                await self._batch()

    async def _batch(self) -> bool:
        """Write what waits; False when nothing did."""
        batch, self._waiting = self._waiting, []
        if batch:
            await self._commit(batch)
        return bool(batch)

    async def _commit(self, batch: list[tuple[Start | Result, asyncio.Future[bool]]]) -> None:
        lines = [line for line, _ in batch]
        try:
            took = await self._means.database.awrite(lambda session: self._lines(session, lines))
        except asyncio.CancelledError:
            self._waiting[:0] = batch  # what was written all the same is not written twice
            self._wake.set()
            raise
        except Exception as error:  # noqa: BLE001  # handed to whoever waits for the line
            for _, done in batch:
                if not done.done():
                    done.set_exception(error)
            return
        for line, done in batch:
            if not done.done():
                done.set_result(line.device_id in took)
            self._means.tell_result(self._plan.id, line.device_id)
        self._means.tell_job(self._plan.id)

    def _lines(self, session: Session, lines: Sequence[Start | Result]) -> set[UUID]:
        starts = [line for line in lines if isinstance(line, Start)]
        ends = [line for line in lines if isinstance(line, Result)]
        took: set[UUID] = set()
        if starts:
            ids = [line.device_id for line in starts]
            took |= book.start_results(session, self._plan.id, ids, starts[0].at)
        if ends:
            closed = book.finish_results(session, self._plan.id, ends)
            told = [end for end in ends if end.device_id in closed]
            journal.devices(session, self._operator, self._plan, told)
            took |= closed
        return took
