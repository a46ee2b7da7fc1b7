"""Which devices name another one in their latest documents: who still sees it, and how.

The first question where one does not answer: is it off, or only cut off from us? A document is
parsed only where its text names one of the addresses, so that a fleet costs some tens of ms.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from storage import documents
from storage.documents import Kept
from storage.rows import DeviceRow

MOST = 5


@dataclass(frozen=True, slots=True)
class Witness:
    """A device that names another: when it reported, and as what."""

    device: str
    at: datetime
    how: str


def witnesses(
    session: Session, rows: Mapping[UUID, DeviceRow], device_id: UUID
) -> tuple[Witness, ...]:
    """The devices whose latest document names this one, those that reported last first."""
    macs = _macs(session, rows, device_id)
    if not macs:
        return ()
    found = []
    for kept in documents.load(session, rows.keys() - {device_id}).values():
        hows = _named(kept, macs)
        if hows:
            found.append(Witness(rows[kept.device_id].name, kept.at, ", ".join(hows)))
    return tuple(sorted(found, key=lambda one: one.at, reverse=True)[:MOST])


def _macs(session: Session, rows: Mapping[UUID, DeviceRow], device_id: UUID) -> frozenset[str]:
    """The device's own addresses: the recorded one, and those of its latest document."""
    row = rows.get(device_id)
    found = {row.mac.lower()} if row and row.mac else set()
    own = documents.load(session, [device_id]).get(device_id)
    if own is not None:
        found |= {str(one.get("mac") or "").lower() for one in _dicts(own.document(), "interfaces")}
    return frozenset(found - {"", "00:00:00:00:00:00"})


def _named(kept: Kept, macs: Collection[str]) -> list[str]:
    """As what a document names one of these addresses, each once."""
    text = zlib.decompress(kept.packed).decode("utf-8", "replace")
    lowered = text.lower()
    if not any(mac in lowered for mac in macs):
        return []
    return list(dict.fromkeys(how for mac, how in _mentions(json.loads(text)) if mac in macs))


def _mentions(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for interface in _dicts(document, "interfaces"):
        wireless = interface.get("wireless")
        for client in _dicts(wireless, "clients") if isinstance(wireless, dict) else ():
            yield _mac(client), f"on Wi-Fi {interface.get('name')}"
    for one in _dicts(document, "neighbors"):
        stale = " (failed)" if str(one.get("state", "")).upper() == "FAILED" else ""
        yield _mac(one), f"neighbour on {one.get('interface')}{stale}"
    for one in _dicts(document, "dhcp_leases"):
        yield _mac(one), f"DHCP lease {one.get('ip')}"


def _mac(entry: Mapping[str, Any]) -> str:
    return str(entry.get("mac") or "").lower()


def _dicts(document: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    """The objects of a list; agents send `{}` where they have none."""
    found = document.get(key)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
