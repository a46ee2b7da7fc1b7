"""Pushes to simulated routers by an engine that is killed, and what must be true of all afterwards.

The routers live in the test's process and outlive each engine, as real ones do.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self
from uuid import UUID

from sqlmodel import Session

from owtui.engine.configs.aims import aims
from owtui.engine.configs.prospect import landing_of
from owtui.engine.configs.pushing import push_id
from owtui.engine.configs.render import render
from owtui.engine.jobs.result import Result
from owtui.simulator.guard import BOOT, FLASH, KEPT, LAST, RAM
from storage import configs, generations
from tests.engine.configs.pushplace import PushPlace
from tests.engine.jobs.lives import Scene, one_life

Content = dict[str, bytes | None]  # path → what is there
QUICK: dict[str, Any] = {"confirm_within": 60, "settle": 0}
LUCI = {"config_name": "core", "config_value": "main"}


@dataclass
class Drill:
    """One job after the other on the same routers, each with another configuration to put."""

    scene: Scene
    place: PushPlace
    round: int = 0
    pushed: dict[UUID, int] = field(default_factory=dict)  # confirmed so far
    before: dict[UUID, Content] = field(default_factory=dict)
    wanted: dict[UUID, Content] = field(default_factory=dict)

    @classmethod
    def of(cls, scene: Scene) -> Self:
        """Its routers have been in the inventory since before."""
        return cls(scene, PushPlace(scene.parts, {row.id: None for row in scene.rows}))

    async def submit(self, action: str = "push_config", **params: Any) -> UUID:
        """Configure all routers anew (three files of each change) and submit the push of it."""
        self.round += 1
        if action == "push_config":
            note = f"round {self.round}\n"
            await self.place.configure(
                general={"timezone": "Europe/Rome", "maintainer": note.strip()},
                luci=[{**LUCI, "round": str(self.round)}],
                files=[{"path": "/etc/motd", "mode": "0644", "contents": note}],
            )
        await self.place.look()
        plan = await self.scene.jobs.plan(action, self.scene.rows, {**QUICK, **params}, parallel=50)
        number = len(plan.changing)
        assert number == len(self.scene.rows), [row.reason for row in plan.rows]
        # All at once, so that a kill meets devices at many borders.
        plan = replace(plan, waves=(number,), stop_after=number)
        self.wanted = await self.place.parts.database.aread(
            lambda session: self._wanted(session, {"rollback_config": 0}.get(action))
        )
        self.before = {id_: self._has(id_) for id_ in self.wanted}
        return (await self.scene.jobs.submit(plan)).id

    def _wanted(self, session: Session, generation: int | None) -> dict[UUID, Content]:
        vault, ids = self.place.vault, [row.id for row in self.scene.rows]
        found = aims(session, vault, ids, render, generation=generation)
        return {
            id_: {
                path: file.data if file else None
                for path, file in landing_of(aim, aim.running).changes.items()
            }
            for id_, aim in found.items()
            if aim.running is not None
        }

    async def dies(self, job_id: UUID, border: str, occurrence: int = 1) -> None:
        """One life that ends there."""
        status = await one_life(self.scene, job_id, border, occurrence)
        assert status == -signal.SIGKILL, f"nothing came to {border}"

    async def lives(self, job_id: UUID) -> None:
        """One life to the end of the job."""
        assert await one_life(self.scene, job_id, "", 0) == 0

    async def windows_over(self) -> None:
        """The time of each router that waits for a confirm is up; it has taken its push back."""
        waiting = [host for host in self.hosts if host.device.files.find(BOOT)]
        for host in waiting:
            host.device.files.write(f"{RAM}/deadline", b"0")
        async with asyncio.timeout(20):
            while any(host.device.files.find(BOOT) for host in waiting):  # noqa: ASYNC110  # a router tells nobody
                await asyncio.sleep(0.02)

    async def check(self, job_id: UUID, border: str, *, together: bool = False) -> list[Result]:
        """Each router asked itself, our records, and what the job says: all must agree."""
        results = await self.scene.jobs.results(job_id)
        assert len(results) == len(self.scene.rows)
        news = [self._check_one(result, job_id, border) for result in results]
        if together:
            assert len(set(news)) == 1, (border, [(r.device, r.state, r.error) for r in results])
        for at, result in enumerate(results):
            await self._check_records(result, news[at], border)
        return results

    def _check_one(self, result: Result, job_id: UUID, border: str) -> bool:
        about = (border, result.device, result.state, result.error)
        has = self._has(result.device_id)
        new = has == self.wanted[result.device_id]
        assert new or has == self.before[result.device_id], ("half", *about, has)
        files = self.host(result.device_id).device.files
        left = [path for path in (BOOT, KEPT, f"{FLASH}/lost") if files.find(path)]
        assert not left, about
        said = files.read(LAST).decode().split() if files.find(LAST) else ["#", "none", ""]
        if said[2].startswith(push_id(job_id, result.device_id)):
            assert said[1] == ("confirmed" if new else "restored"), about
        else:
            assert not new, about
        assert result.state.is_over, about
        assert result.ok == new, about
        return new

    async def _check_records(self, result: Result, new: bool, border: str) -> None:
        about = (border, result.device, result.state, result.error)
        device_id = result.device_id
        self.pushed[device_id] = self.pushed.get(device_id, 0) + new

        def read(session: Session) -> tuple[int, str]:
            number = len(generations.rows(session, device_id))
            return number, configs.get(session, device_id).status

        number, status = await self.place.parts.database.aread(read)
        assert number == self.pushed[device_id], about
        assert status in (("applied",) if new else ("error", "modified")), (status, *about)

    @property
    def hosts(self) -> Sequence[Any]:
        """The routers."""
        return self.scene.fleet.devices

    def host(self, device_id: UUID) -> Any:
        """One of them."""
        return self.scene.fleet[next(r.name for r in self.scene.rows if r.id == device_id)]

    def _has(self, device_id: UUID) -> Content:
        files = self.host(device_id).device.files
        paths = self.wanted[device_id]
        return {path: files.read(path) if files.find(path) else None for path in paths}
