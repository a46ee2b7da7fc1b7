"""A shell on a real device, and on a local terminal that is as before afterwards."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from owtui.engine.transport.attach import Attachment, Escape, Left, attach
from owtui.engine.transport.ssh import SshConnection
from owtui.engine.transport.terminal import Size, Terminal
from owtui.errors import LostError
from tests.engine.transport.labshell import dial, processes, until
from tests.engine.transport.localtty import local_tty
from tests.lab.device import SESSION, LabDevice


async def seen(terminal: Terminal, mark: bytes) -> bytes:
    """What the device wrote, up to a mark."""
    data = b""
    try:
        async with asyncio.timeout(20):
            while mark not in data:
                block = await terminal.read()
                assert block, f"the shell ended, no {mark!r} in {data!r}"
                data += block
    except TimeoutError:
        raise AssertionError(f"no {mark!r} in {data!r}") from None
    return data


@asynccontextmanager
async def opened(shell: SshConnection, size: Size | None = None) -> AsyncIterator[Terminal]:
    terminal = await Terminal.open(shell, term="vt220", size=size or Size(100, 30))
    async with terminal:
        await seen(terminal, b"# ")
        yield terminal


def cut(device: LabDevice) -> None:
    """End the servers of all sessions, as a power cut does."""
    device.inside(f"for pid in $(pgrep -f {SESSION}); do kill -KILL $pid; done")


@pytest.mark.lab
async def test_a_shell_echoes_runs_and_returns_its_status(shell: SshConnection) -> None:
    async with opened(shell) as terminal:
        terminal.write(b"echo $TERM $((6 * 7))\n")
        said = await seen(terminal, b"vt220 42\r\n")
        assert b"echo $TERM $((6 * 7))\r\n" in said
        terminal.write(b"exit 3\n")
        await asyncio.wait_for(terminal.closed.wait(), 20)
        assert terminal.exit_status == 3
        terminal.write(b"late")
        terminal.resize(1, 1)


@pytest.mark.lab
async def test_the_device_learns_the_size_and_every_new_one(shell: SshConnection) -> None:
    async with opened(shell) as terminal:
        terminal.write(b"busybox stty size\n")
        await seen(terminal, b"30 100\r\n")
        terminal.resize(60, 14)
        terminal.write(b"busybox stty size\n")
        await seen(terminal, b"14 60\r\n")


@pytest.mark.lab
async def test_control_c_reaches_the_device(lab_device: LabDevice, shell: SshConnection) -> None:
    async with opened(shell) as terminal:
        terminal.write(b"sleep 4711\n")
        await until(lambda: "sleep 4711" in processes(lab_device, "sleep"))
        terminal.write(b"\x03")
        await seen(terminal, b"# ")
        terminal.write(b"echo status $?\n")
        await seen(terminal, b"status 130")


@pytest.mark.lab
async def test_a_flood_arrives_whole(shell: SshConnection) -> None:
    async with opened(shell) as terminal:
        terminal.write(b"seq 1 300000; echo al''l\n")
        data = await seen(terminal, b"\r\nall\r\n")
        assert data.count(b"\n") > 300_000 and b"\r\n299999\r\n300000\r\n" in data


@pytest.mark.lab
async def test_a_cut_connection_ends_the_terminal_without_a_status(lab_device: LabDevice) -> None:
    async with opened(await dial(lab_device)) as terminal:
        await asyncio.to_thread(cut, lab_device)
        await asyncio.wait_for(terminal.closed.wait(), 20)
        assert terminal.exit_status is None
        assert await terminal.read() == b""


@pytest.mark.lab
async def test_a_dead_connection_gives_no_shell(lab_device: LabDevice) -> None:
    connection = await dial(lab_device)
    connection.abort()
    await connection.wait_closed()
    with pytest.raises(LostError, match="lab: the connection"):
        await Terminal.open(connection)


# --- on a local terminal ---


@pytest.mark.lab
async def test_a_local_terminal_types_sees_follows_its_size_and_is_restored(
    shell: SshConnection,
) -> None:
    with local_tty(90, 20) as tty:
        before = tty.modes
        async with await Terminal.open(shell) as terminal:
            done = asyncio.create_task(attach(terminal, tty.fd, tty.fd))
            await tty.until(b"# ")
            assert tty.modes != before
            tty.type("busybox stty size\r")
            await tty.until(b"20 90\r\n")
            tty.resize(120, 40)
            os.kill(os.getpid(), signal.SIGWINCH)
            tty.type("until busybox stty size | grep '40 120'; do :; done\r")
            await tty.until(b"\r\n40 120\r\n")
            tty.type("exit\r")
            assert await asyncio.wait_for(done, 20) is Left.EXITED
        assert tty.modes == before
        assert os.get_blocking(tty.fd)


@pytest.mark.lab
async def test_a_device_that_dies_in_a_full_screen_leaves_the_screen_usable(
    lab_device: LabDevice,
) -> None:
    with local_tty() as tty:
        before = tty.modes
        async with await Terminal.open(await dial(lab_device)) as terminal:
            done = asyncio.create_task(attach(terminal, tty.fd, tty.fd))
            await tty.until(b"# ")
            tty.type("printf '\\033[?1049h\\033[?25l'; echo fu''ll\r")
            await tty.until(b"full\r\n")
            await asyncio.to_thread(cut, lab_device)
            assert await asyncio.wait_for(done, 20) is Left.LOST
        assert tty.modes == before
        assert b"\x1b[?25h" in await tty.until(b"\x1b[m")


@pytest.mark.lab
async def test_tilde_dot_leaves_a_device_that_hangs(lab_device: LabDevice) -> None:
    with local_tty() as tty:
        before = tty.modes
        connection = await dial(lab_device)
        async with await Terminal.open(connection) as terminal:
            done = asyncio.create_task(attach(terminal, tty.fd, tty.fd))
            await tty.until(b"# ")
            await asyncio.to_thread(lab_device.hang)
            tty.type("\r~.")
            assert await asyncio.wait_for(done, 20) is Left.ESCAPED
        assert tty.modes == before
        connection.abort()
        await asyncio.to_thread(cut, lab_device)


@pytest.mark.lab
async def test_cancelling_restores_the_terminal(shell: SshConnection) -> None:
    with local_tty() as tty:
        before = tty.modes
        async with await Terminal.open(shell) as terminal:
            done = asyncio.create_task(Attachment(terminal, tty.fd, tty.fd).run())
            await tty.until(b"# ")
            done.cancel()
            with pytest.raises(asyncio.CancelledError):
                await done
        assert tty.modes == before


@pytest.mark.lab
async def test_a_closed_window_ends_the_session(shell: SshConnection) -> None:
    with local_tty() as tty:
        async with await Terminal.open(shell) as terminal:
            done = asyncio.create_task(Attachment(terminal, tty.fd, tty.fd).run())
            await tty.until(b"# ")
            tty.hang_up()
            assert await asyncio.wait_for(done, 20) is Left.HUNG_UP


@pytest.mark.parametrize(
    ("typed", "sent", "leaves"),
    [
        (["~."], "", True),
        (["ls\r~."], "ls\r", True),
        (["~", "."], "", True),
        (["~~."], "~.", False),
        (["~/bin\r"], "~/bin\r", False),
        (["ls ~.\r"], "ls ~.\r", False),
        (["a\n~~", "~.\n"], "a\n~~.\n", False),
        (["~\r~."], "~\r", True),
    ],
)
def test_only_a_tilde_and_a_dot_at_the_start_of_a_line_leave(
    typed: list[str], sent: str, leaves: bool
) -> None:
    escape = Escape()
    given = [escape.feed(part.encode()) for part in typed]
    assert b"".join(data for data, _ in given).decode() == sent
    assert given[-1][1] is leaves
