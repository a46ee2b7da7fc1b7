"""Notifications, who is told, what of, and the devices somebody wants to hear nothing of.

The operator "" is everybody: its address is the team's, its preferences hold where nobody has own
ones, and its notifications are the record of what went to sinks that are nobody's own.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlmodel import Session

from storage import revisions, rules, states
from storage.core import (
    IGNORED_OBJECT,
    NOTIFICATION,
    NOTIFICATION_SETTING,
    RECIPIENT,
    among,
    insert_into,
)
from storage.errors import MissingError, RuleError
from storage.tables import IgnoredObject, Notification, NotificationSetting, Recipient
from storage.tables.base import now

EVERYBODY = ""
RETENTION_DAYS = 90


# -- what is told -----------------------------------------------------------------------------


def unknown(session: Session, ids: Collection[UUID]) -> set[UUID]:
    """Those of these ids that no notification has yet."""
    known = session.scalars(select(NOTIFICATION.c.id).where(among(session, NOTIFICATION.c.id, ids)))
    return set(ids) - set(known)


def present_devices(session: Session, ids: Collection[UUID]) -> set[UUID]:
    """Those of these devices that still are there: of others nothing can be kept."""
    return states.existing(session, set(ids))


def add(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Write notifications; of two with one id the first stays."""
    if not rows:
        return
    session.execute(
        insert_into(session, NOTIFICATION).on_conflict_do_nothing(index_elements=["id"]),
        list(rows),
    )
    revisions.touch(session, revisions.NOTIFICATIONS)


def rows(
    session: Session, operator: str, *, unread: bool = False, limit: int = 20, offset: int = 0
) -> list[Notification]:
    """What an operator was told: what is unread first, each part the newest first."""
    columns = NOTIFICATION.c
    query = select(Notification).where(columns.operator == operator)
    if unread:
        query = query.where(columns.unread)
    query = query.order_by(columns.unread.desc(), columns.at.desc(), columns.id)
    return list(session.scalars(query.limit(limit).offset(offset)))


def since(session: Session, operator: str, at: datetime, limit: int) -> list[Notification]:
    """What an operator was told after a time and has not read, the oldest first."""
    columns = NOTIFICATION.c
    query = select(Notification).where(columns.operator == operator, columns.unread)
    query = query.where(columns.created > at).order_by(columns.created, columns.id)
    return list(session.scalars(query.limit(limit)))


def unread_count(session: Session, operator: str) -> int:
    """How many an operator has not read."""
    columns = NOTIFICATION.c
    query = select(func.count()).select_from(NOTIFICATION)
    return int(session.scalar(query.where(columns.operator == operator, columns.unread)) or 0)


def mark_read(session: Session, operator: str, ids: Collection[UUID] | None = None) -> int:
    """Mark some as read, or all of an operator; return how many were unread."""
    columns = NOTIFICATION.c
    statement = update(NOTIFICATION).where(columns.operator == operator, columns.unread)
    if ids is not None:
        statement = statement.where(among(session, columns.id, ids))
    marked = session.connection().execute(statement.values(unread=False, modified=now())).rowcount
    if marked:
        revisions.touch(session, revisions.NOTIFICATIONS)
    return int(marked)


def drop(session: Session, before: datetime) -> int:
    """Forget what was told before a time; return how many went."""
    gone = session.connection().execute(NOTIFICATION.delete().where(NOTIFICATION.c.at < before))
    if gone.rowcount:
        revisions.touch(session, revisions.NOTIFICATIONS)
    return int(gone.rowcount)


# -- who is told -------------------------------------------------------------------------------


def recipients(session: Session, *, lock: bool = False) -> list[Recipient]:
    """All who are told, by name; `lock` holds their mail's counters until the commit."""
    query = select(Recipient).order_by(RECIPIENT.c.operator)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return list(session.scalars(query))


def recipient(session: Session, operator: str) -> Recipient:
    """One of them. Raises MissingError."""
    found = session.scalars(select(Recipient).where(RECIPIENT.c.operator == operator)).first()
    if found is None:
        raise MissingError(
            f"Nobody called “{operator}” is told anything.",
            "`owtui notifications recipients` lists who is.",
        )
    return found


def know(session: Session, operator: str) -> bool:
    """Tell an operator from now on; False where that is so already."""
    query = select(Recipient).where(RECIPIENT.c.operator == operator)
    if session.scalars(query).first() is not None:
        return False
    session.add(Recipient(operator=operator))
    session.flush()
    revisions.touch(session, revisions.NOTIFICATIONS)
    return True


def set_email(session: Session, operator: str, email: str) -> Recipient:
    """Where an operator gets mail; "" for nowhere. Raises RuleError."""
    address = email.strip()
    if address and not _is_address(address):
        raise RuleError(f"“{email}” is no address of mail.", field="email")
    know(session, rules.text(operator, 64, "operator"))
    found = recipient(session, operator)
    found.email = address
    session.flush()
    revisions.touch(session, revisions.NOTIFICATIONS)
    return found


def forget(session: Session, operator: str) -> None:
    """Tell an operator nothing any more. Raises MissingError."""
    session.delete(recipient(session, operator))
    for table in (NOTIFICATION, NOTIFICATION_SETTING, IGNORED_OBJECT):
        session.execute(table.delete().where(table.c.operator == operator))
    session.flush()
    revisions.touch(session, revisions.NOTIFICATIONS)


def _is_address(text: str) -> bool:
    local, at, domain = text.rpartition("@")
    plain = text.isascii() and text.isprintable() and not set(text) & set(' <>,;:"()[]\\')
    return bool(local and at and domain and plain and len(text) <= 254)


# -- preferences -------------------------------------------------------------------------------


def settings(session: Session) -> list[NotificationSetting]:
    """Every preference that is not the default."""
    return list(session.scalars(select(NotificationSetting)))


def set_preference(
    session: Session,
    operator: str,
    organization_id: UUID | None,
    type: str,
    *,
    web: bool | None,
    email: bool | None,
) -> None:
    """Keep one; both None forgets it. The narrower ones of the operator below it are forgotten."""
    columns = NOTIFICATION_SETTING.c
    below = NOTIFICATION_SETTING.delete().where(columns.operator == operator)
    if organization_id is not None:
        below = below.where(columns.organization_id == organization_id)
    if type:
        below = below.where(columns.type == type)
    session.execute(below)
    if web is not None or email is not None:
        session.add(
            NotificationSetting(
                operator=operator, organization_id=organization_id, type=type, web=web, email=email
            )
        )
    session.flush()
    revisions.touch(session, revisions.NOTIFICATIONS)


# -- devices that are ignored ----------------------------------------------------------------------


def ignored(session: Session, at: datetime, operator: str | None = None) -> list[IgnoredObject]:
    """Devices of which somebody, or this operator, wants to hear nothing at this time."""
    columns = IGNORED_OBJECT.c
    query = select(IgnoredObject).where(columns.valid_till.is_(None) | (columns.valid_till > at))
    if operator is not None:
        query = query.where(columns.operator == operator)
    return list(session.scalars(query))


def ignore(session: Session, operator: str, device_id: UUID, till: datetime | None) -> None:
    """Tell an operator nothing of a device until a time, or for good."""
    row = IgnoredObject(operator=operator, device_id=device_id, valid_till=till).model_dump()
    statement = insert_into(session, IGNORED_OBJECT).values(row)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["operator", "device_id"],
            set_={"valid_till": till, "modified": row["modified"]},
        )
    )
    revisions.touch(session, revisions.NOTIFICATIONS)


def heed(session: Session, operator: str, device_id: UUID) -> bool:
    """Tell of a device again; False where it was not ignored."""
    columns = IGNORED_OBJECT.c
    statement = IGNORED_OBJECT.delete().where(
        columns.operator == operator, columns.device_id == device_id
    )
    gone = session.connection().execute(statement).rowcount
    revisions.touch(session, revisions.NOTIFICATIONS)
    return bool(gone)


def drop_ignored(session: Session, at: datetime) -> None:
    """Forget those whose time is over."""
    session.execute(IGNORED_OBJECT.delete().where(IGNORED_OBJECT.c.valid_till <= at))
