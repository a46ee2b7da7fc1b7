"""Log in to any device under test with plain asyncssh: no engine, no user's own SSH settings."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncssh

LOGIN_S = 60.0
COMMAND_S = 60.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What a device gave back for one command line: bytes as they came, and the exit code.

    `exit` is None when the session ended without one (the server or the command was killed).
    """

    stdout: bytes
    stderr: bytes
    exit: int | None

    @property
    def text(self) -> str:
        return self.stdout.decode()

    @property
    def error(self) -> str:
        return self.stderr.decode()


@asynccontextmanager
async def login(
    address: str,
    port: int,
    *,
    password: str | None = None,
    key: asyncssh.SSHKey | None = None,
    known_hosts: bytes | None = None,
    user: str = "root",
) -> AsyncIterator[asyncssh.SSHClientConnection]:
    """Connect; without `known_hosts` the host key is not looked at.

    Raises asyncssh's own errors.
    """
    async with asyncssh.connect(
        address,
        port,
        username=user,
        password=password,
        client_keys=[key] if key else None,
        known_hosts=known_hosts,
        agent_path=None,
        config=None,
        login_timeout=LOGIN_S,
    ) as connection:
        yield connection


async def ask(ssh: asyncssh.SSHClientConnection, command: str, input: bytes = b"") -> Answer:
    """Run one command line to its end and return what came back; no input is its end at once."""
    given = {"input": input} if input else {"stdin": asyncssh.DEVNULL}
    done = await ssh.run(command, encoding=None, timeout=COMMAND_S, **given)
    assert isinstance(done.stdout, bytes) and isinstance(done.stderr, bytes)
    return Answer(done.stdout, done.stderr, done.exit_status)
