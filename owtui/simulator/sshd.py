"""dropbear, played by asyncssh: banner, algorithms, logins, exec, shell, forwarding.

One set of options is made for the whole fleet and copied with each device's own host key; a
connection is handed to asyncssh only after the device's own rules have let it in.
"""

from __future__ import annotations

import asyncio
import copy
import hashlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import asyncssh
from asyncssh.constants import MSG_IGNORE
from asyncssh.packet import SSHPacketLogger
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from .session import ExecSession
from .tunnel import Relay

if TYPE_CHECKING:
    from .host import Host

MAX_UNAUTHENTICATED = 5  # connections per source address, dropbear's default
_MAX_TRIES = 3  # -T 3
_LOGIN_TIMEOUT_S = 300
KEX = ["curve25519-sha256", "curve25519-sha256@libssh.org", "diffie-hellman-group14-sha256"]
CIPHERS = ["chacha20-poly1305@openssh.com", "aes128-ctr", "aes256-ctr"]
MACS = ["hmac-sha2-256"]
HOST_KEY_ALGORITHMS = (b"ssh-ed25519", b"rsa-sha2-256", b"ssh-rsa")


def ed25519_key(secret: bytes) -> asyncssh.SSHKey:
    """Return the ed25519 key that a secret stands for, always the same."""
    private = ed25519.Ed25519PrivateKey.from_private_bytes(hashlib.sha256(secret).digest())
    pem = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.OpenSSH,
        serialization.NoEncryption(),
    )
    return asyncssh.import_private_key(pem)


def public_line(key: asyncssh.SSHKey) -> str:
    """Return a public key as `algorithm base64`, without a comment."""
    return " ".join(key.export_public_key("openssh").decode().split()[:2])


class SshShelf:
    """What all SSH servers of a fleet share: the options and the RSA host key."""

    def __init__(self) -> None:
        self._options: asyncssh.SSHServerConnectionOptions | None = None
        self._rsa: asyncssh.SSHKey | None = None

    @property
    def rsa_key(self) -> asyncssh.SSHKey:
        """The fleet's RSA host key; 2048 bits take a tenth of a second, so it is made once."""
        if self._rsa is None:
            self._rsa = asyncssh.generate_private_key("ssh-rsa", key_size=2048)
        return self._rsa

    def options(
        self, factory: Callable[[], asyncssh.SSHServer], secret: bytes
    ) -> asyncssh.SSHServerConnectionOptions:
        """Return options for a device whose ed25519 host key has this secret (b"": RSA only)."""
        if self._options is None:
            self._options = asyncssh.SSHServerConnectionOptions(
                server_factory=asyncssh.SSHServer,
                server_version="dropbear",
                server_host_keys=[ed25519_key(b"template"), self.rsa_key],
                kex_algs=KEX,
                encryption_algs=CIPHERS,
                mac_algs=MACS,
                compression_algs=["none"],
                allow_scp=False,
                agent_forwarding=False,
                x11_forwarding=False,
                line_editor=False,
                encoding=None,
                gss_host=None,
                login_timeout=_LOGIN_TIMEOUT_S,
                send_server_host_keys=False,
            )
        options = copy.copy(self._options)
        options.protocol_factory = factory
        keys = [self.rsa_key]
        if secret:
            keys.insert(0, ed25519_key(secret))
        pairs = asyncssh.load_keypairs(keys)
        options.server_host_keys = OrderedDict(
            (algorithm, pair)
            for pair in pairs
            for algorithm in pair.host_key_algorithms
            if algorithm in HOST_KEY_ALGORITHMS
        )
        return options


class SshServer(asyncssh.SSHServer):
    """One connection to one device."""

    def __init__(self, host: Host, peer: tuple[str, int], released: Callable[[], None]) -> None:
        self._host = host
        self._device = host.device
        self._peer = peer
        self._released = released
        self._connection: asyncssh.SSHServerConnection | None = None
        self._tries = 0
        self._user = ""
        self._key_info = ""
        self._pid = self._device.processes.begin(1, ["/usr/sbin/dropbear", "-2", "9"])

    @property
    def _where(self) -> str:
        # As the device sees it: see ExecSession._environ.
        return f"{self._host.spec.site().gateway}:{self._peer[1]}"

    def _log(self, text: str, priority: str = "authpriv.info") -> None:
        self._device.journal.say(f"dropbear[{self._pid.pid}]", text, priority)

    # -- the connection --------------------------------------------------------------------

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn
        self._pid.task = None
        self._host.connections.add(conn)
        self._log(f"Child connection from {self._where}")

    def connection_lost(self, exc: Exception | None) -> None:
        self._released()
        if self._connection is not None:
            self._host.connections.discard(self._connection)
        self._device.processes.end(self._pid)
        who = f"Exit ({self._user}) from" if self._user else "Exit before auth from"
        self._log(f"{who} <{self._where}>: {'Error' if exc else 'Disconnect received'}")

    # -- logging in ------------------------------------------------------------------------

    def begin_auth(self, username: str) -> bool:
        """A factory root needs no proof at all; others must show one."""
        if self._host.faults.refuses_auth or username != "root":
            return True
        if not self._device.password_hash():
            self._admit(username, "None auth succeeded")
            return False
        return True

    def password_auth_supported(self) -> bool:
        return True

    def public_key_auth_supported(self) -> bool:
        return True

    def kbdint_auth_supported(self) -> bool:
        return False

    async def validate_password(self, username: str, password: str) -> bool:
        allowed = username == "root" and not self._host.faults.refuses_auth
        allowed = allowed and self._device.takes_passwords()
        if allowed and self._device.password_is(password):
            self._admit(username, "Password auth succeeded")
            return True
        self._device.effects.refused_logins += 1
        self._tries += 1
        self._log(f"Bad password attempt for '{username}' from {self._where}", "authpriv.warn")
        if self._tries >= _MAX_TRIES and self._connection is not None:
            self._connection.disconnect(asyncssh.DISC_BY_APPLICATION, "Max auth tries reached")
        return False

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        if username != "root" or self._host.faults.refuses_auth:
            return False
        wanted = public_line(key)
        for line in self._device.authorized_keys().splitlines():
            if wanted in " ".join(line.split()):
                self._key_info = line.partition(wanted)[2].strip()
                self._admit(username, "Pubkey auth succeeded")
                return True
        return False

    def _admit(self, username: str, how: str) -> None:
        if self._user:
            return
        self._user = username
        self._device.effects.logins += 1
        self._released()
        self._log(f"{how} for '{username}' from {self._where}", "authpriv.notice")

    # -- channels --------------------------------------------------------------------------

    def session_requested(self) -> ExecSession:
        return ExecSession(self._host, self._peer, self._pid.pid, self._key_info)

    def connection_requested(
        self, dest_host: str, dest_port: int, orig_host: str, orig_port: int
    ) -> Callable[[Any, Any], Awaitable[None]]:
        """Forward to the device itself or to another of its fleet, and to nothing else."""
        target = self._host.reach(dest_host, dest_port)
        if target is None:
            raise asyncssh.ChannelOpenError(
                asyncssh.OPEN_CONNECT_FAILED, "Connection refused or not simulated"
            )
        return Relay(*target)


class _Connection(asyncssh.SSHServerConnection):
    """A connection that sends what dropbear would: asyncssh precedes every packet with another."""

    def send_packet(
        self, pkttype: int, *args: bytes, handler: SSHPacketLogger | None = None
    ) -> None:
        if pkttype != MSG_IGNORE:
            super().send_packet(pkttype, *args, handler=handler)


def accept(host: Host, sock: Any, peer: tuple[str, int], released: Callable[[], None]) -> Any:
    """Hand an accepted socket to asyncssh; returns the coroutine that starts it."""
    loop = asyncio.get_running_loop()
    options = host.shelf.options(
        lambda: SshServer(host, peer, released), host.device.host_key_bytes()
    )
    return loop.connect_accepted_socket(lambda: _Connection(loop, options), sock)
