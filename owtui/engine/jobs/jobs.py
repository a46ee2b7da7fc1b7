"""Jobs: plan them, submit them, steer them, wait for them. The engine owns one of these.

A fan-out runs in the process that submits it. A job that changes devices is run by whoever holds
the engine: its row is enough, and `look` finds the rows that other processes wrote.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from owtui.engine.actions.base import Action, Change, FanOut
from owtui.engine.actions.params import complete
from owtui.engine.jobs import book, patience, report
from owtui.engine.jobs.around import Around, around
from owtui.engine.jobs.control import Control
from owtui.engine.jobs.fanout import Tell, run_fanout
from owtui.engine.jobs.heart import Heart
from owtui.engine.jobs.means import Means
from owtui.engine.jobs.plan import Plan
from owtui.engine.jobs.planner import PARALLEL, STOP_AFTER, Setting, make_plan, permit
from owtui.engine.jobs.recovery import recover
from owtui.engine.jobs.result import Result
from owtui.engine.jobs.retry import retry_plan
from owtui.engine.jobs.state import JobState
from owtui.engine.jobs.steer import steer
from owtui.engine.jobs.submit import submit
from owtui.engine.jobs.uploads import forget_uploads, read_local, write_upload
from owtui.errors import BlockedError
from storage import joblines, jobs
from storage.joblines import Line
from storage.jobs import JobRow
from storage.rows import DeviceRow
from storage.tables import Job

if TYPE_CHECKING:
    from sqlmodel import Session

    from owtui.engine.jobs.durable import Durable

LOOK_EVERY_S = 1.0  # for what another process may have done, while somebody waits

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Running:
    """A fan-out of this process."""

    control: Control
    task: asyncio.Task[JobState]


@dataclass(slots=True)
class Jobs:
    """All jobs of a database, as one process sees them.

    `durable` is there where this process holds the engine; without it changing jobs wait for the
    one that does.
    """

    means: Means
    fleet: str = "main"
    read_only: bool = False
    durable: Durable | None = None
    _running: dict[UUID, Running] = field(default_factory=dict)
    _heart: Heart | None = None

    @property
    def trouble(self) -> str:
        """Why nothing can be written now, "" while it can."""
        return self._heart.trouble if self._heart is not None else ""

    async def start(self) -> None:
        """Be the engine: settle what dead processes left and run what waits."""
        await recover(self.means)
        if self.durable is not None:
            await self.durable.start()
            if self._heart is not None:  # we were attached before
                await self._heart.stop()
                self._heart = None
            await self._beat()
            await self.means.database.awrite(
                lambda session: forget_uploads(session, self.means.now())
            )
            await self.look()

    async def look(self) -> None:
        """Take up what other processes wrote: new changing jobs, pauses and cancellations."""
        unfinished = await self.means.database.aread(book.unfinished)
        states = {job.id: JobState(job.state) for job in unfinished}
        for job_id, running in list(self._running.items()):
            running.control.follow(states.get(job_id, JobState.CANCELLED))
        if self.durable is not None:
            for job in unfinished:
                if isinstance(self.means.registry.find(job.action), Change):
                    await self.durable.enqueue(job.id)
            self.durable.follow(states)

    async def plan(
        self,
        action: str,
        rows: Sequence[DeviceRow],
        params: Mapping[str, Any],
        *,
        filter: str = "",
        parallel: int = PARALLEL,
        stop_after: int = STOP_AFTER,
    ) -> Plan:
        """Make a plan for these devices; see planner.make_plan for what it refuses."""
        chosen = self.means.registry.get(action)
        setting = Setting(
            operator=self.means.operator.name,
            fleet=self.fleet,
            read_only=self.read_only,
            filter=filter,
            parallel=parallel,
            stop_after=stop_after,
            clock=self.means.now,
        )
        permit(chosen, rows, setting)
        given = await self._with_files(chosen, params)
        values = complete(chosen, chosen.fix(given, self.means.now()))
        begins, now = chosen.not_before(values), self.means.now()
        changes = [one.id for one in self.means.registry if isinstance(one, Change)]
        ids = [row.id for row in rows]

        def read(session: Session) -> tuple[Mapping[UUID, Any], Around]:
            known = chosen.recall(self.means.records(session), rows, values)
            return known, around(session, chosen, changes, ids, begins, now)

        return make_plan(chosen, rows, values, setting, *await self.means.database.aread(read))

    async def _with_files(self, action: Action, params: Mapping[str, Any]) -> dict[str, Any]:
        """Store local files that parameters name by their path."""
        values = dict(params)
        for param in action.params:
            if param.kind == "file" and isinstance(value := values.get(param.name), str | Path):
                name, data = await asyncio.to_thread(read_local, value)
                values[param.name] = await self.means.database.awrite(
                    partial(write_upload, vault=self.means.vault, name=name, data=data)
                )
        return values

    async def submit(
        self,
        plan: Plan,
        secrets: Mapping[str, str] | None = None,
        *,
        tell: Tell = lambda result: None,
        retry_of: UUID | None = None,
    ) -> Job:
        """Write the job and set it going; returns once it is written. See submit.submit."""
        job = await submit(
            self.means,
            plan,
            self.means.operator,
            secrets or {},
            read_only=self.read_only,
            retry_of=retry_of,
        )
        action = self.means.registry.get(plan.action)
        if isinstance(action, FanOut):
            if self.means.database.dialect == "postgresql":
                await self._beat()  # elsewhere nobody could tell that we live
            control = Control()
            task = asyncio.create_task(
                run_fanout(self.means, action, plan, self.means.operator, control, tell),
                name=f"job {job.number}",
            )
            self._running[job.id] = Running(control, task)
            task.add_done_callback(lambda _: self._running.pop(job.id, None))
        elif isinstance(action, Change) and self.durable is not None:
            await self.durable.enqueue(job.id)
        return job

    async def run(self, plan: Plan) -> AsyncIterator[Result]:
        """Submit a fan-out and yield each device's result as it ends.

        Closing the iterator, or cancelling who reads it, cancels the job.
        """
        if not isinstance(self.means.registry.get(plan.action), FanOut):
            raise BlockedError(
                f"{plan.action} changes devices step by step and cannot be streamed.",
                "Submit its plan and follow the job.",
            )
        results: asyncio.Queue[Result | None] = asyncio.Queue()
        job = await self.submit(plan, tell=results.put_nowait)
        running = self._running[job.id]
        running.task.add_done_callback(lambda _: results.put_nowait(None))
        try:
            while (result := await results.get()) is not None:
                yield result
        finally:
            if not running.task.done():
                with suppress(BlockedError):  # it ended while we asked
                    await self.cancel(job.id)
            await running.task

    async def pause(self, job_id: UUID) -> None:
        """Start no further device until it is resumed; running ones finish."""
        await self._ask(job_id, JobState.PAUSED)

    async def resume(self, job_id: UUID) -> None:
        """Go on after a pause."""
        await self._ask(job_id, JobState.RUNNING)

    async def cancel(self, job_id: UUID) -> None:
        """Start no further device. Commands that run are ended; changes finish their device."""
        await self._ask(job_id, JobState.CANCELLED)

    async def retry(self, job_id: UUID, secrets: Mapping[str, str] | None = None) -> Job:
        """Submit a new job for the devices that did not end well; its plan is made anew."""
        return await self.submit(await self.retry_plan(job_id), secrets, retry_of=job_id)

    async def retry_plan(self, job_id: UUID) -> Plan:
        """The plan of a retry, to be shown first. Raises InputError when all ended well."""
        old, rows = await self.means.database.aread(
            lambda session: retry_plan(session, job_id, self.means.registry)
        )
        return await self.plan(
            old.action,
            rows,
            self.means.registry.get(old.action).again(old.params),
            filter=old.filter,
            parallel=old.parallel,
            stop_after=old.stop_after,
        )

    async def find(self, wanted: str) -> JobRow:
        """A job by number, id or the beginning of an id. Raises InputError."""
        return await self.means.database.aread(lambda session: book.find(session, wanted))

    async def recent(self, limit: int = 100, action: str = "") -> list[dict[str, Any]]:
        """The newest jobs first, without their results; see report.summary."""
        rows = await self.means.database.aread(
            lambda session: jobs.rows(session, limit=limit, action=action)
        )
        return [report.summary(row.job, row.counts) for row in rows]

    async def results(self, job_id: UUID) -> list[Result]:
        """What happened on each device so far."""
        return await self.means.database.aread(lambda session: book.results(session, job_id))

    async def plan_of(self, job_id: UUID) -> Plan:
        """The plan that a job carries out."""
        row = await self.means.database.aread(lambda session: jobs.get(session, job_id))
        return Plan.from_dict(row.job.plan)

    async def lines(self, job_id: UUID, after: int = 0) -> list[Line]:
        """What its devices said on their way, behind the line with this id."""
        return await self.means.database.aread(
            lambda session: joblines.after(session, job_id, after)
        )

    async def report(self, job_id: UUID) -> dict[str, Any]:
        """A job with its results, by the keys of the command line's contract."""
        return report.report(*await self._of(job_id))

    async def report_text(self, job_id: UUID) -> str:
        """The same for people: identical answers together."""
        return report.report_text(*await self._of(job_id))

    async def report_csv(self, job_id: UUID) -> str:
        """The same as a table: a line a device."""
        return report.report_csv(*await self._of(job_id))

    async def _of(self, job_id: UUID) -> tuple[Job, list[Result]]:
        job = (await self.means.database.aread(lambda session: jobs.get(session, job_id))).job
        return job, await self.results(job_id)

    async def wait(self, job_id: UUID) -> Job:
        """Wait until a job is over, whoever runs it, and return its row."""
        while True:
            if running := self._running.get(job_id):
                await asyncio.wait([running.task])
            row = await patience.read(
                self.means.database, lambda session: jobs.get(session, job_id)
            )
            if row.job.finished is not None:
                return row.job
            if self.durable is not None:
                await self.durable.moved(job_id, LOOK_EVERY_S)
            else:
                await asyncio.sleep(LOOK_EVERY_S)

    async def stop(self, *, drain_s: float = 60.0) -> None:
        """Start nothing more, let what runs finish for so long, leave the rest resumable.

        Commands that still run after that are ended and told as aborted.
        """
        going = list(self._running.values())
        for running in going:
            running.control.drain()
        if self.durable is not None:
            await self.durable.stop(drain_s=drain_s)
        if self._heart is not None:
            await self._heart.stop()
        tasks = [running.task for running in going]
        if tasks:
            await asyncio.wait(tasks, timeout=drain_s)
            for running in going:
                running.control.follow(JobState.CANCELLED)
            await asyncio.wait(tasks)

    async def resign(self) -> None:
        """Be the engine no more, at once: whoever is it now goes on with what was open."""
        if self.durable is not None:
            durable, self.durable = self.durable, None
            await durable.stop(drain_s=0.0)
        if self._heart is not None:
            heart, self._heart = self._heart, None
            await heart.stop()

    async def _beat(self) -> None:
        if self._heart is None:
            self._heart = Heart(self.means, self._adopt if self.durable is not None else None)
            await self._heart.start()

    async def _adopt(self, zones: Sequence[str]) -> None:
        await recover(self.means)
        if self.durable is not None and (taken := await self.durable.adopt(zones)):
            log.warning("took up %d pieces of work of dead engines", taken)

    async def _ask(self, job_id: UUID, to: JobState) -> None:
        state = await steer(self.means, job_id, to)
        if running := self._running.get(job_id):
            running.control.follow(state)
        if self.durable is not None:
            self.durable.follow({job_id: state})
