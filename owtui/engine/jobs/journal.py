"""What the audit keeps of a job: who submitted it, and how each device ended."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlmodel import Session

from owtui.engine.jobs.plan import Plan
from owtui.engine.jobs.result import Result
from owtui.operator import Operator
from storage import audit
from storage.tables import AuditEntry


def job(
    session: Session,
    operator: Operator,
    plan: Plan,
    outcome: str,
    detail: dict[str, Any] | None = None,
) -> None:
    """Something a person did with a whole job: submitted, paused, cancelled."""
    entry = _entry(operator, plan.action, outcome, plan.id)
    entry.detail = {"devices": len(plan.changing), **_shown(plan), **(detail or {})}
    audit.write(session, entry)


def devices(session: Session, operator: Operator, plan: Plan, ended: Iterable[Result]) -> None:
    """How devices ended, one entry each."""
    each = [
        {
            "outcome": one.state.value,
            "device_id": one.device_id,
            "device_name": one.device,
            "detail": {"error": one.error.sentence} if one.error else {},
        }
        for one in ended
    ]
    audit.write_each(session, _entry(operator, plan.action, "", plan.id), each)


def _shown(plan: Plan) -> dict[str, Any]:
    return {"params": {**plan.params, **dict.fromkeys(plan.secrets, "********")}}


def _entry(operator: Operator, action: str, outcome: str, job_id: UUID) -> AuditEntry:
    return AuditEntry(
        operator=operator.name,
        host=operator.host,
        face=operator.face,
        action=action,
        outcome=outcome,
        job_id=job_id,
    )
