"""The one room that knows DBOS: it survives kill -9 and goes on where it was.

A parent workflow drives a job; a child does one device, on a queue partitioned by device with
concurrency 1, so that two operations never touch one device at once. DBOS gets ids and what steps
returned, as JSON; the rows of the job say the rest.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from owtui.engine.jobs import book, device, idling, patience
from owtui.engine.jobs.control import Control
from owtui.engine.jobs.groundwork import prepare, serializer, silence, system_database
from owtui.engine.jobs.means import Means
from owtui.engine.jobs.plan import PlanRow
from owtui.engine.jobs.progress import Progress
from owtui.engine.jobs.rollout import Driver
from owtui.engine.jobs.shift import Shift
from owtui.engine.jobs.state import JobState, ResultState
from owtui.log import incident
from storage import devicelist, engines, jobdelays
from storage.errors import StorageError

VERSION = "jobs-1"  # changed only when the steps of actions change
NAME = "owtui"
ROLLOUTS = "rollouts"
POLL_S = 1.0  # of the queues in the database; an idle engine costs next to nothing
AT_ONCE = 50  # devices one engine works on
RECOVERIES = 1000
AGAIN_S = 10.0  # after a mistake of ours in driving a job, which may be driven from any point
KEPT_FOR = timedelta(days=7)
OLD_AT_ONCE = 10_000
CHUNK = 500

T = TypeVar("T")
log = logging.getLogger(__name__)


@dataclass(slots=True)
class Durable:
    """DBOS within the running event loop; one a process, between `start` and `stop`."""

    means: Means
    at_once: int = AT_ONCE
    poll_s: float = POLL_S
    _controls: dict[UUID, Control] = field(default_factory=dict)
    _briefs: dict[UUID, device.Brief | None] = field(default_factory=dict)
    _known: set[UUID] = field(default_factory=set)
    _shift: Shift = field(default_factory=Shift)
    _dbos: Any = None
    _is_open: bool = False
    _progress: Progress | None = None
    _thread: ThreadPoolExecutor | None = None

    @property
    def executor_id(self) -> str:
        """Fixed for a zone: its lease makes sure that there is one engine, and one alone."""
        return _executor(self.means.zone)

    @property
    def queue(self) -> str:
        """The queue of the devices that this engine serves."""
        return _queue(self.means.zone)

    async def start(self) -> None:
        """Launch DBOS in this loop; it takes up at once what a killed engine left."""
        try:
            await self._start()
        except BaseException:
            await self.stop(drain_s=0.0)
            raise

    async def _start(self) -> None:
        self._shift = Shift()
        self._progress = Progress(self.means)
        self._progress.start()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="dbos-start")
        url = system_database(self.means.database)
        if url.startswith("sqlite"):
            file, beside = Path(url.removeprefix("sqlite:///")), self.means.database.path
            await self._off_loop(lambda: prepare(file, beside))
        self._dbos = await self._off_loop(_import)
        silence()
        instance = self._dbos(
            config={
                "name": NAME,
                "system_database_url": url,
                "application_version": VERSION,
                "executor_id": self.executor_id,
                "serializer": serializer(_base()),
                "log_level": "ERROR",  # in an outage it warns ten times a second
                "use_listen_notify": False,
                "scheduler_polling_interval_sec": idling.RARELY_S,  # nothing of ours is scheduled
            }
        )
        self._register()
        self._dbos.listen_queues([ROLLOUTS, self.queue])
        idling.before_launch(_commands(), instance)
        try:
            # In this thread, which runs the loop: DBOS then runs workflows on it, beside the pool.
            self._dbos.launch()
        except SQLAlchemyError as error:
            raise StorageError(
                f"The store of running jobs cannot be used: {type(error).__name__}.",
                "Check that jobs.db beside the database, or the PostgreSQL server, can be written.",
            ) from error
        idling.after_launch(instance)
        await self._dbos.register_queue_async(ROLLOUTS, polling_interval_sec=self.poll_s)
        await self._dbos.register_queue_async(
            self.queue,
            partition_concurrency=1,
            worker_concurrency=self.at_once,
            polling_interval_sec=self.poll_s,
        )
        await self._forget_old()
        self._is_open = True

    async def enqueue(self, job_id: UUID) -> None:
        """Hand a written job to the queue of rollouts; a second time does nothing.

        Before the start is over nothing is taken: whoever starts looks for what waits afterwards.
        """
        if job_id in self._known or not self._is_open or self._shift.is_over:
            return
        await self._put(ROLLOUTS, "rollout", str(job_id), "", str(job_id))
        self._known.add(job_id)

    def follow(self, states: Mapping[UUID, JobState]) -> None:
        """Bring what was asked of jobs to those who run them."""
        for job_id, state in states.items():
            if control := self._controls.get(job_id):
                control.follow(state)

    async def moved(self, job_id: UUID, within_s: float) -> None:
        """Wait until a job moves, at most so long."""
        control = self._control(job_id)
        await control.moved(control.moves, within_s)

    async def adopt(self, zones: Sequence[str]) -> int:
        """Take up what the dead engines of other zones left; returns how many workflows.

        Devices go on in our own queue, which then is the one that keeps others off them.
        """
        taken = 0
        for zone in zones:
            if zone == self.means.zone:
                continue
            for queue, to in ((ROLLOUTS, ROLLOUTS), (_queue(zone), self.queue)):
                left = await self._dbos.list_workflows_async(
                    status=["PENDING"], executor_id=_executor(zone), queue_name=queue
                )
                if queue != ROLLOUTS:
                    left += await self._dbos.list_workflows_async(
                        status=["ENQUEUED"], queue_name=queue
                    )
                ids = [one.workflow_id for one in left]
                if ids:
                    await self._dbos.resume_workflows_async(ids, queue_name=to)
                taken += len(ids)
        return taken

    async def stop(self, *, drain_s: float) -> None:
        """Start no device, let running steps finish for so long, leave the rest resumable."""
        if self._thread is None:
            return
        self._is_open = False
        await self._shift.end(drain_s)
        if self._dbos is not None:
            dbos, self._dbos = self._dbos, None
            # DBOS made its own pool the loop's default and closes it now; others still need one.
            asyncio.get_running_loop().set_default_executor(
                ThreadPoolExecutor(thread_name_prefix="asyncio")
            )
            await self._off_loop(lambda: dbos.destroy(destroy_registry=True))
        if self._progress is not None:
            await self._progress.stop()
        self._thread.shutdown(wait=False)
        self._thread = None
        self._known.clear()

    async def _forget_old(self) -> None:
        """Remove workflows that ended long ago: the rows of their jobs tell all there is."""
        old = await self._dbos.list_workflows_async(
            status=["SUCCESS", "ERROR", "CANCELLED"],
            completed_before=(self.means.now() - KEPT_FOR).isoformat(),
            limit=OLD_AT_ONCE,
            load_input=False,
            load_output=False,
        )
        ids = [one.workflow_id for one in old]
        for first in range(0, len(ids), CHUNK):
            await self._dbos.delete_workflows_async(ids[first : first + CHUNK])

    def _register(self) -> None:
        async def rollout(job_id: str) -> str:
            async with self._shift.wait():
                return str(await self._dbos.run_step_async({"name": "drive"}, self._drive, job_id))

        async def on_device(job_id: str, device_id: str, tries: int = -1) -> str:
            try:
                return await self._device(UUID(job_id), UUID(device_id), tries)
            except Exception:
                incident(log, f"the work of job {job_id} on {device_id} ended")
                raise  # who drives the job tells it as lost

        for name, workflow in (("rollout", rollout), ("device", on_device)):
            self._dbos.workflow(name=name, max_recovery_attempts=RECOVERIES)(workflow)

    async def _drive(self, job_id: str) -> str:
        control = self._control(UUID(job_id))
        driver = Driver(self.means, control, self._send, self._lost)
        try:
            while True:
                try:
                    return await driver.run(UUID(job_id))
                except Exception:  # noqa: BLE001  # else it would stand still until a restart
                    incident(log, f"job {job_id} stood still; it is driven on in {AGAIN_S:g} s")
                await asyncio.sleep(AGAIN_S)
        finally:
            control.poke()
            self._briefs.pop(UUID(job_id), None)

    async def _device(self, job_id: UUID, device_id: UUID, tries: int = -1) -> str:
        control = self._control(job_id)
        brief = await self._hold(control, job_id, device_id)
        if brief is None:
            return "over"
        async with self._shift.work():
            while isinstance(
                work := await device.begin(self.means, brief, device_id, tries), device.Taken
            ):
                await self._shift.pause(work.again_s)
            if work is None:
                control.poke()
                return "over"
            memo, failed = await self._steps(work)
            result = await device.end(self.means, work, memo, failed=failed)
        control.poke()
        return result.state.value

    async def _steps(self, work: device.Work) -> tuple[dict[str, Any], bool]:
        memo: dict[str, Any] = {}
        assert self._progress is not None
        for name in work.action.steps:
            answer = await self._dbos.run_step_async(
                {"name": name},
                device.step,
                self.means,
                work,
                name,
                dict(memo),
                self._progress.report,
            )
            if "value" not in answer:
                return memo, True
            memo[name] = answer["value"]
            if self._shift.is_over:
                await self._shift.leave()
        return memo, False

    async def _hold(self, control: Control, job_id: UUID, device_id: UUID) -> device.Brief | None:
        """Wait while the job is paused, and for ever when the engine closes: it is resumed.

        A device that a pause met in the middle goes on.
        """

        def read(session: Session) -> tuple[JobState, bool]:
            before = book.result(session, job_id, device_id)
            begun = before is not None and before.state is ResultState.IN_PROGRESS
            return book.state(session, job_id), begun

        async with self._shift.wait():
            state, is_begun = await patience.read(self.means.database, read)
            control.follow(state)
            if not is_begun:
                await control.open()
            if self._shift.is_over:
                await self._shift.leave()
        if job_id not in self._briefs:
            self._briefs[job_id] = await patience.read(
                self.means.database, lambda session: device.read_brief(session, self.means, job_id)
            )
        return self._briefs[job_id]

    async def _send(self, job_id: UUID, rows: Sequence[PlanRow]) -> None:
        queues = await self._queues(rows)
        tries = await self._tries(job_id)
        for row in rows:
            id_, of = str(row.device_id), tries.get(row.device_id, 0)
            flow = _workflow(job_id, row.device_id, of)
            await self._put(queues[row.device_id], "device", flow, id_, str(job_id), id_, of)

    async def _tries(self, job_id: UUID) -> dict[UUID, int]:
        """How often the devices that were put off have been."""
        found = await patience.read(
            self.means.database, lambda session: jobdelays.of_job(session, job_id)
        )
        return {id_: delay.retries for id_, delay in found.items()}

    async def _queues(self, rows: Sequence[PlanRow]) -> dict[UUID, str]:
        """A device goes to its zone's engine where one lives, else to this one."""
        ids = [row.device_id for row in rows]
        found = await patience.read(
            self.means.database, lambda session: devicelist.rows(session, ids)
        )
        beats = await patience.read(
            self.means.database, lambda session: engines.alive(session, self.means.now())
        )
        alive = {beat.zone for beat in beats}
        zones = {row.id: row.zone for row in found if row.zone in alive}
        return {id_: _queue(zones.get(id_, self.means.zone)) for id_ in ids}

    async def _lost(self, job_id: UUID, device_ids: Sequence[UUID]) -> Sequence[UUID]:
        """Those whose workflow ended, or is not there: their rows will not move by themselves."""
        if not device_ids:  # of none DBOS would list all workflows there are
            return []
        tries = await self._tries(job_id)
        ids = {_workflow(job_id, id_, tries.get(id_, 0)): id_ for id_ in device_ids}
        going = await _elsewhere(
            self._dbos.list_workflows_async(
                workflow_ids=list(ids), status=["PENDING", "ENQUEUED", "DELAYED"]
            )
        )
        alive = {ids[one.workflow_id] for one in going}
        return [device_id for device_id in device_ids if device_id not in alive]

    async def _put(self, queue: str, name: str, id_: str, partition: str, *args: Any) -> None:
        options = {
            "queue_name": queue,
            "workflow_name": name,
            "workflow_id": id_,
            "app_version": VERSION,
        }
        if partition:
            options["queue_partition_key"] = partition
        await _elsewhere(self._dbos.enqueue_workflow_with_options_async(options, *args))

    def _control(self, job_id: UUID) -> Control:
        return self._controls.setdefault(job_id, Control())

    async def _off_loop(self, fn: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, fn)


async def _elsewhere(awaitable: Awaitable[T]) -> T:
    """Await outside the workflow that asks: DBOS starts none from within a step."""

    async def call() -> T:
        return await awaitable

    return await asyncio.get_running_loop().create_task(call(), context=contextvars.Context())


def _workflow(job_id: UUID, device_id: UUID, tries: int) -> str:
    """The workflow of a device: one for each time that it is tried."""
    return f"{job_id}/{device_id}" + (f"/{tries}" if tries else "")


def _executor(zone: str) -> str:
    return f"{NAME}-{zone}" if zone else NAME


def _queue(zone: str) -> str:
    return f"devices-{zone}" if zone else "devices"


def _import() -> Any:
    from dbos import DBOS  # 300 ms, wanted only where changing jobs run

    return DBOS


def _commands() -> Any:
    from dbos import _workflow_commands

    return _workflow_commands


def _base() -> Any:
    from dbos import Serializer

    return Serializer
