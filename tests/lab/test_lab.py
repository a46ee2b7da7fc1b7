"""The lab behaves as openwrt.md says a router does; what builds on it may trust it."""

from __future__ import annotations

import asyncssh
import pytest

from tests.lab.device import LabDevice
from tests.lab.session import login


async def test_a_device_lets_its_password_in_and_shows_its_own_host_key(
    lab_device: LabDevice,
) -> None:
    async with login(
        lab_device.address,
        lab_device.port,
        password="labpass",
        known_hosts=lab_device.known_hosts(),
    ) as ssh:
        result = await ssh.run("echo $0; id -u; printf '%s' \"a'b\"", check=True)
        assert result.stdout == "ash\n0\na'b"
        assert ssh.get_extra_info("server_version").startswith("SSH-2.0-dropbear")


async def test_a_wrong_password_is_refused(lab_device: LabDevice) -> None:
    with pytest.raises(asyncssh.PermissionDenied):
        async with login(lab_device.address, lab_device.port, password="wrong"):
            pass
