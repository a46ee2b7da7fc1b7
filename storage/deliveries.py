"""The outbox: what is to be sent, what is being sent, and what came of it.

waiting → sending → sent, or failed; a mail of which all was read meanwhile is dropped. "sending" is
committed before the first byte leaves: whoever finds it later knows that it may have gone.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlmodel import Session

from storage import revisions
from storage.core import DELIVERY, NOTIFICATION, SINK_SECRET, among, insert_into
from storage.errors import MissingError
from storage.rules import storable
from storage.secrets import Secret, Vault
from storage.tables import Delivery, Notification, SinkSecret

WAITING, SENDING, SENT, FAILED, DROPPED = "waiting", "sending", "sent", "failed", "dropped"


def add(session: Session, rows: Sequence[Delivery]) -> None:
    """Put something into the outbox; what has a key that is there already is left out."""
    if rows:
        session.execute(
            insert_into(session, DELIVERY).on_conflict_do_nothing(index_elements=["key"]),
            [row.model_dump() for row in rows],
        )
        revisions.touch(session, revisions.NOTIFICATIONS)


def hurry(session: Session, key: str, at: datetime) -> None:
    """What waits under a key is due now."""
    waits = (DELIVERY.c.key == key) & (DELIVERY.c.state == WAITING) & (DELIVERY.c.due_at > at)
    session.execute(update(DELIVERY).where(waits).values(due_at=at))
    revisions.touch(session, revisions.NOTIFICATIONS)


def claim(session: Session, sink: str, at: datetime) -> Delivery | None:
    """Take the delivery of a sink that is due the longest, and mark that it is being sent."""
    columns = DELIVERY.c
    query = (
        select(Delivery)
        .where(columns.sink == sink, columns.state == WAITING, columns.due_at <= at)
        .order_by(columns.due_at, columns.created, columns.id)
        .limit(1)
        .with_for_update(skip_locked=True)  # another zone's engine may look at the same moment
    )
    found = session.scalars(query).first()
    if found is not None:
        found.state, found.modified = SENDING, at
        found.attempts += 1
        session.flush()
    return found


def settle(session: Session, id_: UUID, state: str, at: datetime, **more: Any) -> None:
    """Write what came of one; `more` is due_at, error."""
    sent = {"sent_at": at} if state == SENT else {}
    # What a server or a program says of a failure may hold anything.
    values = {"state": state, "modified": at, "error": "", **sent, **storable(more)}
    session.execute(update(DELIVERY).where(DELIVERY.c.id == id_).values(values))


def next_due(session: Session, sink: str) -> datetime | None:
    """When the next one that waits is due."""
    query = select(DELIVERY.c.due_at).where(DELIVERY.c.sink == sink, DELIVERY.c.state == WAITING)
    return session.scalars(query.order_by(DELIVERY.c.due_at).limit(1)).first()


def cut(session: Session, sink: str, before: datetime) -> list[Delivery]:
    """Those that began to be sent before a time and never ended: their engine died."""
    columns = DELIVERY.c
    query = select(Delivery).where(columns.sink == sink, columns.state == SENDING)
    return list(session.scalars(query.where(columns.modified < before)))


def counts(session: Session) -> Mapping[tuple[str, str], int]:
    """How many there are by sink and state."""
    query = select(DELIVERY.c.sink, DELIVERY.c.state, func.count()).group_by(
        DELIVERY.c.sink, DELIVERY.c.state
    )
    return {(sink, state): count for sink, state, count in session.execute(query)}


def drop(session: Session, before: datetime) -> None:
    """Forget those that came to an end before a time."""
    over = DELIVERY.c.state.in_((SENT, FAILED, DROPPED)) & (DELIVERY.c.modified < before)
    session.execute(DELIVERY.delete().where(over))


# -- mails: what goes into one -----------------------------------------------------------------


def unread_of(session: Session, delivery_id: UUID) -> list[Notification]:
    """The notifications of a mail that nobody has read yet, the oldest first."""
    columns = NOTIFICATION.c
    query = select(Notification).where(columns.delivery_id == delivery_id, columns.unread)
    return list(session.scalars(query.order_by(columns.created, columns.at, columns.id)))


def mark_emailed(session: Session, ids: Collection[UUID]) -> None:
    """These went out by mail."""
    these = among(session, NOTIFICATION.c.id, ids)
    session.execute(update(NOTIFICATION).where(these).values(emailed=True))
    revisions.touch(session, revisions.NOTIFICATIONS)


# -- secrets of sinks ------------------------------------------------------------------------------


def put_secret(session: Session, vault: Vault, sink: str, secret: Secret) -> None:
    """Seal what a sink logs in or signs with, in the place of what was there."""
    row = session.scalars(select(SinkSecret).where(SINK_SECRET.c.sink == sink)).first()
    if row is None:
        row = SinkSecret(sink=sink, sealed=b"")
    row.sealed = vault.seal(session, secret, f"sink_secret:{row.id}")
    session.add(row)
    session.flush()


def secret(session: Session, vault: Vault, sink: str) -> Secret:
    """Read it. Raises MissingError, SealError."""
    row = session.scalars(select(SinkSecret).where(SINK_SECRET.c.sink == sink)).first()
    if row is None:
        raise MissingError(f"The sink {sink} has no secret.")
    return vault.unseal(session, row.sealed, f"sink_secret:{row.id}")


def drop_secret(session: Session, sink: str) -> bool:
    """Forget it; False where there is none."""
    statement = SINK_SECRET.delete().where(SINK_SECRET.c.sink == sink)
    return bool(session.connection().execute(statement).rowcount)


def secrets(session: Session) -> set[str]:
    """The sinks that have one."""
    return set(session.scalars(select(SINK_SECRET.c.sink)))
