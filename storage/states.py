"""What the engine saw of devices: written in batches, one row a device, never by a face."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlmodel import Session

from storage import revisions
from storage.core import DEVICE, DEVICE_STATE, among, insert_into
from storage.rules import storable
from storage.tables import DeviceState
from storage.tables.base import now


@dataclass(frozen=True, slots=True)
class StateUpdate:
    """What changed on one device; None keeps what is recorded, "" clears a failure."""

    device_id: UUID
    status: str | None = None  # unknown ok problem critical
    last_seen: datetime | None = None
    last_attempt: datetime | None = None
    failure_kind: str | None = None
    failure_sentence: str | None = None
    facts: dict[str, Any] | None = None
    facts_at: datetime | None = None


_FIELDS = tuple(name for name in StateUpdate.__dataclass_fields__ if name != "device_id")


def save(session: Session, updates: Sequence[StateUpdate]) -> int:
    """Write a batch; devices removed meanwhile are left out. Returns how many were written."""
    present = existing(session, {update.device_id for update in updates})
    batches: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    for update in updates:
        given = {name: getattr(update, name) for name in _FIELDS}
        given = {name: storable(value) for name, value in given.items() if value is not None}
        if given and update.device_id in present:
            batches[tuple(given)].append({"device_id": update.device_id, **given})
    for names, rows in batches.items():
        _upsert(session, names, rows)
    written = sum(map(len, batches.values()))
    if written:
        revisions.touch(session, revisions.STATES)
    return written


def forget_status(session: Session, device_id: UUID) -> None:
    """Its status is unknown; the rest of what was seen stays."""
    mine = DEVICE_STATE.c.device_id == device_id
    session.execute(DEVICE_STATE.update().where(mine).values(status="unknown", modified=now()))
    revisions.touch(session, revisions.STATES)


def existing(session: Session, ids: Iterable[UUID]) -> set[UUID]:
    """Which of these devices there still are."""
    return set(session.scalars(select(DEVICE.c.id).where(among(session, DEVICE.c.id, ids))))


def get(session: Session, device_id: UUID) -> DeviceState | None:
    """The recorded state of one device; None when it was never tried."""
    return session.scalars(select(DeviceState).where(DEVICE_STATE.c.device_id == device_id)).first()


def _upsert(session: Session, names: tuple[str, ...], rows: list[dict[str, Any]]) -> None:
    """Insert or update exactly these columns; a new row gets the defaults of the others."""
    at = now()
    blank = DeviceState(device_id=rows[0]["device_id"]).model_dump()
    complete = [{**blank, **row, "id": uuid4(), "created": at, "modified": at} for row in rows]
    statement = insert_into(session, DEVICE_STATE)
    changes = {name: statement.excluded[name] for name in (*names, "modified")}
    session.execute(
        statement.on_conflict_do_update(index_elements=["device_id"], set_=changes), complete
    )
