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

from storage import revisions, rules
from storage.core import DEVICE, DEVICE_STATE, insert_into, length
from storage.tables import Device, DeviceState
from storage.tables.base import now

CHUNK = 500


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
        given = {name: value for name, value in given.items() if value is not None}
        if given and update.device_id in present:
            batches[tuple(given)].append({"device_id": update.device_id, **given})
    for names, rows in batches.items():
        _upsert(session, names, rows)
    written = sum(map(len, batches.values()))
    if written:
        revisions.touch(session, revisions.STATES)
    return written


def existing(session: Session, ids: Iterable[UUID]) -> set[UUID]:
    """Which of these devices there still are."""
    wanted = list(ids)
    return {
        device_id
        for start in range(0, len(wanted), CHUNK)
        for device_id in session.scalars(
            select(DEVICE.c.id).where(DEVICE.c.id.in_(wanted[start : start + CHUNK]))
        )
    }


def get(session: Session, device_id: UUID) -> DeviceState | None:
    """The recorded state of one device; None when it was never tried."""
    return session.scalars(select(DeviceState).where(DEVICE_STATE.c.device_id == device_id)).first()


def record_identity(
    session: Session,
    device_id: UUID,
    *,
    model: str = "",
    os: str = "",
    system: str = "",
    mac: str = "",
) -> str:
    """Copy what a device says of itself into the inventory; empty text keeps what is there.

    A MAC is recorded once, while none is known. Returns a sentence when it was not, because
    another device of the organization has it (two entries for one router); else "".
    """
    device = session.get(Device, device_id)
    if device is None:
        return ""
    told = ""
    for column, given in (("model", model), ("os", os), ("system", system)):
        if given:
            setattr(device, column, given[: length(DEVICE.c[column])])
    if mac and device.mac_address is None:
        clean = rules.mac_address(mac)
        other = _owner_of(session, device.organization_id, clean)
        if other:
            told = f"{device.name} says its MAC is {clean}, which is recorded for {other}."
        else:
            device.mac_address = clean
    if session.is_modified(device):
        session.flush()
        revisions.touch(session, revisions.DEVICES)
    return told


def _owner_of(session: Session, organization_id: UUID, mac: str) -> str:
    query = select(DEVICE.c.name).where(
        DEVICE.c.organization_id == organization_id, DEVICE.c.mac_address == mac
    )
    return session.scalars(query).first() or ""


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
