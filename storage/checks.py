"""Where checks deviate from the settings, and what checks need to know of devices."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlmodel import Session

from storage import revisions
from storage.core import CHECK_SETTING, CREDENTIALS, DEVICE, DEVICE_CONNECTION, DEVICE_GROUP, among
from storage.logins import DEFAULT_PORT
from storage.tables import CheckSetting


@dataclass(frozen=True, slots=True)
class Deviation:
    """Of one device or of one group (its organization and name); None inherits."""

    check_type: str
    device_id: UUID | None = None
    group: tuple[UUID, str] | None = None
    is_active: bool | None = None
    interval_s: int | None = None
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Doors:
    """The TCP ports at which a device is expected to answer. `behind`: only through a jump host,
    so that nothing can be sent to it from here."""

    ports: tuple[int, ...] = ()
    behind: bool = False


def deviations(session: Session) -> list[Deviation]:
    """All of them."""
    s, g = CHECK_SETTING.c, DEVICE_GROUP.c
    query = select(
        *(s.check_type, s.device_id, g.organization_id, g.name),
        *(s.is_active, s.interval_s, s.params),
    ).select_from(CHECK_SETTING.outerjoin(DEVICE_GROUP, g.id == s.group_id))
    return [
        Deviation(type_, device_id, (owner, name) if name is not None else None, *rest)
        for type_, device_id, owner, name, *rest in session.execute(query)
    ]


def params(
    session: Session,
    check_type: str,
    *,
    device_id: UUID | None = None,
    group_id: UUID | None = None,
) -> dict[str, Any]:
    """The params that a device or group sets itself."""
    row = _find(session, check_type, device_id, group_id)
    return dict(row.params) if row is not None else {}


def put(
    session: Session,
    check_type: str,
    *,
    device_id: UUID | None = None,
    group_id: UUID | None = None,
    params: Mapping[str, Any] | None = None,
    **values: Any,
) -> None:
    """Set where a check deviates; what is left out stays. One that says nothing is removed.

    params: merged into those that are set; a value of None takes its key away. values: is_active,
        interval_s; None inherits again
    """
    row = _find(session, check_type, device_id, group_id)
    if row is None:
        row = CheckSetting(device_id=device_id, group_id=group_id, check_type=check_type)
        session.add(row)
    merged = {**row.params, **(params or {})}
    row.params = {name: value for name, value in merged.items() if value is not None}
    for name, value in values.items():
        setattr(row, name, value)
    session.flush()
    if row.is_active is None and row.interval_s is None and not row.params:
        session.delete(row)
        session.flush()
    revisions.touch(session, revisions.CHECKS)


def reset(
    session: Session,
    check_type: str,
    *,
    device_id: UUID | None = None,
    group_id: UUID | None = None,
) -> bool:
    """Inherit everything again; whether anything deviated."""
    row = _find(session, check_type, device_id, group_id)
    if row is None:
        return False
    session.delete(row)
    session.flush()
    revisions.touch(session, revisions.CHECKS)
    return True


def modified(session: Session, device_id: UUID) -> datetime | None:
    """When the device's record was changed last; None where it is gone."""
    found: datetime | None = session.scalar(
        select(DEVICE.c.modified).where(DEVICE.c.id == device_id)
    )
    return found


def doors(session: Session, ids: Collection[UUID]) -> dict[UUID, Doors]:
    """Of each device, by its enabled connections; one without any has SSH's port."""
    c = DEVICE_CONNECTION.c
    query = (
        select(c.device_id, CREDENTIALS.c.params, c.params.label("own"))
        .join(CREDENTIALS, CREDENTIALS.c.id == c.credentials_id)
        .where(among(session, c.device_id, ids), c.enabled)
        .order_by(c.created, c.id)
    )
    ports: dict[UUID, list[int]] = {}
    jumps: dict[UUID, list[bool]] = {}
    for device_id, shared, own in session.execute(query):
        params = {**(shared or {}), **(own or {})}
        ports.setdefault(device_id, []).extend(_ports(params))
        jumps.setdefault(device_id, []).append(bool(params.get("jump")))
    return {
        id_: Doors(
            tuple(dict.fromkeys(ports.get(id_, [DEFAULT_PORT]))),
            behind=bool(jumps.get(id_)) and all(jumps[id_]),
        )
        for id_ in ids
    }


def _ports(params: Mapping[str, Any]) -> list[int]:
    found = [int(params.get("port") or DEFAULT_PORT)]
    if url := params.get("http_url"):
        parts = urlsplit(str(url) if "://" in str(url) else f"https://{url}")
        found.append(parts.port or (80 if parts.scheme == "http" else 443))
    return found


def _find(
    session: Session, check_type: str, device_id: UUID | None, group_id: UUID | None
) -> CheckSetting | None:
    c = CHECK_SETTING.c
    owner: ColumnElement[bool] = (
        c.device_id == device_id if device_id is not None else c.group_id == group_id
    )
    return session.scalars(select(CheckSetting).where(owner, c.check_type == check_type)).first()
