"""Logins at real servers, dropbear and OpenSSH: keys, agent, jump host, a full house."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import asyncssh
import pytest

from owtui.engine.transport.base import Deadlines, HostKeyPolicy, Login, Target
from owtui.engine.transport.dial import Dialer
from owtui.engine.transport.hostkeys import MemoryHostKeys
from owtui.errors import AuthError, DeadlineError
from storage.secrets import Secret
from tests.engine.transport.labshell import target
from tests.lab.device import LabDevice, LabSpec
from tests.lab.openssh import OpenSshServer
from tests.tools import tool

pytestmark = pytest.mark.lab


async def test_a_factory_device_is_found_out(lab_fleet: Callable[..., list[LabDevice]]) -> None:
    (device,) = lab_fleet(LabSpec(password=""))
    dialer = Dialer(MemoryHostKeys(), Deadlines())
    where = target(device, policy=HostKeyPolicy.ACCEPT_NEW)
    assert await dialer.probe_factory(where)
    connection = await dialer.connect(where)
    assert connection.factory
    connection.close()
    await connection.wait_closed()


async def test_a_key_that_dropbear_refuses_does_not_hide_a_factory_device(
    lab_fleet: Callable[..., list[LabDevice]],
) -> None:
    (device,) = lab_fleet(LabSpec(password=""))
    pem = asyncssh.generate_private_key("ssh-ed25519").export_private_key().decode()
    for known in (True, False):
        login = Login(uuid4(), "key", secret=Secret(pem), port=device.port, known=known)
        where = target(device, policy=HostKeyPolicy.ACCEPT_NEW, login=login)
        connection = await Dialer(MemoryHostKeys(), Deadlines()).connect(where)
        assert connection.factory
        connection.close()
        await connection.wait_closed()


async def test_a_device_with_a_password_is_none(lab_device: LabDevice) -> None:
    dialer = Dialer(MemoryHostKeys(), Deadlines())
    assert not await dialer.probe_factory(target(lab_device, policy=HostKeyPolicy.ACCEPT_NEW))


async def test_a_login_waits_until_dropbear_has_room_for_it(lab_device: LabDevice) -> None:
    """At most five that have not authenticated from one address; the sixth is shut out."""
    waiting = [await asyncio.open_connection(lab_device.address, lab_device.port) for _ in range(5)]
    for reader, _ in waiting:
        assert (await reader.readline()).startswith(b"SSH-2.0-dropbear")
    pauses: list[float] = []

    async def one_leaves(seconds: float) -> None:
        pauses.append(seconds)
        for _, writer in waiting:
            writer.close()
            await writer.wait_closed()

    where = target(lab_device)
    book = MemoryHostKeys({where.device_id: lab_device.host_keys.public()})
    connection = await Dialer(book, Deadlines(), sleep=one_leaves).connect(where)
    assert pauses
    assert (await connection.run("echo in")).text == "in\n"
    connection.close()
    await connection.wait_closed()


async def test_a_dozen_logins_at_once_do_not_lock_each_other_out(lab_device: LabDevice) -> None:
    where = target(lab_device)
    book = MemoryHostKeys({where.device_id: lab_device.host_keys.public()})
    slept: list[float] = []

    async def no_sleep(seconds: float) -> None:
        slept.append(seconds)

    dialer = Dialer(book, Deadlines(), sleep=no_sleep)
    made = await asyncio.gather(*(dialer.connect(where) for _ in range(12)))
    for connection in made:
        connection.close()
        await connection.wait_closed()
    assert slept == []


@pytest.mark.parametrize("algorithm", ["ssh-ed25519", "ssh-rsa"])
async def test_a_key_opens_dropbear(
    lab_fleet: Callable[..., list[LabDevice]], algorithm: str
) -> None:
    key = asyncssh.generate_private_key(algorithm)
    public = key.export_public_key().decode().strip()
    (device,) = lab_fleet(LabSpec(password=None, authorized_keys=(public,)))
    pem = Secret(key.export_private_key().decode())
    for known in (False, True):
        login = Login(None, "key", secret=pem, port=device.port, known=known)
        where = target(device, login=login)
        book = MemoryHostKeys({where.device_id: device.host_keys.public()})
        connection = await Dialer(book, Deadlines()).connect(where)
        assert (await connection.run("echo in")).text == "in\n"
        assert not connection.factory
        connection.close()
        await connection.wait_closed()


async def test_an_agent_opens_dropbear(
    lab_fleet: Callable[..., list[LabDevice]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool("ssh-agent", "openssh-client")
    key = asyncssh.generate_private_key("ssh-ed25519")
    public = key.export_public_key().decode().strip()
    (device,) = lab_fleet(LabSpec(password=None, authorized_keys=(public,)))
    where = target(device, login=Login(None, "agent", port=device.port))
    book = MemoryHostKeys({where.device_id: device.host_keys.public()})
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    with pytest.raises(AuthError, match="no SSH agent runs here"):
        await Dialer(book, Deadlines()).connect(where)

    monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "gone"))
    with pytest.raises(AuthError, match="gone, as SSH_AUTH_SOCK says, is not there"):
        await Dialer(book, Deadlines()).connect(where)
    socket = tmp_path / "agent"
    agent = await asyncio.create_subprocess_exec(
        "ssh-agent", "-D", "-a", str(socket), stdout=asyncio.subprocess.PIPE
    )
    assert agent.stdout is not None
    await agent.stdout.readline()  # it says where it listens, once it does
    monkeypatch.setenv("SSH_AUTH_SOCK", str(socket))
    async with asyncssh.connect_agent(str(socket)) as keys:
        await keys.add_keys([key])
    connection = await Dialer(book, Deadlines()).connect(where)
    assert (await connection.run("echo in")).text == "in\n"
    connection.close()
    await connection.wait_closed()
    agent.terminate()
    await agent.wait()


@pytest.mark.parametrize("known", [False, True])
async def test_openssh_is_no_different(
    openssh_device: Callable[..., OpenSshServer], tmp_path: Path, known: bool
) -> None:
    key = asyncssh.generate_private_key("ssh-ed25519")
    server = openssh_device(authorized_keys=(key.export_public_key().decode().strip(),))
    pem = Secret(key.export_private_key().decode())
    login = Login(None, "key", server.user, secret=pem, port=server.port, known=known)
    where = Target(uuid4(), "host", (server.address,), (login,), HostKeyPolicy.STRICT)
    book = MemoryHostKeys({where.device_id: (server.host_key,)})
    connection = await Dialer(book, Deadlines()).connect(where)
    result = await connection.run("cat; echo oops >&2; exit 3", stdin=b"\x00in")
    assert (result.stdout, result.stderr, result.exit_status) == (b"\x00in", b"oops\n", 3)
    with pytest.raises(DeadlineError) as caught:
        await connection.run("sh -c 'sleep 6661; true' | cat", timeout=0.3)
    assert caught.value.hint == "It was ended on the device."
    async with asyncio.timeout(30):  # a busy machine is slow to end what was told to end
        while "sleep 6661" in (await connection.run("ps ax")).text:
            pass
    assert await connection.upload(b"\x00content" * 9999, str(tmp_path / "file"))
    assert (tmp_path / "file").read_bytes() == b"\x00content" * 9999
    connection.close()
    await connection.wait_closed()


async def test_a_lab_device_behind_openssh(
    lab_device: LabDevice, openssh_device: Callable[..., OpenSshServer]
) -> None:
    key = asyncssh.generate_private_key("ssh-ed25519")
    public = key.export_public_key().decode().strip()
    gateway = openssh_device(authorized_keys=(public,))
    lab_device.inside(f"echo '{public}' >>/etc/dropbear/authorized_keys")
    pem = Secret(key.export_private_key().decode())
    hop = f"{gateway.user}@{gateway.address}:{gateway.port}"
    where = target(
        lab_device, login=Login(None, "key", secret=pem, port=lab_device.port, jump=(hop,))
    )
    book = MemoryHostKeys(
        {
            where.device_id: lab_device.host_keys.public(),
            f"{gateway.address}:{gateway.port}": (gateway.host_key,),
        }
    )
    dialer = Dialer(book, Deadlines())
    connection = await dialer.connect(where)
    assert (await connection.run("echo $0")).text == "ash\n"
    connection.close()
    await connection.wait_closed()
    await dialer.hops.close()
