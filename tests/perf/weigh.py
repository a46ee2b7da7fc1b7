"""python -m tests.perf.weigh: hold the engine of a fleet, read every device once, tell the weight.

A process of its own, since a test's own memory and CPU would be counted with the engine's. Polling
is off: what is measured after the reading is an engine that waits.
"""

from __future__ import annotations

import asyncio
import json
import re
import resource
import sys
import time
from dataclasses import replace
from pathlib import Path

from owtui import settings
from owtui.engine.engine import Engine, Role
from owtui.operator import whoami

WINDOWS, WINDOW_S = 3, 2.0


def rss_mib() -> float:
    """Resident memory of this process."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1]) / 1024


def more_files(wanted: int) -> None:
    """Make room for the connections; ValueError where this login may not."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, max(hard, wanted)))


async def share() -> float:
    """The part of a core that this process uses while nothing is asked of it."""
    began, spent = time.monotonic(), time.process_time()
    await asyncio.sleep(WINDOW_S)  # the time that is measured
    return (time.process_time() - spent) / (time.monotonic() - began)


async def weigh(read: bool) -> dict[str, float]:
    """How many devices answered and are connected, MiB resident, share of a core while idle."""
    loaded = settings.load()
    chosen = replace(
        loaded.settings,
        facts_every_s=0.0,
        max_connections=2000,
        auth_timeout_s=30.0,  # the fleet shares our cores
    )
    engine = await Engine.start(replace(loaded, settings=chosen), whoami("engine"), Role.HOLD)
    seen = 0
    if read:
        sightings = await engine.polls.sight_all([*engine.fleet.rows], parallel=50)
        seen = sum(one.facts is not None for one in sightings)
    figures = {"devices": len(engine.fleet.rows), "seen": seen, "rss_mib": rss_mib()}
    figures["connected"] = len(engine._parts.pool.connected())
    # The least of three: whoever else works on the cores makes the same work cost more.
    figures["idle_share"] = min([await share() for _ in range(WINDOWS)])
    await engine.close()
    return figures


if __name__ == "__main__":
    more_files(4096)
    print(json.dumps(asyncio.run(weigh(sys.argv[1:] == ["read"]))))
