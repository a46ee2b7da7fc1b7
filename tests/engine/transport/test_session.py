"""How a command's channel ends, and what is told then."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import asyncssh
import pytest

from owtui.engine.transport.base import Deadlines
from owtui.engine.transport.dial import Dialer
from owtui.engine.transport.hostkeys import MemoryHostKeys
from owtui.engine.transport.ssh import SshConnection
from owtui.errors import DeadlineError, InputError, LostError, ProtocolError
from tests.engine.transport.sshserver import Server

Process = asyncssh.SSHServerProcess[bytes]


@asynccontextmanager
async def connected(
    shell: Callable[[Process], Awaitable[None]],
) -> AsyncIterator[tuple[SshConnection, Server]]:
    async with Server(shell=shell) as server:
        dialer = Dialer(MemoryHostKeys(), Deadlines())
        connection = await dialer.connect(server.target())
        yield connection, server
        connection.close()
        await connection.wait_closed()


async def test_a_signal_is_told_as_a_shell_would() -> None:
    async def killed(process: Process) -> None:
        process.exit_with_signal("KILL")

    async with connected(killed) as (connection, _):
        assert (await connection.run("x")).exit_status == 137


async def test_an_end_without_status_is_no_success() -> None:
    async def silent(process: Process) -> None:
        process.close()

    async with connected(silent) as (connection, _):
        with pytest.raises(ProtocolError, match="ended without an exit status") as caught:
            await connection.run("x")
        assert caught.value.hint == "Whether it did its work is not known."


@pytest.mark.parametrize("command", ["echo \0", "echo \udcff"])
async def test_what_no_command_line_holds_is_not_sent(command: str) -> None:
    async def never(process: Process) -> None:
        raise AssertionError

    async with connected(never) as (connection, _):
        with pytest.raises(InputError, match="neither a NUL"):
            await connection.run(command)


async def test_output_beyond_the_window_arrives_whole() -> None:
    async def much(process: Process) -> None:
        for _ in range(64):
            process.stdout.write(b"o" * 65536)
            process.stderr.write(b"e" * 1024)
            await process.stdout.drain()
        process.exit(0)

    async with connected(much) as (connection, _):
        result = await connection.run("x")
        assert (len(result.stdout), len(result.stderr), result.cut) == (4 << 20, 64 << 10, False)


async def test_a_server_that_cannot_end_a_command_is_told_truly() -> None:
    """The network died: the second channel gets no answer, and the hint claims nothing."""
    heard = asyncio.Event()

    async def deaf(process: Process) -> None:
        heard.set()
        await asyncio.Event().wait()

    async with connected(deaf) as (connection, server):
        asked = asyncio.create_task(connection.run("x", timeout=0.2))
        await heard.wait()
        asyncio.get_running_loop().call_later(0.3, server.connections[0].abort)
        with pytest.raises(DeadlineError) as caught:
            await asked
        assert "may still be running" in caught.value.hint


async def test_a_lost_connection_says_that_the_command_may_go_on() -> None:
    async def cut(process: Process) -> None:
        process.channel.get_connection().abort()

    async with connected(cut) as (connection, _):
        with pytest.raises(LostError, match="went away") as caught:
            await connection.run("x")
        assert "may still be running" in caught.value.hint
