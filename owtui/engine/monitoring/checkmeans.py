"""What checks are given to work with, from the parts of an engine."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

from owtui.engine.batch import Batch
from owtui.engine.fleet import Fleet
from owtui.engine.monitoring.checks.base import Means
from owtui.engine.monitoring.checks.locks import Locks
from owtui.engine.monitoring.pinger import Pinger, pinger_for
from owtui.engine.parts import Parts
from storage import checks as stored
from storage.checks import Doors
from storage.db import Database


def means(parts: Parts, fleet: Fleet, *, pinger: Pinger | None = None) -> Means:
    """The means of a process. No history: only the holder has one (Checking.attach)."""
    chosen = parts.loaded.settings

    def polled(device_id: UUID) -> bool:
        row = fleet.rows.get(device_id)
        return bool(chosen.facts_every_s and row and row.connections)

    doors: Batch[UUID, Doors] = Batch(partial(_doors, parts.database), "ports of devices")
    return Means(
        pinger=pinger or pinger_for(chosen.ping),
        series=None,
        router=parts.doors.router,
        doors=doors.ask,
        modified=partial(_modified, parts.database),
        polled=polled,
        locks=Locks(time.monotonic),
        management_ip_only=chosen.management_ip_only,
    )


async def _doors(database: Database, ids: Sequence[UUID]) -> Sequence[Doors]:
    found = await database.aread(lambda session: stored.doors(session, ids))
    return [found[id_] for id_ in ids]


async def _modified(database: Database, device_id: UUID) -> datetime | None:
    return await database.aread(lambda session: stored.modified(session, device_id))
