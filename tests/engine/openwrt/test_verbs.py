"""The contract of the verbs, over SSH and over ubus, on simulated routers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from uuid import UUID, uuid4

import pytest

from owtui.engine.openwrt.router import Boot, Router
from owtui.engine.openwrt.rpc import UbusRouter
from owtui.engine.openwrt.shell import SshRouter
from owtui.engine.transport.base import HostKeyPolicy, Login, Target
from owtui.engine.transport.pool import Pool
from owtui.engine.transport.ubus import UbusSession
from owtui.errors import AuthError, DeniedError, DeviceError
from owtui.simulator import Fleet, FleetSpec
from storage.secrets import Secret
from tests.contract import verbs

SPEED = 0.02


class Book:
    """Host keys in memory."""

    def __init__(self) -> None:
        self.keys: dict[UUID | str, tuple[str, ...]] = {}

    async def trusted(self, owner: UUID | str) -> tuple[str, ...]:
        return self.keys.get(owner, ())

    async def trust(self, owner: UUID | str, public: str, accepted_by: str) -> None:
        self.keys[owner] = (public,)

    async def offer(self, owner: UUID | str, public: str) -> None:
        raise AssertionError("no key of a simulated device changes here")


@dataclass(frozen=True, slots=True)
class Subject:
    """A simulated router, and how to open it."""

    via: str
    target: Target
    expected: verbs.Expected

    @asynccontextmanager
    async def opened(self, password: str = "") -> AsyncIterator[Router]:
        target = self.target
        if password:
            login = replace(target.logins[0], secret=Secret(password))
            target = replace(target, logins=(login,))
        if self.via == "ubus":
            session = UbusSession(target, target.logins[0])
            try:
                yield UbusRouter(session)
            finally:
                await session.close()
            return

        async def resolve(device_id: UUID) -> Target:
            return target

        pool = Pool(resolve, Book())
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

    async def comes_back(self) -> Boot:
        """Wait until the device answers again as another one than before the reboot."""
        async with asyncio.timeout(20):
            async with self.opened() as router:
                before = await router.boot()
            while True:
                try:
                    async with self.opened() as router:
                        boot = await router.boot()
                except DeviceError:
                    continue
                if boot.id != before.id or boot.uptime_s < before.uptime_s:
                    return boot


@asynccontextmanager
async def subject(via: str, luci: str, index: int = 0) -> AsyncIterator[Subject]:
    async with Fleet(FleetSpec(devices=3, luci=luci, speed=SPEED, boot_s=1.0)) as fleet:
        device = fleet.devices[index]
        login = Login(
            None,
            "password",
            secret=Secret(device.password),
            port=device.port,
            http_url=f"http://{device.address}:{device.http_port}",
            prefer=via,
        )
        target = Target(uuid4(), device.name, (device.address,), (login,), HostKeyPolicy.ACCEPT_NEW)
        yield Subject(via, target, verbs.Expected(device.name))


@pytest.fixture(params=["ssh", "ubus"])
async def capable(request: pytest.FixtureRequest) -> AsyncIterator[Subject]:
    """A router that may do everything."""
    async with subject(request.param, "full") as made:
        yield made


@pytest.mark.parametrize("index", range(3))
@pytest.mark.parametrize(("via", "luci"), [("ssh", "none"), ("ubus", "luci"), ("ubus", "full")])
async def test_facts(via: str, luci: str, index: int) -> None:
    async with subject(via, luci, index) as made, made.opened() as router:
        await verbs.check_facts(router, made.expected)
        await verbs.check_boot(router)


async def test_both_transports_tell_the_same_facts() -> None:
    async with subject("ssh", "full") as made:
        async with made.opened() as router:
            over_ssh = await router.facts()
        async with replace(made, via="ubus").opened() as router:
            over_ubus = await router.facts()
    names = ("hostname", "model", "board", "system", "kernel", "version", "mac", "boot_id")
    for name in (*names, "memory_total", "flash_total", "tmp_total", "cpus", "clients"):
        assert getattr(over_ubus, name) == getattr(over_ssh, name), name
    assert [i.name for i in over_ubus.interfaces] == [i.name for i in over_ssh.interfaces]
    assert [i.addresses for i in over_ubus.interfaces] == [i.addresses for i in over_ssh.interfaces]


async def test_uci(capable: Subject) -> None:
    async with capable.opened() as router:
        await verbs.check_uci(router, capable.expected.hostname)
        await verbs.check_uci_is_committed_only(router)


async def test_files(capable: Subject) -> None:
    async with capable.opened() as router:
        await verbs.check_files(router)
        await verbs.check_write_into_nowhere(router)


async def test_services(capable: Subject) -> None:
    async with capable.opened() as router:
        await verbs.check_service(router, "dnsmasq")


async def test_commands(capable: Subject) -> None:
    async with capable.opened() as router:
        await verbs.check_exec(router)


async def test_passwords(capable: Subject) -> None:
    async with capable.opened() as router:
        await verbs.check_set_password(router, capable.password, capable.logs_in)


async def test_reboot(capable: Subject) -> None:
    async with capable.opened() as router:
        await verbs.check_reboot(router, capable.comes_back)


async def test_a_session_without_an_acl_says_so_for_each_verb() -> None:
    async with subject("ubus", "none") as made, made.opened() as router:
        await verbs.check_denied(router)


async def test_lucis_acl_reads_and_says_what_it_may_not() -> None:
    async with subject("ubus", "luci") as made, made.opened() as router:
        await verbs.check_uci(router, made.expected.hostname)
        await verbs.check_service(router, "dnsmasq")
        with pytest.raises(DeniedError, match="may not run commands"):
            await router.exec("true")
