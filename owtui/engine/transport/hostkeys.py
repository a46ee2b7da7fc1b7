"""Is this the device we know: host keys, checked before any credential leaves us.

asyncssh asks `HostKeyCheck.accepts` inside its key exchange, which cannot wait for a database; so
the trusted keys are read before the connection and what was seen is written after it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable
from uuid import UUID

from owtui.engine.transport.base import HostKeyPolicy, HostKeys
from owtui.engine.transport.errors import Place
from owtui.errors import HostKeyError

MODERN = (
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "rsa-sha2-512",
    "rsa-sha2-256",
)
LEGACY = ("ssh-rsa",)
FIRST_USE = "first use"


class HostKeyCheck:
    """One login's question to the book: is the offered key the one we trust?

    owner: whose key it is; policy: what to do with a first one; trusted: keys on record
    proven: set by the login once the server has signed with the key it offered
    """

    __slots__ = ("_known", "offered", "owner", "policy", "proven", "trusted")

    def __init__(self, owner: UUID | str, policy: HostKeyPolicy, trusted: tuple[str, ...]) -> None:
        self.owner = owner
        self.policy = policy
        self.trusted = trusted
        self.offered = ""
        self.proven = False
        self._known = frozenset(blob(public) for public in trusted)

    def algorithms(self, legacy: bool) -> tuple[str, ...]:
        """Algorithms to ask for, those of trusted keys first.

        A device has several keys; asking for the type on record keeps it from looking changed.
        """
        usable = MODERN + LEGACY if legacy else MODERN
        recorded = {public.split(" ", 1)[0] for public in self.trusted}
        return tuple(sorted(usable, key=lambda name: _key_type(name) not in recorded))

    def accepts(self, algorithm: str, data: bytes) -> bool:
        """Answer asyncssh: may the login go on with this key?"""
        if data in self._known:
            return True
        self.offered = f"{algorithm} {base64.b64encode(data).decode('ascii')}"
        return not self._known and self.policy is HostKeyPolicy.ACCEPT_NEW

    async def settle(self, book: HostKeys, place: Place) -> None:
        """Write down what was seen; raises HostKeyError when the key was not accepted."""
        if not self.offered:
            return
        if self._known:
            await book.offer(self.owner, self.offered)
            raise self._changed(place)
        if self.policy is HostKeyPolicy.ACCEPT_NEW:
            if self.proven:
                await book.trust(self.owner, self.offered, FIRST_USE)
            return
        if self.policy is HostKeyPolicy.ASK:
            await book.offer(self.owner, self.offered)
        raise self._unknown(place)

    def _changed(self, place: Place) -> HostKeyError:
        offered = fingerprint(self.offered)
        kind = self.offered.split(" ", 1)[0]
        same = [public for public in self.trusted if public.startswith(f"{kind} ")]
        recorded = fingerprint((same or list(self.trusted))[0])
        return HostKeyError(
            f"{place.name}: the host key at {place.where} changed: "
            f"recorded {recorded}, offered {offered}.",
            "No credential was sent. Accept the new key if the device was reset or replaced; "
            "otherwise somebody else answers at its address.",
            recorded=recorded,
            offered=offered,
        )

    def _unknown(self, place: Place) -> HostKeyError:
        offered = fingerprint(self.offered)
        kind = self.offered.split(" ", 1)[0]
        return HostKeyError(
            f"{place.name}: the host key at {place.where} is not known yet: {kind} {offered}.",
            "No credential was sent. Compare the fingerprint and accept the key.",
            offered=offered,
        )


class MemoryHostKeys:
    """A book that forgets: for tests, scans and one-off commands."""

    def __init__(self, trusted: dict[UUID | str, Iterable[str]] | None = None) -> None:
        self.keys: dict[UUID | str, tuple[str, ...]] = {
            owner: tuple(publics) for owner, publics in (trusted or {}).items()
        }
        self.offers: list[tuple[UUID | str, str]] = []
        self.accepted_by: dict[UUID | str, str] = {}

    async def trusted(self, owner: UUID | str) -> tuple[str, ...]:
        """Public keys accepted for this owner."""
        return self.keys.get(owner, ())

    async def trust(self, owner: UUID | str, public: str, accepted_by: str) -> None:
        """Remember a key as trusted."""
        self.keys[owner] = (*self.keys.get(owner, ()), public)
        self.accepted_by[owner] = accepted_by

    async def offer(self, owner: UUID | str, public: str) -> None:
        """Remember a key that was seen and not accepted."""
        self.offers.append((owner, public))


def blob(public: str) -> bytes:
    """Return the binary key of "ssh-ed25519 AAAA…"; empty when it is no key."""
    try:
        return base64.b64decode(public.split()[1], validate=True)
    except (IndexError, binascii.Error):
        return b""


def fingerprint(public: str) -> str:
    """Return "SHA256:…" as ssh-keygen prints it (RFC 4648 without padding)."""
    digest = base64.b64encode(hashlib.sha256(blob(public)).digest())
    return f"SHA256:{digest.decode('ascii').rstrip('=')}"


def _key_type(algorithm: str) -> str:
    """The key type behind a signature algorithm (RFC 8332: RSA has three)."""
    return "ssh-rsa" if algorithm.startswith("rsa-sha2-") else algorithm
