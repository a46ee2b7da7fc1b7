"""The latest DeviceMonitoring document of each device, compressed; it holds no secrets."""

from __future__ import annotations

import json
import zlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import delete, select
from sqlmodel import Session

from storage import states
from storage.core import DEVICE_DOCUMENT, among, insert_into
from storage.tables.base import now

LEVEL = 1  # a document of 6 kB packs to 1.3 kB in 0.05 ms; level 9 saves 60 bytes more


@dataclass(frozen=True, slots=True)
class Kept:
    """A document, packed, and when it was taken."""

    device_id: UUID
    at: datetime
    packed: bytes

    @classmethod
    def of(cls, device_id: UUID, at: datetime, document: Mapping[str, Any]) -> Kept:
        """Pack a document."""
        text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
        return cls(device_id, at, zlib.compress(text.encode("utf-8", "surrogatepass"), LEVEL))

    def document(self) -> dict[str, Any]:
        """The document."""
        unpacked = json.loads(zlib.decompress(self.packed).decode("utf-8", "surrogatepass"))
        return dict(unpacked)


def save(session: Session, kept: Sequence[Kept]) -> None:
    """Write documents in the place of older ones; devices removed meanwhile are left out."""
    present = states.existing(session, {one.device_id for one in kept})
    at = now()
    rows = [
        {
            "id": uuid4(),
            "created": at,
            "modified": at,
            "device_id": one.device_id,
            "at": one.at,
            "packed": one.packed,
        }
        for one in kept
        if one.device_id in present
    ]
    if not rows:
        return
    statement = insert_into(session, DEVICE_DOCUMENT)
    changes = {name: statement.excluded[name] for name in ("at", "packed", "modified")}
    session.execute(
        statement.on_conflict_do_update(index_elements=["device_id"], set_=changes), rows
    )


def load(session: Session, ids: Collection[UUID]) -> dict[UUID, Kept]:
    """The documents of these devices, of those that have one."""
    d = DEVICE_DOCUMENT.c
    query = select(d.device_id, d.at, d.packed).where(among(session, d.device_id, ids))
    return {row.device_id: Kept(*row) for row in session.execute(query)}


def drop(session: Session, before: datetime) -> None:
    """Remove documents older than this: the short retention, 24 hours (operations.md §1.1)."""
    session.execute(delete(DEVICE_DOCUMENT).where(DEVICE_DOCUMENT.c.at < before))
