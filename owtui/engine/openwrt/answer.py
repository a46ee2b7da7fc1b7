"""JSON from a device, read without trust.

Releases and images differ in what they tell, and a broken device may tell anything: an `Answer` can
be asked for any path, and says "", 0 or nothing where the value is absent or of another kind.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator

from owtui.errors import ProtocolError

_LARGEST = 2**63 - 1
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")  # neither UTF-8 nor PostgreSQL's JSON takes them
_NO_BYTE = re.compile("[\ud800-\udc7f\udd00-\udfff]")  # surrogates that stand for no byte


class Answer:
    """One JSON value of a device; `answer["release"]["version"].text` never fails."""

    __slots__ = ("value",)

    def __init__(self, value: object = None) -> None:
        self.value = value

    def __getitem__(self, key: str) -> Answer:
        return Answer(self.value.get(key) if isinstance(self.value, dict) else None)

    def __iter__(self) -> Iterator[Answer]:
        """Yield the items of a list; anything else has none."""
        return iter([Answer(item) for item in self.value] if isinstance(self.value, list) else [])

    def __bool__(self) -> bool:
        return bool(self.value)

    def items(self) -> Iterator[tuple[str, Answer]]:
        """Yield names and values of an object; anything else has none."""
        pairs = self.value.items() if isinstance(self.value, dict) else ()
        return iter([(printable(str(name)), Answer(value)) for name, value in pairs])

    @property
    def text(self) -> str:
        """The string as it can be shown and stored, "" where there is none."""
        return printable(self.value) if isinstance(self.value, str) else ""

    @property
    def raw(self) -> bytes:
        """The bytes that the device put into the string."""
        return to_bytes(self.value) if isinstance(self.value, str) else b""

    @property
    def number(self) -> int:
        """The number as an integer that a database can hold, 0 where there is none."""
        real = self.real
        return int(real) if abs(real) < _LARGEST else 0

    @property
    def real(self) -> float:
        """The number as a float, 0.0 where there is none."""
        if isinstance(self.value, bool) or not isinstance(self.value, int | float):
            return 0.0
        try:
            real = float(self.value)
        except OverflowError:
            return 0.0
        return real if math.isfinite(real) else 0.0

    @property
    def flag(self) -> bool:
        """True only for a JSON true."""
        return self.value is True


def printable(text: str) -> str:
    """Put U+FFFD in place of what is no character: stray surrogates and NUL."""
    return _UNSTORABLE.sub("\ufffd", text)


def to_bytes(text: str) -> bytes:
    """Return the bytes behind text that was read with surrogateescape."""
    return _NO_BYTE.sub("\ufffd", text).encode("utf-8", "surrogateescape")


def decode(data: bytes | str, what: str) -> object:
    """Read one JSON document; bytes that are no UTF-8 survive as surrogates.

    Raises ProtocolError that names `what`.
    """
    text = data.decode("utf-8", "surrogateescape") if isinstance(data, bytes) else data
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ProtocolError(f"{what} is not JSON.") from error


def documents(data: bytes) -> Iterator[object]:
    """Yield the JSON documents that stand one after another in `data`; stops at other text."""
    text = data.decode("utf-8", "surrogateescape")
    decoder = json.JSONDecoder()
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        try:
            value, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            return
        yield value
