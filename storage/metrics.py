"""Metrics and their two flags, and where thresholds differ from the defaults.

A row a metric is written when a flag moves, never for a value: points are in the series.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import or_, select, update
from sqlmodel import Session

from storage import revisions, states
from storage.core import ALERT_SETTING, DEVICE_GROUP, METRIC, among, insert_into
from storage.tables import AlertSetting
from storage.tables.base import now


@dataclass(frozen=True, slots=True)
class Flagged:
    """A metric and how it was judged; the first five name it. `tags`: "ifname=wlan0"."""

    device_id: UUID
    configuration: str
    key: str
    field: str
    tags: str
    healthy: bool | None = None
    tolerant: bool | None = None
    value: float | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Setting:
    """A threshold that differs, of one device or of one group; None inherits."""

    configuration: str
    tags: str
    device_id: UUID | None = None
    group: tuple[UUID, str] | None = None  # organization, name
    is_active: bool | None = None
    operator: str | None = None
    threshold: float | None = None
    tolerance: int | None = None  # minutes


def load(session: Session, ids: Collection[UUID] | None = None) -> list[Flagged]:
    """All metrics, or those of these devices."""
    query = select(*(METRIC.c[name] for name in _COLUMNS))
    if ids is not None:
        query = query.where(among(session, METRIC.c.device_id, ids))
    return [Flagged(*row) for row in session.execute(query)]


def unhealthy(session: Session) -> list[Flagged]:
    """The metrics that are unhealthy now, of all devices."""
    query = select(*(METRIC.c[name] for name in _COLUMNS))
    query = query.where(METRIC.c.is_healthy.is_(False))
    return [Flagged(*row) for row in session.execute(query)]


def troubled(session: Session) -> list[Flagged]:
    """The metrics of which one of the two flags says so, of all devices."""
    query = select(*(METRIC.c[name] for name in _COLUMNS))
    flags = or_(METRIC.c.is_healthy.is_(False), METRIC.c.is_healthy_tolerant.is_(False))
    return [Flagged(*row) for row in session.execute(query.where(flags))]


def save(session: Session, moved: Sequence[Flagged]) -> None:
    """Write what moved; devices removed meanwhile are left out."""
    present = states.existing(session, {one.device_id for one in moved})
    rows = [_row(one) for one in moved if one.device_id in present]
    if not rows:
        return
    statement = insert_into(session, METRIC)
    names = ("configuration", "is_healthy", "is_healthy_tolerant", "value", "value_at", "modified")
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["device_id", "key", "field", "tags"],
            set_={name: statement.excluded[name] for name in names},
        ),
        rows,
    )
    revisions.touch(session, revisions.ALERTS)


def reset(session: Session, ids: Collection[UUID]) -> None:
    """Forget the judgement of these devices: their status became unknown (operations.md §1.6)."""
    session.execute(
        update(METRIC)
        .where(among(session, METRIC.c.device_id, ids))
        .values(is_healthy=None, is_healthy_tolerant=None, modified=now())
    )
    revisions.touch(session, revisions.ALERTS)


def settings(session: Session) -> list[Setting]:
    """Every threshold that differs from its default."""
    s, g = ALERT_SETTING.c, DEVICE_GROUP.c
    query = select(
        s.configuration,
        s.tags,
        s.device_id,
        g.organization_id,
        g.name,
        s.is_active,
        s.operator,
        s.threshold,
        s.tolerance,
    ).select_from(ALERT_SETTING.outerjoin(DEVICE_GROUP, g.id == s.group_id))
    return [
        Setting(
            configuration,
            tags,
            device_id,
            (organization, name) if name is not None else None,
            *rest,
        )
        for configuration, tags, device_id, organization, name, *rest in session.execute(query)
    ]


def put_setting(
    session: Session,
    configuration: str,
    *,
    device_id: UUID | None = None,
    group_id: UUID | None = None,
    tags: str = "",
    **values: Any,
) -> None:
    """Set where the threshold of a device or group differs; all None removes the row.

    values: is_active, operator, threshold, tolerance; one that is left out stays.
    """
    s = ALERT_SETTING.c
    owner = s.device_id == device_id if device_id else s.group_id == group_id
    query = select(AlertSetting).where(owner, s.configuration == configuration, s.tags == tags)
    row = session.scalars(query).first()
    if row is None:
        row = AlertSetting(
            device_id=device_id, group_id=group_id, configuration=configuration, tags=tags
        )
        session.add(row)
    for name, value in values.items():
        setattr(row, name, value)
    if all(getattr(row, name) is None for name in _CUSTOM):
        session.flush()
        session.delete(row)
    session.flush()
    revisions.touch(session, revisions.CHECKS)


_CUSTOM = ("is_active", "operator", "threshold", "tolerance")
_COLUMNS = (
    "device_id",
    "configuration",
    "key",
    "field",
    "tags",
    "is_healthy",
    "is_healthy_tolerant",
    "value",
    "value_at",
)


def _row(one: Flagged) -> dict[str, Any]:
    at = now()
    return {
        "id": uuid4(),
        "created": at,
        "modified": at,
        "device_id": one.device_id,
        "configuration": one.configuration,
        "key": one.key,
        "field": one.field,
        "tags": one.tags,
        "is_healthy": one.healthy,
        "is_healthy_tolerant": one.tolerant,
        "value": one.value,
        "value_at": one.at,
    }
