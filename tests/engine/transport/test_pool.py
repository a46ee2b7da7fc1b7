"""One connection a device: shared, kept, capped, replaced."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import asyncssh
import pytest

from owtui.engine.transport.base import Deadlines, Target
from owtui.engine.transport.hostkeys import MemoryHostKeys
from owtui.engine.transport.pool import Pool
from owtui.errors import AuthError, LostError, RefusedError
from tests.engine.transport.sshserver import Server, echo


class Fleet:
    """Servers and the inventory that names them."""

    def __init__(self) -> None:
        self.targets: dict[UUID, Target] = {}
        self.asked: list[UUID] = []

    def add(self, server: Server) -> UUID:
        target = server.target()
        self.targets[target.device_id] = target
        return target.device_id

    async def resolve(self, device_id: UUID) -> Target:
        self.asked.append(device_id)
        return self.targets[device_id]


@pytest.fixture
def fleet() -> Fleet:
    return Fleet()


@pytest.fixture
async def pool(fleet: Fleet) -> AsyncIterator[Pool]:
    running = Pool(fleet.resolve, MemoryHostKeys())
    yield running
    await running.close()


async def test_many_at_once_share_one_login(fleet: Fleet, pool: Pool) -> None:
    async with Server() as server:
        device = fleet.add(server)

        async def ask() -> bytes:
            async with pool.shell(device) as shell:
                return (await shell.run("x")).stdout

        assert set(await asyncio.gather(*(ask() for _ in range(20)))) == {b"x"}
        assert len(server.logins) == 1
        assert pool.connected() == {device}
        assert fleet.asked == [device]
        await pool.close()


@pytest.mark.parametrize(("version", "at_once"), [("dropbear", 1), ("OpenSSH_9.2", 4)])
async def test_commands_of_one_connection_wait_for_a_channel(
    fleet: Fleet, pool: Pool, version: str, at_once: int
) -> None:
    running, peak, go = 0, 0, asyncio.Event()
    full = asyncio.Event()

    async def slow(process: asyncssh.SSHServerProcess[bytes]) -> None:
        nonlocal running, peak
        running += 1
        peak = max(peak, running)
        if running == at_once:
            full.set()
        await go.wait()
        running -= 1
        await echo(process)

    async with (
        Server(shell=slow, version=version) as server,
        pool.shell(fleet.add(server)) as shell,
    ):
        asked = [asyncio.create_task(shell.run("x")) for _ in range(9)]
        await full.wait()
        go.set()
        assert all(result.ok for result in await asyncio.gather(*asked))
        assert peak == at_once
        await pool.close()


async def test_a_connection_that_died_in_between_is_replaced_unseen(
    fleet: Fleet, pool: Pool
) -> None:
    async with Server() as server, pool.shell(fleet.add(server)) as shell:
        assert (await shell.run("x")).ok
        first = shell.connection
        server.connections[0].abort()
        await first.wait_closed()
        assert all(r.ok for r in await asyncio.gather(shell.run("x"), shell.run("x")))
        assert len(server.logins) == 2
        await pool.close()


async def test_a_command_that_was_sent_is_never_sent_again(fleet: Fleet, pool: Pool) -> None:
    started: list[str] = []

    async def die(process: asyncssh.SSHServerProcess[bytes]) -> None:
        started.append("x")
        process.channel.get_connection().abort()

    async with Server(shell=die) as server, pool.shell(fleet.add(server)) as shell:
        with pytest.raises(LostError, match=r"ap-1: the connection to .* went away") as caught:
            await shell.run("x")
        assert "may still be running" in caught.value.hint
        assert started == ["x"]
        await pool.close()


async def test_an_unused_connection_is_closed(fleet: Fleet) -> None:
    pool = Pool(fleet.resolve, MemoryHostKeys(), Deadlines(idle_s=0.01))
    async with Server() as server:
        device = fleet.add(server)
        async with pool.shell(device) as shell:
            connection = shell.connection
        await connection.wait_closed()
        assert pool.connected() == set()
        await server.connections[0].wait_closed()


async def test_the_longest_unused_makes_room_and_those_who_wait_are_served_in_order(
    fleet: Fleet,
) -> None:
    pool = Pool(fleet.resolve, MemoryHostKeys(), max_connections=2)
    async with Server() as server:
        a, b, c, d = (fleet.add(server) for _ in range(4))
        for device in (a, b):
            async with pool.shell(device):
                pass
        async with pool.shell(c):
            assert pool.connected() == {b, c}
            served: list[UUID] = []

            async def use(device: UUID) -> None:
                async with pool.shell(device):
                    served.append(device)

            async with pool.shell(b):
                waiting = [asyncio.create_task(use(device)) for device in (d, a)]
                await asyncio.sleep(0)
                assert served == []
            await asyncio.gather(*waiting)
            assert served == [d, a]
            assert len(pool.connected()) == 2
        await pool.close()


async def test_an_edit_takes_effect_for_the_next_and_leaves_the_present_in_peace(
    fleet: Fleet, pool: Pool
) -> None:
    async with Server() as old, Server() as new:
        device = fleet.add(old)
        async with pool.shell(device) as present:
            fleet.targets[device] = new.target(new.login())
            pool.invalidate(device)
            async with pool.shell(device) as later:
                assert later.connection.place.port == new.port
            assert (await present.run("x")).ok
        await old.connections[0].wait_closed()
        await pool.close()


async def test_a_failed_login_is_told_to_all_who_waited_and_tried_anew_by_the_next(
    fleet: Fleet, pool: Pool
) -> None:
    async with Server() as server:
        device = fleet.add(server)

    async def ask() -> str:
        with pytest.raises(RefusedError) as caught:
            async with pool.shell(device):
                pass
        return caught.value.sentence

    assert len(set(await asyncio.gather(ask(), ask(), ask()))) == 1
    assert len(fleet.asked) == 1
    async with Server(port=server.port) as server, pool.shell(device) as shell:
        assert (await shell.run("x")).ok
        await pool.close()


async def test_the_last_who_gives_up_ends_the_login(fleet: Fleet, pool: Pool) -> None:
    async with Server() as server:
        server.answer_passwords.clear()
        device = fleet.add(server)
        asked = [asyncio.create_task(pool.take(device)) for _ in range(2)]
        await server.password_seen.wait()
        asked[0].cancel()
        await asyncio.wait(asked[:1])
        assert not server.connections[0].is_closed()
        asked[1].cancel()
        await asyncio.wait(asked[1:])
        await server.connections[0].wait_closed()
        server.answer_passwords.set()


async def test_what_worked_is_tried_first_next_time(fleet: Fleet) -> None:
    pool = Pool(fleet.resolve, MemoryHostKeys(), Deadlines(idle_s=0.0))
    async with Server() as server:
        target = server.target(server.login("wrong"), server.login())
        fleet.targets[target.device_id] = target
        for _ in range(2):
            async with pool.shell(target.device_id) as shell:
                connection = shell.connection
            await connection.wait_closed()
        assert server.passwords == ["wrong", "secret", "secret"]


async def test_a_login_is_proven_on_a_connection_of_its_own(fleet: Fleet, pool: Pool) -> None:
    async with Server() as server:
        device = fleet.add(server)
        async with pool.shell(device) as shell:
            server.password = "changed"
            with pytest.raises(AuthError, match="refuses the password"):
                async with pool.fresh(device, server.login("secret")):
                    pass
            async with pool.fresh(device, server.login("changed")) as fresh:
                assert (await fresh.run("x")).ok
            await fresh.wait_closed()
            assert (await shell.run("x")).ok
        await pool.close()
