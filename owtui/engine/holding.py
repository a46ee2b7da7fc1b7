"""Who is the engine: the part of the facade that takes the lease, works while it has it, lets go.

Everything that runs by itself begins in `_hold` and ends in `_let_go`.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from enum import StrEnum
from functools import cached_property, partial
from typing import TYPE_CHECKING

from owtui.engine import standing
from owtui.engine.desks import Desks
from owtui.engine.events import EngineChanged
from owtui.engine.lease import Holder, Lease
from owtui.engine.measuring import Measuring
from owtui.engine.supervise import Work, supervised
from owtui.engine.tenure import Tenure
from owtui.engine.watch import Watcher
from owtui.errors import BlockedError
from owtui.operator import Operator
from storage import revisions
from storage.tables import now

if TYPE_CHECKING:
    from owtui.engine.jobs.jobs import Jobs

BRISK_S = 0.2


class Role(StrEnum):
    """What a process wants to be."""

    ATTACH = "attach"  # look and submit; never run anything in the background
    AUTO = "auto"  # be the engine if nobody is, else attach and take over when it leaves
    HOLD = "hold"  # be the engine, or fail and say who is


class Holding(Desks, Measuring):
    """The base of Engine, which has the rest."""

    operator: Operator
    _lease: Lease
    _tasks: set[asyncio.Task[None]]
    _duties: list[asyncio.Task[None]]  # of the holder alone
    _tenure: asyncio.Task[None] | None
    _seen: Holder | None  # the holder last told of

    if TYPE_CHECKING:

        @cached_property
        def jobs(self) -> Jobs:
            """Engine has it."""

        async def _moved(self, topics: frozenset[str]) -> None:
            """Engine has it."""

    async def _take(self, role: Role) -> None:
        if role is Role.ATTACH:
            return
        watcher = Watcher(self._revisions, self._moved)
        await watcher.look()  # before anything is taken up: nothing is written in between
        if self._lease.acquire(self._as_holder()):
            await self._hold()
        elif role is Role.HOLD:
            raise BlockedError(
                f"The engine of this fleet is held by {self.holder_words()}.",
                "Attach with `owtui`, or stop that one first.",
            )
        else:
            self._look_at_holder()
        tenure = Tenure(
            self._lease, self._as_holder, self._inherit, self._let_go, saw=self._look_at_holder
        )
        self._tenure = self._start(partial(tenure.run, held=self.holds), "lease")
        self._start(watcher.run, "watch", lasting=True)

    async def _hold(self) -> None:
        from owtui.engine.jobs.durable import POLL_S, Durable

        self.holds = True
        await asyncio.to_thread(self._parts.vault)  # may cost a passphrase's 0.2 s
        # Held for one job (`apply --yes`) it is never idle, and somebody waits: look often.
        every_s = POLL_S if self._polls else BRISK_S
        self.jobs.durable = Durable(self.jobs.means, poll_s=every_s)
        await self.jobs.start()
        for work, name in await self._begin_measuring(polling=self._polls):
            self._duties.append(self._start(work, name, lasting=True))
        self._start(self.settled, "settle configurations")  # what somebody left half done
        self.bus.publish(EngineChanged("holder"))

    async def _inherit(self) -> None:
        """The holder left or died: carry on where it was."""
        before, self._seen = self._seen, None
        await self.fleet.load()
        await self._hold()
        self.bus.publish(standing.taken_over(before))

    def _look_at_holder(self) -> None:
        """Tell when somebody else has the lease than before."""
        if self._lease.rival != self._seen:
            self._seen = self._lease.rival
            self.bus.publish(EngineChanged("attached"))

    async def _let_go(self) -> None:
        """Another process is the engine now, or this one could not be: look on."""
        self.holds = False
        await self.jobs.resign()
        for task in self._duties:
            task.cancel()
        self._duties.clear()
        self._seen = self._lease.rival
        self.bus.publish(EngineChanged("attached"), standing.given_up(self._seen))

    async def _revisions(self) -> Mapping[str, int]:
        return await self.database.aread(revisions.counters)

    def _start(self, work: Work, name: str, *, lasting: bool = False) -> asyncio.Task[None]:
        task = asyncio.create_task(supervised(work, name, self.bus, lasting=lasting), name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _as_holder(self) -> Holder:
        return Holder(self.operator.name, self.operator.host, os.getpid(), now().isoformat())

    @property
    def holder(self) -> Holder | None:
        """Who runs the engine, as this process last saw; from any thread."""
        return self._as_holder() if self.holds else self._lease.rival

    @property
    def trouble(self) -> str:
        """Why this engine cannot do its work now, "" while it can; from any thread."""
        return self.jobs.trouble if self.holds and "jobs" in self.__dict__ else ""

    async def ask_holder(self) -> str:
        """Who runs the engine, for people; a server may have to be asked."""
        return await asyncio.to_thread(self.holder_words)

    def holder_words(self) -> str:
        """Who runs the engine, for people; asks, and may take seconds."""
        return standing.words(self._lease.holder())
