"""What running a job needs of the engine, injected in one value."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

from sqlmodel import Session

from owtui.engine.actions.base import Records, Task
from owtui.engine.actions.registry import Registry
from owtui.engine.bus import Bus
from owtui.engine.events import Event, JobChanged, ResultChanged
from owtui.engine.firmware.boards import Boards
from owtui.engine.firmware.store import FirmwareStore
from owtui.engine.jobs import book
from owtui.engine.jobs.company import Company
from owtui.engine.jobs.noreturn import pass_return
from owtui.engine.jobs.sealed import read_secret
from owtui.engine.jobs.state import JobState
from owtui.engine.notifications.telling import Tell, nobody
from owtui.engine.openwrt.router import Router
from owtui.engine.openwrt.ubusdoor import UbusDoor
from owtui.engine.transport.base import Login
from owtui.engine.transport.ubus import UbusSession
from owtui.errors import BlockedError
from owtui.operator import Operator
from storage.db import Database
from storage.secrets import Secret, Vault
from storage.tables import Device


class Reach(Protocol):
    """How devices are opened; engine.openwrt.reach implements it."""

    def router(self, device_id: UUID) -> AbstractAsyncContextManager[Router]:
        """Open a device with what is stored for it. Raises DeviceError."""
        ...

    def fresh(self, device_id: UUID, login: Login) -> AbstractAsyncContextManager[Router]:
        """Open a connection of its own with this login alone, closed afterwards."""
        ...

    def at(
        self, device_id: UUID, address: str, port: int = 0
    ) -> AbstractAsyncContextManager[Router]:
        """Open a device at another address, and port, than what is stored. Raises DeviceError."""
        ...

    def over_ssh(self, device_id: UUID) -> AbstractAsyncContextManager[Router]:
        """Open a device over SSH alone, whatever is preferred. Raises DeviceError."""
        ...

    def over_ubus(self, device_id: UUID) -> AbstractAsyncContextManager[UbusSession]:
        """Open a device's ubus session alone. Raises DeviceError."""
        ...

    async def door(self, device_id: UUID) -> UbusDoor:
        """The device's ubus by itself; nothing is opened yet."""
        ...

    async def forget(self, device_id: UUID) -> None:
        """Close pooled connections to a device."""
        ...


@dataclass(frozen=True, slots=True)
class Means:
    """Everything that is no job. `clock` is Unix seconds; `sleep` waits on it."""

    database: Database
    vault: Vault
    reach: Reach
    registry: Registry
    operator: Operator
    bus: Bus
    engine_id: str
    zone: str = ""
    clock: Callable[[], float] = time.time
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    settled: Callable[[], Awaitable[None]] | None = None  # renders what our records changed
    checks: Callable[[UUID, Sequence[str]], Awaitable[list[dict[str, Any]]]] | None = None
    notify: Tell = nobody
    command_s: float = 30.0  # a command's deadline where nothing else is said
    boards: Callable[[], Boards] = Boards.load
    images: FirmwareStore = field(default_factory=lambda: FirmwareStore(Path("firmware")))
    reach_s: float = 90.0  # a device that is not logged in to by then is not reached

    def now(self) -> datetime:
        """The injected present, in UTC."""
        return datetime.fromtimestamp(self.clock(), UTC)

    def records(self, session: Session, secrets: Mapping[str, Secret] | None = None) -> Records:
        """Our records within a transaction, as actions judge by them."""
        return Records(session, self.vault, secrets or {}, self.boards)

    def tell(self, *events: Event) -> None:
        """Publish events."""
        self.bus.publish(*events)

    def tell_job(self, job_id: UUID) -> None:
        """Say that a job moved."""
        self.bus.publish(JobChanged(str(job_id)))

    def tell_result(self, job_id: UUID, device_id: UUID) -> None:
        """Say that a device within a job moved."""
        self.bus.publish(ResultChanged(f"{job_id}/{device_id}"))

    def _tell_people(
        self,
        job_id: UUID,
        device_id: UUID,
        device: str,
        session: Session,
        type: str,
        /,
        **data: Any,
    ) -> None:
        from owtui.engine.notifications.types import telling

        result = book.result(session, job_id, device_id)
        there = session.get(Device, device_id)
        if result is None or result.started is None or there is None:
            return
        # The time is a part of what tells notifications apart, and a step may be repeated.
        about = {"organization_id": there.organization_id, "device_id": device_id}
        told = telling(type, result.started, **about, device=device, **data)
        self.notify(session, [told])

    async def _is_cancelled(self, job_id: UUID) -> bool:
        state = await self.database.aread(lambda session: book.state(session, job_id))
        return state is JobState.CANCELLED

    async def _pass_return(self, job_id: UUID, device_id: UUID) -> bool:
        let: bool = await self.database.awrite(
            lambda session: pass_return(session, job_id, device_id)
        )
        return let

    def task(
        self,
        job_id: UUID,
        device_id: UUID,
        device: str,
        params: Any,
        report: Callable[[str], None],
        memo: dict[str, Any] | None = None,
    ) -> Task:
        """One device within a job, as an action sees it."""

        async def secret(name: str) -> Secret:
            return await self.database.aread(
                lambda session: read_secret(session, self.vault, job_id, name)
            )

        async def checks(types: Sequence[str]) -> list[dict[str, Any]]:
            if self.checks is None:
                raise BlockedError("Nothing is checked here.", "Let the engine run the job.")
            return await self.checks(device_id, types)

        async def forget() -> None:
            await self.reach.forget(device_id)

        return Task(
            job_id=job_id,
            device_id=device_id,
            device=device,
            params=params,
            router=lambda: self.reach.router(device_id),
            at=lambda address, port: self.reach.at(device_id, address, port),
            login=lambda login: self.reach.fresh(device_id, login),
            ssh=lambda: self.reach.over_ssh(device_id),
            session=lambda: self.reach.over_ubus(device_id),
            ubus=lambda: self.reach.door(device_id),
            secret=secret,
            checks=checks,
            tell=partial(self._tell_people, job_id, device_id, device),
            company=Company(job_id, device_id, self.database.awrite, self.clock, self.sleep),
            forget=forget,
            transact=self.database.awrite,
            vault=self.vault,
            report=report,
            clock=self.clock,
            sleep=self.sleep,
            cancelled=partial(self._is_cancelled, job_id),
            pass_return=partial(self._pass_return, job_id, device_id),
            images=self.images,
            boards=self.boards,
            timeout_s=self.command_s,
            memo={} if memo is None else memo,
        )
