"""Secret parameters of a job: sealed, known to the plan by their id only, gone when it ends."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session

from storage.core import JOB_SECRET
from storage.errors import MissingError
from storage.secrets import Secret, Vault
from storage.tables import JobSecret
from storage.tables.base import now


def put(session: Session, vault: Vault, secret: Secret, job_id: UUID | None = None) -> UUID:
    """Seal a parameter and return the id that a plan may carry."""
    row = JobSecret(job_id=job_id, sealed=b"")
    row.sealed = vault.seal(session, secret, f"job_secret:{row.id}")
    session.add(row)
    session.flush()
    return row.id


def bind(session: Session, secret_ids: Collection[UUID], job_id: UUID) -> None:
    """Tie parameters of a plan to the job it became: they live as long as that."""
    session.execute(
        JOB_SECRET.update().where(JOB_SECRET.c.id.in_(list(secret_ids))).values(job_id=job_id)
    )


def take(session: Session, vault: Vault, secret_id: UUID) -> Secret:
    """Read a parameter; it stays until the job ends. Raises MissingError after that."""
    row = session.get(JobSecret, secret_id)
    if row is None:
        raise MissingError(
            "The secret of this job is no longer kept.", "Make the plan again and enter it anew."
        )
    return vault.unseal(session, row.sealed, f"job_secret:{secret_id}")


def drop(session: Session, job_id: UUID) -> None:
    """Forget the parameters of a job."""
    session.execute(JOB_SECRET.delete().where(JOB_SECRET.c.job_id == job_id))


def prune(session: Session, older_than: timedelta, at: datetime | None = None) -> None:
    """Forget parameters of plans that never became a job."""
    limit = (at or now()) - older_than
    session.execute(
        JOB_SECRET.delete().where(JOB_SECRET.c.job_id.is_(None), JOB_SECRET.c.created < limit)
    )
