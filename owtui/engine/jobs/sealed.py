"""The secret parameters of a job: one sealed row that is written with it and ends with it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session

from owtui.errors import InputError
from storage import job_secrets
from storage.core import JOB_SECRET
from storage.secrets import Secret, Vault


def write_secrets(session: Session, vault: Vault, job_id: UUID, secrets: Mapping[str, str]) -> None:
    """Seal the secrets of a job, which must exist; without any nothing is written."""
    if secrets:
        job_secrets.put(session, vault, Secret(json.dumps(dict(secrets))), job_id)


def read_secret(session: Session, vault: Vault, job_id: UUID, name: str) -> Secret:
    """One secret of a running job. Raises InputError when it ended with its job."""
    ids = session.scalars(select(JOB_SECRET.c.id).where(JOB_SECRET.c.job_id == job_id)).all()
    for id_ in ids:
        values = json.loads(job_secrets.take(session, vault, id_).reveal())
        if name in values:
            return Secret(values[name])
    raise InputError(f"The job holds no {name}.", "Retry it and give the secret again.")
