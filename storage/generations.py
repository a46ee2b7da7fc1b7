"""What was applied to each device, and what its files were before owtui came: kept sealed.

A generation is made when a configuration is known to be on a device. The archive is the bytes that
were sent; `source` is what they were rendered from, so that a rollback can be looked at and edited.
"""

from __future__ import annotations

import base64
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import Session

from storage import revisions
from storage.core import CONFIG_GENERATION, CONFIG_ORIGINAL, among
from storage.errors import MissingError
from storage.packed import Box
from storage.rules import storable
from storage.tables import ConfigGeneration, ConfigOriginal

TABLE, ORIGINAL = "config_generation", "config_original"
KEPT = 50
KINDS = ("push", "rollback", "adopt", "deactivate", "all-or-none")


@dataclass(frozen=True, slots=True)
class Applied:
    """What was applied: the tar.gz, its md5, and what it was rendered from (JSON)."""

    checksum: str
    archive: bytes = field(repr=False)
    source: Mapping[str, Any] = field(repr=False, default_factory=dict)


@dataclass(frozen=True, slots=True)
class Original:
    """A file as it was before; `data` None: there was none."""

    path: str
    data: bytes | None = field(repr=False)
    mode: int = 0o644


def add(
    session: Session,
    box: Box,
    device_id: UUID,
    applied: Applied,
    *,
    kind: str = "push",
    operator: str = "",
    host: str = "",
    job_id: UUID | None = None,
    note: str = "",
    keep: int = KEPT,
) -> ConfigGeneration:
    """Keep what was applied as the next generation of a device; those beyond `keep` go.

    The same job and checksum again is the same generation: a step may be repeated after a crash.
    """
    columns = CONFIG_GENERATION.c
    query = select(ConfigGeneration).where(columns.device_id == device_id)
    last = session.scalars(query.order_by(columns.number.desc())).first()
    if last and job_id and (last.job_id, last.checksum) == (job_id, applied.checksum):
        return last
    made = ConfigGeneration(
        device_id=device_id,
        number=last.number + 1 if last is not None else 1,
        operator=operator,
        host=host,
        job_id=job_id,
        kind=kind,
        note=storable(note),
        checksum=applied.checksum,
        sealed=b"",
    )
    archive = base64.b64encode(applied.archive).decode()
    made.sealed = box.pack(TABLE, made.id, {"archive": archive, "source": dict(applied.source)})
    session.add(made)
    session.execute(
        CONFIG_GENERATION.delete().where(
            columns.device_id == device_id, columns.number <= made.number - keep
        )
    )
    session.flush()
    revisions.touch(session, revisions.CONFIGS)
    return made


def rows(session: Session, device_id: UUID) -> list[ConfigGeneration]:
    """The generations of a device, newest first."""
    columns = CONFIG_GENERATION.c
    query = select(ConfigGeneration).where(columns.device_id == device_id)
    return list(session.scalars(query.order_by(columns.number.desc())))


@dataclass(frozen=True, slots=True)
class Made:
    """That a generation came to be: enough for a mark on a time axis."""

    device_id: UUID
    number: int
    kind: str
    operator: str
    job_id: UUID | None
    at: datetime


def made_between(
    session: Session, device_ids: Collection[UUID], start: datetime, end: datetime, limit: int
) -> list[Made]:
    """The generations of these devices from `start` to `end`, the newest first; nothing sealed."""
    c = CONFIG_GENERATION.c
    query = (
        select(c.device_id, c.number, c.kind, c.operator, c.job_id, c.created)
        .where(among(session, c.device_id, device_ids), c.created >= start, c.created <= end)
        .order_by(c.created.desc())
        .limit(limit)
    )
    return [Made(*row) for row in session.execute(query)]


def get(session: Session, device_id: UUID, number: int) -> ConfigGeneration:
    """One of them. Raises MissingError."""
    columns = CONFIG_GENERATION.c
    query = select(ConfigGeneration).where(columns.device_id == device_id, columns.number == number)
    found = session.scalars(query).first()
    if found is None:
        raise MissingError(
            f"The device has no generation {number} of its configuration.",
            "`owtui config history NAME` lists them.",
        )
    return found


def opened(box: Box, row: ConfigGeneration) -> Applied:
    """What was applied then."""
    kept = box.unpack(TABLE, row.id, row.sealed)
    return Applied(row.checksum, base64.b64decode(kept["archive"]), kept["source"])


def counts(session: Session) -> dict[UUID, int]:
    """The number of the newest generation of each device that has one."""
    columns = CONFIG_GENERATION.c
    query = select(columns.device_id, func.max(columns.number)).group_by(columns.device_id)
    return {row[0]: row[1] for row in session.execute(query)}


def keep_originals(
    session: Session, box: Box, device_id: UUID, found: Mapping[str, Original]
) -> None:
    """Remember files as they were before we first wrote them; what is known stays as it is."""
    columns = CONFIG_ORIGINAL.c
    known = set(session.scalars(select(columns.path).where(columns.device_id == device_id)))
    for path in sorted(found.keys() - known):
        one = found[path]
        row = ConfigOriginal(device_id=device_id, path=path, mode=one.mode)
        if one.data is not None:
            row.sealed = box.pack_bytes(ORIGINAL, row.id, one.data)
        session.add(row)
    session.flush()


def originals(session: Session, box: Box, device_id: UUID) -> dict[str, Original]:
    """The files of a device as they were before, by path."""
    query = select(ConfigOriginal).where(CONFIG_ORIGINAL.c.device_id == device_id)
    found = {}
    for row in session.scalars(query.order_by(CONFIG_ORIGINAL.c.path)):
        data = box.unpack_bytes(ORIGINAL, row.id, row.sealed) if row.sealed is not None else None
        found[row.path] = Original(row.path, data, row.mode)
    return found


def drop_originals(session: Session, device_id: UUID, paths: Collection[str]) -> None:
    """Forget them, once they have been put back."""
    columns = CONFIG_ORIGINAL.c
    session.execute(
        CONFIG_ORIGINAL.delete().where(
            columns.device_id == device_id, columns.path.in_(sorted(paths))
        )
    )
