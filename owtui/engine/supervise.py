"""A background task of the engine that fails is logged and told; the rest goes on.

A duty that has no end begins anew: one device's odd report must not end the polling of all others.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from typing import Any

from owtui.engine.bus import Bus
from owtui.engine.events import Notice
from owtui.log import incident

Work = Callable[[], Coroutine[Any, Any, None]]

_log = logging.getLogger(__name__)

LONGEST_S = 60.0  # before a duty begins anew
WELL_S = 300.0  # a duty that went on for so long fails for another reason


async def supervised(
    work: Work,
    name: str,
    bus: Bus,
    *,
    lasting: bool = False,
    sleep: Callable[[float], Coroutine[Any, Any, None]] = asyncio.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Do the work to its end, or to its failure.

    lasting: begin anew after a failure, ever later while it fails at once
    """
    failures = 0
    while True:
        began = clock()
        try:
            await work()
        except Exception:  # noqa: BLE001 — the supervisor: told and logged, the rest goes on
            number = incident(_log, name)
            after = "failed, and begins anew" if lasting else "stopped"
            said = f"The engine's task “{name}” {after} (incident {number})."
            bus.publish(Notice(name, said, level="error"))
        else:
            return
        if not lasting:
            return
        failures = 0 if clock() - began > WELL_S else failures + 1
        await sleep(min(LONGEST_S, 2.0**failures))
