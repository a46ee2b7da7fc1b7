"""Our way in, made from what the inventory has: a connection, an address, what the device saw."""

from __future__ import annotations

import binascii
import re
import struct
from typing import Literal
from urllib.parse import urlsplit

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

from owtui.engine.configs.cutoff.model import Way
from owtui.engine.configs.model import SeenFrom
from owtui.engine.transport.base import Login

_ARMOUR = re.compile(r"-----BEGIN OPENSSH [A-Z]+ KEY-----(.*?)-----END", re.DOTALL)
_MAGIC = b"openssh-key-v1\0"
_KINDS: dict[str, Literal["password", "key", "agent", "none"]] = {
    "password": "password",
    "key": "key",
    "agent": "agent",
}


def way_in(
    login: Login,
    address: str,
    seen: SeenFrom,
    *,
    over: Literal["ssh", "http"] = "ssh",
    netdev: str = "",
) -> Way:
    """Return the way in over a connection that works.

    address: the one that was dialled. Over HTTP the connection's URL goes before it; without one
    it is HTTPS, as the transport dials.
    """
    host, port, tls = address, login.port, False
    if over == "http":
        url = urlsplit(login.http_url or f"https://{_host(address)}")
        tls = url.scheme == "https"
        host, port = url.hostname or address, url.port or (443 if tls else 80)
    key = login.kind == "key" and login.secret is not None
    public = public_key(login) if key else ""
    return Way(
        host,
        port,
        over,
        tls,
        login.username,
        _KINDS.get(login.kind, "none"),
        (public,) if public else (),
        login.secret if login.kind == "password" else None,
        login.jump if over == "ssh" else (),
        seen,
        netdev,
    )


def _host(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def public_key(login: Login) -> str:
    """Return the public half of a login's key, "ssh-ed25519 AAAA…"; "" where it cannot be told.

    A key in OpenSSH's own form has it in clear text, so no passphrase is asked and no time is spent
    on its key derivation.
    """
    text = login.secret.reveal() if login.secret is not None else ""
    found = _ARMOUR.search(text)
    if found is not None:
        return _in_clear(found[1])
    word = login.passphrase.reveal().encode() if login.passphrase else None
    try:
        key = load_pem_private_key(text.encode(), word)
        return key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return ""


def _in_clear(armoured: str) -> str:
    """Cut the public key out: after the magic, cipher, KDF, its options and the number of keys."""
    try:
        data = binascii.a2b_base64(armoured)
        rest = data.removeprefix(_MAGIC)
        for _ in range(3):
            rest = _string(rest)[1]
        blob = _string(rest[4:])[0]
        kind = _string(blob)[0].decode("ascii")
    except (ValueError, struct.error):
        return ""
    return f"{kind} {binascii.b2a_base64(blob, newline=False).decode()}"


def _string(data: bytes) -> tuple[bytes, bytes]:
    """Split off a string with its length before it [RFC 4251 §5]."""
    (size,) = struct.unpack_from(">I", data)
    if size > len(data) - 4:
        raise ValueError("cut short")
    return data[4 : 4 + size], data[4 + size :]
