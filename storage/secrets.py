"""Sealed secrets: AES-256-GCM under a master key, each bound to the row it belongs to.

A sealed value is version | nonce | ciphertext, with "what:uuid" as associated data, so that one
row's secret cannot be put into another. Where the master key lives is storage.keys.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Callable
from typing import Any, Literal, NoReturn, Self
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Table, bindparam, select
from sqlmodel import Session

from storage.core import (
    CONFIG,
    CONFIG_ARCHIVE,
    CONFIG_GENERATION,
    CONFIG_ORIGINAL,
    CREDENTIALS,
    DEVICE_RUNNING,
    JOB_SECRET,
    ORGANIZATION,
    SINK_SECRET,
    TEMPLATE,
    TEMPLATE_GENERATION,
    TOPOLOGY,
    VARIABLES,
    among,
)
from storage.db import Database
from storage.errors import SealError
from storage.keys import Keys, MasterKey, Source
from storage.tables import Sealing
from storage.tables.base import now

VERSION = b"\x01"
NONCE_BYTES = 12
HIDDEN = "•••"
Lock = Literal["", "share", "update"]  # of the Sealing row, on PostgreSQL

CHECK = "sealing:check"
PROOF = "owtui"

# Every column that holds sealed values and the first word of what it is bound to; a rotation
# re-seals exactly these, and a test holds the list against the tables.
SEALED: dict[str, Table] = {
    table.name: table
    for table in (
        CONFIG,
        CONFIG_ARCHIVE,
        CONFIG_GENERATION,
        CONFIG_ORIGINAL,
        CREDENTIALS,
        DEVICE_RUNNING,
        JOB_SECRET,
        ORGANIZATION,
        SINK_SECRET,
        TEMPLATE,
        TEMPLATE_GENERATION,
        TOPOLOGY,
        VARIABLES,
    )
}
# Keyed hashes beside a sealed value, by which it is found; a rotation makes them anew as well.
DIGESTS = {"organization": "secret_digest"}
CHUNK = 500

Seal = Callable[[bytes, str], bytes]  # content and "what:uuid"
Open = Callable[[bytes, str], bytes]  # sealed value and "what:uuid"; raises SealError


class Secret:
    """A text that shows itself only when asked by name; it cannot be pickled or copied."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself; call it where it is used, keep the Secret everywhere else."""
        return self._text

    def __repr__(self) -> str:
        return HIDDEN

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return HIDDEN

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._text.encode(), other._text.encode())

    __hash__ = None  # type: ignore[assignment]  # a key of a dict outlives its use

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError("a Secret is not to be pickled or copied")


class Vault:
    """Seals and unseals with the database's master key; follows a rotation by another process."""

    def __init__(self, database: Database, keys: Keys) -> None:
        self._database = database
        self._keys = keys
        self._known: dict[str, bytes] = {}  # by id: a reader's snapshot may name the old one
        self._source = Source.FILE

    @classmethod
    def open(cls, database: Database, keys: Keys) -> Self:
        """Find the master key, or make it on the first call ever. Raises SealError."""
        vault = cls(database, keys)
        sealing = database.read(_sealing)
        if sealing is None:
            made = keys.make_first()  # may ask: outside any transaction
            sealing = database.write(lambda session: _found(session, made))
            if sealing.key_id != made.key_id:
                keys.drop(made.source, made.key_id)  # another process was first
        vault._learn(sealing)
        return vault

    def seal(self, session: Session, secret: Secret, about: str) -> bytes:
        """Seal for the row that `about` names, as "credentials:<uuid>", in its transaction."""
        return self.sealer(session)(secret.reveal().encode(), about)

    def sealer(self, session: Session) -> Seal:
        """The same for many values of one transaction: the key is looked up once."""
        # Locked against a rotation, so that what is sealed with the old key is re-sealed by it.
        key = self._key(session, "share")
        return lambda content, about: encrypt(key, content, about)

    def unseal(self, session: Session, sealed: bytes, about: str) -> Secret:
        """The secret again. Raises SealError for a wrong key, another row or a changed byte."""
        return Secret(self.opener(session)(sealed, about).decode())

    def opener(self, session: Session) -> Open:
        """The same for many values of one snapshot."""
        key = self._key(session)
        return lambda sealed, about: decrypt(key, sealed, about)

    def digest(self, session: Session, secret: Secret) -> str:
        """A keyed hash, to keep beside the sealed secret and to find it by; see DIGESTS."""
        return digest(self._key(session), secret.reveal().encode())

    def describe(self) -> str:
        """Where the master key is, for people: `key file /…/master.key`."""
        return self._keys.describe(self._source)

    def rotate(self, source: Source | None = None) -> None:
        """Make a new master key, at the same source or another, and re-seal everything with it.

        The new key is stored beside the old one, one transaction re-seals all rows and names the
        new key, the old one is dropped. Killed at any point, the key that the database names is
        there. Nothing is undone on an error: a key that seals nothing does no harm.
        """
        made = self._keys.make(source or self._source)
        before = self._database.write(lambda session: self._reseal(session, made))
        self._known[made.key_id] = made.key
        self._source = made.source
        self._keys.drop(Source(before[0]), before[1])

    def _reseal(self, session: Session, made: MasterKey) -> tuple[str, str]:
        """Returns the source and the id of the key that is no longer used."""
        # Exclusive and first: who is sealing with the old key commits before the rows are read.
        old = self._key(session, "update")
        for table in SEALED.values():
            _reseal_table(session, table, old, made.key)
        sealing = session.get_one(Sealing, 1)
        before = (sealing.source, sealing.key_id)
        session.merge(_record(made))
        return before

    def _key(self, session: Session, lock: Lock = "") -> bytes:
        sealing = _sealing(session, lock)
        if sealing is None:
            raise SealError("The database does not say where its master key is.")
        if sealing.key_id not in self._known:
            self._learn(sealing)
        return self._known[sealing.key_id]

    def _learn(self, sealing: Sealing) -> None:
        source = Source(sealing.source)
        key = self._keys.find(source, sealing.key_id, sealing.salt, sealing.kdf)
        try:
            decrypt(key, sealing.check, CHECK)
        except SealError as error:
            raise SealError(
                f"The {self._keys.describe(source)} does not open the secrets of this database.",
                "Give the passphrase or restore the key that belongs to it.",
            ) from error
        self._known[sealing.key_id] = key
        self._source = source


def encrypt(key: bytes, content: bytes, about: str) -> bytes:
    """version | nonce | ciphertext, bound to `about`."""
    nonce = os.urandom(NONCE_BYTES)
    return VERSION + nonce + AESGCM(key).encrypt(nonce, content, about.encode())


def decrypt(key: bytes, sealed: bytes, about: str) -> bytes:
    """The content again. Raises SealError."""
    version, nonce, ciphertext = sealed[:1], sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
    if version != VERSION:
        raise SealError(f"The sealed value of {about} has an unknown format.")
    try:
        return AESGCM(key).decrypt(nonce, ciphertext, about.encode())
    except (InvalidTag, ValueError) as error:
        raise SealError(
            f"The sealed value of {about} was changed, or sealed with another key.",
            "Enter the secret again.",
        ) from error


def digest(key: bytes, content: bytes) -> str:
    """HMAC-SHA256, hexadecimal, under a key that is derived from the master key."""
    derived = hmac.digest(key, b"owtui digest", "sha256")
    return hmac.digest(derived, content, "sha256").hex()


def _reseal_table(session: Session, table: Table, old: bytes, new: bytes) -> None:
    """Every sealed value of a table under the new key, some hundred rows at a time."""
    query = select(table.c.id).where(table.c.sealed.is_not(None))
    ids: list[UUID] = list(session.scalars(query))
    hashed = DIGESTS.get(table.name)
    names = ("sealed", hashed) if hashed else ("sealed",)
    statement = table.update().where(table.c.id == bindparam("row"))
    statement = statement.values({name: bindparam(f"new_{name}") for name in names})
    for start in range(0, len(ids), CHUNK):
        chunk = select(table.c.id, table.c.sealed).where(
            among(session, table.c.id, ids[start : start + CHUNK])
        )
        fresh = []
        for row_id, sealed in session.execute(chunk):
            about = f"{table.name}:{row_id}"
            content = decrypt(old, sealed, about)
            row = {"row": row_id, "new_sealed": encrypt(new, content, about)}
            fresh.append({**row, f"new_{hashed}": digest(new, content)} if hashed else row)
        if fresh:
            session.connection().execute(statement, fresh)


def _sealing(session: Session, lock: Lock = "") -> Sealing | None:
    query = select(Sealing).execution_options(populate_existing=True)
    if lock:
        query = query.with_for_update(read=lock == "share")
    return session.scalars(query).first()


def _found(session: Session, made: MasterKey) -> Sealing:
    """Record the first key, unless another process has recorded one meanwhile."""
    sealing = _sealing(session)
    if sealing is None:
        sealing = _record(made)
        session.add(sealing)
        session.flush()
    return sealing


def _record(made: MasterKey) -> Sealing:
    return Sealing(
        id=1,
        source=made.source,
        key_id=made.key_id,
        salt=made.salt,
        kdf=made.kdf,
        check=encrypt(made.key, PROOF.encode(), CHECK),
        rotated=now(),
    )
