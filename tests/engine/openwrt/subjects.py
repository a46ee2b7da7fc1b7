"""Routers to hold to the contract of the verbs: the lab's and simulated ones."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from uuid import UUID, uuid4

from owtui.engine.openwrt.router import Boot, Router
from owtui.engine.openwrt.rpc import UbusRouter
from owtui.engine.openwrt.shell import SshRouter
from owtui.engine.transport.base import Deadlines, HostKeyPolicy, Login, Target
from owtui.engine.transport.pool import Pool
from owtui.engine.transport.ubus import UbusSession
from owtui.errors import AuthError, DeviceError
from owtui.simulator import Fleet, FleetSpec
from storage.secrets import Secret
from tests.contract.verbs import Expected
from tests.lab.device import LabDevice, LabSpec

QUICK = Deadlines(connect_s=5.0, command_s=20.0, keepalive_s=0.5)
PASSWORD = "contract-secret"


class Book:
    """Host keys in memory."""

    def __init__(self) -> None:
        self.keys: dict[UUID | str, tuple[str, ...]] = {}

    async def trusted(self, owner: UUID | str, *, fresh: bool = False) -> tuple[str, ...]:
        return self.keys.get(owner, ())

    async def trust(self, owner: UUID | str, public: str, accepted_by: str) -> None:
        self.keys[owner] = (public,)

    async def offer(self, owner: UUID | str, public: str) -> None:
        raise AssertionError("no key of these devices changes")


@dataclass(frozen=True, slots=True)
class Subject:
    """A running router, over which transport to talk to it, and what is known of it."""

    via: str
    target: Target
    expected: Expected

    @asynccontextmanager
    async def opened(self, password: str = "") -> AsyncIterator[Router]:
        target = self.target
        if password:
            login = replace(target.logins[0], secret=Secret(password))
            target = replace(target, logins=(login,))
        if self.via == "ubus":
            session = UbusSession(target, target.logins[0], deadlines=QUICK)
            try:
                yield UbusRouter(session)
            finally:
                await session.close()
            return

        async def resolve(device_id: UUID) -> Target:
            return target

        pool = Pool(resolve, Book(), QUICK)
        try:
            async with pool.shell(target.device_id) as shell:
                yield SshRouter(shell, target.name)
        finally:
            await pool.close()

    @property
    def password(self) -> str:
        secret = self.target.logins[0].secret
        return secret.reveal() if secret else ""

    async def logs_in(self, password: str) -> bool:
        try:
            async with self.opened(password) as router:
                await router.boot()
        except AuthError:
            return False
        return True

    async def next_boot(self, before: Boot) -> Boot:
        """Wait until the device answers as another life than `before`."""
        async with asyncio.timeout(30):
            while True:
                try:
                    async with self.opened() as router:
                        boot = await router.boot()
                except DeviceError:
                    continue
                if boot.id != before.id or boot.uptime_s < before.uptime_s:
                    return boot


def _target(name: str, address: str, login: Login) -> Target:
    return Target(uuid4(), name, (address,), (login,), HostKeyPolicy.ACCEPT_NEW)


@asynccontextmanager
async def simulated(via: str, luci: str = "full", index: int = 0) -> AsyncIterator[Subject]:
    """One of three simulated devices of different models."""
    async with Fleet(FleetSpec(devices=3, luci=luci, speed=0.02, boot_s=1.0)) as fleet:
        device = fleet.devices[index]
        login = Login(
            None,
            "password",
            secret=Secret(device.password),
            port=device.port,
            http_url=f"http://{device.address}:{device.http_port}",
            prefer=via,
        )
        expected = Expected(device.name)
        yield Subject(via, _target(device.name, device.address, login), expected)


@asynccontextmanager
async def lab() -> AsyncIterator[Subject]:
    """A device of real dropbear and real busybox."""
    spec = LabSpec(hostname="ap-lab", password=PASSWORD)
    device = LabDevice(spec)
    await asyncio.to_thread(device.__enter__)
    try:
        login = Login(None, "password", secret=Secret(PASSWORD), port=device.port)
        expected = Expected(
            spec.hostname, spec.model, spec.board_name, spec.release, spec.mac.upper()
        )
        yield Subject("ssh", _target(spec.hostname, device.address, login), expected)
    finally:
        await asyncio.to_thread(device.stop)
