"""Tunnels through real dropbear to a listener beside it, and what is said when there is none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID, uuid4

import asyncssh
import pytest

from owtui.engine.transport.base import Target
from owtui.engine.transport.hostkeys import MemoryHostKeys
from owtui.engine.transport.pool import Pool
from owtui.engine.transport.ssh import SshConnection
from owtui.engine.transport.tunnel import Door, Tunnel
from owtui.errors import LostError, RefusedError
from tests.engine.transport.labshell import dial
from tests.engine.transport.sshserver import Server, Side
from tests.lab.device import SESSION, LabDevice

DEADLINE_S = 20.0


@asynccontextmanager
async def web() -> AsyncIterator[int]:
    """A page on the device's loopback, which in the lab is ours: repeats a line n times."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        count, _, said = (await reader.readline()).partition(b" ")
        if said:
            writer.write(said * int(count))
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()


@asynccontextmanager
async def leading(device: LabDevice, port: int) -> AsyncIterator[tuple[Tunnel, list[str]]]:
    """A tunnel to a port of the device, and a list that grows by each connection made."""
    dialed: list[str] = []

    @asynccontextmanager
    async def connect() -> AsyncIterator[SshConnection]:
        connection = await dial(device)
        dialed.append(connection.place.address)
        try:
            yield connection
        finally:
            connection.close()
            await connection.wait_closed()

    tunnel = await Tunnel.open(uuid4(), "lab", Door(port), connect, datetime.now(UTC))
    try:
        yield tunnel, dialed
    finally:
        await tunnel.close()


async def ask(tunnel: Tunnel, line: bytes) -> bytes:
    """What a visitor of the tunnel reads to the end."""
    async with asyncio.timeout(DEADLINE_S):
        reader, writer = await asyncio.open_connection("127.0.0.1", tunnel.local_port)
        writer.write(line)
        writer.write_eof()
        said = await reader.read()
        writer.close()
        await writer.wait_closed()
    return said


@pytest.mark.lab
async def test_visitors_reach_the_device_at_once_and_whole(lab_device: LabDevice) -> None:
    async with web() as port, leading(lab_device, port) as (tunnel, dialed):
        lines = [b"%d %d,\n" % (50 * i, i) for i in range(60)]
        answers = await asyncio.gather(*(ask(tunnel, line) for line in lines))
        assert answers == [b"%d,\n" % i * (50 * i) for i in range(60)]
        assert len(dialed) == 1
        assert tunnel.bytes_in == sum(map(len, answers))
        assert tunnel.bytes_out == sum(map(len, lines))
        assert (tunnel.url, tunnel.remote) == (
            f"http://127.0.0.1:{tunnel.local_port}/",
            f"127.0.0.1:{port}",
        )


@pytest.mark.lab
async def test_the_next_visitor_after_a_lost_connection_gets_a_new_one(
    lab_device: LabDevice,
) -> None:
    async with web() as port, leading(lab_device, port) as (tunnel, dialed):
        assert await ask(tunnel, b"1 before\n") == b"before\n"
        kill = f"for pid in $(pgrep -f {SESSION}); do kill -KILL $pid; done"
        await asyncio.to_thread(lab_device.inside, kill)
        assert await ask(tunnel, b"1 after\n") == b"after\n"
        assert len(dialed) == 2 and not tunnel.error


@pytest.mark.lab
async def test_a_port_where_nothing_answers_is_told_at_once(lab_device: LabDevice) -> None:
    async with web() as port:
        pass
    with pytest.raises(RefusedError, match=f"^lab refused: nothing answers at its port {port}"):
        async with leading(lab_device, port):
            pass


@pytest.mark.lab
async def test_closing_cuts_visitors_and_frees_the_port(lab_device: LabDevice) -> None:
    async with web() as port, leading(lab_device, port) as (tunnel, _):
        reader, writer = await asyncio.open_connection("127.0.0.1", tunnel.local_port)
        writer.write(b"not a line")
        assert await ask(tunnel, b"1 a\n") == b"a\n"  # by then the first is through as well
        async with asyncio.timeout(DEADLINE_S):
            await tunnel.close()
            assert await reader.read() == b""
        writer.close()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", tunnel.local_port)
        assert tunnel.visitors == 0


async def test_a_server_that_forbids_forwarding_is_told_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def forbid(self: Side, *where: object) -> bool:
        raise asyncssh.ChannelOpenError(asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED, "no")

    monkeypatch.setattr(Side, "connection_requested", forbid)
    async with Server() as server, pooled(server) as (pool, device):
        with pytest.raises(RefusedError, match=r"^ap-1 refuses to forward connections"):
            await Tunnel.open(device, "ap-1", Door(), lambda: pool.own(device), datetime.now(UTC))


@asynccontextmanager
async def pooled(server: Server, most: int = 9) -> AsyncIterator[tuple[Pool, UUID]]:
    target = server.target()

    async def resolve(device_id: UUID) -> Target:
        return target

    pool = Pool(resolve, MemoryHostKeys(), max_connections=most)
    try:
        yield pool, target.device_id
    finally:
        await pool.close()


async def test_a_connection_of_its_own_takes_a_place_and_an_unused_one_makes_room() -> None:
    async with Server() as server, pooled(server, most=1) as (pool, device):
        async with pool.shell(device) as shell:
            await shell.run("x")
        async with pool.own(device) as first:
            assert not pool.connected()
            waiting = asyncio.create_task(pool.take(device))
            await asyncio.sleep(0)
            assert not waiting.done()
        assert first.closed
        (await waiting).release()
        assert len(server.logins) == 3


async def test_closing_the_pool_closes_what_is_owned() -> None:
    async with Server() as server, pooled(server) as (pool, device), pool.own(device) as connection:
        await pool.close()
        assert connection.closed
        with pytest.raises(LostError):
            await pool.own(device).__aenter__()
