"""Packages changed on probation over real HTTP, on the simulator's rpcd."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from uuid import uuid4

import pytest

from owtui.engine.configs import rpcguard
from owtui.engine.configs.guardsteps import Checked, Failed, Fate, Goal, Order, Outcome
from owtui.engine.configs.rpcguard import Act, Event, Has, Next, Replied, Seen
from owtui.engine.openwrt import uci
from owtui.engine.openwrt.rpcconfig import Packages, Reply, RpcConfig
from owtui.engine.transport.base import Deadlines, HostKeyPolicy, Login, Target
from owtui.engine.transport.ubus import UbusSession
from owtui.errors import DeniedError, DeviceError, MissingError
from owtui.simulator import Fleet, FleetSpec
from owtui.simulator.host import Host
from storage.secrets import Secret

WINDOW, SETTLE = 3, 0


@dataclass(frozen=True, slots=True)
class Peer:
    """A simulated device behind ubus, as LuCI's ACLs open it."""

    host: Host

    @asynccontextmanager
    async def session(self) -> AsyncIterator[UbusSession]:
        host = self.host
        url = f"http://{host.address}:{host.http_port}"
        login = Login(None, "password", secret=Secret(host.password), http_url=url)
        target = Target(uuid4(), host.name, (host.address,), (login,), HostKeyPolicy.ACCEPT_NEW)
        session = UbusSession(target, login, deadlines=Deadlines(connect_s=1.0, command_s=5.0))
        try:
            yield session
        finally:
            with suppress(DeviceError):
                await session.close()

    def has(self, name: str) -> uci.Package:
        return uci.parse(self.host.device.files.read(f"/etc/config/{name}"), name)

    def changed(self, name: str, kind: str, **options: uci.Value) -> dict[str, uci.Package]:
        """The package with options of its first section of a type changed."""
        package = self.has(name)
        first = package.typed(kind)[0]
        new = replace(first, options=first.options | options)
        sections = tuple(new if each is first else each for each in package.sections)
        return {name: replace(package, sections=sections)}


@pytest.fixture
async def peer() -> AsyncIterator[Peer]:
    async with Fleet(FleetSpec(devices=1, luci="luci", speed=0.1, boot_s=1.0)) as fleet:
        yield Peer(fleet.devices[0])


class Driver:
    """Carries a course out over one session."""

    def __init__(self, peer: Peer, session: UbusSession, new: Packages) -> None:
        self.peer, self.session, self.new = peer, session, new
        self.old = {name: peer.has(name) for name in new}
        self.config = RpcConfig(session)
        self.wrong = ""

    async def drive(self, goal: Goal = Goal.PUSH) -> Outcome:
        loop = asyncio.get_running_loop()
        course, todo = rpcguard.begin(Order(goal, WINDOW, SETTLE), "ap-1")
        while not isinstance(todo, Outcome):
            await asyncio.sleep(todo.after_s)  # the steps' own pace, no wait for something
            course, todo = rpcguard.advance(course, await self.do(todo), loop.time())
        return todo

    async def do(self, todo: Next) -> Event:
        if todo.anew:
            await self.session.rest()
        try:
            async with asyncio.timeout(todo.connect_s + 5):
                return await self.act(todo.act)
        except DeviceError as error:
            return Failed(error)

    async def act(self, act: Act) -> Event:
        config = self.config
        if act in (Act.LOOK, Act.CHECK):
            found = await config.committed(self.new)
            if act is Act.CHECK:
                return Checked(self.wrong or ("" if found == self.new else "not as sent."))
            has = Has.NEW if found == self.new else Has.OLD if found == self.old else Has.OTHER
            return Seen(has)
        if act is Act.STAGE:
            await config.stage(self.new)
            return Replied()
        if act is Act.REVERT:
            await config.revert(self.new)
            return Replied()
        verbs = {Act.CONFIRM: config.confirm, Act.ROLLBACK: config.rollback}
        return Replied(await (config.apply(WINDOW) if act is Act.APPLY else verbs[act]()))


async def test_packages_are_staged_whole_and_in_order_and_written_only_by_apply(peer: Peer) -> None:
    before = {name: peer.has(name) for name in ("firewall", "network")}
    zones = before["firewall"].sections
    wanted = {
        "firewall": replace(before["firewall"], sections=(*zones[3:], *zones[:2])),
        "network": uci.Package("network", (
            *before["network"].sections,
            uci.Section("interface", "guest", {"dns": ["192.0.2.1", "192.0.2.2"]}),
            uci.Section("route", None, {"target": "it's \"quoted\""}),
        )),
    }  # fmt: skip
    async with peer.session() as session:
        config = RpcConfig(session)
        await config.stage(wanted)
        await config.stage(wanted)  # repeated after a crash: the same
        assert {name: peer.has(name) for name in wanted} == before
        assert await config.apply(WINDOW) is Reply.DONE
        assert await config.confirm() is Reply.DONE
        assert {name: peer.has(name) for name in wanted} == wanted
        assert await config.confirm() is Reply.NOTHING


async def test_a_package_that_is_not_there_cannot_be_made(peer: Peer) -> None:
    async with peer.session() as session:
        with pytest.raises((MissingError, DeniedError)):
            await RpcConfig(session).stage({"fresh": uci.Package("fresh")})


async def test_a_large_package_goes_in_several_posts(peer: Peer) -> None:
    rules = tuple(
        uci.Section("rule", None, {"name": f"rule {n}", "extra": "x" * 8000}) for n in range(10)
    )
    wanted = {"firewall": uci.Package("firewall", (*peer.has("firewall").sections, *rules))}
    async with peer.session() as session:
        await RpcConfig(session).stage(wanted)


async def test_a_push_is_confirmed_over_http(peer: Peer) -> None:
    new = peer.changed("system", "system", hostname="ap-new")
    async with peer.session() as session:
        assert (await Driver(peer, session, new).drive()).fate is Fate.CONFIRMED
    assert peer.has("system") == new["system"]
    assert peer.host.device.effects.commits["system"] == 1


async def test_a_cut_device_rolls_back_and_its_staging_is_dropped(peer: Peer) -> None:
    new = {"network": replace(peer.has("network"), sections=tuple(
        replace(s, options=s.options | {"ipaddr": "10.99.99.1"}) if s.name == "lan" else s
        for s in peer.has("network").sections
    ))}  # fmt: skip
    before = peer.has("network")
    async with peer.session() as session:
        outcome = await Driver(peer, session, new).drive()
        assert outcome.fate is Fate.RESTORED
        assert await session.call("uci", "changes") == {"changes": {}}
    assert peer.has("network") == before


async def test_a_failed_check_rolls_back(peer: Peer) -> None:
    new, before = peer.changed("system", "system", hostname="ap-new"), peer.has("system")
    async with peer.session() as session:
        driver = Driver(peer, session, new)
        driver.wrong = "it has no uplink."
        assert (await driver.drive()).fate is Fate.RESTORED
        assert await session.call("uci", "changes") == {"changes": {}}
    assert peer.has("system") == before


async def test_a_pending_change_of_another_session_refuses(peer: Peer) -> None:
    new = peer.changed("system", "system", hostname="ap-new")
    async with peer.session() as mine, peer.session() as other:
        await mine.open()
        theirs = RpcConfig(other)
        await theirs.stage(peer.changed("network", "globals", ula_prefix="fd00::/48"))
        assert await theirs.apply(30) is Reply.DONE
        outcome = await Driver(peer, mine, new).drive()
        assert outcome.fate is Fate.REFUSED
        assert await theirs.confirm() is Reply.DONE


async def test_a_power_cycle_makes_it_permanent_and_that_is_found(peer: Peer) -> None:
    new = peer.changed("system", "system", hostname="ap-new")
    async with peer.session() as session:
        driver = Driver(peer, session, new)
        await driver.config.stage(new)
        assert await driver.config.apply(WINDOW) is Reply.DONE
        await peer.host.power_cycle()
        assert (await driver.drive()).fate is Fate.CONFIRMED
    assert peer.has("system") == new["system"]


async def test_a_full_flash_is_found_before_the_confirm(peer: Peer) -> None:
    new, before = peer.changed("system", "system", hostname="ap-new"), peer.has("system")
    async with peer.session() as session:
        driver = Driver(peer, session, new)
        await driver.config.stage(new)
        peer.host.device.fill_flash(True)
        assert await driver.config.apply(WINDOW) is Reply.DONE
        assert isinstance(await driver.act(Act.CHECK), Checked)
        assert (await driver.config.committed(new))["system"].sections == ()
        peer.host.device.fill_flash(False)
        assert await driver.config.rollback() is Reply.DONE
    assert peer.has("system") == before
