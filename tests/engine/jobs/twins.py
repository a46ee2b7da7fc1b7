"""In-memory devices behind the Router verbs: what the engine does to them can be counted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from sqlmodel import Session

from owtui.engine.actions.registry import Registry
from owtui.engine.bus import Bus
from owtui.engine.configs.model import File, Running
from owtui.engine.jobs.jobs import Jobs
from owtui.engine.jobs.means import Means
from owtui.engine.jobs.state import ResultState
from owtui.engine.openwrt.collect import Report
from owtui.engine.openwrt.facts import Facts
from owtui.engine.openwrt.router import Boot, Router
from owtui.engine.openwrt.sums import Fingerprint, Survey, md5, package_of
from owtui.engine.openwrt.ubusdoor import UbusDoor
from owtui.engine.openwrt.uci import Package
from owtui.engine.transport.base import CommandResult, Login
from owtui.engine.transport.ubus import UbusSession
from owtui.errors import AuthError, DeviceError, LostError, MissingError, UnreachableError
from owtui.operator import Operator
from storage import credentials, devicelist, devices
from storage.db import Database
from storage.keys import Keys
from storage.logins import Draft
from storage.rows import DeviceRow
from storage.secrets import Secret, Vault

OPERATOR = Operator("ada", "bench", "test")


@dataclass(slots=True)
class Device:
    """A router in memory. `away_s` is how long a reboot takes on the `Clock`."""

    name: str
    password: str = "secret-0"
    boots: int = 0
    passwords_set: int = 0
    commands: list[str] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    writes: int = 0
    keys: set[str] = field(default_factory=set)
    back_at: float = 0.0
    booted_at: float = 0.0
    away_s: float = 20.0
    fails: DeviceError | None = None
    answer: Callable[[str], CommandResult] | None = None
    hangs: asyncio.Event | None = None
    began: asyncio.Event = field(default_factory=asyncio.Event)
    factory: bool = False
    cut: str = ""  # when the connection goes: before or after a password is set


class Clock:
    """Seconds that pass only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Let time pass at once."""
        self.now += seconds
        await asyncio.sleep(0)


class TwinRouter:
    """The verbs on a Device."""

    via = "ssh"

    def __init__(self, device: Device, clock: Clock) -> None:
        self._device = device
        self._clock = clock

    async def facts(self) -> Facts:
        return Facts(hostname=self._device.name)

    async def survey(self, paths: Sequence[str] = ()) -> Survey:
        return Survey(await self.facts(), await self.fingerprint(paths))

    async def collect(self, paths: Sequence[str] = ()) -> Report:
        facts = await self.facts()
        document = {"type": "DeviceMonitoring", "general": {"hostname": facts.hostname}}
        return Report(facts, await self.fingerprint(paths), document)

    async def fingerprint(self, paths: Sequence[str] = ()) -> Fingerprint:
        return Fingerprint((await self.configuration(paths)).sums)

    async def configuration(self, paths: Sequence[str] = ()) -> Running:
        held = self._device.files
        files = {p: File(d, 0o600) for p, d in held.items() if package_of(p) or p in paths}
        sums = dict.fromkeys(paths, "-") | {path: md5(f.data) for path, f in files.items()}
        return Running(files, sums, read_at=datetime.fromtimestamp(self._clock(), UTC))

    async def boot(self) -> Boot:
        uptime = self._clock() - self._device.booted_at
        return Boot(f"boot-{self._device.boots}", uptime)

    async def uci(self, package: str) -> Package:
        raise MissingError(f"{self._device.name} has no UCI package {package}.")

    async def read_file(self, path: str) -> bytes:
        if path not in self._device.files:
            raise MissingError(f"{self._device.name} could not read {path}: No such file")
        return self._device.files[path]

    async def write_file(
        self,
        path: str,
        data: bytes,
        *,
        mode: int = 0o600,
        progress: object = None,
        resume: bool = False,
    ) -> None:
        self._device.files[path] = data
        self._device.writes += 1

    async def service(self, name: str, verb: str) -> None:
        return None

    async def exec(
        self, command: str, *, stdin: bytes = b"", timeout: float | None = None
    ) -> CommandResult:
        self._device.commands.append(command)
        self._device.began.set()
        if self._device.hangs is not None:
            await self._device.hangs.wait()
        if self._device.answer is not None:
            return self._device.answer(command)
        return CommandResult(f"{command}\n".encode(), b"", 0)

    async def set_password(self, username: str, password: str) -> None:
        if self._device.cut == "before":
            raise LostError(f"The connection to {self._device.name} went away.")
        self._device.password = password
        self._device.passwords_set += 1
        if self._device.cut == "after":
            raise LostError(f"The connection to {self._device.name} went away.")

    async def reboot(self, boot_id: str = "") -> None:
        if boot_id and boot_id != (await self.boot()).id:
            return
        self._device.boots += 1
        self._device.back_at = self._clock() + self._device.away_s
        self._device.booted_at = self._device.back_at - 5


class TwinReach:
    """Opens the devices of a table; a stored password must be the device's own."""

    def __init__(self, database: Database, vault: Vault, clock: Clock) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock
        self.devices: dict[UUID, Device] = {}

    @asynccontextmanager
    async def router(self, device_id: UUID) -> AsyncIterator[Router]:
        device = self._there(device_id)
        logins = (
            await self._database.aread(
                lambda session: credentials.logins(session, self._vault, [device_id])
            )
        )[device_id]
        if not any(self._lets_in(device, login.password) for login in logins):
            raise AuthError(f"{device.name} accepts none of its credentials.")
        yield TwinRouter(device, self._clock)

    @asynccontextmanager
    async def fresh(self, device_id: UUID, login: Login) -> AsyncIterator[Router]:
        device = self._there(device_id)
        if login.kind == "key":
            if not device.keys:
                raise AuthError(f"{device.name} does not accept the key.")
        elif not self._lets_in(device, login.secret):
            raise AuthError(f"{device.name} does not accept the password.")
        yield TwinRouter(device, self._clock)

    @asynccontextmanager
    async def at(self, device_id: UUID, address: str, port: int = 0) -> AsyncIterator[Router]:
        async with self.router(device_id) as router:
            yield router

    def over_ssh(self, device_id: UUID) -> AbstractAsyncContextManager[Router]:
        return self.router(device_id)

    @asynccontextmanager
    async def over_ubus(self, device_id: UUID) -> AsyncIterator[UbusSession]:
        raise UnreachableError(f"{self._there(device_id).name} has no ubus.")
        yield  # type: ignore[unreachable]  # so that it is a generator

    async def door(self, device_id: UUID) -> UbusDoor:
        raise UnreachableError(f"{self._there(device_id).name} has no ubus.")

    async def forget(self, device_id: UUID) -> None:
        await asyncio.sleep(0)

    def _there(self, device_id: UUID) -> Device:
        device = self.devices[device_id]
        if device.fails is not None:
            raise device.fails
        if self._clock() < device.back_at:
            raise UnreachableError(f"{device.name} does not answer.")
        return device

    @staticmethod
    def _lets_in(device: Device, password: Secret | None) -> bool:
        return device.factory or (password is not None and password.reveal() == device.password)


def _is_reach(reach: TwinReach) -> Callable[[UUID], AbstractAsyncContextManager[Router]]:
    return reach.router


@dataclass(slots=True)
class House:
    """An engine's jobs with a database, a clock and devices in memory."""

    jobs: Jobs
    means: Means
    reach: TwinReach
    clock: Clock
    rows: list[DeviceRow]

    def device(self, at: int) -> Device:
        """The device of a row, by its position."""
        return self.reach.devices[self.rows[at].id]

    async def until(self, job_id: UUID, states: list[ResultState]) -> None:
        """Wait until the devices of a job are in these states, ten seconds at most."""
        moved = asyncio.Event()
        loop = asyncio.get_running_loop()

        def wake() -> None:
            loop.call_soon_threadsafe(moved.set)

        subscription = self.means.bus.subscribe((), wake)
        async with asyncio.timeout(10):
            while [one.state for one in await self.jobs.results(job_id)] != states:
                await moved.wait()
                moved.clear()
                subscription.take()
        self.means.bus.unsubscribe(subscription)

    async def read_rows(self) -> list[DeviceRow]:
        """The inventory as it is now."""
        return await self.means.database.aread(devicelist.rows)


def build(database: Database, folder: Path, number: int = 3) -> House:
    """Fill a database with devices ap-000 … that share one password, and open its jobs."""
    vault = Vault.open(database, Keys(file=folder / "master.key"))
    clock = Clock()
    reach = TwinReach(database, vault, clock)

    def fill(session: Session) -> None:
        draft = Draft("house", password=Secret("secret-0"))
        login = credentials.create(session, vault, draft)
        for at in range(number):
            made = devices.create(session, f"ap-{at:03}", address=f"127.0.1.{at + 1}")
            credentials.attach(session, made.id, login.id)
            reach.devices[made.id] = Device(made.name)

    database.write(fill)
    means = Means(
        database=database,
        vault=vault,
        reach=reach,
        registry=Registry.load(),
        operator=OPERATOR,
        bus=Bus(),
        engine_id="engine-1",
        clock=clock,
        sleep=clock.sleep,
    )
    return House(Jobs(means), means, reach, clock, database.read(devicelist.rows))
