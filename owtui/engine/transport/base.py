"""What a transport needs to know and what it gives back.

A `Target` is a device resolved to plain values: pool, SSH and ubus see neither tables nor SQL, so
each of them has an in-memory twin in the tests.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from storage.secrets import Secret

Progress = Callable[[int, int], None]
"""Told while an upload goes on: bytes handed over, bytes in all."""


class HostKeyPolicy(StrEnum):
    """What happens to a key seen for the first time; a changed key is refused under each."""

    ASK = "ask"  # refused, recorded as offered: a face asks, accept_host_key trusts
    ACCEPT_NEW = "accept-new"  # recorded as trusted by "first use"
    STRICT = "strict"  # refused, nothing recorded


@dataclass(frozen=True, slots=True)
class Login:
    """One enabled connection of a device with its credential, in the order to try.

    `kind`: password, key, agent, none. `secret` is the password or the private key in PEM.
    `known`: it worked when it was tried last, so a key is proven without asking for it first.
    """

    connection_id: UUID | None
    kind: str
    username: str = "root"
    secret: Secret | None = None
    passphrase: Secret | None = None
    port: int = 22
    http_url: str = ""
    http_tls: str = "verify"  # verify | pin:<sha256 hex of the DER certificate> | off
    jump: tuple[str, ...] = ()  # "user@host:port", outermost first
    prefer: str = "ssh"  # ssh | ubus
    legacy_host_keys: bool = False  # ssh-rsa with SHA-1, dh-group14-sha1: old dropbear
    known: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class Target:
    """A device as transports see it: where to go and with what."""

    device_id: UUID
    name: str
    addresses: tuple[str, ...]
    logins: tuple[Login, ...]
    host_keys: HostKeyPolicy = HostKeyPolicy.ASK


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Seconds. TCP 5, login 60, of it 2 for authentication, command 30 (OpenWISP's defaults)."""

    connect_s: float = 5.0
    login_s: float = 60.0
    auth_s: float = 2.0
    command_s: float = 30.0
    keepalive_s: float = 5.0  # × 3 misses: a session whose network went away ends in 15 s
    idle_s: float = 120.0  # an unused connection is closed


@dataclass(frozen=True, slots=True)
class CommandResult:
    """What a command left behind. Bytes, since a device may print anything."""

    stdout: bytes
    stderr: bytes
    exit_status: int
    took_s: float = 0.0
    cut: bool = False  # more was printed than is kept (Pool's output_bytes)

    @property
    def ok(self) -> bool:
        """True when the command returned zero."""
        return self.exit_status == 0

    @property
    def text(self) -> str:
        """Standard output as text; undecodable bytes become U+FFFD."""
        return self.stdout.decode("utf-8", "replace")

    @property
    def complaint(self) -> str:
        """What it said about its failure: standard error, else the end of standard output."""
        said = self.stderr or self.stdout[-2000:]
        return said.decode("utf-8", "replace").strip()


class HostKeys(Protocol):
    """The book of host keys; the engine backs it with the database.

    `owner` is a device's UUID, or "host:port" of a jump host. Keys are "ssh-ed25519 AAAA…".
    """

    async def trusted(self, owner: UUID | str, *, fresh: bool = False) -> tuple[str, ...]:
        """Public keys accepted for this owner, possibly none; fresh: not from a cache."""
        ...

    async def trust(self, owner: UUID | str, public: str, accepted_by: str) -> None:
        """Record a first key."""
        ...

    async def offer(self, owner: UUID | str, public: str) -> None:
        """Record a key that was seen and not accepted (unknown or changed)."""
        ...


class Shell(Protocol):
    """A logged-in SSH connection: the verbs over SSH stand on these two."""

    async def run(
        self, command: str, *, stdin: bytes = b"", timeout: float | None = None
    ) -> CommandResult:
        """Run a command line with ash. A non-zero exit is a result, not an error.

        Raises DeadlineError after `timeout` seconds (default Deadlines.command_s; the remote
        process group is ended too), LostError when the connection goes away.
        """
        ...

    async def upload(
        self,
        data: bytes,
        path: str,
        *,
        mode: int = 0o600,
        progress: Progress | None = None,
        resume: bool = False,
    ) -> bool:
        """Write a file: staged beside `path`, size and sha256 checked, moved into place.

        Returns False when the file had this content already (its mode is set all the same).
        Raises NoSpaceError, DeniedError, LostError; on any failure nothing is left of the stage,
        except with `resume`: what a cut upload has left is kept, and gone on from by the next one
        where its sha256 is that of the same beginning. `progress` then begins there.
        """
        ...


class Rpc(Protocol):
    """A logged-in ubus session over HTTP(S)."""

    async def call(
        self,
        obj: str,
        method: str,
        args: dict[str, object] | None = None,
        *,
        timeout: float | None = None,
    ) -> dict[str, object]:
        """Call a ubus method; an empty answer is {}.

        Raises DeniedError (ACL), MissingError (no such object, no data), AuthError (login refused),
        ProtocolError, DeadlineError, UnreachableError. A lost session is renewed once, silently.
        """
        ...


@dataclass(slots=True)
class Attempts:
    """What was tried to reach a device, for the sentence when all of it failed."""

    failures: list[tuple[str, str]] = field(default_factory=list)  # (address, sentence)
