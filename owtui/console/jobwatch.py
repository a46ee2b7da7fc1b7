"""Keeps what every screen says of jobs true: how many run, the newest, which devices are busy.

Asked of the database after job events, so that an attached console sees the jobs of others move.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from owtui.console.session import Session

if TYPE_CHECKING:
    from owtui.engine.engine import Engine
    from owtui.engine.events import Event
    from owtui.engine.jobs.result import Result

SHOWN = 20
_WORKING = "in-progress"


def concerns(events: Sequence[Event]) -> bool:
    """Whether any of the events is about jobs."""
    return any(event.topic in ("jobs", "results") for event in events)


async def look(session: Session) -> None:
    """Renew the session's jobs and busy devices."""
    call = session.bridge.call
    session.jobs = await call(lambda engine: engine.jobs.recent(SHOWN))
    busy: set[UUID] = set()
    for job in session.jobs:
        if job["finished"] is None:
            id_ = UUID(job["id"])
            results = await call(partial(_results, id_))
            busy.update(r.device_id for r in results if r.state.value == _WORKING)
    session.busy = frozenset(busy)


async def _results(job_id: UUID, engine: Engine) -> list[Result]:
    return await engine.jobs.results(job_id)
