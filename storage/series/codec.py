"""Columns of numbers as few bytes: exact integers where the values are, differences, then zstd.

Router metrics are counters, percentages of two digits and times a minute apart: as differences of
integers nearly all of them fit a byte (Gorilla and VictoriaMetrics rest on the same observation).
Each frame has zstd's checksum: SQLite does not notice a byte that a disk changed.
"""

from __future__ import annotations

import struct
import threading
from typing import Any

import numpy as np
import zstandard
from numpy.typing import NDArray

from storage.series.model import Floats

Ints = NDArray[np.int64]

FAST, SMALL = 1, 5
"""zstd levels: of what lives a day at most, and of what stays for years."""

_KIND = struct.Struct("<BI")  # of a column of floats, with its number of values
_WIDTHS = ((0, 1), (1, 1 << 8), (2, 1 << 16), (4, 1 << 32))
_TYPES: dict[int, Any] = {1: np.uint8, 2: np.uint16, 4: np.uint32, 8: np.int64}
_RAW, _CODED = 100, 101  # kinds; below stands the number of decimals
_DECIMALS = 7
_EXACT = float(1 << 53)

_local = threading.local()  # contexts of zstd are no thread's but one's


class BadFrame(ValueError):
    """Bytes that this module did not write, or that were changed since."""


def squeeze(raw: bytes, level: int) -> bytes:
    """Compress, with a checksum."""
    contexts: dict[int, zstandard.ZstdCompressor] = _local.__dict__.setdefault("packing", {})
    if level not in contexts:
        contexts[level] = zstandard.ZstdCompressor(level=level, write_checksum=True)
    return contexts[level].compress(raw)


def expand(frame: bytes) -> bytes:
    """What `squeeze` was given. Raises BadFrame."""
    context = _local.__dict__.setdefault("unpacking", zstandard.ZstdDecompressor())
    try:
        raw: bytes = context.decompress(frame)
    except (zstandard.ZstdError, MemoryError) as error:
        raise BadFrame(str(error)) from error
    return raw


def pack_ints(values: Ints) -> bytes:
    """A column of integers below 2^54: plain, or the first or second differences, if narrower."""
    firsts: list[int] = []
    column, best, narrowest = values, b"", 9
    for order in range(min(3, len(values))):
        low = int(column.min())
        width = _width(int(column.max()) - low)
        if width < narrowest:
            narrowest = width
            head = struct.pack(f"<BB{order + 1}q", order, width, *firsts, low)
            best = head + ((column - low).astype(_TYPES[width]).tobytes() if width else b"")
        firsts.append(int(column[0]))
        column = np.diff(column)
    return best


def unpack_ints(raw: bytes, at: int, count: int) -> tuple[Ints, int]:
    """`count` integers from `at`, and where the next column begins. Raises BadFrame."""
    if not count:
        return np.empty(0, np.int64), at
    try:
        order, width = struct.unpack_from("<BB", raw, at)
        *firsts, low = struct.unpack_from(f"<{order + 1}q", raw, at + 2)
        at += 2 + 8 * (order + 1)
        left = count - order
        if width:
            column = np.frombuffer(raw, _TYPES[width], left, at).astype(np.int64) + low
        else:
            column = np.full(left, low, np.int64)
    except (struct.error, KeyError, ValueError) as error:
        raise BadFrame("a column is cut") from error
    for first in reversed(firsts):
        column = np.cumsum(np.concatenate(([first], column)))
    return column, at + width * left


def pack_floats(values: Floats) -> list[bytes]:
    """The ways to write a column of floats; which compresses best is seen by compressing."""
    count = len(values)
    ways = []
    decimals = decimals_of(values)
    if decimals is None:
        planes = np.ascontiguousarray(values).view(np.uint8).reshape(count, 8).T
        ways.append(_KIND.pack(_RAW, count) + planes.tobytes())
    else:
        scaled = np.rint(values * 10.0**decimals).astype(np.int64)
        ways.append(_KIND.pack(decimals, count) + pack_ints(scaled))
    if count >= 64 and (coded := _coded(values)) is not None:
        ways.append(_KIND.pack(_CODED, count) + coded)
    return ways


def unpack_floats(raw: bytes, at: int) -> tuple[Floats, int]:
    """The column from `at`, and where the next begins. Raises BadFrame."""
    try:
        kind, count = _KIND.unpack_from(raw, at)
        at += _KIND.size
        if kind == _RAW:
            planes = np.frombuffer(raw, np.uint8, 8 * count, at).reshape(8, count)
            return np.ascontiguousarray(planes.T).view(np.float64).reshape(count), at + 8 * count
        if kind == _CODED:
            (known,) = struct.unpack_from("<H", raw, at)
            table = np.frombuffer(raw, np.float64, known, at + 2)
            kind_of_code = np.uint8 if known <= 256 else np.uint16
            at += 2 + 8 * known
            codes = np.frombuffer(raw, kind_of_code, count, at)
            return table[codes], at + codes.nbytes
    except (struct.error, ValueError, IndexError) as error:
        raise BadFrame("a column is cut") from error
    if kind > _DECIMALS:
        raise BadFrame(f"a column is of kind {kind}")
    scaled, at = unpack_ints(raw, at, count)
    return scaled / 10.0**kind, at


def _width(spread: int) -> int:
    return next((width for width, above in _WIDTHS if spread < above), 8)


def decimals_of(values: Floats) -> int | None:
    """How many decimals say all values exactly; None when none do: thirds, huge numbers."""
    for decimals in range(_DECIMALS + 1):
        scale = 10.0**decimals
        scaled = np.rint(values * scale)
        if len(values) and max(-scaled.min(), scaled.max()) >= _EXACT:
            return None
        if (scaled / scale == values).all():
            return decimals
    return None


def _coded(values: Floats) -> bytes | None:
    """A table of the values there are and its numbers: the same clients again and again."""
    table, codes = np.unique(values, return_inverse=True)
    if len(table) > len(values) // 8 or len(table) > 0xFFFF:
        return None
    kind = np.uint8 if len(table) <= 256 else np.uint16
    return struct.pack("<H", len(table)) + table.tobytes() + codes.astype(kind).tobytes()
