"""A push over HTTP alone: rpcguard's state machine, driven over a device's ubus.

rpcd knows no id, so what became of a push is read from the packages. What they were and what they
are to be is noted by `look`, as digests, for whichever life of the engine comes after it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from owtui.engine.configs import rpcguard
from owtui.engine.configs.aims import Aim
from owtui.engine.configs.guardsteps import Checked, Failed, Goal, Order, Outcome
from owtui.engine.configs.model import Running
from owtui.engine.configs.prospect import landing_of, paths_of
from owtui.engine.configs.pushing import FIRST_CONNECT_S, SENT, Push
from owtui.engine.configs.rpcguard import SETTLE_LEAST_S, Act, Event, Has, Next, Replied, Seen
from owtui.engine.configs.rpclimits import refusal
from owtui.engine.configs.sections import package_name, parsed
from owtui.engine.openwrt import sums, uci
from owtui.engine.openwrt.rpc import UbusRouter
from owtui.engine.openwrt.rpcconfig import RpcConfig
from owtui.engine.openwrt.ubusdoor import Place, UbusDoor
from owtui.engine.transport.ubus import UbusSession
from owtui.errors import DeadlineError, DeviceError, Kind

Digests = Mapping[str, str]  # package → sums.digest


@dataclass(frozen=True, slots=True)
class RpcPush(Push):
    """See Push. `old` and `new`: the touched packages before and after, once `look` is done."""

    old: Digests = field(default_factory=dict)
    new: Digests = field(default_factory=dict)

    async def look(self) -> dict[str, Any]:
        """Compare as Push does; returns what later steps and lives go by."""
        aim = await self.load()
        running = await self._read(aim)
        found = landing_of(aim, running)
        self._check_planned(aim, found)
        if why := refusal(found, running):
            raise DeviceError(f"{self.task.device}: {why}", kind=Kind.CHANGED)
        old, new = {}, {}
        for path, file in found.changes.items():
            name = package_name(path)
            assert name is not None and file is not None  # refusal has looked
            old[name] = sums.digest(parsed(running.files[path].data, name))
            new[name] = sums.digest(parsed(file.data, name))
        return {"files": len(new), "way": "rpcd", "old": old, "new": new}

    async def is_begun(self) -> bool:
        """Whether an earlier life may have applied something."""
        return await self.task.company.mark() >= SENT

    async def _drive(self, goal: Goal, reason: str = "request") -> Outcome:
        settle_s = max(self.settle_s, SETTLE_LEAST_S)
        order = Order(goal, self.window_s, settle_s, moves=self.to is not None, reason=reason)
        resumed = await self.is_begun()
        course, todo = rpcguard.begin(order, self.task.device, resumed=resumed)
        door = await self.task.ubus()
        try:
            while not isinstance(todo, Outcome):
                if todo.after_s:
                    await self.task.sleep(todo.after_s)
                self.task.report(_WORDS[todo.act])
                event = await self._attempt(todo, door, hurry=course.touched)
                course, todo = rpcguard.advance(course, event, self.task.clock())
        finally:
            await door.rest()
        return todo

    async def _attempt(self, todo: Next, door: UbusDoor, *, hurry: bool) -> Event:
        try:
            async with asyncio.timeout(todo.connect_s if hurry else FIRST_CONNECT_S):
                session = await door.open(self._place(moved=todo.moved), anew=todo.anew)
        except TimeoutError:
            return Failed(DeadlineError(f"{self.task.device} does not answer."), sent=False)
        except DeviceError as error:
            return Failed(error, sent=False)
        try:
            return await self._ask(todo, session)
        except DeviceError as error:
            return Failed(error)

    async def _ask(self, todo: Next, session: UbusSession) -> Event:
        config = RpcConfig(session)
        if todo.act is Act.LOOK:
            return Seen(self._has(await config.committed(self.new)))
        if todo.act is Act.CHECK:
            return Checked(self._differs(await config.committed(self.new)))
        if todo.act is Act.STAGE:
            await config.stage(await self._packages(session))
            return Replied()
        if todo.act is Act.REVERT:
            await config.revert(self.new)
            return Replied()
        if todo.act is Act.APPLY:
            await self.task.company.note(SENT)
            return Replied(await config.apply(self.window_s))
        return Replied(await (config.confirm() if todo.act is Act.CONFIRM else config.rollback()))

    def _has(self, found: Mapping[str, uci.Package]) -> Has:
        has = {name: sums.digest(package) for name, package in found.items()}
        return Has.NEW if has == self.new else Has.OLD if has == self.old else Has.OTHER

    def _differs(self, found: Mapping[str, uci.Package]) -> str:
        """ "" when all is as it was sent. rpcd's apply says nothing of a write that failed."""
        wrong = [name for name, one in found.items() if sums.digest(one) != self.new[name]]
        if not wrong:
            return ""
        empty = [name for name in wrong if not found[name].sections]
        if empty:
            return f"read back, {', '.join(empty)} was empty: its flash may be full."
        return f"read back, {', '.join(wrong)} was not as planned."

    async def _packages(self, session: UbusSession) -> dict[str, uci.Package]:
        """What is staged, made anew: nobody keeps it. The old files are kept first."""
        aim = await self.load()
        running = await UbusRouter(session).configuration(paths_of(aim))
        landing = landing_of(aim, running)
        packages = {}
        for path, file in landing.changes.items():
            name = package_name(path)
            if name is not None and file is not None:
                packages[name] = parsed(file.data, name)
        if {name: sums.digest(one) for name, one in packages.items()} != self.new:
            raise DeviceError(
                f"{self.task.device} no longer runs what the plan was made from.",
                "Look at it again (owtui config diff), then make a new plan.",
                kind=Kind.CHANGED,
            )
        await self._keep_originals(landing)
        return packages

    async def _read(self, aim: Aim, *, moved: bool = False) -> Running:
        """Over a connection and login of its own, and over ubus alone."""
        door = await self.task.ubus()
        try:
            session = await door.open(self._place(moved=moved))
            return await UbusRouter(session).configuration(paths_of(aim))
        finally:
            await door.rest()

    def _place(self, *, moved: bool) -> Place | None:
        return (self.to.address, self.to.port) if moved and self.to is not None else None


_WORDS = {
    Act.LOOK: "reads what it has",
    Act.STAGE: "stages",
    Act.APPLY: "applies",
    Act.CHECK: "reads back",
    Act.CONFIRM: "confirms",
    Act.ROLLBACK: "takes it back",
    Act.REVERT: "drops what was staged",
}
