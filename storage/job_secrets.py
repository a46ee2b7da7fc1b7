"""Secret parameters of a job: sealed, known to its steps by their id only, gone when it ends."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import Session

from storage.core import JOB_SECRET
from storage.errors import MissingError
from storage.secrets import Secret, Vault
from storage.tables import JobSecret


def put(session: Session, vault: Vault, secret: Secret, job_id: UUID) -> UUID:
    """Seal a parameter of a job, which must exist; the id is what steps may carry."""
    row = JobSecret(job_id=job_id, sealed=b"")
    row.sealed = vault.seal(session, secret, f"job_secret:{row.id}")
    session.add(row)
    session.flush()
    return row.id


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
