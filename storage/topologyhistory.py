"""How topologies moved, as batches: written with each update, read to replay a moment.

What a batch says is packed by whoever writes it (engine.topology.history); here it is bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import delete, func, select
from sqlmodel import Session

from storage import revisions
from storage.core import TOPOLOGY, TOPOLOGY_BATCH, insert_into


@dataclass(frozen=True, slots=True)
class Batch:
    """One write of history, packed; see tables.TopologyBatch."""

    topology_id: UUID
    number: int
    at: datetime
    packed: bytes
    size: int = 0
    ups: int = 0
    downs: int = 0
    is_whole: bool = False


def record(session: Session, batches: Sequence[Batch]) -> None:
    """Keep batches, and tell other processes that topologies moved."""
    names = ("topology_id", "number", "at", "packed", "size", "ups", "downs", "is_whole")
    told = [
        {
            **{name: getattr(one, name) for name in names},
            **{"id": uuid4(), "created": one.at, "modified": one.at},
        }
        for one in batches
    ]
    if told:
        session.execute(insert_into(session, TOPOLOGY_BATCH), told)
    revisions.touch(session, revisions.TOPOLOGIES)


def batches(
    session: Session, topology_id: UUID, *, until: datetime | None = None, since: datetime | None
) -> list[Batch]:
    """What to replay, in its order: the last whole picture up to `since`, and all after it.

    `since` None: everything from the beginning on. `until` is the last moment that is wanted.
    """
    b = TOPOLOGY_BATCH.c
    mine = b.topology_id == topology_id
    query = _batches().where(mine)
    if since is not None:
        # In one statement: history is thinned meanwhile, and each statement sees another moment.
        older = TOPOLOGY_BATCH.alias("older").c
        where = (older.topology_id == topology_id, older.is_whole, older.at <= since)
        start = select(func.coalesce(func.max(older.number), -1)).where(*where).scalar_subquery()
        query = query.where((b.number > start) | ((b.number == start) & b.is_whole))
    if until is not None:
        query = query.where(b.at <= until)
    found = [Batch(*row) for row in session.execute(query.order_by(b.number, b.is_whole))]
    # A whole picture later than the first says nothing that the batches before it do not.
    return [one for number, one in enumerate(found) if number == 0 or not one.is_whole]


def news(session: Session, after: Mapping[UUID, int]) -> list[Batch]:
    """Batches in which a link's status moved, later than these numbers; topologies that are not
    named are left out."""
    b = TOPOLOGY_BATCH.c
    found: list[Batch] = []
    for topology_id, number in after.items():
        query = _batches().where(b.topology_id == topology_id, b.number > number)
        query = query.where(~b.is_whole, (b.ups > 0) | (b.downs > 0)).order_by(b.number)
        found += [Batch(*row) for row in session.execute(query)]
    return found


def last_at(session: Session, topology_id: UUID) -> datetime | None:
    """When its last batch was written, None before the first."""
    b = TOPOLOGY_BATCH.c
    query = select(b.at).where(b.topology_id == topology_id).order_by(b.number.desc()).limit(1)
    return session.scalar(query)


def first_at(session: Session, topology_id: UUID | None) -> datetime | None:
    """When what is remembered begins; of all topologies for None."""
    b = TOPOLOGY_BATCH.c
    query = select(b.at).order_by(b.at).limit(1)
    return session.scalar(
        query if topology_id is None else query.where(b.topology_id == topology_id)
    )


def recorded(session: Session) -> dict[UUID, int]:
    """How many batches each topology has had."""
    found = session.execute(select(TOPOLOGY.c.id, TOPOLOGY.c.recorded))
    return {row.id: row.recorded for row in found}


def moments(
    session: Session, topology_id: UUID | None, since: datetime, until: datetime
) -> list[datetime]:
    """When something changed, oldest first; of all topologies for None."""
    b = TOPOLOGY_BATCH.c
    query = select(b.at).where(~b.is_whole, b.size > 0, b.at > since, b.at <= until)
    if topology_id is not None:
        query = query.where(b.topology_id == topology_id)
    return sorted(set(session.scalars(query)))


def drop(session: Session, before: datetime) -> None:
    """Forget history older than this. What is newer can still be replayed: its first whole picture
    and what follows it stay."""
    b = TOPOLOGY_BATCH.c
    query = (
        select(b.topology_id, func.max(b.number))
        .where(b.is_whole, b.at <= before)
        .group_by(b.topology_id)
    )
    for topology_id, number in session.execute(query).all():
        older = (b.number < number) | ((b.number == number) & ~b.is_whole)
        session.execute(delete(TOPOLOGY_BATCH).where(b.topology_id == topology_id, older))


def plain_moments(session: Session, since: datetime, until: datetime) -> dict[UUID, list[datetime]]:
    """When topologies were written from one moment to before another, by topology."""
    b = TOPOLOGY_BATCH.c
    query = select(b.topology_id, b.at).where(~b.is_whole, b.at >= since, b.at < until)
    found: dict[UUID, list[datetime]] = {}
    for owner, at in session.execute(query):
        found.setdefault(owner, []).append(at)
    return found


def between(session: Session, topology_id: UUID, since: datetime, until: datetime) -> list[Batch]:
    """All that was written from one moment to before another, whole pictures too, in order."""
    b = TOPOLOGY_BATCH.c
    query = _batches().where(b.topology_id == topology_id, b.at >= since, b.at < until)
    return [Batch(*row) for row in session.execute(query.order_by(b.number, b.is_whole))]


def thin(
    session: Session,
    topology_id: UUID,
    rewritten: Sequence[Batch],
    dropped: Sequence[int],
    wholes: Sequence[int],
) -> None:
    """Write batches anew, and forget others and whole pictures by their numbers."""
    b = TOPOLOGY_BATCH.c
    for one in rewritten:
        where = (b.topology_id == topology_id, b.number == one.number, ~b.is_whole)
        values = TOPOLOGY_BATCH.update().where(*where).values(packed=one.packed, size=one.size)
        session.execute(values)
    for numbers, which in ((dropped, ~b.is_whole), (wholes, b.is_whole)):
        if numbers:
            where = (b.topology_id == topology_id, which, b.number.in_(numbers))
            session.execute(delete(TOPOLOGY_BATCH).where(*where))


def _batches() -> Any:
    b = TOPOLOGY_BATCH.c
    return select(b.topology_id, b.number, b.at, b.packed, b.size, b.ups, b.downs, b.is_whole)
