"""Keeps what every screen says of jobs true: how many run, the newest, what is done where.

Asked of the database after job events, so that an attached console sees the jobs of others move.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from owtui.console.presenters import jobs
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
    """Renew the session's jobs, and what they do on which device."""
    call = session.bridge.call
    session.jobs = await call(lambda engine: engine.jobs.recent(SHOWN))
    busy: dict[UUID, str] = {}
    for job in session.jobs:
        if job["finished"] is None:
            id_ = UUID(job["id"])
            steps, results = await call(partial(_results, id_, job["action"]))
            working = [result for result in results if result.state.value == _WORKING]
            busy |= {one.device_id: jobs.doing(job["action"], steps, one.step) for one in working}
    session.busy = busy


async def _results(job_id: UUID, action: str, engine: Engine) -> tuple[Sequence[str], list[Result]]:
    """The steps that the action has, where it has any, and how each device is."""
    steps = getattr(engine.actions.find(action), "steps", ())
    return steps, await engine.jobs.results(job_id)
