"""Log in to any device under test with plain asyncssh: no engine, no user's own SSH settings."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncssh

LOGIN_S = 20.0


@asynccontextmanager
async def login(
    address: str,
    port: int,
    *,
    password: str | None = None,
    key: asyncssh.SSHKey | None = None,
    known_hosts: bytes | None = None,
) -> AsyncIterator[asyncssh.SSHClientConnection]:
    """Connect as root; without `known_hosts` the host key is not looked at.

    Raises asyncssh's own errors.
    """
    async with asyncssh.connect(
        address,
        port,
        username="root",
        password=password,
        client_keys=[key] if key else None,
        known_hosts=known_hosts,
        agent_path=None,
        config=None,
        login_timeout=LOGIN_S,
    ) as connection:
        yield connection
