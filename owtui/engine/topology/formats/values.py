"""JSON with the place of each value, for formats that must say where a document is wrong.

`At` is one value and the path to it: "vis[2].neighbors[0].metric". Its methods give plain Python
that can be stored, or raise the format's error with that path.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any

from owtui.engine.topology.formats.base import Format, FormatError

DEEPEST = 32
"""How deeply a property may nest: what is kept is walked again by whoever stores or draws it."""

MOST_VALUES = 3_000_000
"""Of a JSON document, by its commas: 32 MiB of empty lists would take a gigabyte as objects."""

TOO_DEEP = "it nests too deeply"

LONGEST = 255
"""Letters of an id, a label or an address: a name is a column, and is drawn."""

# What no database takes (answer.printable), and what a terminal obeys; lines and tabs are text.
_UNFIT = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_KINDS = {dict: "an object", list: "a list", str: "a text", bool: "a truth value"}


class At:
    """One value of a document."""

    __slots__ = ("_format", "place", "value")

    def __init__(self, value: Any, place: str, format_: Format) -> None:
        self.value = value
        self.place = place
        self._format = format_

    def wrong(self, reason: str) -> FormatError:
        """The format's error for this place."""
        return self._format.wrong(self.place, reason)

    # -- steps ------------------------------------------------------------------------------------

    def __getitem__(self, key: str) -> At:
        """The member of an object that must be there."""
        found = self.get(key)
        if found is None:
            raise self._format.wrong(self._under(key), "it is missing")
        return found

    def get(self, key: str) -> At | None:
        """The member of an object, None where it is absent or null."""
        value = self.object.get(key)
        return None if value is None else At(value, self._under(key), self._format)

    @property
    def object(self) -> dict[str, Any]:
        """The value, which must be an object."""
        if not isinstance(self.value, dict):
            raise self._unfit("an object")
        return self.value

    def items(self) -> Iterator[At]:
        """The members of a list; an object without members is one, as OpenWrt's jshn makes it."""
        if self.value == {}:
            return
        if not isinstance(self.value, list):
            raise self._unfit("a list")
        for index, value in enumerate(self.value):
            yield At(value, f"{self.place}[{index}]", self._format)

    def each(self, key: str) -> Iterator[At]:
        """The members of a list that may be absent."""
        found = self.get(key)
        return found.items() if found is not None else iter(())

    def members(self) -> Iterator[tuple[str, At]]:
        """Names and values of an object."""
        for key, value in self.object.items():
            yield clean(key), At(value, self._under(key), self._format)

    # -- values -----------------------------------------------------------------------------------

    @property
    def text(self) -> str:
        """A text, which may be empty."""
        if not isinstance(self.value, str):
            raise self._unfit("a text")
        if len(self.value) > LONGEST:
            raise self.wrong(f"it is longer than {LONGEST} letters")
        return clean(" ".join(self.value.split("\n")))

    @property
    def name(self) -> str:
        """A text that is not empty; numbers, as of a counted id, are one."""
        if isinstance(self.value, int) and not isinstance(self.value, bool):
            return str(self.value)
        if not (text := self.text):
            raise self.wrong("it is empty")
        return text

    @property
    def number(self) -> float:
        """A finite number; one that is written as a text, as batman-adv does, counts."""
        if isinstance(self.value, bool) or not isinstance(self.value, int | float | str):
            raise self._unfit("a number")
        try:
            number = float(self.value)
        except (ValueError, OverflowError):
            raise self._unfit("a number") from None
        if not math.isfinite(number):
            raise self.wrong("it is not a finite number")
        return number

    @property
    def flag(self) -> bool:
        """True only for a JSON true."""
        return self.value is True

    @property
    def plain(self) -> Any:
        """The whole value as it can be stored."""
        try:
            return _plain(self.value)
        except RecursionError:
            raise self.wrong(TOO_DEEP) from None

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts that may be absent, each once, in its order."""
        return tuple(dict.fromkeys(one.name for one in self.each(key)))

    def some(self, key: str) -> str:
        """A text that may be absent."""
        found = self.get(key)
        return found.text if found is not None else ""

    def told(self, *keys: str) -> dict[str, Any]:
        """Those of these members that are there, as they can be stored."""
        found = {key: self.get(key) for key in keys}
        return {key: one.plain for key, one in found.items() if one is not None}

    def _under(self, key: str) -> str:
        short = clean(key)[:40].replace("\n", " ")
        return f"{self.place}.{short}"[-200:] if self.place else short

    def _unfit(self, wanted: str) -> FormatError:
        found = "nothing" if self.value is None else _KINDS.get(type(self.value), "a number")
        return self.wrong(f"there is {found} where {wanted} belongs")


def document(text: str, format_: Format) -> At:
    """Read a text that is one JSON document. Raises FormatError."""
    found = documents(text, format_)
    if len(found) > 1:
        raise format_.wrong("", "more stands behind the end of the document")
    return found[0]


def documents(text: str, format_: Format) -> list[At]:
    """Read one or more JSON documents that stand behind each other. Raises FormatError."""
    if text.count(",") > MOST_VALUES:
        raise format_.wrong("", f"it holds more than {MOST_VALUES} values")
    decoder = json.JSONDecoder()
    found: list[At] = []
    at = _skip(text, 0)
    while at < len(text):
        try:
            value, at = decoder.raw_decode(text, at)
        except json.JSONDecodeError as error:
            raise format_.wrong(
                f"line {error.lineno}", f"it is not JSON ({error.msg[:1].lower()}{error.msg[1:]})"
            ) from None
        except ValueError:  # a number of more digits than Python reads
            raise format_.wrong("", "a number in it is too long") from None
        except RecursionError:
            raise format_.wrong("", TOO_DEEP) from None
        found.append(At(value, "", format_))
        at = _skip(text, at)
    if not found:
        raise format_.wrong("", "it is empty")
    return found


def clean(text: str) -> str:
    """Put U+FFFD in place of what neither a database nor a terminal is to be given."""
    return _UNFIT.sub("\ufffd", text)


def is_json(text: str) -> bool:
    """True where a text can only be meant as JSON."""
    return text.lstrip()[:1] in ("{", "[")


_BLANK = re.compile(r"\s*")


def _skip(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    assert found is not None  # it matches nothing, too
    return found.end()


def _plain(value: Any, deep: int = 0) -> Any:
    """Raises RecursionError for what nests more than DEEPEST levels."""
    if deep > DEEPEST:
        raise RecursionError(TOO_DEEP)
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {clean(key): _plain(one, deep + 1) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(one, deep + 1) for one in value]
    return value
