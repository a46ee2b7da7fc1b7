"""Host keys: which are trusted, which were offered and wait for somebody's word.

An owner is a device (its UUID) or a jump host that is no device ("name:port"). A key offered while
another is trusted means that the key changed: the device is blocked until it is accepted.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select
from sqlmodel import Session

from storage import revisions
from storage.core import HOST_KEY
from storage.errors import MissingError, RuleError
from storage.tables import HostKey

Owner = UUID | str

TRUSTED = "trusted"
OFFERED = "offered"


class Verdict(StrEnum):
    """What a key shown by a host is."""

    TRUSTED = "trusted"
    UNKNOWN = "unknown"  # nothing is trusted here yet
    CHANGED = "changed"  # something else is


@dataclass(frozen=True, slots=True)
class Accepted:
    """What an acceptance replaced, as fingerprints: for the audit."""

    old: tuple[str, ...]
    new: tuple[str, ...]


def fingerprint(public: str) -> str:
    """`SHA256:…` of a public key line ("ssh-ed25519 AAAA…"), as OpenSSH prints it."""
    digest = hashlib.sha256(_blob(public)).digest()
    return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


def known(session: Session, owner: Owner, state: str = TRUSTED) -> list[HostKey]:
    """The trusted (or offered) keys of an owner, by algorithm."""
    query = select(HostKey).where(_of(owner), HOST_KEY.c.state == state)
    return list(session.scalars(query.order_by(HOST_KEY.c.algorithm)))


def verdict(session: Session, owner: Owner, public: str) -> Verdict:
    """Judge a key that a host shows."""
    trusted = known(session, owner)
    if any(_blob(key.public) == _blob(public) for key in trusted):
        return Verdict.TRUSTED
    return Verdict.CHANGED if trusted else Verdict.UNKNOWN


def record(session: Session, owner: Owner, public: str, *, by: str = "first use") -> HostKey:
    """Trust a key beside those trusted already, in the place of one of the same algorithm."""
    _drop(session, owner, TRUSTED, _algorithm(public))
    _drop(session, owner, OFFERED, _algorithm(public))
    return _add(session, owner, public, TRUSTED, by)


def offer(session: Session, owner: Owner, public: str) -> HostKey:
    """Keep a key that a host showed and that nobody has accepted."""
    _drop(session, owner, OFFERED, _algorithm(public))
    return _add(session, owner, public, OFFERED, "")


def accept(session: Session, owner: Owner, by: str) -> Accepted:
    """Trust what was offered instead of all that was trusted. Raises MissingError for no offer."""
    offered = known(session, owner, OFFERED)
    if not offered:
        raise MissingError(
            "No host key waits to be accepted.", "Connect once, so that the device shows its key."
        )
    old = tuple(key.fingerprint for key in known(session, owner))
    _drop(session, owner, TRUSTED)
    for key in offered:
        key.state, key.accepted_by = TRUSTED, by
    session.flush()
    revisions.touch(session, revisions.HOST_KEYS)
    return Accepted(old, tuple(key.fingerprint for key in offered))


def forget(session: Session, owner: Owner) -> int:
    """Remove every key of an owner; the next one seen is a first use. Returns how many."""
    return _drop(session, owner)


def _of(owner: Owner) -> ColumnElement[bool]:
    if isinstance(owner, UUID):
        return HOST_KEY.c.device_id == owner
    return and_(HOST_KEY.c.device_id.is_(None), HOST_KEY.c.host == owner)


def _drop(session: Session, owner: Owner, state: str = "", algorithm: str = "") -> int:
    query = select(HostKey).where(_of(owner))
    if state:
        query = query.where(HOST_KEY.c.state == state)
    if algorithm:
        query = query.where(HOST_KEY.c.algorithm == algorithm)
    gone = session.scalars(query).all()
    for key in gone:
        session.delete(key)
    session.flush()
    if gone:
        revisions.touch(session, revisions.HOST_KEYS)
    return len(gone)


def _add(session: Session, owner: Owner, public: str, state: str, by: str) -> HostKey:
    key = HostKey(
        device_id=owner if isinstance(owner, UUID) else None,
        host="" if isinstance(owner, UUID) else owner,
        algorithm=_algorithm(public),
        public=" ".join(public.split()[:2]),
        fingerprint=fingerprint(public),
        state=state,
        accepted_by=by,
    )
    session.add(key)
    session.flush()
    revisions.touch(session, revisions.HOST_KEYS)
    return key


def _algorithm(public: str) -> str:
    _blob(public)
    return public.split()[0]


def _blob(public: str) -> bytes:
    """The key itself, without algorithm and comment. Raises RuleError for what is no key."""
    try:
        return base64.b64decode(public.split()[1], validate=True)
    except (IndexError, binascii.Error) as error:
        raise RuleError(
            f"{public[:40]!r} is not a public host key.", "As in known_hosts: ssh-ed25519 AAAA…"
        ) from error
