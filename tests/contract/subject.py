"""The devices under the contract: a lab device and a simulated one, behind one small interface."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass

import asyncssh

from owtui.simulator.fleet import Fleet, FleetSpec
from tests.lab.device import LabDevice, LabSpec
from tests.lab.session import Answer, ask, login

KINDS = ("lab", "simulator")
PASSWORD = "contract-secret"


@dataclass(frozen=True, slots=True)
class Subject:
    """A running device: where it listens, root's password, its public host keys."""

    kind: str
    address: str
    port: int
    password: str
    host_keys: tuple[str, ...]

    def login(
        self, password: str | None = None
    ) -> AbstractAsyncContextManager[asyncssh.SSHClientConnection]:
        """Log in as root, with the device's own password unless told another."""
        secret = self.password if password is None else password
        return login(self.address, self.port, password=secret)

    async def ask(self, command: str, input: bytes = b"") -> Answer:
        """Run one command line over a connection of its own."""
        async with self.login() as ssh:
            return await ask(ssh, command, input)


@contextmanager
def lab() -> Iterator[Subject]:
    """Run a lab device."""
    with LabDevice(LabSpec(password=PASSWORD)) as device:
        keys = device.host_keys.public()
        yield Subject("lab", device.address, device.port, PASSWORD, keys)


@asynccontextmanager
async def simulator() -> AsyncIterator[Subject]:
    """Run a simulated device in the loop of the test: one with radios and little memory.

    Its waits are a twentieth of real ones.
    """
    async with Fleet(FleetSpec(devices=12, speed=0.05)) as fleet:
        one = next(d for d in fleet.devices if d.identity.model == "archer-c6-v3")
        yield Subject("simulator", one.address, one.port, one.password, (one.host_key,))
