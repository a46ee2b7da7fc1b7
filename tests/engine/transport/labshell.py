"""Our own SSH on lab devices, and a look at them behind its back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from uuid import uuid4

from owtui.engine.transport.base import Deadlines, HostKeyPolicy, Login, Target
from owtui.engine.transport.dial import Dialer
from owtui.engine.transport.hostkeys import MemoryHostKeys
from owtui.engine.transport.ssh import SshConnection
from storage.secrets import Secret
from tests.lab.device import LabDevice

PASSWORD = "labpass"


def target(
    device: LabDevice,
    policy: HostKeyPolicy = HostKeyPolicy.STRICT,
    login: Login | None = None,
) -> Target:
    login = login or Login(uuid4(), "password", secret=Secret(PASSWORD), port=device.port)
    return Target(uuid4(), "lab", (device.address,), (login,), policy)


async def dial(device: LabDevice, deadlines: Deadlines | None = None) -> SshConnection:
    where = target(device)
    book = MemoryHostKeys({where.device_id: device.host_keys.public()})
    return await Dialer(book, deadlines or Deadlines()).connect(where)


def processes(device: LabDevice, words: str) -> str:
    """Command lines in the device that contain these words; ours and the looker's left out."""
    lines = device.inside("ps w").stdout.splitlines()
    return "\n".join(line for line in lines if words in line and "ps w" not in line)


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something in the device, which can only be asked."""
    async with asyncio.timeout(20):
        while not await asyncio.to_thread(condition):
            pass
