"""Does a password fit a hash of /etc/shadow? MD5 ($1$, busybox's own), SHA-256 and SHA-512.

Written from the published descriptions of md5-crypt and sha-crypt; Python has dropped its own. Only
to compare: nothing here makes hashes that are stored.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Iterator
from typing import Any

_LETTERS = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_MOST_ROUNDS = 100_000  # a hash may ask for more than a verdict may take
_SHA = re.compile(r"\$([56])\$(?:rounds=(\d{1,9})\$)?([^$]{0,16})\$([./0-9A-Za-z]+)\Z")
_MD5 = re.compile(r"\$1\$([^$]{0,8})\$([./0-9A-Za-z]{22})\Z")
_New = Callable[[bytes], Any]


def fits(password: str, stored: str) -> bool | None:
    """Compare a password with a hash; None where the kind of hash is not known here."""
    text = password.encode("utf-8", "surrogateescape")
    md5 = _MD5.match(stored)
    if md5 is not None:
        return hmac.compare_digest(_md5(text, md5[1].encode()), md5[2])
    sha = _SHA.match(stored)
    if sha is None:
        return None
    rounds = max(1000, int(sha[2] or 5000))
    if rounds > _MOST_ROUNDS:
        return None
    new: _New = hashlib.sha256 if sha[1] == "5" else hashlib.sha512
    digest = _sha(new, text, sha[3].encode(), rounds)
    return hmac.compare_digest(_letters(digest, _sha_order(digest)), sha[4])


def _sha(new: _New, text: bytes, salt: bytes, rounds: int) -> bytes:
    size = len(text)
    other = new(text + salt + text).digest()
    first = text + salt + _filled(other, size)
    bits = size
    while bits:
        first += other if bits & 1 else text
        bits >>= 1
    digest: bytes = new(first).digest()
    words = _filled(new(text * size).digest(), size)
    salts = _filled(new(salt * (16 + digest[0])).digest(), len(salt))
    for turn in range(rounds):
        odd = turn & 1
        mixed = words if odd else digest
        if turn % 3:
            mixed += salts
        if turn % 7:
            mixed += words
        digest = new(mixed + (digest if odd else words)).digest()
    return digest


def _md5(text: bytes, salt: bytes) -> str:
    def new(data: bytes) -> bytes:
        return hashlib.md5(data, usedforsecurity=False).digest()

    first = text + b"$1$" + salt + _filled(new(text + salt + text), len(text))
    bits = len(text)
    while bits:
        first += b"\0" if bits & 1 else text[:1]
        bits >>= 1
    digest = new(first)
    for turn in range(1000):
        odd = turn & 1
        mixed = text if odd else digest
        if turn % 3:
            mixed += salt
        if turn % 7:
            mixed += text
        digest = new(mixed + (digest if odd else text))
    order = [(0, 6, 12), (1, 7, 13), (2, 8, 14), (3, 9, 15), (4, 10, 5), (11,)]
    return _letters(digest, iter(order))


def _filled(block: bytes, size: int) -> bytes:
    """Repeat a block up to a size."""
    return (block * (size // len(block) + 1))[:size]


def _sha_order(digest: bytes) -> Iterator[tuple[int, ...]]:
    """The bytes of a digest in the order in which sha-crypt writes them."""
    third = len(digest) // 3
    one, two, three = 0, third, 2 * third
    for _ in range(third):
        yield one, two, three
        if third == 21:  # SHA-512
            one, two, three = two + 1, three + 1, one + 1
        else:
            one, two, three = three + 1, one + 1, two + 1
    yield (63,) if third == 21 else (31, 30)


def _letters(digest: bytes, order: Iterator[tuple[int, ...]]) -> str:
    """Write bytes as crypt does: six bits a letter, the lowest first."""
    out = []
    for group in order:
        value = 0
        for index in group:
            value = value << 8 | digest[index]
        for _ in range(-(-len(group) * 8 // 6)):
            out.append(_LETTERS[value & 63])
            value >>= 6
    return "".join(out)
