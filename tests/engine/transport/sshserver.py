"""A small SSH server in the test's own process: dropbear's algorithms, a scripted shell.

It records what clients send, so that a test can say what never left us.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from uuid import uuid4

import asyncssh

from owtui.engine.transport.base import HostKeyPolicy, Login, Target
from storage.secrets import Secret

DROPBEAR_ALGORITHMS = {
    "kex_algs": ["curve25519-sha256", "diffie-hellman-group14-sha256"],
    "encryption_algs": ["chacha20-poly1305@openssh.com", "aes128-ctr", "aes256-ctr"],
    "mac_algs": ["hmac-sha2-256"],
    "compression_algs": ["none"],
}

Shell = Callable[[asyncssh.SSHServerProcess[bytes]], Awaitable[None]]


def public(key: asyncssh.SSHKey) -> str:
    """The public half as the book of host keys writes it."""
    return " ".join(key.export_public_key().decode().split()[:2])


async def echo(process: asyncssh.SSHServerProcess[bytes]) -> None:
    """The command `say`: repeats the command line and its input."""
    process.stdout.write((process.command or "").partition(";")[2].encode())
    process.stdout.write(await process.stdin.read())
    process.exit(0)


@dataclass
class Server:
    """One listening server and what it saw."""

    password: str | None = "secret"
    keys: tuple[asyncssh.SSHKey, ...] = ()
    shell: Shell = echo
    host_keys: tuple[asyncssh.SSHKey, ...] = field(
        default_factory=lambda: (asyncssh.generate_private_key("ssh-ed25519"),)
    )
    version: str = "dropbear"
    options: dict[str, object] = field(default_factory=dict)
    address: str = "127.0.0.1"
    port: int = 0
    logins: list[str] = field(default_factory=list)
    passwords: list[str] = field(default_factory=list)
    offered_keys: list[str] = field(default_factory=list)
    connections: list[asyncssh.SSHServerConnection] = field(default_factory=list)
    forwards: list[tuple[str, int]] = field(default_factory=list)
    answer_passwords: asyncio.Event = field(default_factory=asyncio.Event)
    password_seen: asyncio.Event = field(default_factory=asyncio.Event)
    _listener: asyncssh.SSHAcceptor | None = None

    async def __aenter__(self) -> Server:
        self.answer_passwords.set()
        self._listener = await asyncssh.listen(
            self.address,
            self.port,
            server_factory=lambda: Side(self),
            server_host_keys=list(self.host_keys),
            process_factory=self.shell,
            encoding=None,
            server_version=self.version,
            **{**DROPBEAR_ALGORITHMS, **self.options},
        )
        self.port = self._listener.get_port()
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._listener is not None
        self._listener.close()
        for connection in self.connections:
            connection.abort()
        await asyncio.gather(*(c.wait_closed() for c in self.connections))
        await self._listener.wait_closed()

    def target(self, *logins: Login, policy: HostKeyPolicy = HostKeyPolicy.ACCEPT_NEW) -> Target:
        """This server as a device of the inventory."""
        return Target(
            device_id=uuid4(),
            name="ap-1",
            addresses=(self.address,),
            logins=logins or (self.login(),),
            host_keys=policy,
        )

    def login(self, password: str | None = None, **more: object) -> Login:
        """A password login to it."""
        secret = Secret(password or self.password or "")
        return Login(uuid4(), "password", secret=secret, port=self.port, **more)  # type: ignore[arg-type]  # any field


class Side(asyncssh.SSHServer):
    """The server's side of one connection."""

    def __init__(self, server: Server) -> None:
        self.server = server

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self.server.connections.append(conn)

    def begin_auth(self, username: str) -> bool:
        self.server.logins.append(username)
        return self.server.password is not None or bool(self.server.keys)

    def password_auth_supported(self) -> bool:
        return bool(self.server.password)

    async def validate_password(self, username: str, password: str) -> bool:
        self.server.passwords.append(password)
        self.server.password_seen.set()
        await self.server.answer_passwords.wait()
        return password == self.server.password

    def public_key_auth_supported(self) -> bool:
        return bool(self.server.keys)

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        self.server.offered_keys.append(public(key))
        return public(key) in {public(known) for known in self.server.keys}

    def connection_requested(
        self, dest_host: str, dest_port: int, orig_host: str, orig_port: int
    ) -> bool:
        self.server.forwards.append((dest_host, dest_port))
        return True
