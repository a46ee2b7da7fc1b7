"""Which way a device is reached, and what happens when that way fails."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from owtui.engine.openwrt.reach import KEPT_S, Reach
from owtui.engine.transport.base import CommandResult, Deadlines, Login, Shell, Target
from owtui.engine.transport.http import HttpClient
from owtui.engine.transport.ubus import Connect, over_http
from owtui.errors import (
    AuthError,
    DeniedError,
    DeviceError,
    HostKeyError,
    InputError,
    RefusedError,
    UnreachableError,
)
from storage.secrets import Secret
from tests.engine.openwrt.fakes import CapturedShell
from tests.engine.transport.ubus_server import LOGIN_ONLY, READING, Method, UbusServer


class Shells:
    """A pool that lends one captured shell, or raises what it is told to."""

    def __init__(self) -> None:
        self.lent = CapturedShell()
        self.lent.answers["cat /proc/uptime"] = CommandResult(b"5.0 1.0\nssh-boot\n", b"", 0)
        self.lent.answers["echo"] = CommandResult(b"over ssh\n", b"", 0)
        self.error: DeviceError | None = None
        self.opened = 0
        self.open_now = 0
        self.logins: list[Login] = []
        self.forgotten: list[UUID] = []
        self.standing = False

    @asynccontextmanager
    async def shell(self, device_id: UUID, target: Target | None = None) -> AsyncIterator[Shell]:
        if self.error:
            raise self.error
        self.opened += 1
        self.open_now += 1
        try:
            yield self.lent
        finally:
            self.open_now -= 1

    @asynccontextmanager
    async def fresh(self, device_id: UUID, login: Login) -> AsyncIterator[Shell]:
        self.logins.append(login)
        async with self.shell(device_id) as shell:
            yield shell

    def invalidate(self, device_id: UUID) -> None:
        self.forgotten.append(device_id)

    def stands(self, device_id: UUID) -> bool:
        return self.standing


class World:
    """One device, both its servers, and the Reach under test."""

    def __init__(self, server: UbusServer, connect: Connect = over_http) -> None:
        self.server = server
        self.shells = Shells()
        self.target = server.target()
        self.now = 0.0
        self.resolved = 0
        self.attempts: list[tuple[bool, str]] = []
        self.reach = Reach(
            self.shells,
            self.resolve,
            connect=connect,
            clock=lambda: self.now,
            on_attempt=self.attempted,
        )

    async def attempted(self, connection_id: UUID | None, working: bool, why_not: str) -> None:
        self.attempts.append((working, why_not))

    async def resolve(self, device_id: UUID) -> Target:
        assert device_id == self.target.device_id
        self.resolved += 1
        return self.target

    def login(self, **changed: Any) -> None:
        login = replace(self.target.logins[0], **changed)
        self.target = replace(self.target, logins=(login,))

    async def via(self) -> str:
        async with self.reach.router(self.target.device_id) as router:
            await router.boot()
            return router.via


@pytest.fixture
async def world() -> AsyncIterator[World]:
    objects: dict[str, dict[str, Method]] = {
        "system": {"info": lambda _: {"uptime": 9}},
        "file": {"exec": lambda _: {"code": 0, "stdout": "over ubus\n"}},
    }
    async with UbusServer(objects=objects).running() as server:
        made = World(server)
        yield made
        await made.reach.close()
        assert made.shells.open_now == 0


NOWHERE = "http://127.0.0.1:1"


@pytest.mark.parametrize("prefer", ["ssh", "ubus"])
async def test_a_device_is_reached_the_way_its_connection_prefers(
    world: World, prefer: str
) -> None:
    world.login(prefer=prefer)
    assert await world.via() == prefer
    assert (world.shells.opened, world.server.logins) == ((1, 0) if prefer == "ssh" else (0, 1))


async def test_nothing_stored_is_read_while_a_connection_stands_that_nobody_edited(
    world: World,
) -> None:
    world.login(prefer="ssh")
    assert [await world.via(), await world.via()] == ["ssh", "ssh"]
    assert world.resolved == 2  # it does not stand: a new one may go another way
    world.shells.standing = True
    assert [await world.via(), await world.via()] == ["ssh", "ssh"]
    assert world.resolved == 2
    world.reach.cool()
    world.login(prefer="ubus")
    assert [await world.via(), await world.via()] == ["ubus", "ubus"]
    assert world.resolved == 4
    world.login(prefer="ssh")
    await world.via()
    await world.reach.forget(world.target.device_id)
    await world.via()
    assert world.resolved == 6


@pytest.mark.parametrize(
    "error", [UnreachableError("off"), RefusedError("no"), AuthError("no"), DeniedError("no")]
)
async def test_ubus_steps_in_where_ssh_fails(world: World, error: DeviceError) -> None:
    world.shells.error = error
    assert await world.via() == "ubus"


async def test_ssh_steps_in_where_ubus_fails(world: World) -> None:
    world.login(prefer="ubus", http_url="http://127.0.0.1:1")
    assert await world.via() == "ssh"
    world.login(http_url=world.server.url, secret=Secret("wrong"))
    assert await world.via() == "ssh"


async def test_without_a_url_ubus_is_asked_at_each_address_in_order(world: World) -> None:
    asked: list[str] = []

    def connect(name: str, url: str, tls: str, deadlines: Deadlines) -> HttpClient:
        asked.append(url)
        there = world.server.url if "192.0.2.2" in url else NOWHERE
        return over_http(name, there, tls, deadlines)

    own = World(world.server, connect)
    own.login(prefer="ubus", http_url="")
    own.target = replace(own.target, addresses=("192.0.2.1", "192.0.2.2"))
    assert [await own.via() for _ in range(3)] == ["ubus"] * 3
    assert asked == ["https://192.0.2.1/ubus", "https://192.0.2.2/ubus"]  # what answers is kept
    assert own.server.logins == 1
    own.target = replace(own.target, addresses=("192.0.2.1", "192.0.2.3"))
    await own.reach.forget(own.target.device_id)
    assert await own.via() == "ssh"
    assert asked[2:] == ["https://192.0.2.1/ubus", "https://192.0.2.3/ubus"]
    await own.reach.close()


async def test_a_session_whose_server_is_gone_gives_way_to_ssh() -> None:
    objects: dict[str, dict[str, Method]] = {"system": {"info": lambda _: {"uptime": 9}}}
    async with UbusServer(objects=objects).running() as server:
        world = World(server)
        world.login(prefer="ubus")
        assert await world.via() == "ubus"
    with pytest.raises(RefusedError):  # what was asked may not be asked again another way
        await world.via()
    assert await world.via() == "ssh"
    await world.reach.close()


async def test_ssh_steps_in_where_an_image_lets_in_and_no_more(world: World) -> None:
    world.login(prefer="ubus")
    world.server.acl = dict(LOGIN_ONLY)
    assert await world.via() == "ssh"


async def test_a_changed_host_key_ends_the_attempt(world: World) -> None:
    world.shells.error = HostKeyError("changed")
    with pytest.raises(HostKeyError):
        await world.via()
    assert world.server.posts == 0, "the password went to another port"


async def test_when_both_ways_fail_the_preferred_speaks_and_its_hint_names_the_other(
    world: World,
) -> None:
    world.shells.error = RefusedError("ssh refuses", "Check it.")
    world.login(http_url="http://127.0.0.1:1")
    with pytest.raises(RefusedError, match="ssh refuses") as caught:
        await world.via()
    assert caught.value.hint.startswith("Check it. Over ubus: ap-01:")


async def test_without_a_url_there_is_only_ssh(world: World) -> None:
    world.login(http_url="")
    world.shells.error = UnreachableError("off")
    with pytest.raises(UnreachableError) as caught:
        await world.via()
    assert "ubus" not in caught.value.hint


@pytest.mark.parametrize("kind", ["key", "agent"])
async def test_ubus_is_no_way_for_a_key(world: World, kind: str) -> None:
    world.login(kind=kind, prefer="ubus")
    assert await world.via() == "ssh"
    assert world.server.posts == 0


async def test_what_worked_is_tried_first_for_a_while(world: World) -> None:
    world.shells.error = UnreachableError("off")
    assert await world.via() == "ubus"
    world.shells.error = None
    world.now += KEPT_S - 1
    assert await world.via() == "ubus"
    world.now += 2
    assert await world.via() == "ssh"


async def test_an_edit_forgets_what_worked_and_the_session(world: World) -> None:
    world.shells.error = UnreachableError("off")
    assert await world.via() == "ubus"
    world.shells.error = None
    await world.reach.forget(world.target.device_id)
    assert world.shells.forgotten == [world.target.device_id]
    assert world.server.calls[-1] == "session destroy"
    assert await world.via() == "ssh"


async def test_a_session_is_shared_and_its_connection_closed_after_the_last_user(
    world: World,
) -> None:
    world.login(prefer="ubus")
    for _ in range(3):
        assert await world.via() == "ubus"
    assert (world.server.logins, world.server.connections) == (1, 3)
    async with (
        world.reach.router(world.target.device_id) as one,
        world.reach.router(world.target.device_id) as two,
    ):
        await one.boot()
        await two.boot()
    assert (world.server.logins, world.server.connections) == (1, 4)


async def test_a_changed_credential_logs_in_anew(world: World) -> None:
    world.login(prefer="ubus")
    assert await world.via() == "ubus"
    world.server.password = "other"
    world.login(secret=Secret("other"))
    assert await world.via() == "ubus"
    assert world.server.logins == 2


async def test_what_the_ubus_session_may_not_do_is_done_over_ssh(world: World) -> None:
    world.login(prefer="ubus")
    world.server.acl = dict(READING)
    world.server.objects["file"]["exec"] = lambda _: 6
    async with world.reach.router(world.target.device_id) as router:
        assert (await router.boot()).uptime_s == 9
        assert world.shells.opened == 0
        assert (await router.exec("echo hi")).text == "over ssh\n"
        assert (await router.exec("echo hi")).text == "over ssh\n"
        assert world.shells.opened == 1
        with pytest.raises(InputError):
            await router.service("../x", "start")


async def test_how_a_credential_went_is_told_where_ubus_is_preferred(world: World) -> None:
    assert await world.via() == "ssh"
    assert world.attempts == []
    world.login(prefer="ubus")
    assert await world.via() == "ubus"
    world.login(secret=Secret("wrong"))
    assert await world.via() == "ssh"
    (took, refused) = world.attempts
    assert took == (True, "")
    assert not refused[0]
    assert "refuses the password" in refused[1]


async def test_a_refusal_is_told_where_ssh_is_no_help(world: World) -> None:
    world.login(prefer="ubus")
    world.server.objects["file"]["exec"] = lambda _: 6
    world.shells.error = UnreachableError("off")
    async with world.reach.router(world.target.device_id) as router:
        with pytest.raises(DeniedError, match="may not run commands") as caught:
            await router.exec("echo hi")
        assert "acl.d" in caught.value.hint


async def test_a_fresh_login_stands_alone(world: World) -> None:
    new = Login(uuid4(), "password", secret=Secret("new"))
    async with world.reach.fresh(world.target.device_id, new) as router:
        assert router.via == "ssh"
    assert world.shells.logins == [new]
    world.server.password = "new"
    over_ubus = replace(new, http_url=world.server.url, prefer="ubus")
    async with world.reach.fresh(world.target.device_id, over_ubus) as router:
        assert router.via == "ubus"
        await router.boot()
    assert world.server.calls[-1] == "session destroy"


async def test_a_refused_fresh_login_is_told_and_not_followed_by_another_way(
    world: World,
) -> None:
    wrong = Login(uuid4(), "password", secret=Secret("x"), http_url=world.server.url)
    world.shells.error = AuthError("refused")
    with pytest.raises(AuthError, match="refused"):
        async with world.reach.fresh(world.target.device_id, wrong):
            pass
    assert world.server.posts == 0
    world.shells.error = UnreachableError("off")
    with pytest.raises(AuthError, match="ubus refuses"):
        async with world.reach.fresh(world.target.device_id, wrong):
            pass


async def test_a_url_that_is_none_is_bad_input_and_hides_no_other_failure(world: World) -> None:
    world.login(prefer="ubus", http_url="ftp://x")
    with pytest.raises(InputError):
        await world.via()
    world.login(prefer="ssh")
    world.shells.error = UnreachableError("off")
    with pytest.raises(UnreachableError) as caught:
        await world.via()
    assert "ftp://x" in caught.value.hint
