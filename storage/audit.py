"""The audit: who did what to what, when, from where. Appended to, never edited."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session

from storage import revisions
from storage.core import AUDIT_ENTRY, among
from storage.tables import AuditEntry


def write(session: Session, *entries: AuditEntry) -> None:
    """Append, in the transaction of what is recorded: an act without its entry cannot be."""
    session.add_all(entries)
    session.flush()
    revisions.touch(session, revisions.AUDIT)


def write_each(session: Session, entry: AuditEntry, each: Sequence[Mapping[str, Any]]) -> None:
    """Append a copy of `entry` for each of these, which say the columns that are their own."""
    common = entry.model_dump(exclude={"id"})
    if each:
        session.execute(AUDIT_ENTRY.insert(), [{**common, **own} for own in each])
    revisions.touch(session, revisions.AUDIT)


def entries(
    session: Session,
    *,
    limit: int = 100,
    before: int | None = None,
    since: datetime | None = None,
    operator: str = "",
    action: str = "",
    device_id: UUID | None = None,
    device_ids: Collection[UUID] | None = None,
    job_id: UUID | None = None,
) -> Sequence[AuditEntry]:
    """Newest first; `before` is the id of the last one seen, for the next page.

    `device_ids`: only what touched one of these; an empty collection is none of them.
    """
    columns = AUDIT_ENTRY.c
    query = select(AuditEntry).order_by(columns.id.desc()).limit(limit)
    wanted = {
        columns.operator: operator,
        columns.action: action,
        columns.device_id: device_id,
        columns.job_id: job_id,
    }
    for column, value in wanted.items():
        if value:
            query = query.where(column == value)
    if device_ids is not None:
        query = query.where(among(session, columns.device_id, device_ids))
    if before is not None:
        query = query.where(columns.id < before)
    if since is not None:
        query = query.where(columns.at >= since)
    return session.scalars(query).all()
