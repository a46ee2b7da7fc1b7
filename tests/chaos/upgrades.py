"""Upgrades under chaos: what befalls devices is drawn by a seed, and each device is asked after.

`python -m tests.chaos.upgrades --devices 60 --rounds 30 --seed S` prints a line a round and every
fault. A round is one job over fresh devices; in some of them a person cancels it in the middle.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import tempfile
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from owtui.engine.actions.base import Task
from owtui.engine.firmware import stages
from owtui.engine.jobs.result import Result
from owtui.errors import BlockedError
from owtui.simulator.fleet import SimulatedDevice
from tests.engine.firmware.place import Place, upgrading
from tests.engine.firmware.stock import VERSION

WAIT_S = 120
"""Of the hurried clock: 12 s, in which a simulated device comes back ten times."""

LASTING: dict[str, dict[str, Any]] = {
    "memory": {"memory_left": 1 << 19},
    "old": {"flash_old_release": True},
    "away": {"flash_no_return": True},
    "key": {"flash_new_host_key": True},
    "slow": {"latency_s": 0.05},
}
MOMENTARY = ("cut", "power", "silence")
KINDS = ("nothing", *LASTING, *MOMENTARY)


@dataclass(frozen=True, slots=True)
class Fate:
    """What befalls a device: `kind`, at the begin of which step, and how long after that."""

    kind: str
    step: str
    after_s: float


@dataclass(frozen=True, slots=True)
class Before:
    """How a device was when the job began."""

    version: str
    services: frozenset[str]


def draw(dice: random.Random) -> Fate:
    """A fate; all kinds, steps and moments alike."""
    return Fate(dice.choice(KINDS), dice.choice(list(stages.STAGES)), dice.random() * 0.3)


async def befall(device: SimulatedDevice, fate: Fate) -> None:
    """Let a momentary fate happen."""
    await asyncio.sleep(fate.after_s)
    if fate.kind == "cut":
        device.cut()
    elif fate.kind == "power":
        await device.power_cycle()
    elif fate.kind == "silence":
        await device.fault(refused=True)
        device.cut()
        await asyncio.sleep(1.0)
        await device.fault()


async def run_round(devices: int, seed: int, folder: Path) -> tuple[Counter[str], list[str]]:
    """One job; returns how devices ended by kind, and the faults in words."""
    dice = random.Random(seed)
    url = f"sqlite:///{folder / 'owtui.db'}"
    async with upgrading(url, folder, devices, size=700_000) as place:
        rows = await place.rows()
        fates = {row.name: draw(dice) for row in rows}
        before = {row.name: _standing(place.fleet[row.name]) for row in rows}
        for name, fate in fates.items():
            if fate.kind in LASTING:
                await place.fleet[name].fault(**LASTING[fate.kind])
        results = await _carry_out(place, fates, dice.random() < 0.25, dice.uniform(1, 6))
        ended: Counter[str] = Counter()
        faults: list[str] = []
        for result in results:
            fate = fates[result.device]
            ended[f"{fate.kind} {result.state.value}"] += 1
            said = judge(place.fleet[result.device], before[result.device], result)
            faults += [f"{result.device} ({fate}, seed {seed}): {one}" for one in said]
    return ended, faults


async def _carry_out(
    place: Place, fates: dict[str, Fate], cancelled: bool, after_s: float
) -> Sequence[Result]:
    happening: list[asyncio.Task[None]] = []
    begun: set[str] = set()

    async def meet(task: Task, step: str) -> None:
        fate = fates[task.device]
        if fate.step == step and fate.kind in MOMENTARY and task.device not in begun:
            begun.add(task.device)
            happening.append(asyncio.create_task(befall(place.fleet[task.device], fate)))

    def watch(step: str) -> None:
        async def at(task: Task) -> None:
            await meet(task, step)

        place.before(step, at)

    for step in stages.STAGES:
        watch(step)
    plan = await place.plan(len(fates), wait_s=WAIT_S)
    number = len(plan.rows)
    plan = replace(plan, waves=(number,), stop_after=number + 1, parallel=number)
    job = await place.jobs.submit(plan)
    if cancelled:
        await asyncio.sleep(after_s)
        with suppress(BlockedError):
            await place.jobs.cancel(job.id)
    async with asyncio.timeout(240):
        results = await place.end(job.id)
    await asyncio.gather(*happening)
    return results


def judge(device: SimulatedDevice, before: Before, result: Result) -> list[str]:
    """What is wrong with how a device and its result stand together."""
    state, flashes = result.state.value, device.effects.upgrades
    now = _standing(device)
    faults = []
    if not result.state.is_over:
        faults.append("it has not ended")
    if flashes > 1:
        faults.append(f"it was flashed {flashes} times")
    if state == "success" and (flashes, now.version) != (1, VERSION):
        faults.append(f"success, with {flashes} flashes and {now.version}")
    if state in ("aborted", "cancelled") and (flashes or now.version != before.version):
        faults.append(f"{state}, with {flashes} flashes and {now.version}")
    if device.host.answers and state != "failed" and now.services != before.services:
        faults.append(f"{state}, and {sorted(before.services - now.services)} do not run")
    if state != "success" and state != "cancelled" and result.error is None:
        faults.append(f"{state} without a reason")
    return faults


def _standing(device: SimulatedDevice) -> Before:
    return Before(device.device.release.version, frozenset(device.device.services.running))


async def run(devices: int, rounds: int, seed: int) -> list[str]:
    """All rounds; prints a line each and returns the faults."""
    faults: list[str] = []
    total: Counter[str] = Counter()
    for number in range(rounds):
        with tempfile.TemporaryDirectory(prefix="owtui-upgrades-") as folder:
            ended, found = await run_round(devices, seed + number, Path(folder))
        total += ended
        faults += found
        print(f"round {number + 1} seed {seed + number}: {dict(sorted(ended.items()))}", flush=True)
        for one in found:
            print(f"  FAULT {one}", flush=True)
    print(f"{rounds} rounds, {total.total()} devices, {len(faults)} faults")
    return faults


def main() -> None:
    """Parse, run, and exit 1 on a fault."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--devices", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1, 10**6))
    chosen = parser.parse_args()
    raise SystemExit(bool(asyncio.run(run(chosen.devices, chosen.rounds, chosen.seed))))


if __name__ == "__main__":
    main()
