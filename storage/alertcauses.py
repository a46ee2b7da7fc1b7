"""What is asked when an alert opens: what happened to its device lately, and what it is behind."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select
from sqlmodel import Session

from storage.core import (
    CONFIG_GENERATION,
    DEVICE_CONNECTION,
    JOB,
    JOB_RESULT,
    among,
)


@dataclass(frozen=True, slots=True)
class JobTouch:
    """A job that worked on a device."""

    device_id: UUID
    at: datetime
    number: int
    title: str
    state: str  # of its result on this device


@dataclass(frozen=True, slots=True)
class GenerationTouch:
    """A configuration that was applied to a device."""

    device_id: UUID
    at: datetime
    number: int
    kind: str
    operator: str


def jobs_touching(
    session: Session, ids: Collection[UUID], since: datetime, until: datetime
) -> list[JobTouch]:
    """Jobs whose work on these devices began or ended in the time."""
    j, r = JOB.c, JOB_RESULT.c
    query = (
        select(r.device_id, r.started, r.finished, j.number, j.title, j.action, r.state)
        .select_from(JOB_RESULT.join(JOB, j.id == r.job_id))
        .where(
            among(session, r.device_id, ids),
            r.started <= until,
            or_(r.finished.is_(None), r.finished >= since),
            or_(r.started >= since, r.finished >= since),
        )
    )
    return [
        JobTouch(device, max(started, since), number, title or action, state)
        for device, started, _, number, title, action, state in session.execute(query)
    ]


def generations_touching(
    session: Session, ids: Collection[UUID], since: datetime, until: datetime
) -> list[GenerationTouch]:
    """Configurations that were applied to these devices in the time."""
    g = CONFIG_GENERATION.c
    query = select(g.device_id, g.created, g.number, g.kind, g.operator).where(
        among(session, g.device_id, ids), g.created >= since, g.created <= until
    )
    return [GenerationTouch(*row) for row in session.execute(query)]


def jumps(session: Session) -> Iterator[tuple[UUID, tuple[str, ...]]]:
    """The jump hosts of each device whose enabled connections have some, outermost first."""
    c = DEVICE_CONNECTION.c
    for device_id, params in session.execute(
        select(c.device_id, c.params).where(c.enabled.is_(True))
    ):
        found = (params or {}).get("jump") or ()
        hops = (found,) if isinstance(found, str) else tuple(map(str, found))
        if hops:
            yield device_id, hops
