"""Living engines: each keeps a beat; who sees one go stale adopts its work."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlmodel import Session

from storage import revisions
from storage.core import ENGINE_BEAT
from storage.tables import EngineBeat

STALE_AFTER = timedelta(seconds=30)
NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def beat(session: Session, engine: EngineBeat, at: datetime) -> None:
    """Say that an engine lives; the first beat makes its row."""
    row = session.get(EngineBeat, engine.engine_id)
    if row is not None:
        row.beat = at
        return
    session.add(EngineBeat.model_validate({**engine.model_dump(), "beat": at}))
    revisions.touch(session, revisions.ENGINES)


def alive(session: Session, at: datetime, stale_after: timedelta = STALE_AFTER) -> list[EngineBeat]:
    """Engines whose beat is fresh, the longest running first."""
    query = select(EngineBeat).where(ENGINE_BEAT.c.beat >= at - stale_after)
    return list(session.scalars(query.order_by(ENGINE_BEAT.c.started)))


def stale(session: Session, at: datetime, stale_after: timedelta = STALE_AFTER) -> list[EngineBeat]:
    """Engines that stopped beating without saying so."""
    query = select(EngineBeat).where(ENGINE_BEAT.c.beat < at - stale_after)
    return list(session.scalars(query.order_by(ENGINE_BEAT.c.started)))


def abandon(session: Session, engine_id: str) -> None:
    """An engine that leaves its work to others: its beat is stale from now on."""
    statement = ENGINE_BEAT.update().where(ENGINE_BEAT.c.engine_id == engine_id)
    session.execute(statement.values(beat=NEVER))
    revisions.touch(session, revisions.ENGINES)


def remove(session: Session, engine_id: str) -> bool:
    """An engine that ended, or one whose work is being adopted: True for one process only."""
    statement = ENGINE_BEAT.delete().where(ENGINE_BEAT.c.engine_id == engine_id)
    removed = session.execute(statement.returning(ENGINE_BEAT.c.engine_id)).first() is not None
    if removed:
        revisions.touch(session, revisions.ENGINES)
    return removed
