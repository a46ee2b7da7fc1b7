"""Images for tests: a few bytes that look like a file system, with real trailers behind them."""

from __future__ import annotations

import base64
import json
import struct
import zlib
from collections.abc import Sequence
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

SQUASHFS = b"hsqs" + bytes(range(256)) * 8
BOARD = "tplink,archer-c6-v3"


def block(before: bytes, data: bytes, type_: int) -> bytes:
    """One block of fwtool behind these bytes: data and trailer."""
    crc = zlib.crc32(before + data) ^ 0xFFFFFFFF
    return data + struct.pack(">4sIB3xI", b"FWx0", crc, type_, len(data) + 16)


def metadata(
    *boards: str, version: str = "24.10.8", compat: str = "1.0", **more: Any
) -> dict[str, Any]:
    """Metadata as OpenWrt's build writes it for these boards."""
    told: dict[str, Any] = {"metadata_version": "1.1", "compat_version": compat}
    if compat == "1.0":
        told["supported_devices"] = list(boards)
    else:
        told["new_supported_devices"] = list(boards)
        told["supported_devices"] = [f"Image version {compat} incompatible to device 1.0"]
    release = {"dist": "OpenWrt", "version": version, "revision": "r29233-443ec4032a"}
    told["version"] = {**release, "target": "ramips/mt7621", "board": "tplink_archer-c6-v3"}
    return {**told, **more}


def image(
    *boards: str, payload: bytes = SQUASHFS, told: object = None, sealed: bytes = b"", **more: Any
) -> bytes:
    """An image for these boards; `told` replaces the metadata, `sealed` is a signature block."""
    found = metadata(*(boards or (BOARD,)), **more) if told is None else told
    body = found if isinstance(found, bytes) else json.dumps(found).encode() + b"\n"
    if body.startswith(b'{"'):
        body = b"{ " + body[1:]  # as scripts/metadata.mk spaces it
    whole = payload + block(payload, bytes(8) + body, 1)
    return whole + block(whole, sealed, 0) if sealed else whole


class Signer:
    """A key of usign, made from a seed."""

    def __init__(self, seed: int, fingerprint: bytes = b"") -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
        self.fingerprint = fingerprint or bytes([seed]) * 8

    @property
    def public(self) -> str:
        """The public key as usign writes it."""
        raw = self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return self._file("public key " + self.fingerprint.hex(), raw)

    def sign(self, data: bytes) -> bytes:
        """The signature as usign writes it."""
        told = "signed by key " + self.fingerprint.hex()
        return self._file(told, self._key.sign(data)).encode()

    def _file(self, comment: str, body: bytes) -> str:
        packed = base64.b64encode(b"Ed" + self.fingerprint + body).decode()
        return f"untrusted comment: {comment}\n{packed}\n"


def blob(id_: int, data: bytes, *, extended: bool = False) -> bytes:
    """An attribute of libubox' blob, padded."""
    head = (id_ << 24) | (len(data) + 4) | (0x80000000 if extended else 0)
    return struct.pack(">I", head) + data + bytes(-len(data) % 4)


def message(type_: int, name: str, data: bytes) -> bytes:
    """An attribute of libubox' blobmsg."""
    told = struct.pack(">H", len(name)) + name.encode() + b"\0"
    return blob(type_, told + bytes(-len(told) % 4) + data, extended=True)


def certificate(by: Signer, of: Signer, begins: int, ends: int, type_: int = 1) -> bytes:
    """What `ucert -I` writes: the key of one, signed by another."""
    inner = message(5, "certtype", struct.pack(">I", type_))
    inner += message(4, "validfrom", struct.pack(">Q", begins))
    inner += message(4, "expiresat", struct.pack(">Q", ends))
    inner += message(3, "pubkey", of.public.encode() + b"\0")
    payload = message(2, "ucert", inner)
    return blob(0, blob(0, by.sign(payload).rstrip(b"\n") + b"\0") + blob(1, payload))


def sealed(data: bytes, chain: Sequence[bytes], by: Signer) -> bytes:
    """The data of a signature block: certificates, then the signature over the image."""
    return b"".join(chain) + blob(0, blob(0, by.sign(data)))
