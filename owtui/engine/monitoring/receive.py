"""Takes in documents that a device sends itself, as OpenWISP's agent does (operations.md §1.8).

The same way into the monitor as what owtui collects; the HTTP door comes later and has only to
check the device's key and to word what is raised here as an answer.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from owtui.engine.monitoring.document import check
from owtui.engine.monitoring.health import Status
from owtui.engine.monitoring.monitor import Monitor
from owtui.engine.monitoring.readings import Reading
from owtui.engine.monitoring.verdicts import Observation
from owtui.errors import InputError
from storage.errors import MissingError
from storage.rows import DeviceRow

TIME = "%d-%m-%Y_%H:%M:%S.%f"

Recover = Callable[[UUID], Awaitable[Any]]


def time_of(text: str) -> datetime:
    """The time of a query, UTC, in the agent's form: 27-11-2026_10:00:00.000000.

    Raises InputError in OpenWISP's words.
    """
    try:
        return datetime.strptime(text, TIME).replace(tzinfo=UTC)
    except ValueError:
        raise InputError(
            "Incorrect time format", "Write it as 27-11-2026_10:00:00.000000, in UTC."
        ) from None


async def receive(
    monitor: Monitor,
    row: DeviceRow | None,
    document: Any,
    at: datetime,
    *,
    current: bool = True,
    recover: Recover | None = None,
) -> None:
    """Check a document and hand it on; nothing of one that does not fit is kept.

    row: of the device that sent it, None where there is none
    current: it is the newest; a buffered one is history: its points are kept at its own time, and
        nothing else changes
    recover: looks at a critical device at once, since it was heard of (§1.7)

    Raises InputError that names the path, MissingError for a device unknown or out of service.
    """
    if row is None or row.is_deactivated:
        raise MissingError("There is no such device.", "Its id is in `owtui devices show NAME`.")
    check(document)
    readings: tuple[Reading, ...] = ()
    if current:
        readings = (Reading("data_collected", at.timestamp(), {"data_collected": 1.0}),)
    was = row.status
    monitor.offer(Observation(row.id, at, readings, document, current=current))
    if current and was == Status.CRITICAL and recover is not None:
        await recover(row.id)
