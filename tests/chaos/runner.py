"""Run scenarios batch by batch: devices of the lab and simulated ones under one job each time."""

from __future__ import annotations

import asyncio
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from uuid import UUID

from owtui.engine.jobs.result import Result
from owtui.engine.jobs.state import ResultState
from owtui.simulator import Fleet, FleetSpec
from tests.chaos.arena import Arena, Content, Entered, arena
from tests.chaos.injecting import Attack, Trace, ahead
from tests.chaos.judging import Case, Verdict, judge
from tests.chaos.routers import LabRouter, Router, SimRouter, aside
from tests.chaos.scenario import WINDOW_S, Injection, Place, Scenario, Sizes, batches
from tests.engine.jobs.lives import Scene, one_life
from tests.lab.device import LabDevice, LabSpec

JOB_S = 400.0
"""More than a window and all the time that the engine asks for the fate of a push after it."""

JUDGED_AT_ONCE = 6
"""More logins at once than a busy machine can make would pass for devices that are lost."""

LAB = LabSpec(shutdown_s=0, away_s=0.1, overlay_bytes=1024 * 1024)


async def run(
    found: Sequence[Scenario],
    sizes: Sizes,
    tell: Callable[[list[Verdict]], None],
    is_enough: Callable[[], bool] = lambda: False,
) -> list[Verdict]:
    """Run them all; `tell` hears of each batch as it is over, none begins when `is_enough`."""
    verdicts: list[Verdict] = []
    for batch in batches(found, sizes):
        if is_enough():
            break
        with tempfile.TemporaryDirectory(prefix="owtui-chaos-") as folder:
            done = await _run_batch(batch, Path(folder), sizes.at_once)
        tell(done)
        verdicts += done
    return verdicts


async def _run_batch(batch: Sequence[Scenario], folder: Path, at_once: int) -> list[Verdict]:
    url = f"sqlite:///{folder / 'owtui.db'}"
    async with _devices(batch) as routers, arena(url, folder, batch, routers) as place:
        if batch[0].injection is Injection.ENGINE:
            return await _killed(place, at_once)
        await place.jobs.start()
        try:
            return await _at_once(place, at_once)
        finally:
            await place.jobs.stop(drain_s=5)


@asynccontextmanager
async def _devices(batch: Sequence[Scenario]) -> AsyncIterator[list[Router]]:
    """A fresh device for each scenario, in their order."""
    lab = [one for one in batch if one.place is Place.LAB]
    number = len(batch) - len(lab)
    async with AsyncExitStack() as stack:
        devices = [LabDevice(LAB) for _ in lab]
        for device in devices:
            stack.push_async_callback(aside, device.stop)
        await asyncio.gather(*(aside(device.start) for device in devices))
        real = (LabRouter(device) for device in devices)
        hosts = []
        if number:
            spec = FleetSpec(devices=number, seed=batch[0].number, speed=0.05)
            hosts = (await stack.enter_async_context(Fleet(spec))).devices
        simulated = (SimRouter(host) for host in hosts)
        yield [next(real) if one.place is Place.LAB else next(simulated) for one in batch]


async def _at_once(place: Arena, at_once: int) -> list[Verdict]:
    """One job; each device meets its fate meanwhile."""
    wanted = await place.prepare()
    await asyncio.gather(*(ahead(one) for one in place.entered))
    before = {one.id: one.router.etc() for one in place.entered}
    job_id = await place.submit(at_once)
    attacks = [Attack(one, job_id, Trace()) for one in place.entered]
    running = [asyncio.create_task(attack.run()) for attack in attacks]
    try:
        async with asyncio.timeout(JOB_S):
            await _follow(place, job_id)
            await place.jobs.wait(job_id)
            await asyncio.gather(*running)
    except TimeoutError:
        # Judged as they are: a job that does not end is a fault, and is told as one.
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
    await asyncio.gather(*(_at_peace(one) for one in place.entered))
    results = await place.jobs.results(job_id)
    return await _judged(attacks, before, wanted, results)


async def _follow(place: Arena, job_id: UUID) -> None:
    """Tell each device when its own push begins and when it is over."""
    waiting = {one.id: one.router for one in place.entered}
    while waiting:
        for result in await place.jobs.results(job_id):
            router = waiting.get(result.device_id)
            if router is None or result.state is ResultState.PENDING:
                continue
            router.begun.set()
            if result.state.is_over:
                router.over.set()
                del waiting[result.device_id]
        await asyncio.sleep(0.2)


async def _at_peace(one: Entered) -> None:
    if isinstance(one.router, LabRouter) and one.scenario.injection is Injection.POWER_WRITE:
        await one.router.disarm()


async def _judged(
    attacks: Sequence[Attack],
    before: Mapping[UUID, dict[str, tuple[int, bytes]]],
    wanted: Mapping[UUID, Content],
    results: Sequence[Result],
) -> list[Verdict]:
    of = {result.device_id: result for result in results}
    cases = (
        Case(attack, before[attack.entered.id], wanted[attack.entered.id], of[attack.entered.id])
        for attack in attacks
    )
    few = asyncio.Semaphore(JUDGED_AT_ONCE)

    async def judged(case: Case) -> Verdict:
        async with few:
            return await judge(case)

    return list(await asyncio.gather(*map(judged, cases)))


# --- engines that die ---


async def _killed(place: Arena, at_once: int) -> list[Verdict]:
    """Engines of their own, each killed at a border but the last; see engine/jobs/victim.py."""
    place.attach_only()
    wanted = await place.prepare()
    before = {one.id: one.router.etc() for one in place.entered}
    job_id = await place.submit(at_once)
    attacks = [Attack(one, job_id, Trace()) for one in place.entered]
    async with _nursery() as nursery:
        scene = Scene(place.parts, None, place.jobs, [], nursery, place.environ)  # type: ignore[arg-type]
        for at, attack in enumerate(attacks[:2]):
            scenario = attack.scenario
            # The second life may be past the border of its death.
            status = await one_life(scene, job_id, scenario.border, scenario.occurrence)
            for one in attacks:
                one.trace.hit |= status == -signal.SIGKILL
            if status == 0:
                break
            if not at and scenario.number % 2:
                await asyncio.sleep(WINDOW_S + 2)  # what waits takes itself back
        assert await one_life(scene, job_id, "", 0) == 0
    return await _judged(attacks, before, wanted, await place.jobs.results(job_id))


@asynccontextmanager
async def _nursery() -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.engine.jobs.victim"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    try:
        yield process
    finally:
        process.stdin.close()
        await process.wait()
