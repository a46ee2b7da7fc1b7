"""Upgrades under chaos: what befalls devices is drawn by a seed, and each device is asked after.

`python -m tests.chaos.upgrades --devices 60 --rounds 30 --seed S` prints a line a round, every
fault, and a table. A round is one job over fresh devices; in some a person cancels it in the
middle, and in every other one the engine is a process of its own that is killed at random moments.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlmodel import Session

from owtui.engine.actions.base import Task
from owtui.engine.firmware import stages
from owtui.engine.jobs.result import Result
from owtui.errors import BlockedError
from owtui.simulator.fleet import SimulatedDevice
from storage import devices as inventory
from tests.engine.firmware.cutting import cut_upload, went_on_from
from tests.engine.firmware.place import Place, upgrading
from tests.engine.firmware.stock import VERSION

WAIT_S = 120
"""Of the hurried clock: 12 s, in which a simulated device comes back ten times."""

ROUND_S = 240.0
SIZE = 3 << 20
CUT_AT = (1 << 20, 2 << 20)  # so much of the image is there when an upload is cut

LASTING: dict[str, dict[str, Any]] = {
    "memory": {"memory_left": 1 << 19},
    "services": {"memory_left": SIZE - 8192},
    "old": {"flash_old_release": True},
    "away": {"flash_no_return": True},
    "key": {"flash_new_host_key": True},
    "moved": {"flash_new_address": True},
    "slow": {"latency_s": 0.05},
}
MOMENTARY = ("cut", "power", "silence")
KINDS = ("nothing", "board", "upload", *LASTING, *MOMENTARY)

WORDS = {
    "memory": r"Not enough memory",
    "board": r"the image is for",
    "old": r"and it runs ",
    "away": re.escape(stages.GIVING_UP),
    "key": r"another host key",
}
"""What is told of a device that did not come through what befell it."""


@dataclass(frozen=True, slots=True)
class Fate:
    """What befalls a device: `kind`, at the begin of which step, and how long after that.

    at: bytes of the image that are there when its upload is cut
    """

    kind: str
    step: str
    after_s: float
    at: int


@dataclass(frozen=True, slots=True)
class Before:
    """How a device was when the job began."""

    version: str
    services: frozenset[str]


@dataclass(slots=True)
class Round:
    """A round: what befalls its devices, what has, and how often the engine was killed."""

    place: Place
    fates: dict[str, Fate]
    dice: random.Random
    cut_at: dict[str, int] = field(default_factory=dict)
    kills: int = 0
    begun: set[str] = field(default_factory=set)
    happening: list[asyncio.Task[None]] = field(default_factory=list)

    async def prepare(self) -> None:
        """Let befall what lasts, and what waits for its moment."""
        for name, fate in self.fates.items():
            device = self.place.fleet[name]
            if fate.kind in LASTING:
                await device.fault(**LASTING[fate.kind])
            if fate.kind == "memory":
                fill(device)
            if fate.kind == "board":
                device.device.model = replace(device.device.model, board="other,board")
            if fate.kind == "upload":
                self._begin(self._cut(device, fate.at))
        ids = {row.name: row.id for row in await self.place.rows()}
        for name, fate in self.fates.items():
            if fate.kind == "moved":
                self._begin(self._follow(self.place.fleet[name], ids[name]))

    def meet(self, name: str, step: str) -> None:
        """Let a momentary fate happen, once, as its step begins."""
        fate = self.fates[name]
        if fate.kind in MOMENTARY and fate.step == step and name not in self.begun:
            self.begun.add(name)
            self._begin(befall(self.place.fleet[name], fate))

    async def over(self) -> None:
        """What has not happened by now does not happen."""
        waits = [one for one in self.happening if one.get_name() == "waits"]
        for one in waits:
            one.cancel()
        await asyncio.gather(*self.happening, return_exceptions=True)
        for one in self.happening:
            if not one.cancelled() and (error := one.exception()) is not None:
                raise error

    def _begin(self, what: Any) -> None:
        name = "momentary" if what.__name__ == "befall" else "waits"
        self.happening.append(asyncio.create_task(what, name=name))

    async def _cut(self, device: SimulatedDevice, at: int) -> None:
        self.cut_at[device.name] = await cut_upload(device, at, ROUND_S)

    async def _follow(self, device: SimulatedDevice, id_: UUID) -> None:
        """Write down its new address, as its agent would tell it."""
        while device.effects.upgrades == 0:  # noqa: ASYNC110  # a router tells nobody
            await asyncio.sleep(0.01)

        def write(session: Session) -> None:
            inventory.update(session, id_, address="", management_ip=device.address)

        await self.place.parts.database.awrite(write)


def fill(device: SimulatedDevice) -> None:
    """Fill its memory with all that services could give back."""
    services = device.device.services
    kib = sum(unit.size_kib for unit in services.units() if unit.name in services.linked())
    with suppress(OSError):  # more than /tmp takes: it is full then
        device.device.files.write("/tmp/filler", bytes(kib << 10))


def draw(dice: random.Random) -> Fate:
    """A fate; all kinds, steps and moments alike."""
    step = dice.choice(list(stages.STAGES))
    return Fate(dice.choice(KINDS), step, dice.random() * 0.3, dice.randrange(*CUT_AT))


def drawn(device: SimulatedDevice, dice: random.Random) -> Fate:
    """One that can befall this device: a fleet has one RSA key, which none can change."""
    fate = draw(dice)
    keyless = fate.kind == "key" and device.device.model.rsa_host_key_only
    return replace(fate, kind="nothing") if keyless else fate


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


@dataclass(slots=True)
class Came:
    """What rounds came to: how devices ended by kind, kills of the engine, faults in words."""

    ended: Counter[tuple[str, str]] = field(default_factory=Counter)
    kills: int = 0
    uploads_resumed: int = 0
    faults: list[str] = field(default_factory=list)


async def run_round(devices: int, seed: int, folder: Path, *, killed: bool, came: Came) -> None:
    """One job over fresh devices; `killed`: its engine is, a few times."""
    dice = random.Random(seed)
    url = f"sqlite:///{folder / 'owtui.db'}"
    async with upgrading(url, folder, devices, size=SIZE, carries_out=not killed) as place:
        rows = await place.rows()
        this = Round(place, {row.name: drawn(place.fleet[row.name], dice) for row in rows}, dice)
        before = {row.name: _standing(place.fleet[row.name]) for row in rows}
        await this.prepare()
        results = await _carry_out(this, killed)
        await this.over()
        came.kills += this.kills
        for result in results:
            fate, device = this.fates[result.device], place.fleet[result.device]
            came.ended[fate.kind, result.state.value] += 1
            came.uploads_resumed += bool(went_on_from(device))
            said = judge(device, before[result.device], result)
            said += told_wrong(fate, result)
            said += sent_again(device, this.cut_at.get(result.device, 0), result)
            came.faults += [f"{result.device} ({fate}, seed {seed}): {one}" for one in said]


async def _carry_out(this: Round, killed: bool) -> Sequence[Result]:
    place, dice = this.place, this.dice
    cancelled, after_s = dice.random() < 0.25, dice.uniform(1, 6)
    plan = await place.plan(len(this.fates), wait_s=WAIT_S)
    number = len(plan.rows)
    plan = replace(plan, waves=(number,), stop_after=number + 1, parallel=number)
    if not killed:
        _watch_steps(this)
    job = await place.jobs.submit(plan)
    lives = asyncio.create_task(_lives(this, job.id) if killed else place.jobs.wait(job.id))
    watching = asyncio.create_task(_watch_results(this, job.id)) if killed else None
    if cancelled:
        await asyncio.sleep(after_s)
        with suppress(BlockedError):
            await place.jobs.cancel(job.id)
    async with asyncio.timeout(ROUND_S):
        await lives
    if watching is not None:
        watching.cancel()
    return await place.jobs.results(job.id)


def _watch_steps(this: Round) -> None:
    """Where the engine is this process, a step is met as it begins."""

    def watch(step: str) -> None:
        async def at(task: Task) -> None:
            this.meet(task.device, step)

        this.place.before(step, at)

    for step in stages.STAGES:
        watch(step)


async def _watch_results(this: Round, job_id: UUID) -> None:
    """Where it is another, as it is told: of steps that people see as one, one is met."""
    numbers = {f"{stage.number}/{stages.SEVEN}": [] for stage in stages.STAGES.values()}
    for step, stage in stages.STAGES.items():
        numbers[f"{stage.number}/{stages.SEVEN}"].append(step)
    while True:
        for result in await this.place.jobs.results(job_id):
            for step in numbers.get(result.step.partition(" ")[0], ()):
                this.meet(result.device, step)
        await asyncio.sleep(0.1)


async def _lives(this: Round, job_id: UUID) -> None:
    """Engines one after the other, each killed but the last."""
    began = time.time()
    for _ in range(this.dice.randint(2, 4)):
        this.kills += await _life(this.place, job_id, began, this.dice.uniform(0.1, 5))
    await _life(this.place, job_id, began, ROUND_S)


async def _life(place: Place, job_id: UUID, began: float, kill_after_s: float) -> bool:
    """One engine, from when it works; whether it was killed. RuntimeError if it fails."""
    engine = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.chaos.upgradelife", str(job_id), str(began)),
        stdout=asyncio.subprocess.PIPE,
        env=dict(place.environ),
    )
    assert engine.stdout is not None
    try:
        if await engine.stdout.readline() != b"up\n":
            raise RuntimeError("the engine did not start; its words are above")
        with suppress(TimeoutError):
            async with asyncio.timeout(kill_after_s):
                if await engine.wait():
                    raise RuntimeError("the engine failed; its words are above")
                return False
        return True
    finally:
        if engine.returncode is None:
            engine.kill()
            await engine.wait()


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


def told_wrong(fate: Fate, result: Result) -> list[str]:
    """A device that failed of what befell it, and of which something else is told."""
    words = WORDS.get(fate.kind)
    state = result.state.value
    if words is None or state == "cancelled":
        return []
    if state == "success":
        return [f"success, in spite of {fate.kind}"]
    said = f"{result.error.sentence} {result.error.hint}" if result.error else ""
    return [] if re.search(words, said) else [f"{state}, and told is: {said}"]


def sent_again(device: SimulatedDevice, left: int, result: Result) -> list[str]:
    """A cut upload of which the beginning was sent once more."""
    went_on = went_on_from(device)
    if not left or result.state.value != "success" or any(at >= left for at in went_on):
        return []
    return [f"cut at {left} bytes, went on from {sorted(went_on)}"]


def _standing(device: SimulatedDevice) -> Before:
    return Before(device.device.release.version, frozenset(device.device.services.running))


async def run(devices: int, rounds: int, seed: int) -> Came:
    """All rounds; prints a line each, the faults and a table."""
    came = Came()
    for number in range(rounds):
        began, before, known = time.monotonic(), came.ended.copy(), len(came.faults)
        with tempfile.TemporaryDirectory(prefix="owtui-upgrades-") as folder:
            killed = number % 2 == 1
            await run_round(devices, seed + number, Path(folder), killed=killed, came=came)
        states = Counter[str]()
        for (_, state), count in (came.ended - before).items():
            states[state] += count
        took = time.monotonic() - began
        print(f"round {number + 1} seed {seed + number}: {dict(states)}, {took:.0f} s", flush=True)
        for one in came.faults[known:]:
            print(f"  FAULT {one}", flush=True)
    print(table(came))
    print(
        f"{rounds} rounds, {came.ended.total()} devices, {came.kills} kills of the engine,"
        f" {came.uploads_resumed} uploads gone on with, {len(came.faults)} faults"
    )
    return came


def table(came: Came) -> str:
    """Markdown: what befell devices, and how they ended."""
    states = ("success", "failed", "aborted", "cancelled")
    lines = [f"| befell | devices | {' | '.join(states)} |", f"|---|{'---:|' * 5}"]
    for kind in KINDS:
        counts = [came.ended[kind, state] for state in states]
        lines.append(f"| {kind} | {sum(counts)} | {' | '.join(map(str, counts))} |")
    return "\n".join(lines)


def main() -> None:
    """Parse, run, and exit 1 on a fault."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--devices", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1, 10**6))
    chosen = parser.parse_args()
    came = asyncio.run(run(chosen.devices, chosen.rounds, chosen.seed))
    raise SystemExit(bool(came.faults))


if __name__ == "__main__":
    main()
