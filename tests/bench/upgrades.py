"""A whole engine that upgrades a simulated fleet over SSH: how long, what CPU, what memory.

python -m tests.bench.upgrades BYTES AT_ONCE is the engine's side, a process of its own, so that
its CPU and its memory are counted apart from the fleet's. The batch is what people get: the canary,
a tenth, the rest. What the devices took is the sum of theirs, from begin to end: so many times
sooner is the batch than one after the other.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from owtui import settings
from owtui.engine.engine import Engine, Role
from owtui.engine.parts import Parts
from owtui.operator import Operator
from owtui.simulator.models import MODELS
from tests.bench import uploads
from tests.bench.fleet import ROOT, apart
from tests.bench.measure import title
from tests.engine.firmware.stock import VERSION, image, stock

MIB = 1 << 20
FACTS_S = 600.0  # how long the devices may take to tell what they are


def show(count: int, size: int, runs: int, seed: int) -> None:
    """Measure and print."""
    uploads.show(runs, size, seed)
    for at_once in (10, 50):  # what a plan has, and what a machine like this one can do
        _batch(count, size, at_once, seed)


def _batch(count: int, size: int, at_once: int, seed: int) -> None:
    """One fleet, upgraded."""
    title(
        f"{count} simulated devices upgraded, {at_once} at once, an image of {size // MIB} MiB",
        f"seed {seed}; the simulated routers take the CPU of the same cores and are not counted",
    )
    with apart(count, seed) as folder:
        told = _engine(folder, size, at_once)
    _print(told, count, size)


def _print(told: dict[str, Any], count: int, size: int) -> None:
    wall, devices, cpu = told["wall_s"], told["devices_s"], told["cpu_s"]
    ended = ", ".join(f"{number} {state}" for state, number in told["ended"].items())
    middle, most = told["median_s"], told["most_s"]
    print(f"   ended               {ended}")
    print(
        f"   wall                {wall:.0f} s; the devices {devices:,.0f} s: {devices / wall:.1f} x"
    )
    print(f"   a device            {middle:.1f} s in the middle, {most:.1f} at most")
    print(f"   CPU ms a device     {cpu * 1000 / count:.0f}; {cpu / wall:.0%} of a core")
    print(
        f"   memory              {told['before_mib']:.0f} MiB before, {told['mib']:.0f} at most"
        f" ({count} images would be {count * size // MIB:,})"
    )
    for one in told["said"]:
        print(f"   ! {one}")


def _engine(folder: Path, size: int, at_once: int) -> dict[str, Any]:
    environ = {
        **os.environ,
        "XDG_DATA_HOME": str(folder / "data"),
        "XDG_STATE_HOME": str(folder / "state"),
        "XDG_CONFIG_HOME": str(folder / "config"),
        "OWTUI_HOST_KEYS": "accept-new",
        "OWTUI_PING": "tcp",
    }
    imported = [sys.executable, "-m", "owtui", "devices", "import", str(folder / "fleet.csv")]
    subprocess.run(imported, cwd=ROOT, env=environ, check=True, stdout=subprocess.DEVNULL)
    measured = [sys.executable, "-m", "tests.bench.upgrades", str(size), str(at_once)]
    done = subprocess.run(measured, cwd=ROOT, env=environ, check=True, stdout=subprocess.PIPE)
    return dict(json.loads(done.stdout.splitlines()[-1]))


async def _stock(loaded: settings.Loaded, size: int) -> None:
    parts = Parts.open(loaded)
    boards = sorted({model.board for model in MODELS.values()})
    with TemporaryDirectory() as name:
        stock(parts, boards, image(boards, size=size), Path(name))
    await parts.close()


async def _settle(engine: Engine) -> None:
    """Wait until every device has told what it is."""
    async with asyncio.timeout(FACTS_S):
        while not all(row.facts for row in engine.fleet.rows.values()):  # noqa: ASYNC110  # polls
            await asyncio.sleep(1)


async def _measure(size: int, at_once: int) -> dict[str, Any]:
    loaded = settings.load(os.environ)
    await _stock(loaded, size)
    engine = await Engine.start(loaded, Operator("bench", "here", "cli"), Role.HOLD)
    try:
        await _settle(engine)
        everything = engine.select("")
        build = {"build": f"roofs/{VERSION}"}
        plan = await engine.plan("upgrade", everything, build, parallel=at_once)
        before = _resident_mib()
        cpu, wall = time.process_time(), time.monotonic()
        job = await engine.jobs.submit(plan)
        await engine.jobs.wait(job.id)
        results = await engine.jobs.results(job.id)
        took = sorted(one.took_s for one in results if one.took_s is not None)
        return {
            "cpu_s": time.process_time() - cpu,
            "wall_s": time.monotonic() - wall,
            "devices_s": sum(took),
            "median_s": took[len(took) // 2],
            "most_s": took[-1],
            "ended": Counter(one.state.value for one in results),
            "said": sorted({one.error.sentence for one in results if one.error})[:5],
            "before_mib": before,
            "mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }
    finally:
        await engine.close()


def _resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / MIB


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_measure(int(sys.argv[1]), int(sys.argv[2])))))
