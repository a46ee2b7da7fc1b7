"""A whole engine that polls a simulated fleet over warm SSH: its share of a core, and its lag.

python -m tests.bench.polling FOLDER EVERY_S SECONDS is the engine's side, in a process of its own,
so that its CPU is counted apart from the fleet's. Share times interval over devices is what one
device-poll costs, from which the fleet that fills a core follows.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

from owtui import settings
from owtui.engine.engine import Engine, Role
from owtui.operator import Operator
from storage import running
from tests.bench.fleet import ROOT, apart
from tests.bench.measure import title


def show(count: int, every_s: int, seconds: int, seed: int) -> None:
    """Measure and print."""
    title(
        f"{count} simulated devices polled every {every_s} s over warm SSH, {seconds} s measured",
        f"seed {seed}; the simulated routers share the machine's cores and are not counted",
    )
    with apart(count, seed) as folder:
        told = _engine(folder, every_s, seconds)
    share = told["cpu_s"] / told["wall_s"]
    each_ms = told["cpu_s"] * 1000 / max(1, told["polls"])
    print(
        f"   polls               {told['polls']} in {told['wall_s']:.0f} s, {told['failed']} failed"
    )
    print(f"   share of a core     {share:.1%}")
    print(f"   CPU ms a poll       {each_ms:.2f}")
    print(f"   lag                 p50 {told['p50_s']:.2f} s, p99 {told['p99_s']:.2f} s")
    print(f"   memory              {told['mib']:.0f} MiB at most")
    for interval in (60, 300):
        print(f"   a core would hold   {interval * 1000 / each_ms:,.0f} devices every {interval} s")


def _engine(folder: Path, every_s: int, seconds: int) -> dict[str, float]:
    environ = {
        **os.environ,
        "XDG_DATA_HOME": str(folder / "data"),
        "XDG_STATE_HOME": str(folder / "state"),
        "XDG_CONFIG_HOME": str(folder / "config"),
        "OWTUI_HOST_KEYS": "accept-new",
        "OWTUI_MAX_CONNECTIONS": "2000",
        "OWTUI_PING": "tcp",
        "OWTUI_FACTS_EVERY_S": str(every_s),
    }
    command = [sys.executable, "-m", "owtui"]
    inventory = str(folder / "fleet.csv")
    subprocess.run(
        [*command, "devices", "import", inventory],
        cwd=ROOT,
        env=environ,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    measured = [sys.executable, "-m", "tests.bench.polling", str(every_s), str(seconds)]
    done = subprocess.run(measured, cwd=ROOT, env=environ, check=True, capture_output=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


async def _settle(engine: Engine, every_s: int) -> None:
    """Wait until every connection stands, every metric is there, every configuration is read."""
    wanted = len(engine.fleet.rows)
    until = time.monotonic() + 600
    read = 0
    while read < wanted and time.monotonic() < until:
        await asyncio.sleep(5)
        rows = await engine.database.aread(running.known)
        read = sum(bool(one.mark) for one in rows.values())
    await asyncio.sleep(every_s)


async def _measure(every_s: int, seconds: int) -> dict[str, float]:
    loaded = settings.load(os.environ)
    engine = await Engine.start(loaded, Operator("bench", "here", "cli"), Role.HOLD)
    counted = {"polls": 0, "failed": 0}
    sight = engine.polls.scheduler._poll

    async def poll(key: str) -> bool:
        ok = await sight(key)
        counted["polls"] += 1
        counted["failed"] += not ok
        return ok

    engine.polls.scheduler._poll = poll
    try:
        await _settle(engine, every_s)
        counted.update(polls=0, failed=0)
        cpu, wall = time.process_time(), time.monotonic()
        await asyncio.sleep(seconds)
        lag = engine.polls.scheduler.lag
        return {
            "cpu_s": time.process_time() - cpu,
            "wall_s": time.monotonic() - wall,
            **counted,
            "p50_s": lag.p50_s,
            "p99_s": lag.p99_s,
            "mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }
    finally:
        await engine.close()


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_measure(int(sys.argv[1]), int(sys.argv[2])))))
