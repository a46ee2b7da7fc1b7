"""Engines that kill themselves at a border, each a process of its own, for test_kill.

This process only imports and forks: it reads lives, a JSON line each, [job id, border, occurrence,
environment], and answers with the exit status. A border is "step:before", "step:after" (done, not
yet recorded), "begin:after", "end:before", "end:after" or "close:after"; "" is none. Within
a push also "act-upload:before", "act-upload:after", … for each thing asked of its guard, and
"met-3:after" when all devices that go together are at mark 3; within an upgrade those of VERBS and
HTTP_VERBS.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from owtui import settings
from owtui.engine.actions.base import Change, Task
from owtui.engine.actions.registry import Registry
from owtui.engine.bus import Bus
from owtui.engine.configs import rpcguard
from owtui.engine.configs.guardsteps import Next
from owtui.engine.configs.pushing import Push
from owtui.engine.configs.rpcpush import RpcPush
from owtui.engine.firmware.httpway import HttpWay
from owtui.engine.firmware.store import FirmwareStore
from owtui.engine.jobs import device
from owtui.engine.jobs.company import Company
from owtui.engine.jobs.durable import Durable
from owtui.engine.jobs.jobs import Jobs
from owtui.engine.jobs.means import Means
from owtui.engine.jobs.process import process_name
from owtui.engine.jobs.rollout import Driver
from owtui.engine.openwrt import upgrade
from owtui.engine.parts import Parts
from owtui.engine.transport.ubus import UbusSession
from owtui.operator import Operator

VERBS = ("stop_services", "backup", "test", "start", "write_checksum")
HTTP_VERBS = ("backup", "put", "test", "start", "write_checksum")
FASTER = 10  # the program's own waits; the devices' are scaled by the fleet


def bomb(border: str, occurrence: int) -> Callable[[str], None]:
    """What to call at each border: the chosen one ends the process the n-th time."""
    seen = 0

    def passing(here: str) -> None:
        nonlocal seen
        seen += here == border
        if here == border and seen == occurrence:
            os.kill(os.getpid(), signal.SIGKILL)

    return passing


def mine(registry: Registry, passing: Callable[[str], None]) -> None:
    """Lay the bomb into every step of every action, and around begin and end."""

    def around(action: Change) -> None:
        step = action.step

        async def watched(name: str, task: Task) -> Any:
            passing(f"{name}:before")
            value = await step(name, task)
            passing(f"{name}:after")
            return value

        action.step = watched  # type: ignore[method-assign]  # this process alone

    for action in registry:
        if isinstance(action, Change):
            around(action)
    begin, end = device.begin, device.end

    async def watched_begin(*args: Any) -> Any:
        work = await begin(*args)
        passing("begin:after")
        return work

    async def watched_end(*args: Any, **named: Any) -> Any:
        passing("end:before")
        result = await end(*args, **named)
        passing("end:after")
        return result

    close = Driver._close

    async def watched_close(*args: Any) -> Any:
        came_to = await close(*args)
        passing("close:after")
        return came_to

    push_too(passing)
    upgrade_too(passing)
    Driver._close = watched_close  # type: ignore[assignment]  # same arguments, any types
    device.begin = watched_begin  # type: ignore[assignment]  # same arguments, any types
    device.end = watched_end  # type: ignore[assignment]  # same arguments, any types


def push_too(passing: Callable[[str], None]) -> None:
    """Lay the bomb around everything that a push asks of a device, and where devices meet."""
    act, ask, all_at = Push._act, RpcPush._ask, Company.all_at

    async def watched_act(self: Push, todo: Next, *args: Any, **named: Any) -> Any:
        passing(f"act-{todo.act}:before")
        event = await act(self, todo, *args, **named)
        passing(f"act-{todo.act}:after")
        return event

    async def watched_ask(self: RpcPush, todo: rpcguard.Next, session: UbusSession) -> Any:
        passing(f"act-{todo.act}:before")
        event = await ask(self, todo, session)
        passing(f"act-{todo.act}:after")
        return event

    async def watched_meeting(self: Company, mark: int, within_s: float) -> bool:
        met = await all_at(self, mark, within_s)
        passing(f"met-{mark}:after")
        return met

    Push._act = watched_act  # type: ignore[method-assign]  # this process alone
    RpcPush._ask = watched_ask  # type: ignore[method-assign]  # this process alone
    Company.all_at = watched_meeting  # type: ignore[method-assign]  # this process alone


def upgrade_too(passing: Callable[[str], None]) -> None:
    """Lay the bomb around what an upgrade does to a device: "verb-start:after" and its like."""

    def around(name: str) -> None:
        verb = getattr(upgrade, name)

        async def watched(*args: Any, **named: Any) -> Any:
            passing(f"verb-{name}:before")
            value = await verb(*args, **named)
            passing(f"verb-{name}:after")
            return value

        setattr(upgrade, name, watched)

    for name in VERBS:
        around(name)
    for name in HTTP_VERBS:
        over_http(name, passing)


def over_http(name: str, passing: Callable[[str], None]) -> None:
    """Lay the bomb around a verb of an upgrade over HTTP: "http-start:after" and its like."""
    verb = getattr(HttpWay, name)

    async def watched(*args: Any, **named: Any) -> Any:
        passing(f"http-{name}:before")
        value = await verb(*args, **named)
        passing(f"http-{name}:after")
        return value

    setattr(HttpWay, name, watched)


async def well(device_id: UUID, types: Sequence[str]) -> list[dict[str, Any]]:
    """Nothing is checked, so nothing is wrong."""
    return []


def means_of(parts: Parts, registry: Registry) -> Means:
    """What jobs need, with real connections and hurried waits."""
    return Means(
        database=parts.database,
        vault=parts.vault(),
        reach=parts.reach,
        registry=registry,
        operator=Operator("ada", "bench", "test"),
        bus=Bus(),
        engine_id=process_name(),
        zone=parts.loaded.settings.zone,
        images=FirmwareStore.of(parts.loaded, parts.database),
        checks=well,
        sleep=lambda seconds: asyncio.sleep(seconds / FASTER),
    )


async def main(job_id: UUID, border: str, occurrence: int) -> None:
    """Be the engine until the job is over."""
    registry = Registry.load()
    mine(registry, bomb(border, occurrence))
    parts = Parts.open(settings.load())
    means = means_of(parts, registry)
    jobs = Jobs(means, durable=Durable(means, poll_s=0.1))
    await jobs.start()
    if (zone := os.environ.get("VICTIM_ADOPTS")) and jobs.durable is not None:
        assert await jobs.durable.adopt([zone])
    async with asyncio.timeout(120):
        await jobs.wait(job_id)
    await jobs.stop()
    await parts.close()


def nursery() -> None:
    """Fork an engine for each line and say how it ended."""
    for line in sys.stdin:
        job_id, border, occurrence, environ = json.loads(line)
        pid = os.fork()
        if not pid:
            os.environ.update(environ)
            os._exit(_live(UUID(job_id), border, occurrence))
        _, ended = os.waitpid(pid, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(ended)}\n")
        sys.stdout.flush()


def _live(job_id: UUID, border: str, occurrence: int) -> int:
    try:
        asyncio.run(main(job_id, border, occurrence))
    except Exception:  # noqa: BLE001  # shown, and told by the exit status
        traceback.print_exc()
        return 1
    return 0


if __name__ == "__main__":
    import dbos  # noqa: F401  # so that no child has to

    nursery()
