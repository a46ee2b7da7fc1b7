"""Wi-Fi clients and their sessions (operations.md §1.10).

A session is a stay of a client on one interface and SSID of a device; open while stop_time is NULL.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, and_, delete, func, not_, or_, select, update
from sqlmodel import Session

from storage import states
from storage.core import WIFI_CLIENT, WIFI_SESSION, among, insert_into
from storage.tables.base import now

RETENTION_DAYS = 180  # delete_wifi_clients_and_sessions


@dataclass(frozen=True, slots=True)
class Stay:
    """A client on an access point. `mac` in upper case; the rest is what it can do."""

    interface: str
    ssid: str
    mac: str


@dataclass(frozen=True, slots=True)
class Client:
    """What is told of a station; None: not applicable to its radio (§1.9)."""

    mac: str
    vendor: str = ""
    ht: bool | None = None
    vht: bool | None = None
    he: bool | None = None
    wmm: bool = False
    wds: bool = False
    wps: bool = False


@dataclass(frozen=True, slots=True)
class WifiStay:
    """A session as lists show it."""

    device_id: UUID
    stay: Stay
    start: datetime
    stop: datetime | None
    client: Client


def open_stays(session: Session, ids: Collection[UUID]) -> dict[UUID, set[Stay]]:
    """Who is there, by device."""
    s, c = WIFI_SESSION.c, WIFI_CLIENT.c
    query = (
        select(s.device_id, s.interface_name, s.ssid, c.mac_address)
        .join_from(WIFI_SESSION, WIFI_CLIENT, c.id == s.client_id)
        .where(s.stop_time.is_(None), among(session, s.device_id, ids))
    )
    found: dict[UUID, set[Stay]] = {id_: set() for id_ in ids}
    for device_id, interface, ssid, mac in session.execute(query):
        found[device_id].add(Stay(interface, ssid, mac))
    return found


def see(
    session: Session,
    came: Mapping[UUID, Collection[Stay]],
    left: Mapping[UUID, Collection[Stay]],
    clients: Iterable[Client],
    at: Mapping[UUID, datetime],
) -> None:
    """Open the sessions of those who came, close those of who left, at each device's time."""
    _know(session, clients)
    macs = {stay.mac for stays in (*came.values(), *left.values()) for stay in stays}
    ids = _ids(session, macs)
    present = states.existing(session, came.keys() | left.keys())
    for device_id, stays in left.items():
        for stay in stays:
            _close(session, device_id, stay, ids, at[device_id])
    rows = [
        _row(device_id, stay, ids[stay.mac], at[device_id])
        for device_id, stays in came.items()
        if device_id in present
        for stay in stays
    ]
    if rows:
        session.execute(insert_into(session, WIFI_SESSION).on_conflict_do_nothing(), rows)


def close_all(session: Session, ids: Collection[UUID], at: datetime) -> None:
    """Close every open session of these devices: they are offline."""
    session.execute(
        update(WIFI_SESSION)
        .where(among(session, WIFI_SESSION.c.device_id, ids), WIFI_SESSION.c.stop_time.is_(None))
        .values(stop_time=at, modified=now())
    )


def active(session: Session, then: datetime | None = None) -> int:
    """How many sessions are open, or were at a moment."""
    s = WIFI_SESSION.c
    is_open: ColumnElement[bool] = s.stop_time.is_(None)
    if then is not None:
        is_open = and_(s.start_time <= then, or_(is_open, s.stop_time > then))
    query = select(func.count()).where(is_open)
    return int(session.execute(query).scalar_one())


def sessions(
    session: Session,
    ids: Collection[UUID],
    *,
    limit: int | None = 500,
    only_open: bool = False,
    then: datetime | None = None,
) -> list[WifiStay]:
    """The sessions of these devices, open ones first, then the newest.

    then: as it was at that moment: what began later is not there, what ended later was open.
    """
    s, c = WIFI_SESSION.c, WIFI_CLIENT.c
    ended: ColumnElement[bool] = s.stop_time.isnot(None)
    if then is not None:
        ended = and_(ended, s.stop_time <= then)
    query = (
        select(
            s.device_id,
            s.interface_name,
            s.ssid,
            s.start_time,
            s.stop_time,
            *(c[name] for name in ("mac_address", *_CAN)),
        )
        .join_from(WIFI_SESSION, WIFI_CLIENT, c.id == s.client_id)
        .where(among(session, s.device_id, ids))
        .order_by(ended, s.start_time.desc())
        .limit(limit)
    )
    if then is not None:
        query = query.where(s.start_time <= then)
    if only_open:
        query = query.where(not_(ended))
    return [
        WifiStay(
            device_id,
            Stay(interface, ssid, mac),
            start,
            None if stop is not None and then is not None and stop > then else stop,
            Client(mac, *rest),
        )
        for device_id, interface, ssid, start, stop, mac, *rest in session.execute(query)
    ]


def drop(session: Session, before: datetime) -> None:
    """Remove sessions that ended before this, and clients without any left."""
    session.execute(delete(WIFI_SESSION).where(WIFI_SESSION.c.stop_time < before))
    left = select(WIFI_SESSION.c.client_id)
    session.execute(delete(WIFI_CLIENT).where(WIFI_CLIENT.c.id.not_in(left)))


_CAN = ("vendor", "ht", "vht", "he", "wmm", "wds", "wps")


def _know(session: Session, clients: Iterable[Client]) -> None:
    at = now()
    rows = [
        {
            "id": uuid4(),
            "created": at,
            "modified": at,
            "mac_address": one.mac,
            **{name: getattr(one, name) for name in _CAN},
        }
        for one in {one.mac: one for one in clients}.values()
    ]
    if not rows:
        return
    statement = insert_into(session, WIFI_CLIENT)
    changes = {name: statement.excluded[name] for name in (*_CAN, "modified")}
    session.execute(
        statement.on_conflict_do_update(index_elements=["mac_address"], set_=changes), rows
    )


def _ids(session: Session, macs: Collection[str]) -> dict[str, UUID]:
    """The clients of these addresses; in portions, since databases count parameters."""
    wanted = sorted(macs)
    found: dict[str, UUID] = {}
    for first in range(0, len(wanted), 500):
        some = WIFI_CLIENT.c.mac_address.in_(wanted[first : first + 500])
        for row in session.execute(select(WIFI_CLIENT.c.mac_address, WIFI_CLIENT.c.id).where(some)):
            found[row.mac_address] = row.id
    return found


def _close(
    session: Session, device_id: UUID, stay: Stay, ids: Mapping[str, UUID], at: datetime
) -> None:
    s = WIFI_SESSION.c
    session.execute(
        update(WIFI_SESSION)
        .where(
            s.device_id == device_id,
            s.interface_name == stay.interface,
            s.ssid == stay.ssid,
            s.client_id == ids.get(stay.mac),
            s.stop_time.is_(None),
        )
        .values(stop_time=at, modified=now())
    )


def _row(device_id: UUID, stay: Stay, client_id: UUID, at: datetime) -> dict[str, Any]:
    moment = now()
    return {
        "id": uuid4(),
        "created": moment,
        "modified": moment,
        "device_id": device_id,
        "client_id": client_id,
        "ssid": stay.ssid[:32],
        "interface_name": stay.interface[:15],
        "start_time": at,
        "stop_time": None,
    }
