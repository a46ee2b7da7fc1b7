"""The lab's devices, for the tests that need the real server and the real shell."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from owtui.engine.transport.ssh import SshConnection
from tests.engine.transport.dialling import book, dialer, server
from tests.engine.transport.labshell import dial
from tests.lab.device import LabDevice
from tests.lab.fixtures import lab_device, lab_fleet, openssh_device

__all__ = ["book", "dialer", "lab_device", "lab_fleet", "openssh_device", "server"]


@pytest.fixture
async def shell(lab_device: LabDevice) -> AsyncIterator[SshConnection]:
    connection = await dial(lab_device)
    yield connection
    connection.close()
    await connection.wait_closed()
