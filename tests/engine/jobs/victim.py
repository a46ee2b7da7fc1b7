"""An engine that kills itself at a border, run as a process of its own by test_kill.

usage: python -m tests.engine.jobs.victim JOB_ID BORDER OCCURRENCE. A border is "step:before",
"step:after" (done, not yet recorded), "begin:after", "end:before" or "end:after"; "" is none.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from typing import Any
from uuid import UUID

from owtui import settings
from owtui.engine.actions.base import Change, Task
from owtui.engine.actions.registry import Registry
from owtui.engine.bus import Bus
from owtui.engine.jobs import device
from owtui.engine.jobs.durable import Durable
from owtui.engine.jobs.jobs import Jobs
from owtui.engine.jobs.means import Means
from owtui.engine.jobs.process import process_name
from owtui.engine.parts import Parts
from owtui.operator import Operator

FASTER = 10  # the program's own waits; the devices' are scaled by the fleet


def bomb(border: str, occurrence: int) -> Callable[[str], None]:
    """What to call at each border: the chosen one ends the process the n-th time."""
    seen = 0

    def passing(here: str) -> None:
        nonlocal seen
        seen += here == border
        if here == border and seen == occurrence:
            os.kill(os.getpid(), signal.SIGKILL)

    return passing


def mine(registry: Registry, passing: Callable[[str], None]) -> None:
    """Lay the bomb into every step of every action, and around begin and end."""

    def around(action: Change) -> None:
        step = action.step

        async def watched(name: str, task: Task) -> Any:
            passing(f"{name}:before")
            value = await step(name, task)
            passing(f"{name}:after")
            return value

        action.step = watched  # type: ignore[method-assign]  # this process alone

    for action in registry:
        if isinstance(action, Change):
            around(action)
    begin, end = device.begin, device.end

    async def watched_begin(*args: Any) -> Any:
        work = await begin(*args)
        passing("begin:after")
        return work

    async def watched_end(*args: Any) -> Any:
        passing("end:before")
        result = await end(*args)
        passing("end:after")
        return result

    device.begin = watched_begin  # type: ignore[assignment]  # same arguments, any types
    device.end = watched_end  # type: ignore[assignment]  # same arguments, any types


def means_of(parts: Parts, registry: Registry) -> Means:
    """What jobs need, with real connections and hurried waits."""
    return Means(
        database=parts.database,
        vault=parts.vault(),
        reach=parts.reach,
        registry=registry,
        operator=Operator("ada", "bench", "test"),
        bus=Bus(),
        engine_id=process_name(),
        sleep=lambda seconds: asyncio.sleep(seconds / FASTER),
    )


async def main(job_id: UUID, border: str, occurrence: int) -> None:
    """Be the engine until the job is over."""
    registry = Registry.load()
    mine(registry, bomb(border, occurrence))
    parts = Parts.open(settings.load())
    means = means_of(parts, registry)
    jobs = Jobs(means, durable=Durable(means))
    await jobs.start()
    async with asyncio.timeout(120):
        await jobs.wait(job_id)
    await jobs.stop()
    await parts.close()


if __name__ == "__main__":
    asyncio.run(main(UUID(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
