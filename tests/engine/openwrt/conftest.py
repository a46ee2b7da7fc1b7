"""A router behind a small ubus server, with rpcd's files in a dictionary."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from owtui.engine.openwrt.rpc import UbusRouter
from owtui.engine.transport.ubus import UbusSession
from tests.engine.transport.ubus_server import Files, UbusServer


@pytest.fixture
def files() -> Files:
    return Files()


@pytest.fixture
async def server(files: Files) -> AsyncIterator[UbusServer]:
    async with UbusServer(objects={"file": files.methods()}).running() as running:
        yield running


@pytest.fixture
async def router(server: UbusServer) -> AsyncIterator[UbusRouter]:
    target = server.target()
    session = UbusSession(target, target.logins[0], clock=lambda: server.now)
    yield UbusRouter(session)
    await session.close()
