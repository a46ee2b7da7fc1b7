"""Drive a job that changes devices: waves, stop rule, pause, cancel, the end.

All it knows is in the rows, so it may be killed and started again at any point; whoever sends a
device twice sends it once, since its workflow has one id.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session

from owtui.engine.jobs import book, journal, patience
from owtui.engine.jobs.control import Control
from owtui.engine.jobs.holds import rest_s
from owtui.engine.jobs.means import Means
from owtui.engine.jobs.plan import Plan, PlanRow
from owtui.engine.jobs.result import Result, ended
from owtui.engine.jobs.run import Move, Rollout, final_state, next_move
from owtui.engine.jobs.state import JobState, ResultState
from owtui.engine.jobs.waits import Waits
from owtui.errors import Failure, Kind
from owtui.operator import Operator
from storage import jobdelays, jobs
from storage.tables import Job

LOOK_EVERY_S = 1.0  # for what other engines and attached processes wrote
PAUSE_S = 0.05  # from one look to the next: a thousand devices may end at once
LOST_AFTER_LOOKS = 20  # without any move, before we ask what became of the devices sent

Send = Callable[[UUID, Sequence[PlanRow]], Awaitable[None]]
Lost = Callable[[UUID, Sequence[UUID]], Awaitable[Sequence[UUID]]]


@dataclass(slots=True)
class Driver:
    """One running rollout. `send` starts devices; `lost` names those that will never end."""

    means: Means
    control: Control
    send: Send
    lost: Lost

    async def run(self, job_id: UUID) -> str:
        """Run a written job to its end and return its final state."""
        job = await patience.write(
            self.means.database, lambda session: self._begin(session, job_id)
        )
        if job.finished is not None:
            return job.state
        plan = Plan.from_dict(job.plan)
        waits = Waits.of(self.means, plan)
        operator = Operator(job.operator, job.host, job.face)
        rows = plan.changing
        rollout = Rollout(plan.waves, plan.parallel, plan.stop_after)
        sent: dict[UUID, int] = {}  # how often each had been put off before
        idle = 0
        before: tuple[ResultState, ...] = ()
        while True:
            moves = self.control.moves
            state, states = await self._look(waits, rows, sent)
            held, put_off = waits.places(rows)
            move = next_move(rollout, states, state, held, put_off)
            if move.done:
                return await self._close(plan, operator, state, move)
            if move.start:
                started = [rows[at] for at in move.start]
                await self._start(plan, move, started)
                sent |= {row.device_id: waits.tries(row.device_id) for row in started}
            idle = idle + 1 if states == before and not move.start else 0
            before = states
            if idle and idle % LOST_AFTER_LOOKS == 0:
                await self._tell_lost(plan, operator, sent)
            await asyncio.sleep(PAUSE_S)
            await self.control.moved(moves, self._until_next_look(states, waits))

    def _begin(self, session: Session, job_id: UUID) -> Job:
        """What is scheduled for later stays queued until its time has come."""
        job = jobs.get(session, job_id).job
        action = self.means.registry.find(job.action)
        begins = action.not_before(job.plan.get("params", {})) if action is not None else None
        if begins is None or begins <= self.means.now():
            book.begin_job(session, job_id, self.means.now())
        return jobs.get(session, job_id).job

    def _until_next_look(self, states: Sequence[ResultState], waits: Waits) -> float:
        if not waits.held or ResultState.IN_PROGRESS in states:
            return LOOK_EVERY_S
        return rest_s(list(waits.held.values()), self.means.now(), LOOK_EVERY_S)

    async def _look(
        self, waits: Waits, rows: Sequence[PlanRow], sent: dict[UUID, int]
    ) -> tuple[JobState, tuple[ResultState, ...]]:
        """The job's state, and its devices': one that was sent counts as running.

        One that was sent and put off since may be sent again.
        """

        def read(session: Session) -> tuple[JobState, dict[UUID, ResultState]]:
            found = book.states(session, waits.job_id)
            pending = [row.device_id for row in rows if found[row.device_id] is ResultState.PENDING]
            waits.read(session, pending, sent, self.means.now())
            return book.state(session, waits.job_id), found

        state, found = await patience.read(self.means.database, read)
        for id_ in waits.back:
            del sent[id_]
        if waits.is_news:
            await patience.write(self.means.database, waits.write)
            self.means.tell_job(waits.job_id)
        states = []
        for row in rows:
            one = found[row.device_id]
            runs = one is ResultState.PENDING and row.device_id in sent
            states.append(ResultState.IN_PROGRESS if runs else one)
        return state, tuple(states)

    async def _start(self, plan: Plan, move: Move, rows: Sequence[PlanRow]) -> None:
        def write(session: Session) -> None:
            book.begin_job(session, plan.id, self.means.now())  # resumed before it ever began
            book.set_wave(session, plan.id, move.wave)

        await patience.write(self.means.database, write)
        await self.send(plan.id, rows)
        self.means.tell_job(plan.id)

    async def _tell_lost(self, plan: Plan, operator: Operator, sent: Mapping[UUID, int]) -> None:
        def read(session: Session) -> tuple[Sequence[Result], dict[UUID, int]]:
            return book.results(session, plan.id), _tries(session, plan.id)

        found, tries = await patience.read(self.means.database, read)
        # What runs was sent, be it by an engine that is dead.
        waited_for = {
            one.device_id: one
            for one in found
            if one.state is ResultState.IN_PROGRESS
            or (one.device_id in sent and not one.state.is_over)
        }
        gone = [waited_for[one] for one in await self.lost(plan.id, list(waited_for))]
        if not gone:
            return
        at = self.means.now()
        told = [ended(one, _fate(one), _lost(one), at) for one in gone]
        of = {id_: sent.get(id_, tries.get(id_, 0)) for id_ in waited_for}

        def write(session: Session) -> None:
            # Work that ended since because its device was put off is not lost.
            now = _tries(session, plan.id)
            lost = [one for one in told if now.get(one.device_id, 0) <= of[one.device_id]]
            closed = book.finish_results(session, plan.id, lost)
            journal.devices(session, operator, plan, [o for o in lost if o.device_id in closed])

        await patience.write(self.means.database, write)

    async def _close(self, plan: Plan, operator: Operator, state: JobState, move: Move) -> str:
        def write(session: Session) -> str:
            at = self.means.now()
            to = ResultState.CANCELLED if state is JobState.CANCELLED else ResultState.SKIPPED
            failure = Failure(
                Kind.CANCELLED, f"Never started: {move.stop}.", "Retry the job to run it."
            )
            book.close_results(session, plan.id, ResultState.PENDING, to, failure, at)
            found = book.states(session, plan.id)
            came_to = final_state(state, [found[row.device_id] for row in plan.changing])
            if book.end_job(session, plan.id, came_to, move.stop, at):
                journal.job(session, operator, plan, came_to.value)
            return came_to.value

        came_to = await patience.write(self.means.database, write)
        self.means.tell_job(plan.id)
        return came_to


def _tries(session: Session, job_id: UUID) -> dict[UUID, int]:
    return {id_: delay.retries for id_, delay in jobdelays.of_job(session, job_id).items()}


def _fate(one: Result) -> ResultState:
    running = one.state is ResultState.IN_PROGRESS
    return ResultState.UNKNOWN if running else ResultState.FAILED


def _lost(one: Result) -> Failure:
    return Failure(
        Kind.UNKNOWN,
        f"The work on {one.device} ended without a result.",
        "The log says why; look at the device before you retry.",
    )
