"""From a plan to a job: written before the first packet, or refused.

A plan is submitted once; it is refused when the devices are no longer what it was made from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlmodel import Session

from owtui.engine.actions.base import Action, InventoryChange, Outcome, Records
from owtui.engine.actions.params import check_secrets, complete
from owtui.engine.jobs import book, journal
from owtui.engine.jobs.around import NOTHING, Around, busy
from owtui.engine.jobs.means import Means
from owtui.engine.jobs.plan import Plan, PlanRow
from owtui.engine.jobs.planner import plan_row
from owtui.engine.jobs.result import Result, finished
from owtui.engine.jobs.sealed import write_secrets
from owtui.engine.jobs.state import JobState, ResultState
from owtui.errors import BlockedError, InputError
from owtui.operator import Operator
from storage import devicelist
from storage.errors import StorageError
from storage.rows import DeviceRow
from storage.secrets import Secret
from storage.tables import Job

NAMES = 5  # of devices in a sentence


async def submit(
    means: Means,
    plan: Plan,
    operator: Operator,
    secrets: Mapping[str, str],
    *,
    read_only: bool,
    retry_of: UUID | None = None,
) -> Job:
    """Write the job, its results and its sealed secrets in one transaction.

    An inventory change is carried out in that same transaction. Raises BlockedError (read-only,
    submitted before, out of date) and InputError (nothing to do, a secret is missing).
    """
    action = means.registry.get(plan.action)
    if read_only and action.changes:
        raise BlockedError(
            f"{action.title} is refused: this fleet is opened read-only.",
            "Start with --write, or choose another fleet.",
        )
    values = complete(action, plan.params)  # a saved plan is a file that anybody may have edited
    check_secrets(action, secrets, asked=action.asks(values))
    begins = action.not_before(values)
    if begins is not None and begins <= means.now():
        raise BlockedError("The time for which it was planned has passed.", "Make it again.")
    if not plan.changing:
        raise InputError("Nothing would change.", "The plan says why for each device.")

    def write(session: Session) -> Job:
        if session.get(Job, plan.id) is not None:
            raise BlockedError(
                "This command has already been executed, please create a new one.",
                f"Make a new plan: owtui plan {plan.action} FILTER",
            )
        refuse_outdated(means.records(session), action, plan)
        job = book.create(session, plan, operator, engine_id=means.engine_id, retry_of=retry_of)
        write_secrets(session, means.vault, job.id, secrets)
        journal.job(session, operator, plan, "submitted")
        if isinstance(action, InventoryChange):
            kept = {name: Secret(value) for name, value in secrets.items()}
            _carry_out(means.records(session, kept), means, action, plan, operator)
            session.refresh(job)
        return job

    job = await means.database.awrite(write)
    if isinstance(action, InventoryChange) and means.settled is not None:
        await means.settled()
    means.tell_job(job.id)
    return job


def refuse_outdated(records: Records, action: Action, plan: Plan) -> None:
    """Judge every device of a plan again. Raises BlockedError that names those that moved."""
    ids = [row.device_id for row in plan.rows]
    around = Around(blocked=busy(records.session, action, ids))
    now = judge_again(records, action, plan, around=around)
    moved = [row.device for row in plan.rows if not is_same(row, now.get(row.device_id))]
    if moved:
        named = ", ".join(moved[:NAMES]) + (" …" if len(moved) > NAMES else "")
        verb = "has" if len(moved) == 1 else "have"
        raise BlockedError(
            f"The plan is out of date: {named} {verb} changed since it was made.",
            "Make it again and look at what differs.",
        )


def is_same(planned: PlanRow, now: PlanRow | None) -> bool:
    """Whether a plan still says of a device what it would say now."""
    return now is not None and (now.base, now.verdict) == (planned.base, planned.verdict)


def judge_again(
    records: Records,
    action: Action,
    plan: Plan,
    only: Sequence[PlanRow] | None = None,
    around: Around = NOTHING,
) -> dict[UUID, PlanRow]:
    """The row of each device as it would be now; one that is gone is left out."""
    wanted = [row.device_id for row in (plan.rows if only is None else only)]
    rows = devicelist.rows(records.session, wanted)
    known = action.recall(records, rows, plan.params)
    return {row.id: plan_row(action, row, plan.params, known.get(row.id), around) for row in rows}


def _carry_out(
    records: Records, means: Means, action: InventoryChange, plan: Plan, operator: Operator
) -> None:
    session, at = records.session, means.now()
    wanted = [row.device_id for row in plan.changing]
    rows = {row.id: row for row in devicelist.rows(session, wanted)}
    ordered = [rows[id_] for id_ in wanted]
    outcomes = _apply_all(records, action, ordered, plan, operator.name)
    if outcomes is None:
        outcomes = {row.id: _apply(records, action, row, plan, operator.name) for row in ordered}
    done = []
    for planned in plan.changing:
        before = Result(planned.device_id, planned.device, ResultState.PENDING, started=at)
        done.append(finished(before, outcomes[planned.device_id], at))
    book.begin_job(session, plan.id, at)
    book.start_results(session, plan.id, wanted, at)
    book.finish_results(session, plan.id, done)
    journal.devices(session, operator, plan, done)
    book.end_job(session, plan.id, JobState.SUCCESS, "", at)


def _apply_all(
    records: Records, action: InventoryChange, rows: Sequence[DeviceRow], plan: Plan, by: str
) -> Mapping[UUID, Outcome] | None:
    try:
        return action.apply_all(records, rows, plan.params, by)
    except StorageError as error:
        raise BlockedError(error.sentence, error.hint) from error


def _apply(
    records: Records, action: InventoryChange, row: DeviceRow, plan: Plan, by: str
) -> Outcome:
    try:
        return action.apply(records, row, plan.params, by)
    except StorageError as error:
        raise BlockedError(f"{row.name}: {error.sentence}", error.hint) from error
