"""The audit as the faces tell it: who did what, by the keys of `owtui audit --json`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlmodel import Session

from storage import audit, jobs
from storage.db import Database
from storage.tables import AuditEntry


async def entries(
    database: Database,
    ids: Collection[UUID] | None,
    *,
    limit: int,
    operator: str,
    action: str,
) -> list[dict[str, Any]]:
    """Read the newest first; of these devices only, when given."""

    def read(session: Session) -> tuple[Sequence[AuditEntry], dict[UUID, int]]:
        found = audit.entries(
            session, limit=limit, operator=operator, action=action, device_ids=ids
        )
        return found, jobs.numbers(session, {e.job_id for e in found if e.job_id})

    found, numbers = await database.aread(read)
    return [
        {
            "id": entry.id,
            "at": entry.at,
            "operator": entry.operator,
            "host": entry.host,
            "face": entry.face,
            "action": entry.action,
            "outcome": entry.outcome,
            "device": entry.device_name,
            "job": entry.job_id,
            "job_number": numbers.get(entry.job_id) if entry.job_id else None,
            "detail": entry.detail,
        }
        for entry in found
    ]
