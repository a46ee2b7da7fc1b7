"""A push as it is carried out: the guard's state machine, driven over real connections.

Everything a later life of the engine needs is on the device (the guard's own state, by the id of
the push) or in our records; so this may be cut at any line and begun again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlmodel import Session

from owtui.engine.actions.base import Task
from owtui.engine.configs import guard, guardsteps
from owtui.engine.configs.aims import Aim
from owtui.engine.configs.cutoff import Entrance
from owtui.engine.configs.guard import Bundle, Verb
from owtui.engine.configs.guardsteps import (
    Act,
    Answered,
    Checked,
    Event,
    Failed,
    Fate,
    Goal,
    Next,
    Order,
    Outcome,
)
from owtui.engine.configs.landing import Landing
from owtui.engine.configs.model import Running
from owtui.engine.configs.prospect import digest, landing_of, paths_of
from owtui.engine.openwrt.router import Router
from owtui.engine.openwrt.sums import told_only
from owtui.errors import DeadlineError, DeviceError, Failure, Kind
from storage import configs, generations
from storage.generations import Original
from storage.packed import Box

FIRST_CONNECT_S = 60.0
"""Before anything is sent there is no hurry; within the window attempts are short."""

UPLOAD_S = 120.0
SENT, STAGED, APPLIED = 1, 2, 3  # marks: how far a device has come; see company.py
STAGE_WITHIN_S = 300.0
LEAST_S = 10.0  # of a window must be left when all devices of a job are to be confirmed

Load = Callable[[], Awaitable[Aim]]


def push_id(job_id: UUID, device_id: UUID) -> str:
    """The same for each life of a job on a device, and no other's."""
    return f"{job_id.hex[:16]}-{device_id.hex[:12]}"


@dataclass(frozen=True, slots=True)
class Push:
    """One push to one device. `load` reads the aim anew, since our records move with it.

    `to`: where the device is dialled afterwards, when it moves on purpose
    """

    task: Task
    load: Load
    window_s: int
    settle_s: int
    to: Entrance | None = None
    again: bool = False

    @property
    def id(self) -> str:
        """How the guard knows it."""
        first = push_id(self.task.job_id, self.task.device_id)
        return f"{first}-2" if self.again else first

    # --- the steps ---

    async def look(self) -> dict[str, Any]:
        """Compare what the device runs with what the plan was made from. Raises DeviceError."""
        aim = await self.load()
        running = await self._read(aim)
        if told_only(running.sums):
            raise DeviceError(
                f"{self.task.device} is reached over HTTP alone now, which the plan did not know.",
                "Make a new plan: it says what rpcd guards and what it does not.",
                kind=Kind.CHANGED,
            )
        if await self.is_begun():
            return {"files": 0}  # by an earlier life of this step: the next one finds out
        found = landing_of(aim, running)
        self._check_planned(aim, found)
        return {"files": len(found.changes)}

    def _check_planned(self, aim: Aim, found: Landing) -> None:
        planned = landing_of(aim, aim.running) if aim.running else None
        if planned is None or digest(planned.changes) != digest(found.changes):
            raise DeviceError(
                f"{self.task.device} no longer runs what the plan was made from.",
                "Look at it again (owtui config diff), then make a new plan.",
                kind=Kind.CHANGED,
            )

    async def push(self) -> dict[str, Any]:
        """Put the files and confirm them. Raises the DeviceError that says what became of it."""
        outcome = await self._drive(Goal.PUSH)
        return await self._ended(outcome)

    async def push_together(self) -> dict[str, Any]:
        """The same, and none of the job's devices keeps it unless all do."""
        company = self.task.company
        if await company.mark() > APPLIED:  # an earlier life has come as far as `_for_good`
            return await self._for_good()
        outcome = await self._drive(Goal.STAGE)
        if outcome.fate not in (Fate.STAGED, Fate.READY):
            return await self._parted(outcome)
        self.task.report("staged, waits for the others")
        if not await company.all_at(STAGED, STAGE_WITHIN_S):
            await self._drive(Goal.ABORT)
            raise self._for_the_others("staged")
        outcome = await self._drive(Goal.COMMIT)
        if outcome.fate is not Fate.READY:
            return await self._parted(outcome)
        self.task.report("applied, waits for the others")
        within_s = max(LEAST_S, self.window_s - self.settle_s - LEAST_S)
        if not await company.all_at(APPLIED, within_s):
            restored = await self._drive(Goal.RESTORE, "others")
            await self._note_error("Another device of the job was not changed.")
            raise self._for_the_others("restored", restored)
        return await self._for_good()

    async def stand_by(self) -> dict[str, Any]:
        """A device that has its files already: the others of the job count on it none the less."""
        company = self.task.company
        for mark, within_s in ((STAGED, STAGE_WITHIN_S), (APPLIED, float(self.window_s))):
            if not await company.all_at(mark, within_s):
                raise self._for_the_others("ready")
        return {"fate": "same"}

    async def _parted(self, outcome: Outcome) -> dict[str, Any]:
        """One that is not where it should be; it may have got there in an earlier life."""
        if outcome.fate is Fate.RESTORED and await self.task.company.leave() > APPLIED:
            return await self._for_good()
        return await self._ended(outcome)

    async def _for_good(self) -> dict[str, Any]:
        """Keep it, as all devices have decided: others may have it for good already.

        So one that took itself back while no engine confirmed it is pushed anew, on its own. It
        was reachable with this configuration, and is guarded as before.
        """
        outcome = await self._drive(Goal.CONFIRM)
        answer = outcome.answer
        by_itself = answer is not None and answer.reason in ("deadline", "reboot")
        begun = outcome.fate is Fate.NONE and await self.task.company.mark() > APPLIED
        if begun or (outcome.fate is Fate.RESTORED and by_itself):
            await self.task.company.leave()  # tells a later life that it may be under way
            outcome = await replace(self, again=True)._drive(Goal.PUSH)
        return await self._ended(outcome)

    async def read_back(self) -> tuple[Aim, Running]:
        """What the device runs now, over a new connection. Raises DeviceError if it is not it."""
        aim = await self.load()
        await self.task.forget()
        running = await self._read(aim, moved=self.to is not None)
        if wrong := _differs(aim, running):
            hint = "Somebody changed it meanwhile: look at it, then push again."
            raise DeviceError(f"{self.task.device}: {wrong}", hint, kind=Kind.CHANGED)
        return aim, running

    async def read_back_at_last(self) -> tuple[Aim, Running]:
        """The same right after the confirm: one that is away for a while has it none the less.

        Raises the DeviceError that says so when it does not come back, or was changed meanwhile.
        """
        gives_up = self.task.clock() + guardsteps.GRACE_S
        while True:
            try:
                return await self.read_back()
            except DeviceError as error:
                if error.kind is Kind.CHANGED or self.task.clock() >= gives_up:
                    raise DeviceError(
                        f"{error.sentence} Its new configuration was confirmed before.",
                        error.hint,
                        kind=error.kind,
                    ) from error
            self.task.report("was confirmed, is awaited")
            await self.task.sleep(guardsteps.PAUSE_S)

    # --- driving ---

    async def _drive(self, goal: Goal, reason: str = "request") -> Outcome:
        moves = self.to is not None
        order = Order(goal, self.window_s, self.settle_s, moves=moves, reason=reason)
        # After a crash silence proves nothing: an earlier life may have sent something.
        resumed = await self.task.company.mark() >= SENT
        course, todo = guardsteps.begin(order, self.task.device, resumed=resumed)
        while not isinstance(todo, Outcome):
            if todo.after_s:
                await self.task.sleep(todo.after_s)
            self.task.report(_WORDS[todo.act])
            event = await self._do(todo, hurry=course.touched, stage=goal is Goal.STAGE)
            course, todo = guardsteps.advance(course, event, self.task.clock())
        return todo

    async def _do(self, todo: Next, *, hurry: bool, stage: bool) -> Event:
        if todo.anew:
            await self.task.forget()
        async with AsyncExitStack() as stack:
            try:
                async with asyncio.timeout(todo.connect_s if hurry else FIRST_CONNECT_S):
                    router = await stack.enter_async_context(self._door(moved=todo.moved))
            except TimeoutError:
                return Failed(DeadlineError(f"{self.task.device} does not answer."), sent=False)
            except DeviceError as error:
                return Failed(error, sent=False)
            try:
                return await self._act(todo, router, stage=stage)
            except DeviceError as error:
                return Failed(error)

    async def _act(self, todo: Next, router: Router, *, stage: bool) -> Event:
        if todo.act is Act.CHECK:
            aim = await self.load()
            return Checked(_differs(aim, await router.configuration(paths_of(aim))))
        if todo.act is Act.UPLOAD:
            bundle = await self._bundle(router)
            await self.task.company.note(SENT)
            line = bundle.stage_line() if stage else bundle.start_line()
            result = await router.exec(line, stdin=bundle.archive(), timeout=UPLOAD_S)
        else:
            line = guard.line(Verb(todo.act.value), self.id, todo.reason)
            result = await router.exec(line)
        return Answered(guard.parse(result.text, self.id, self.task.device))

    async def _bundle(self, router: Router) -> Bundle:
        """What is sent, from what the device has at this moment; its old files are kept first."""
        aim = await self.load()
        running = await router.configuration(paths_of(aim))
        landing = landing_of(aim, running)
        if self.again:
            self._check_planned(aim, landing)
        await self._keep_originals(landing)
        return Bundle(
            self.id,
            landing.changes,
            {path: running.sums.get(path, "-") for path in landing.changes},
            window_s=self.window_s,
            settle_s=self.settle_s,
        )

    def _door(self, *, moved: bool) -> Any:
        if moved and self.to is not None:
            return self.task.at(self.to.address, self.to.port)
        return self.task.router()

    async def _read(self, aim: Aim, *, moved: bool = False) -> Running:
        async with self._door(moved=moved) as router:
            running: Running = await router.configuration(paths_of(aim))
        return running

    async def is_begun(self) -> bool:
        async with self.task.router() as router:
            result = await router.exec(guard.line(Verb.STATUS, self.id))
        answer = guard.parse(result.text, self.id, self.task.device)
        return answer.state is not guard.State.NONE

    # --- our records ---

    async def _keep_originals(self, landing: Landing) -> None:
        found = {
            path: Original(path, file.data if file else None, file.mode if file else 0o644)
            for path, file in landing.originals.items()
        }

        def write(session: Session) -> None:
            box = Box(session, self.task.vault)
            generations.keep_originals(session, box, self.task.device_id, found)

        if found:
            await self.task.transact(write)

    async def _ended(self, outcome: Outcome) -> dict[str, Any]:
        if outcome.fate is Fate.CONFIRMED and outcome.failure is None:
            note = {"note": outcome.note} if outcome.note else {}
            return {"fate": outcome.fate.value, **note}
        await self.task.company.leave()
        failure = outcome.failure or Failure(Kind.UNKNOWN, f"{self.task.device}: {outcome.fate}.")
        if outcome.fate is Fate.RESTORED:
            await self._note_error(failure.sentence, tell=True)
        elif outcome.fate is Fate.REFUSED or outcome.fate is Fate.UNREACHED:
            await self._forget_originals()
        raise DeviceError(failure.sentence, failure.hint, kind=failure.kind)

    async def _note_error(self, why: str, *, tell: bool = False) -> None:
        """OpenWISP's status `error` with the reason: it was tried, and the device went back.

        tell: people are told, as they are when an agent reports it.
        """

        def write(session: Session) -> None:
            if configs.find(session, self.task.device_id) is not None:
                configs.report(session, self.task.device_id, "error", why)
            if tell:
                self.task.tell(session, "config_error", reason=why)

        await self.task.transact(write)
        await self._forget_originals()

    async def _forget_originals(self) -> None:
        """What was kept for a push that came to nothing is the device's own still."""
        aim = await self.load()
        never = [path for path in aim.originals if path not in aim.previous]
        if never:
            await self.task.transact(
                lambda session: generations.drop_originals(session, self.task.device_id, never)
            )

    def _for_the_others(self, done: str, restored: Outcome | None = None) -> DeviceError:
        if restored is not None and restored.failure is not None:
            failure = restored.failure
            return DeviceError(failure.sentence, failure.hint, kind=failure.kind)
        return DeviceError(
            f"{self.task.device} was {done} and is as it was: another device of the job failed.",
            "All or none: see why the other one failed, then push again.",
            kind=Kind.CANCELLED,
        )


def _differs(aim: Aim, running: Running) -> str:
    """ "" when a device has what it should have, else what differs."""
    rest = landing_of(aim, running).changes
    if not rest:
        return ""
    names = ", ".join(sorted(rest)[:3])
    verb = "is" if len(rest) == 1 else "are"
    return f"read back, {names} {verb} not as planned."


_WORDS = {
    Act.STATUS: "asks the guard",
    Act.UPLOAD: "uploads",
    Act.COMMIT: "swaps the files",
    Act.CHECK: "reads back",
    Act.CONFIRM: "confirms",
    Act.RESTORE: "takes it back",
    Act.ABORT: "drops what was staged",
}
