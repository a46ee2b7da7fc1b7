"""What changed just before an alert opened: the first question in every incident."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session

from owtui.engine.monitoring.alerts.uplinks import Uplinks
from owtui.engine.monitoring.alerts.words import label
from owtui.engine.monitoring.metrics import CRITICAL
from owtui.units import iso
from storage import alertcauses, alerts, topologylinks
from storage.rows import DeviceRow

REACH = timedelta(hours=1)
MOST = 8


@dataclass(frozen=True, slots=True)
class Change:
    """Something that moved. `kind`: job, config, link, reboot, neighbour; `ref`: what to open."""

    at: datetime
    kind: str
    text: str
    ref: str = ""

    def as_dict(self) -> dict[str, Any]:
        """As `Alert.before` keeps it."""
        return {"at": iso(self.at), "kind": self.kind, "text": self.text, "ref": self.ref}


def before(
    session: Session,
    ids: Collection[UUID],
    rows: Mapping[UUID, DeviceRow],
    uplinks: Uplinks,
    at: datetime,
) -> dict[UUID, list[dict[str, Any]]]:
    """The hour before this moment, of each of these devices, newest first."""
    found: dict[UUID, list[Change]] = defaultdict(list)
    since = at - REACH
    for job in alertcauses.jobs_touching(session, ids, since, at):
        said = f"job {job.number} “{job.title}” {job.state}"
        found[job.device_id].append(Change(job.at, "job", said, str(job.number)))
    for one in alertcauses.generations_touching(session, ids, since, at):
        by = f" by {one.operator}" if one.operator else ""
        said = f"configuration {one.number}, {one.kind}{by}"
        found[one.device_id].append(Change(one.at, "config", said, str(one.number)))
    for touch in topologylinks.touching(session, ids, since, at):
        said = f"link to {touch.other} {'up' if touch.is_up else 'down'} ({touch.topology})"
        found[touch.device_id].append(Change(touch.at, "link", said, touch.topology))
    for device_id in ids:
        found[device_id] += _reboot(rows.get(device_id), since, at)
    _neighbours(session, found, ids, rows, uplinks, since)
    newest = {
        id_: sorted(told, key=lambda one: one.at, reverse=True) for id_, told in found.items()
    }
    return {id_: [one.as_dict() for one in told[:MOST]] for id_, told in newest.items()}


def _reboot(row: DeviceRow | None, since: datetime, at: datetime) -> list[Change]:
    """A start within the hour, going by the uptime that was read last."""
    if row is None or row.facts_at is None or not row.facts:
        return []
    uptime_s = row.facts.get("uptime_s")
    if not isinstance(uptime_s, int | float) or uptime_s <= 0:
        return []
    started = row.facts_at - timedelta(seconds=uptime_s)
    if not since <= started <= at:
        return []
    return [Change(started, "reboot", "started anew", str(row.facts.get("boot_id") or ""))]


def _neighbours(
    session: Session,
    found: dict[UUID, list[Change]],
    ids: Collection[UUID],
    rows: Mapping[UUID, DeviceRow],
    uplinks: Uplinks,
    since: datetime,
) -> None:
    """What was opened and ended beside them: only whether they can be reached."""
    beside = {id_: uplinks.neighbours(id_) for id_ in ids}
    others = frozenset().union(*beside.values()) if beside else frozenset()
    if not others:
        return
    told: dict[UUID, list[Change]] = defaultdict(list)
    for one in alerts.touching(session, others, CRITICAL, since):
        if one.device_id is None or one.device_id not in rows:
            continue
        name, kind = rows[one.device_id].name, label(one.kind)
        if one.opened_at >= since:
            text = f"{name}: {one.what}"
            told[one.device_id].append(Change(one.opened_at, "neighbour", text, str(one.id)))
        if one.resolved_at is not None and one.resolved_at >= since:
            text = f"{name}: {kind} has recovered"
            told[one.device_id].append(Change(one.resolved_at, "neighbour", text, str(one.id)))
    for id_, others_of in beside.items():
        for other in others_of:
            found[id_] += told.get(other, [])
