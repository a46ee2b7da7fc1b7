"""Jobs, their results per device, the audit, and what the processes tell each other.

The database is the bus: a job is a row before the first packet, and `revision` says what moved.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from storage.tables.base import JsonColumn, Row, UtcDateTime, now


class Job(Row, table=True):
    """One submitted plan. `number` is what people type and read; `state` as in decisions.

    States: queued running paused success failed cancelled.
    """

    __tablename__ = "job"

    number: int = Field(unique=True)
    action: str = Field(max_length=40, index=True)
    title: str = Field(default="", max_length=200)
    state: str = Field(default="queued", max_length=16, index=True)
    changes: bool = True
    plan: dict[str, Any] = Field(default_factory=dict, sa_type=JsonColumn)
    operator: str = Field(default="", max_length=120)
    host: str = Field(default="", max_length=120)
    face: str = Field(default="", max_length=16)
    engine_id: str = Field(default="", max_length=64)  # who runs a fan-out; DBOS knows its own
    started: datetime | None = Field(default=None, sa_type=UtcDateTime)
    finished: datetime | None = Field(default=None, sa_type=UtcDateTime)
    wave: int = 0
    reason: str = ""  # why it stopped, paused or failed
    retry_of: UUID | None = None


class JobResult(Row, table=True):
    """What happened on one device. The name is copied: the record outlives the device.

    States: pending in-progress success failed skipped aborted cancelled unknown ("may have run").
    """

    __tablename__ = "job_result"
    __table_args__ = (
        UniqueConstraint("job_id", "device_id"),
        Index("ix_job_result_device", "device_id"),
    )

    job_id: UUID = Field(foreign_key="job.id", ondelete="CASCADE")
    device_id: UUID
    device_name: str = Field(default="", max_length=64)
    position: int = 0
    wave: int = 0
    mark: int = 0  # how far it has come; see engine/jobs/company.py and noreturn.py
    state: str = Field(default="pending", max_length=16)
    step: str = Field(default="", max_length=120)
    changed: bool | None = None
    diff: str = ""
    output: str = ""
    exit_status: int | None = None
    error_kind: str = Field(default="", max_length=16)
    error_sentence: str = ""
    error_hint: str = ""
    started: datetime | None = Field(default=None, sa_type=UtcDateTime)
    finished: datetime | None = Field(default=None, sa_type=UtcDateTime)


class JobDelay(SQLModel, table=True):
    """A device of a job that was away, and when it is tried again; see storage.jobdelays."""

    __tablename__ = "job_delay"

    job_id: UUID = Field(foreign_key="job.id", ondelete="CASCADE", primary_key=True)
    device_id: UUID = Field(primary_key=True)
    retries: int = 0
    since: datetime = Field(sa_type=UtcDateTime)
    retry_at: datetime = Field(sa_type=UtcDateTime)
    reminded: datetime = Field(sa_type=UtcDateTime)
    unwell: bool = False


class JobLine(SQLModel, table=True):
    """What a device said on its way through a job: a line a step, and what was told within it."""

    __tablename__ = "job_line"
    __table_args__ = (Index("ix_job_line_job_id_device_id", "job_id", "device_id"),)

    id: int | None = Field(default=None, primary_key=True)
    job_id: UUID = Field(foreign_key="job.id", ondelete="CASCADE")
    device_id: UUID
    at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    text: str = ""


class JobSecret(Row, table=True):
    """A secret parameter, sealed, for the life of a job; a plan holds only its id."""

    __tablename__ = "job_secret"

    job_id: UUID | None = Field(default=None, foreign_key="job.id", ondelete="CASCADE")
    sealed: bytes


class AuditEntry(SQLModel, table=True):
    """Who did what to what, when, from where. Never edited, never deleted."""

    __tablename__ = "audit_entry"

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(default_factory=now, sa_type=UtcDateTime, index=True)
    operator: str = Field(default="", max_length=120)
    host: str = Field(default="", max_length=120)
    face: str = Field(default="", max_length=16)
    action: str = Field(max_length=40)
    outcome: str = Field(default="", max_length=16)
    device_id: UUID | None = Field(default=None, index=True)
    device_name: str = Field(default="", max_length=64)
    job_id: UUID | None = Field(default=None, index=True)
    detail: dict[str, Any] = Field(default_factory=dict, sa_type=JsonColumn)


class Revision(SQLModel, table=True):
    """One counter a topic: attached processes read it each second to learn that something moved."""

    __tablename__ = "revision"

    topic: str = Field(primary_key=True, max_length=32)
    counter: int = Field(default=0, sa_type=BigInteger)


class EngineBeat(SQLModel, table=True):
    """A living engine. A stale `beat` means its workflows may be adopted."""

    __tablename__ = "engine_beat"

    engine_id: str = Field(primary_key=True, max_length=64)
    zone: str = Field(default="", max_length=64)
    host: str = Field(default="", max_length=120)
    pid: int = 0
    operator: str = Field(default="", max_length=120)
    started: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    beat: datetime = Field(default_factory=now, sa_type=UtcDateTime)


class Sealing(SQLModel, table=True):
    """Where the master key comes from, chosen once. `check`, a sealed constant, proves the key.

    `source`: keyring, passphrase, file. `key_id` names the key there, so that an old and a new one
    can lie side by side during a rotation. `salt` and `kdf` serve the passphrase.
    """

    __tablename__ = "sealing"

    id: int = Field(default=1, primary_key=True)
    source: str = Field(max_length=16)
    key_id: str = Field(max_length=32)
    salt: bytes = b""
    kdf: dict[str, Any] = Field(default_factory=dict, sa_type=JsonColumn)
    check: bytes
    rotated: datetime = Field(default_factory=now, sa_type=UtcDateTime)
