"""Is this the device we know: host keys, checked before any credential leaves us.

asyncssh asks `HostKeyCheck.accepts` inside its key exchange, which cannot wait for a database; so
the trusted keys are read before the connection and what was seen is written after it.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import math
import time
from collections.abc import Callable, Iterable, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from owtui.engine.batch import Batch
from owtui.engine.transport.base import HostKeyPolicy, HostKeys
from owtui.engine.transport.errors import Place
from owtui.errors import DeviceError, HostKeyError
from storage import hostkeys as stored
from storage import revisions
from storage.core import HOST_KEY
from storage.db import Database
from storage.hostkeys import fingerprint

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
FirstKey = tuple[UUID | str, str, str]  # whose, which, accepted by whom
FRESH_S = 1.0  # how old the copy of the book may be


class AcceptedMeanwhileError(DeviceError):
    """The offered key got trusted while the login was refused for it: try again."""


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
        """Write down what was seen.

        Raises HostKeyError when the key was not accepted, AcceptedMeanwhileError when somebody
        accepts it just now.
        """
        if not self.offered:
            return
        if not self._known and self.policy is HostKeyPolicy.ACCEPT_NEW:
            if self.proven:
                await book.trust(self.owner, self.offered, FIRST_USE)
            return
        now = await book.trusted(self.owner, fresh=True)
        if blob(self.offered) in {blob(public) for public in now}:
            raise AcceptedMeanwhileError("The host key was accepted.")
        if self._known:
            await book.offer(self.owner, self.offered)
            raise self._changed(place)
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

    def _how(self, place: Place) -> str:
        if isinstance(self.owner, UUID) and self.policy is HostKeyPolicy.ASK:
            return (
                "Compare the fingerprint, then accept the key: "
                f"owtui apply accept_host_key name={place.name} --yes"
            )
        return (
            "Compare the fingerprint and import the key (column host_key), or accept first keys "
            "with OWTUI_HOST_KEYS=accept-new, or look at the device once at a terminal."
        )

    def _unknown(self, place: Place) -> HostKeyError:
        offered = fingerprint(self.offered)
        kind = self.offered.split(" ", 1)[0]
        return HostKeyError(
            f"{place.name}: the host key at {place.where} is not known yet: {kind} {offered}.",
            f"No credential was sent. {self._how(place)}",
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

    async def trusted(self, owner: UUID | str, *, fresh: bool = False) -> tuple[str, ...]:
        """Public keys accepted for this owner."""
        return self.keys.get(owner, ())

    async def trust(self, owner: UUID | str, public: str, accepted_by: str) -> None:
        """Remember a key as trusted."""
        self.keys[owner] = (*self.keys.get(owner, ()), public)
        self.accepted_by[owner] = accepted_by

    async def offer(self, owner: UUID | str, public: str) -> None:
        """Remember a key that was seen and not accepted."""
        self.offers.append((owner, public))


class DatabaseHostKeys:
    """The book in the database, read as a whole when its revision moved.

    A fleet logs in by the hundred; a query for each would cost as much as the login.
    """

    def __init__(self, database: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._clock = clock
        self._reading = asyncio.Lock()
        self._checked = -math.inf
        self._revision = -1
        self._keys: dict[UUID | str, tuple[str, ...]] = {}
        self._trusting: Batch[FirstKey, None] = Batch(self._trust, "record host keys")

    async def trusted(self, owner: UUID | str, *, fresh: bool = False) -> tuple[str, ...]:
        """Public keys accepted for this owner, at most a second old."""
        if fresh:
            self._checked = -math.inf
        async with self._reading:
            if self._clock() - self._checked > FRESH_S:
                self._checked = self._clock()
                await self._database.aread(self._read)
        return self._keys.get(owner, ())

    async def trust(self, owner: UUID | str, public: str, accepted_by: str) -> None:
        """Record a first key."""
        await self._trusting.ask((owner, public, accepted_by))
        self._keys[owner] = (*self._keys.get(owner, ()), public)  # not the whole book for one key

    async def offer(self, owner: UUID | str, public: str) -> None:
        """Record a key that was seen and not accepted."""
        await self._database.awrite(lambda s: stored.offer(s, owner, public))

    async def _trust(self, first: Sequence[FirstKey]) -> Sequence[None]:
        def write(session: Session) -> None:
            for owner, public, accepted_by in first:
                # A device removed while it logged in has no row for its key: no harm to the rest.
                with contextlib.suppress(IntegrityError), session.begin_nested():
                    stored.record(session, owner, public, by=accepted_by)

        await self._database.awrite(write)
        return [None] * len(first)

    def _read(self, session: Session) -> None:
        revision = revisions.counters(session).get(revisions.HOST_KEYS, 0)
        if revision == self._revision:
            return
        keys: dict[UUID | str, tuple[str, ...]] = {}
        wanted = (HOST_KEY.c.device_id, HOST_KEY.c.host, HOST_KEY.c.public)
        trusted = HOST_KEY.c.state == stored.TRUSTED
        for device_id, host, public in session.execute(select(*wanted).where(trusted)):
            owner = device_id or host
            keys[owner] = (*keys.get(owner, ()), public)
        self._keys, self._revision = keys, revision


def blob(public: str) -> bytes:
    """Return the binary key of "ssh-ed25519 AAAA…"; empty when it is no key."""
    try:
        return base64.b64decode(public.split()[1], validate=True)
    except (IndexError, binascii.Error):
        return b""


def _key_type(algorithm: str) -> str:
    """The key type behind a signature algorithm (RFC 8332: RSA has three)."""
    return "ssh-rsa" if algorithm.startswith("rsa-sha2-") else algorithm
