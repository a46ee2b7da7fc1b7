"""Quiet times: silences and maintenance windows, as rows."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlmodel import Session

from storage import revisions, rules
from storage.core import QUIET_TIME
from storage.errors import MissingError, RuleError
from storage.tables import QuietTime

NAME_LENGTH = 64


def rows(session: Session) -> list[QuietTime]:
    """All, by name."""
    return list(session.scalars(select(QuietTime).order_by(QUIET_TIME.c.name)))


def add(session: Session, row: QuietTime) -> QuietTime:
    """Keep one. Raises RuleError for a name that is empty or taken."""
    row.name = rules.text(row.name, NAME_LENGTH, "name")
    if not row.name:
        raise RuleError("A quiet time needs a name.", field="name")
    q = QUIET_TIME.c
    if session.scalar(select(q.id).where(func.lower(q.name) == row.name.lower())):
        raise RuleError(f"There is a quiet time {row.name} already.", field="name")
    session.add(row)
    session.flush()
    revisions.touch(session, revisions.CHECKS)
    return row


def remove(session: Session, wanted: UUID | str) -> QuietTime:
    """Remove one by id or name, and return what it was. Raises MissingError."""
    for row in rows(session):
        if wanted in (row.id, str(row.id)) or str(wanted).casefold() == row.name.casefold():
            session.delete(row)
            session.flush()
            revisions.touch(session, revisions.CHECKS)
            return row
    raise MissingError(f"There is no quiet time {wanted}.", "`owtui alerts quiet` lists them.")


def drop(session: Session, before: datetime) -> None:
    """Remove those that ended before this; they said what they had to say in the alerts."""
    session.execute(delete(QUIET_TIME).where(QUIET_TIME.c.ends_at < before))
