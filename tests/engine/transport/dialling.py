"""A server, a book of host keys and a dialer whose connections end with the test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from owtui.engine.transport.base import Deadlines
from owtui.engine.transport.dial import Dialer
from owtui.engine.transport.hostkeys import MemoryHostKeys
from owtui.engine.transport.ssh import SshConnection
from tests.engine.transport.sshserver import Server

QUICK = Deadlines(connect_s=2.0, login_s=5.0, auth_s=0.05)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with Server() as running:
        yield running


@pytest.fixture
def book() -> MemoryHostKeys:
    return MemoryHostKeys()


class Remembering(Dialer):
    """A dialer whose connections end with the test."""

    made: list[SshConnection]

    async def _log_in(self, *args: Any) -> SshConnection:
        connection = await super()._log_in(*args)
        self.made.append(connection)
        return connection


@pytest.fixture
async def dialer(book: MemoryHostKeys) -> AsyncIterator[Dialer]:
    running = Remembering(book, Deadlines())
    running.made = []
    yield running
    for connection in running.made:
        connection.abort()
        await connection.wait_closed()
