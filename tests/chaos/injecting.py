"""What happens to a device while it is pushed to, at the moment of its scenario."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from uuid import UUID

from owtui.engine.configs.guard import Bundle, State, Verb
from owtui.engine.configs.model import File
from owtui.engine.configs.pushing import push_id
from owtui.engine.openwrt.sums import md5
from tests.chaos.arena import Entered
from tests.chaos.routers import RAM, LabRouter, Router, aside
from tests.chaos.scenario import Injection, Moment, Phase, Scenario

RIVAL = "rival"
RIVAL_FILE = "/etc/config/system"
_RIVAL_S = 25.0  # so long it asks for its confirm: longer than its window


@dataclass
class Trace:
    """What has been done to a device, for the judge.

    hit: the moment came before the push was over
    edited: the packages that a colleague edited, with his note
    rival: what another client's guard said in the end; rival_file: what it was to put
    asked: what others were told of our own push when they asked for its confirm
    """

    hit: bool = False
    edited: dict[str, bytes] = field(default_factory=dict)
    staged: str = ""
    rival: State | None = None
    rival_file: bytes = b""
    asked: list[State | None] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Attack:
    """One scenario at work on one device."""

    entered: Entered
    job_id: UUID
    trace: Trace

    @property
    def scenario(self) -> Scenario:
        return self.entered.scenario

    @property
    def router(self) -> Router:
        return self.entered.router

    @property
    def push_id(self) -> str:
        return push_id(self.job_id, self.entered.id)

    async def run(self) -> None:
        """Wait for the moment, then do it. One that is too late does nothing."""
        injection = self.scenario.injection
        if injection is Injection.POWER_WRITE:
            self.trace.hit = await self._reboots()
            return
        if injection not in _ACTS:
            self.trace.hit = True
            return
        # Before the upload only what was done ahead of it is in time; see `ahead`.
        if await self.router.reaches(self.scenario.moment):
            self.trace.hit = True
            await _ACTS[injection](self)

    async def _reboots(self) -> bool:
        """A power cut at each of the steps that are come to; the device says when it is down."""
        assert isinstance(self.router, LabRouter)
        device, seen = self.router.device, 0
        for _ in self.scenario.steps:
            if not await aside(_goes_down, self.router):
                break
            seen += 1
            await aside(device.wait_boot)
        return seen > 0


def _goes_down(router: LabRouter) -> bool:
    """Wait for the power cut; False when the push is over and nothing is under way."""
    while True:
        try:
            router.device.wait_down(timeout=1.0)
        except AssertionError:
            if router.over.is_set():
                return False
            continue
        return True


# --- one function a kind ---


async def _cut(attack: Attack) -> None:
    await attack.router.cut()


async def _cable(attack: Attack) -> None:
    await attack.router.unplug()
    await asyncio.sleep(attack.scenario.lasts_s)
    await attack.router.plug()


async def _power(attack: Attack) -> None:
    await attack.router.power_cycle()


async def _reboot(attack: Attack) -> None:
    await attack.router.reboot()


async def _watchdog(attack: Attack) -> None:
    attack.trace.hit = await attack.router.kill_watchdog()


async def _fill(attack: Attack) -> None:
    await attack.router.fill()


async def _race(attack: Attack) -> None:
    """The time is up while the engine is at its confirm; others ask for it at once."""
    router, id_ = attack.router, attack.push_id
    if not router.exists(f"{RAM}/deadline"):
        attack.trace.hit = False
        return
    router.expire()
    answers = await asyncio.gather(*(router.ask(Verb.CONFIRM, id_) for _ in range(3)))
    attack.trace.asked = [answer.state if answer else None for answer in answers]


async def _commit(attack: Attack) -> None:
    await _edit(attack, commit=True)


async def _stage(attack: Attack) -> None:
    attack.trace.staged = attack.scenario.package
    await _edit(attack, commit=False)


async def _edit(attack: Attack, *, commit: bool) -> None:
    note = f"c{attack.scenario.number}"
    await attack.router.edit(attack.scenario.package, note, commit=commit)
    if commit:
        attack.trace.edited[f"/etc/config/{attack.scenario.package}"] = note.encode()


async def _rival(attack: Attack) -> None:
    """Another manager pushes a file that is ours, too, and asks until he knows."""
    router, trace = attack.router, attack.trace
    now = router.read(RIVAL_FILE) or b""
    trace.rival_file = now + b"\nconfig rival 'rival'\n"
    bundle = Bundle(
        RIVAL,
        {RIVAL_FILE: File(trace.rival_file)},
        {RIVAL_FILE: md5(now)},
        window_s=6,
        settle_s=1,
    )
    answer = await router.send(bundle)
    if answer is not None and answer.refusal:
        return
    try:
        async with asyncio.timeout(_RIVAL_S):
            while trace.rival not in (State.CONFIRMED, State.RESTORED, State.NONE):
                await asyncio.sleep(0.3)
                answer = await router.ask(Verb.CONFIRM, RIVAL)
                trace.rival = answer.state if answer else None
    except TimeoutError:
        return


_ACTS: dict[Injection, Callable[[Attack], Awaitable[None]]] = {
    Injection.CLIENT_KILLED: _cut,
    Injection.CABLE_OUT: _cable,
    Injection.CABLE_LONG: _cable,
    Injection.POWER: _power,
    Injection.REBOOT: _reboot,
    Injection.WATCHDOG: _watchdog,
    Injection.FULL_PENDING: _fill,
    Injection.TWO_PUSHES: _rival,
    Injection.DEADLINE_RACE: _race,
    Injection.COMMIT: _commit,
    Injection.STAGED: _stage,
}


async def ahead(entered: Entered) -> None:
    """What must be there before the job is submitted."""
    scenario, router = entered.scenario, entered.router
    if scenario.injection is Injection.FULL_BEFORE:
        await router.fill()
    if scenario.injection is Injection.POWER_WRITE:
        assert isinstance(router, LabRouter)
        await aside(router.arm, *scenario.steps)


__all__ = ["Attack", "Moment", "Phase", "Trace", "ahead"]
