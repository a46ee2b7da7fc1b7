"""Jobs and results as rows: every statement of this room.

Each change names the states it may start from, so that it can be repeated, raced by another engine
or arrive late without harm. Nothing here commits.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import bindparam, select, update
from sqlmodel import Session

from owtui.engine.jobs.plan import Plan, PlanRow, Verdict
from owtui.engine.jobs.result import Result
from owtui.engine.jobs.state import OPEN_RESULTS, JobState, ResultState
from owtui.errors import Failure, InputError
from owtui.operator import Operator
from storage import jobs, revisions
from storage.core import DEVICE, JOB, JOB_RESULT
from storage.errors import MissingError
from storage.jobs import JobRow
from storage.tables import Job, JobResult

CHUNK = 500

_OPEN_RESULTS = [state.value for state in OPEN_RESULTS]


def create(
    session: Session,
    plan: Plan,
    operator: Operator,
    *,
    engine_id: str = "",
    retry_of: UUID | None = None,
) -> Job:
    """Write a plan as a job with one result a device; the job's id is the plan's."""
    job = Job(
        id=plan.id,
        number=revisions.next_number(session, jobs.NUMBER),
        action=plan.action,
        title=plan.title[:200],
        changes=plan.changes,
        plan=plan.as_dict(),
        operator=operator.name,
        host=operator.host,
        face=operator.face,
        engine_id=engine_id,
        retry_of=retry_of,
    )
    session.add(job)
    session.flush()
    at = job.created
    rows = [_first_result(job.id, position, row, at) for position, row in enumerate(plan.rows)]
    for position, (wave, row) in enumerate(_waves(plan)):
        rows[row] |= {"wave": wave, "position": position}
    if rows:
        # Making a model of each costs 0.3 ms a device. What the first is told is for it alone.
        keys = ("job_id", "device_id", "device_name")
        blank = JobResult(**{key: rows[0][key] for key in keys}).model_dump()
        session.execute(JOB_RESULT.insert(), [{**blank, "id": uuid4(), **row} for row in rows])
    revisions.touch(session, revisions.JOBS)
    return job


def find(session: Session, wanted: str) -> JobRow:
    """By number, id or the beginning of an id. Raises InputError."""
    text = wanted.strip().lstrip("#").lower()
    try:
        if text.isdigit() and len(text) < 10:
            return jobs.get(session, int(text))
        ids = [
            id_ for id_ in session.scalars(select(JOB.c.id)) if text and str(id_).startswith(text)
        ]
        if len(ids) == 1:
            return jobs.get(session, ids[0])
    except MissingError:
        ids = []
    what = "are several jobs" if ids else "is no job"
    raise InputError(f"There {what} “{wanted}”.", "`owtui jobs` lists them.")


def unfinished(session: Session) -> list[Job]:
    """Jobs that are not closed, oldest first: the open ones, and cancelled ones that still end."""
    query = select(Job).where(JOB.c.finished.is_(None)).order_by(JOB.c.number)
    return list(session.scalars(query))


def state(session: Session, job_id: UUID) -> JobState:
    """The state of a job, without its plan, which may be long."""
    return JobState(session.execute(select(JOB.c.state).where(JOB.c.id == job_id)).scalar_one())


def results(session: Session, job_id: UUID) -> list[Result]:
    """Every device of a job: first those it acts on, in order, then the others."""
    return [Result.of(row) for row in jobs.results(session, job_id)]


def result(session: Session, job_id: UUID, device_id: UUID) -> Result | None:
    """One device of a job, None when the job is not about it."""
    try:
        return Result.of(jobs.result(session, job_id, device_id))
    except MissingError:
        return None


def states(session: Session, job_id: UUID) -> dict[UUID, ResultState]:
    """The state of every device of a job."""
    query = select(JOB_RESULT.c.device_id, JOB_RESULT.c.state).where(JOB_RESULT.c.job_id == job_id)
    return {device_id: ResultState(state) for device_id, state in session.execute(query)}


def begin_job(session: Session, job_id: UUID, at: datetime) -> None:
    """queued → running; elsewhere it stays as it is."""
    jobs.move(session, job_id, jobs.RUNNING, expected=[jobs.QUEUED], at=at)


def ask_job(
    session: Session, job_id: UUID, to: JobState, start_from: Collection[JobState], reason: str
) -> bool:
    """Pause, resume or cancel; False when it was not where that can start.

    Unlike the end of a job this leaves its secrets alone: devices that run still need them.
    """
    statement = (
        update(JOB)
        .where(JOB.c.id == job_id, JOB.c.state.in_(start_from))
        .values(state=to.value, reason=reason)
        .returning(JOB.c.id)
    )
    asked = session.execute(statement).first() is not None
    if asked:
        revisions.touch(session, revisions.JOBS)
    return asked


def end_job(session: Session, job_id: UUID, to: JobState, reason: str, at: datetime) -> bool:
    """Close a job, also one that was cancelled; False when it was closed before."""
    query = select(JOB.c.reason).where(JOB.c.id == job_id, JOB.c.finished.is_(None))
    found = session.execute(query).first()
    if found is None:
        return False
    expected = (*jobs.OPEN, jobs.CANCELLED)
    return jobs.move(
        session, job_id, to.value, expected=expected, at=at, reason=found.reason or reason
    )


def set_wave(session: Session, job_id: UUID, wave: int) -> None:
    """Say which wave runs."""
    session.execute(update(JOB).where(JOB.c.id == job_id, JOB.c.wave < wave).values(wave=wave))


def close_results(
    session: Session,
    job_id: UUID,
    start_from: ResultState,
    to: ResultState,
    failure: Failure,
    at: datetime,
) -> int:
    """End every device of a job that is in one state, for one reason; returns how many."""
    return jobs.close_results(
        session,
        job_id,
        to.value,
        expected=[start_from.value],
        error_kind=failure.kind.value,
        error_sentence=failure.sentence,
        error_hint=failure.hint,
        finished=at,
    )


def start_results(
    session: Session, job_id: UUID, device_ids: Sequence[UUID], at: datetime
) -> set[UUID]:
    """pending → in-progress; returns those that were pending, which are now ours to run."""
    return _move_results(
        session,
        job_id,
        device_ids,
        ResultState.PENDING,
        state=ResultState.IN_PROGRESS.value,
        started=at,
    )


def is_taken(session: Session, device_id: UUID, but: UUID, actions: Collection[str]) -> bool:
    """Whether an open job of one of these actions, `but` this one, is at work on a device.

    Two that ask at once are answered one after the other: the second sees what the first did.
    """
    session.execute(select(DEVICE.c.id).where(DEVICE.c.id == device_id).with_for_update())
    query = (
        select(JOB_RESULT.c.id)
        .join(JOB, JOB.c.id == JOB_RESULT.c.job_id)
        .where(
            JOB_RESULT.c.device_id == device_id,
            JOB_RESULT.c.state == ResultState.IN_PROGRESS.value,
            JOB.c.id != but,
            JOB.c.finished.is_(None),
            JOB.c.action.in_(actions),
        )
    )
    return session.execute(query.limit(1)).first() is not None


def progress(session: Session, job_id: UUID, device_id: UUID, step: str) -> None:
    """Say what a running device does now."""
    _move_results(session, job_id, [device_id], ResultState.IN_PROGRESS, step=step[:120])


def say_pending(session: Session, job_id: UUID, ids: Sequence[UUID], step: str) -> None:
    """Say why devices that wait have not begun; "" where they may."""
    _move_results(session, job_id, ids, ResultState.PENDING, step=step[:120])


def said_pending(session: Session, job_id: UUID) -> dict[UUID, str]:
    """What is said of devices that wait, of those of which something is."""
    c = JOB_RESULT.c
    query = select(c.device_id, c.step).where(
        c.job_id == job_id, c.state == ResultState.PENDING.value, c.step != ""
    )
    return {row[0]: row[1] for row in session.execute(query)}


def put_off(session: Session, job_id: UUID, device_id: UUID, step: str) -> bool:
    """in-progress → pending; what is noted of its failure stays. False when it is over already."""
    pending = ResultState.PENDING.value
    values = {"state": pending, "step": step[:120]}
    return bool(_move_results(session, job_id, [device_id], ResultState.IN_PROGRESS, **values))


def note_failure(session: Session, job_id: UUID, device_id: UUID, failure: Failure) -> None:
    """Keep why a running device will end as failed; its end is written later."""
    _move_results(
        session,
        job_id,
        [device_id],
        ResultState.IN_PROGRESS,
        error_kind=failure.kind.value,
        error_sentence=clean(failure.sentence),
        error_hint=clean(failure.hint),
    )


def finish_results(session: Session, job_id: UUID, done: Sequence[Result]) -> set[UUID]:
    """Record how devices ended; returns those that were still open."""
    ids = [one.device_id for one in done]
    query = select(JOB_RESULT.c.device_id).where(
        JOB_RESULT.c.job_id == job_id,
        JOB_RESULT.c.device_id.in_(ids),
        JOB_RESULT.c.state.in_(_OPEN_RESULTS),
    )
    still_open = set(session.scalars(query.with_for_update()))
    values = [_columns(one) for one in done if one.device_id in still_open]
    if values:
        statement = update(JOB_RESULT).where(
            JOB_RESULT.c.job_id == job_id,
            JOB_RESULT.c.device_id == bindparam("of_device"),
        )
        session.connection().execute(statement, values)
        revisions.touch(session, revisions.JOBS)
    return still_open


def _move_results(
    session: Session,
    job_id: UUID,
    device_ids: Sequence[UUID],
    start_from: ResultState,
    **values: Any,
) -> set[UUID]:
    moved: set[UUID] = set()
    for first in range(0, len(device_ids), CHUNK):
        statement = update(JOB_RESULT).where(
            JOB_RESULT.c.job_id == job_id,
            JOB_RESULT.c.device_id.in_(device_ids[first : first + CHUNK]),
            JOB_RESULT.c.state == start_from.value,
        )
        moved.update(session.scalars(statement.values(values).returning(JOB_RESULT.c.device_id)))
    if moved:
        revisions.touch(session, revisions.JOBS)
    return moved


def _waves(plan: Plan) -> Iterable[tuple[int, int]]:
    """(wave, index in plan.rows) of each changing row, in order."""
    changing = [at for at, row in enumerate(plan.rows) if row.verdict is Verdict.CHANGE]
    sizes = [wave for wave, size in enumerate(plan.waves) for _ in range(size)]
    return zip(sizes, changing, strict=True)


def _first_result(job_id: UUID, position: int, row: PlanRow, at: datetime) -> dict[str, Any]:
    values = {
        "job_id": job_id,
        "device_id": row.device_id,
        "device_name": row.device,
        "position": jobs.ACTED_ON + position,
    }
    if row.verdict is Verdict.SAME:
        values |= {"state": "success", "changed": False, "step": row.reason, "finished": at}
    elif row.verdict is Verdict.BLOCKED:
        values |= {
            "state": "skipped",
            "error_kind": "denied",
            "error_sentence": row.reason,
            "finished": at,
        }
    return values


def _columns(one: Result) -> dict[str, Any]:
    error = one.error
    return {
        "of_device": one.device_id,
        "state": one.state.value,
        "step": one.step[:120],
        "changed": one.changed,
        "diff": one.diff,
        "output": clean(one.output),
        "exit_status": one.exit_status,
        "error_kind": error.kind.value if error else "",
        "error_sentence": clean(error.sentence) if error else "",
        "error_hint": clean(error.hint) if error else "",
        "finished": one.finished,
    }


def clean(text: str) -> str:
    """What PostgreSQL can store: it has no NUL in a text."""
    return text.replace("\x00", "\N{SYMBOL FOR NULL}")
