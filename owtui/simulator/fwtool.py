"""The end of a firmware image, as fwtool of a device reads it (its fwtool.c): blocks of data, each
with a trailer behind it, the last one first."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MAGIC = b"FWx0"
TRAILER = 16
SIGNATURE, INFO = 0, 1
LONGEST = 32 << 10


@dataclass(frozen=True, slots=True)
class Tail:
    """What fwtool finds: metadata None where it finds none, `damaged` for a checksum that is wrong,
    "signed" where a signature stands behind it."""

    metadata: bytes | None = None
    signed: bool = False
    damaged: bool = False


def read_tail(data: bytes) -> Tail:
    """Walk the blocks from the end to the metadata."""
    end, signed = len(data), False
    while end >= TRAILER and data[end - TRAILER : end - TRAILER + 4] == MAGIC:
        start = end - TRAILER
        told = int.from_bytes(data[start + 4 : start + 8], "big")
        kind = data[start + 8]
        length = int.from_bytes(data[start + 12 : end], "big") - TRAILER
        # The checksum begins with ~0 as zlib's does, and is left as it is where zlib inverts it.
        if zlib.crc32(data[:start]) ^ 0xFFFFFFFF != told or not 0 <= length <= min(LONGEST, start):
            return Tail(signed=signed, damaged=True)
        body = data[start - length : start]
        signed |= kind == SIGNATURE
        if kind == INFO and body[:4] == bytes(4):
            return Tail(body[8:], signed)
        end = start - length
    return Tail(signed=signed)


def seal(payload: bytes, metadata: Mapping[str, Any]) -> bytes:
    """An image that ends in this metadata, as `fwtool -I` writes it."""
    text = f"{{ {json.dumps(metadata)[1:]}\n".encode()  # the blank is how OpenWrt's build spaces it
    whole = payload + bytes(8) + text
    crc = zlib.crc32(whole) ^ 0xFFFFFFFF
    return whole + struct.pack(">4sIB3xI", MAGIC, crc, INFO, 8 + len(text) + TRAILER)
