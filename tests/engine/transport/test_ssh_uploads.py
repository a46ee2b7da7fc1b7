"""Files on real dropbear and real ash: whole, or nothing of them."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable

import pytest

from owtui.engine.transport.ssh import SshConnection
from owtui.errors import CommandError, LostError, MissingError, NoSpaceError
from tests.engine.transport.labshell import dial, processes, until
from tests.lab.device import LabDevice, LabSpec

pytestmark = pytest.mark.lab

CONTENT = bytes(range(256)) * 400


async def test_a_file_arrives_as_it_was_with_its_mode(
    lab_device: LabDevice, shell: SshConnection
) -> None:
    path = '/tmp/it\'s a "file" $HOME'
    seen: list[tuple[int, int]] = []
    assert await shell.upload(CONTENT, path, mode=0o640, progress=lambda d, t: seen.append((d, t)))
    assert (
        await shell.run('cat "$p"'.replace("$p", '/tmp/it\'s a \\"file\\" \\$HOME'))
    ).stdout == CONTENT
    listing = lab_device.inside("ls -l /tmp").stdout
    assert "-rw-r-----" in listing
    assert ".part" not in listing
    assert seen[-1] == (len(CONTENT), len(CONTENT))


async def test_a_file_that_is_there_already_is_not_sent_again(
    lab_device: LabDevice, shell: SshConnection
) -> None:
    assert await shell.upload(CONTENT, "/tmp/same")
    inode = lab_device.inside("ls -i /tmp/same").stdout
    assert not await shell.upload(CONTENT, "/tmp/same", mode=0o755)
    listing = lab_device.inside("ls -il /tmp/same").stdout
    assert listing.split()[0] == inode.split()[0]
    assert "-rwxr-xr-x" in listing
    assert await shell.upload(CONTENT + b"x", "/tmp/same")
    assert await shell.upload(b"", "/tmp/same")
    assert lab_device.inside("wc -c </tmp/same").stdout.strip() == "0"


async def test_an_upload_that_is_cancelled_leaves_nothing(
    lab_device: LabDevice, shell: SshConnection
) -> None:
    started = asyncio.Event()
    await shell.run("echo old >/tmp/kept")
    big = os.urandom(8 * 1024 * 1024)
    sending = asyncio.create_task(
        shell.upload(big, "/tmp/kept", progress=lambda done, total: started.set())
    )
    await started.wait()
    await until(lambda: ".part" in lab_device.inside("ls /tmp").stdout)
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    assert ".part" not in lab_device.inside("ls /tmp").stdout
    assert lab_device.inside("cat /tmp/kept").stdout == "old\n"
    assert processes(lab_device, ".part") == ""


async def test_a_connection_lost_in_an_upload_leaves_nothing(lab_device: LabDevice) -> None:
    connection = await dial(lab_device)
    started = asyncio.Event()
    sending = asyncio.create_task(
        connection.upload(
            os.urandom(8 * 1024 * 1024), "/tmp/lost", progress=lambda done, total: started.set()
        )
    )
    await started.wait()
    await until(lambda: ".part" in lab_device.inside("ls /tmp").stdout)
    connection.abort()
    with pytest.raises(LostError, match="during the upload"):
        await sending
    await until(lambda: "lost" not in lab_device.inside("ls /tmp").stdout)


async def test_a_full_file_system_is_told_with_what_is_free(
    lab_fleet: Callable[..., list[LabDevice]],
) -> None:
    (device,) = lab_fleet(LabSpec(tmp_bytes=2 * 1024 * 1024))
    connection = await dial(device)
    with pytest.raises(NoSpaceError, match=r"lab: /tmp/big needs 3072 KiB, \d+ KiB are free\."):
        await connection.upload(os.urandom(3 * 1024 * 1024), "/tmp/big")
    assert "big" not in device.inside("ls -a /tmp").stdout
    assert (await connection.run("echo fine")).ok
    connection.close()
    await connection.wait_closed()


async def test_a_missing_folder_is_told(shell: SshConnection) -> None:
    with pytest.raises(MissingError, match="lab: the folder of /nowhere/x does not exist"):
        await shell.upload(b"x", "/nowhere/x")


async def test_what_is_no_file_is_not_replaced(shell: SshConnection) -> None:
    await shell.run("mkfifo /tmp/pipe")
    with pytest.raises(CommandError, match="/tmp/pipe is a device or a pipe"):
        await shell.upload(b"x", "/tmp/pipe")
    assert (await shell.run("[ -p /tmp/pipe ] && [ -c /dev/null ] && ls /tmp")).ok
