"""Files that wait to be put on devices: sealed in the database, so that any engine has them.

A plan names one by its id, name, size and sha256; the content enters neither plan nor DBOS.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from sqlmodel import Session

from owtui.errors import InputError
from storage import job_secrets
from storage.core import JOB_SECRET
from storage.secrets import Secret, Vault
from storage.tables import JobSecret, now

LIMIT_BYTES = 16 << 20
KEPT_FOR = timedelta(days=30)
NAMESPACE = UUID("8b6c4d34-6c1e-4f0e-9a5b-3f1f6f3d0c5e")  # a file's row id follows from its content


def read_local(given: str | Path) -> tuple[str, bytes]:
    """Name and content of a local file. Raises InputError that says why it cannot be read."""
    path = Path(given).expanduser()
    try:
        size = path.stat().st_size
        if size > LIMIT_BYTES:
            raise InputError(
                f"{path} is too large: {size} bytes.", f"At most {LIMIT_BYTES >> 20} MiB."
            )
        return path.name, path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.", "Check the path.") from error


def write_upload(session: Session, vault: Vault, name: str, data: bytes) -> dict[str, Any]:
    """Keep a file, once whatever the number of plans; returns what a plan holds of it."""
    sha256 = hashlib.sha256(data).hexdigest()
    id_ = uuid5(NAMESPACE, sha256)
    if (kept := session.get(JobSecret, id_)) is not None:
        kept.modified = now()
    else:
        text = Secret(base64.b64encode(data).decode("ascii"))
        sealed = vault.seal(session, text, f"job_secret:{id_}")
        session.add(JobSecret(id=id_, job_id=None, sealed=sealed))
    session.flush()
    return {"id": str(id_), "name": name, "size": len(data), "sha256": sha256}


def forget_uploads(session: Session, at: datetime) -> None:
    """Remove files that no plan of the last thirty days named."""
    session.execute(
        JOB_SECRET.delete().where(
            JOB_SECRET.c.job_id.is_(None), JOB_SECRET.c.modified < at - KEPT_FOR
        )
    )


def read_upload(session: Session, vault: Vault, upload: Mapping[str, Any]) -> bytes:
    """The content again. Raises InputError when it is another than the plan says."""
    text = job_secrets.take(session, vault, UUID(upload["id"])).reveal()
    data = base64.b64decode(text)
    if hashlib.sha256(data).hexdigest() != upload["sha256"]:
        raise InputError(f"The stored {upload['name']} is not what the plan names.", "Plan anew.")
    return data
