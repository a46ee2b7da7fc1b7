"""One life of an engine that carries out an upgrade: python -m tests.chaos.upgradelife JOB BEGAN.

It says "up" and works until the job is over or somebody kills it. BEGAN is when the clock of all
its lives began, which is hurried as the waits are.
"""

from __future__ import annotations

import asyncio
import sys
import time
from dataclasses import replace
from uuid import UUID

from owtui import settings
from owtui.engine.actions.registry import Registry
from owtui.engine.jobs.durable import Durable
from owtui.engine.jobs.jobs import Jobs
from owtui.engine.parts import Parts
from tests.engine.jobs.victim import FASTER, means_of


async def live(job_id: UUID, began: float) -> None:
    """Be the engine until the job is over."""
    parts = Parts.open(settings.load())
    means = replace(
        means_of(parts, Registry.load()),
        clock=lambda: began + (time.time() - began) * FASTER,
    )
    jobs = Jobs(means, durable=Durable(means, poll_s=0.1))
    await jobs.start()
    print("up", flush=True)
    await jobs.wait(job_id)
    await jobs.stop()
    await parts.close()


if __name__ == "__main__":
    asyncio.run(live(UUID(sys.argv[1]), float(sys.argv[2])))
