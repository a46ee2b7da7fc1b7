"""Who signed an image: usign's Ed25519, by itself or at the end of a chain of ucert.

usign's files (OpenWrt's usign, ed25519 as in OpenBSD's signify) are a line "untrusted comment: …"
and base64 of "Ed", eight bytes that tell the key, and the key (32 bytes) or signature (64). A chain
(OpenWrt's ucert, ucert.c) is one or more of libubox' blobs, each with a signature and, but for the
last one, a payload: a blobmsg table "ucert" of certtype (1: it says who may sign), validfrom and
expiresat (Unix seconds) and pubkey, a public key as usign writes it. Each payload is signed by the
key before it, the first one by a trusted key; the last signature is over the image before it.
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from owtui.engine.firmware.imagefile import ImageFile
from owtui.errors import InputError

OK, MISSING, WRONG, UNCHECKED = "ok", "missing", "wrong", "unchecked"

_COMMENT = b"untrusted comment:"
_WORD = struct.Struct(">I")
_TABLE, _STRING, _INT64, _INT32, _INT16, _INT8 = 2, 3, 4, 5, 6, 7
_AUTH = 1
_MOST_CERTIFICATES = 8


@dataclass(frozen=True, slots=True)
class Verdict:
    """`state`: ok, missing, wrong or unchecked; `words` say which key, or why."""

    state: str
    words: str


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key of usign; `id` are the eight bytes that signatures name it by, `name` is for people."""

    id: bytes
    key: bytes
    name: str = ""


class _WrongError(Exception):
    """The signature does not hold; `str()` says why."""


def keys(places: str) -> list[PublicKey]:
    """The keys of files and folders, which colons separate. Raises InputError.

    In a folder every file counts, as in a router's /etc/opkg/keys.
    """
    found = []
    for place in filter(None, places.split(":")):
        path = Path(place).expanduser()
        try:
            files = sorted(path.iterdir()) if path.is_dir() else [path]
            found += [public_key(file.read_bytes(), file.name) for file in files]
        except OSError as error:
            raise InputError(f"The key {path} cannot be read: {error.strerror}.") from error
    return found


def public_key(data: bytes, name: str = "") -> PublicKey:
    """Read a public key of usign. Raises InputError."""
    body = _body(data, 32)
    if body is None:
        raise InputError(
            f"{name or 'The file'} is no public key of usign.",
            "Such a file is a line of comment and a line of base64 that begins with RW.",
        )
    return PublicKey(body[:8], body[8:], name or body[:8].hex())


def check(image: ImageFile, path: Path, trusted: Sequence[PublicKey], at: datetime) -> Verdict:
    """Who signed the image that is in this file, at this time. Raises InputError."""
    if not trusted:
        told = "it is signed" if image.signature else "it has no signature"
        return Verdict(UNCHECKED, f"No key is set to check it with; {told}.")
    if not image.signature:
        return Verdict(MISSING, "It has no signature.")
    try:
        with path.open("rb") as file:  # no map of it: whoever cuts it now would end this process
            message = file.read(image.signed)
        return Verdict(OK, _signer(image.signature, message, trusted, at))
    except _WrongError as error:
        return Verdict(WRONG, str(error))
    except OSError as error:
        raise InputError(f"{path.name} cannot be read: {error.strerror or error}.") from error


def _signer(signature: bytes, message: bytes, trusted: Sequence[PublicKey], at: datetime) -> str:
    """Follow the chain; returns who signed in words. Raises _WrongError."""
    allowed: list[PublicKey] = list(trusted)
    words: list[str] = []
    for signed, payload in _chain(signature):
        if payload is None:
            key = _verified(signed, message, allowed)
            return f"Signed by {' for '.join([key.name, *words[::-1]])}."
        words.append(_verified(signed, payload, allowed).name)
        allowed = [_certified(payload, at)]
    raise _WrongError("Its certificates sign no image.")


def _verified(signature: bytes, message: bytes, allowed: Sequence[PublicKey]) -> PublicKey:
    body = _body(signature, 64)
    if body is None:
        raise _WrongError("Its signature is not one of usign.")
    for key in allowed:
        if key.id == body[:8]:
            try:
                Ed25519PublicKey.from_public_bytes(key.key).verify(body[8:], message)
            except (InvalidSignature, ValueError):
                raise _WrongError(f"It is not what {key.name} signed.") from None
            return key
    raise _WrongError(f"It was signed by the key {body[:8].hex()}, which is not trusted.")


def _certified(payload: bytes, at: datetime) -> PublicKey:
    """The key that a certificate says may sign."""
    told = _table(payload).get("ucert")
    inside = _table(told) if isinstance(told, bytes) else {}
    kind, begins, ends, key = (
        inside.get(name) for name in ("certtype", "validfrom", "expiresat", "pubkey")
    )
    if kind != _AUTH or not isinstance(key, str):
        raise _WrongError("Its certificate does not say who may sign.")
    if not (isinstance(begins, int) and isinstance(ends, int)):
        raise _WrongError("Its certificate does not say how long it holds.")
    if not begins <= at.timestamp() < ends:
        raise _WrongError(f"Its certificate holds from {_day(begins)} until {_day(ends)}.")
    try:
        return public_key(key.encode())
    except InputError:
        raise _WrongError("Its certificate holds no key of usign.") from None


def _chain(data: bytes) -> Iterator[tuple[bytes, bytes | None]]:
    """Signature and payload of each certificate; the last one has none."""
    if data.startswith(_COMMENT):
        yield data, None
        return
    for count, (_, _, body) in enumerate(_attributes(data)):
        parts = {id_: part for id_, _, part in _attributes(body)}
        if 0 not in parts or count >= _MOST_CERTIFICATES:
            raise _WrongError("Its signature is neither one of usign nor certificates of ucert.")
        yield parts[0], parts.get(1)


def _attributes(data: bytes) -> Iterator[tuple[int, bool, bytes]]:
    """The attributes of a blob: id, whether it is a blobmsg, data (libubox, blob.h)."""
    at = 0
    while at + _WORD.size <= len(data):
        [word] = _WORD.unpack_from(data, at)
        length = word & 0xFFFFFF
        if not _WORD.size <= length <= len(data) - at:
            raise _WrongError("Its signature is damaged.")
        yield word >> 24 & 0x7F, bool(word >> 31), data[at + _WORD.size : at + length]
        at += length + -length % 4


def _table(data: bytes) -> Mapping[str, bytes | str | int]:
    """The named values of a blobmsg table (libubox, blobmsg.h); a table in it stays bytes."""
    found: dict[str, bytes | str | int] = {}
    for type_, extended, body in _attributes(data):
        if not extended or len(body) < 2:
            continue
        length = int.from_bytes(body[:2], "big")
        head = 2 + length + 1
        name, value = body[2 : 2 + length].decode("utf-8", "replace"), body[head + -head % 4 :]
        if type_ == _STRING:
            found[name] = value.rstrip(b"\0").decode("utf-8", "replace")
        elif type_ in (_INT64, _INT32, _INT16, _INT8):
            found[name] = int.from_bytes(value, "big")
        elif type_ == _TABLE:
            found[name] = value
    return found


def _body(data: bytes, length: int) -> bytes | None:
    """Key id and content of a file of usign; None for anything else."""
    lines = data.strip(b"\0 \r\n").splitlines()
    if len(lines) != 2 or not lines[0].startswith(_COMMENT):
        return None
    try:
        body = base64.b64decode(lines[1].strip(), validate=True)
    except ValueError:
        return None
    return body[2:] if body[:2] == b"Ed" and len(body) == 10 + length else None


def _day(seconds: int) -> str:
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d}"
    except (OverflowError, ValueError, OSError):
        return "a day that cannot be"
