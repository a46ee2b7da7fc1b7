"""Let an action work on one device and turn whatever happens into a result.

A task supervisor: a bug in one action ends one device, with an id that leads to the log.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime

from owtui import errors
from owtui.engine.actions.base import Outcome
from owtui.engine.jobs.result import Result, ended, finished
from owtui.engine.jobs.state import ResultState
from owtui.errors import PROBLEMS, Failure, Kind
from owtui.log import incident

log = logging.getLogger(__name__)


async def attempt(
    call: Callable[[], Awaitable[Outcome]],
    before: Result,
    clock: Callable[[], datetime],
    deadline_s: float,
) -> Result:
    """Await `call` for at most `deadline_s` seconds. Only cancellation is raised."""
    try:
        async with asyncio.timeout(deadline_s):
            outcome = await call()
    except TimeoutError:
        failure = Failure(
            Kind.TIMEOUT,
            f"{before.device} took longer than {deadline_s:g} s and was given up.",
            "Look at the device: it may still be at work.",
        )
    except Exception as error:  # noqa: BLE001  # the task supervisor of style.md §7
        failure = failure_of(error, before.device)
    else:
        return finished(before, outcome, clock())
    return ended(before, ResultState.FAILED, failure, clock())


def failure_of(error: Exception, device: str) -> Failure:
    """The failure that a result carries. A bug is logged with its traceback under an id."""
    if isinstance(error, PROBLEMS):
        return errors.failure_of(error)
    mark = incident(log, f"internal error on {device}")
    return Failure(
        Kind.PROTOCOL,
        f"Internal system error: {type(error).__name__} ({mark}).",
        f"The log has the details under {mark}.",
    )
