"""The OpenSSH server of the lab: keys, sftp, forwarding."""

from __future__ import annotations

from collections.abc import Callable

import asyncssh
import pytest

from tests.lab.device import LabDevice
from tests.lab.openssh import OpenSshServer
from tests.lab.session import ask, login

Starter = Callable[..., OpenSshServer]


@pytest.fixture(scope="module")
def key() -> asyncssh.SSHKey:
    return asyncssh.generate_private_key("ssh-ed25519")


def public(key: asyncssh.SSHKey) -> tuple[str, ...]:
    return (key.export_public_key().decode().strip(),)


async def test_a_key_lets_in_and_sftp_is_there(
    openssh_device: Starter, key: asyncssh.SSHKey
) -> None:
    server = openssh_device(authorized_keys=public(key))
    async with login(
        server.address, server.port, user=server.user, key=key, known_hosts=server.known_hosts()
    ) as ssh:
        assert (await ask(ssh, "echo 'a b'")).text == "a b\n"
        async with ssh.start_sftp_client() as sftp:
            assert await sftp.exists("/")


async def test_a_wrong_password_is_refused_where_passwords_are_offered(
    openssh_device: Starter,
) -> None:
    server = openssh_device(password_offered=True)
    with pytest.raises(asyncssh.PermissionDenied):
        async with login(server.address, server.port, user=server.user, password="wrong"):
            pass


@pytest.mark.parametrize("forwarding", [True, False])
async def test_a_jump_host_leads_to_a_device_if_it_may_forward(
    openssh_device: Starter, lab_device: LabDevice, key: asyncssh.SSHKey, forwarding: bool
) -> None:
    server = openssh_device(authorized_keys=public(key), forwarding=forwarding)
    async with login(server.address, server.port, user=server.user, key=key) as jump:
        connecting = jump.connect_ssh(
            lab_device.address,
            lab_device.port,
            username="root",
            password="labpass",
            known_hosts=None,
            config=None,
        )
        if forwarding:
            async with connecting as ssh:
                assert (await ask(ssh, "echo $0")).text == "ash\n"
        else:
            with pytest.raises(asyncssh.ChannelOpenError):
                await connecting
