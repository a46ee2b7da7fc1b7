"""A filter of plain words over rows with named fields: pure, and small beside the devices' own.

failed who=eva what:reb !device=ap-*      all of these; ! is not, = whole, : part, * anything
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from fnmatch import translate

from owtui.errors import InputError

Matches = Callable[[Mapping[str, str]], bool]
_TEST = re.compile(r"([a-z_]+)([=:])(.*)", re.DOTALL)


def parse(text: str, fields: Sequence[str]) -> Matches | None:
    """Read a filter; None for one that shows everything. Raises InputError for no such field."""
    tests = [_test(word, fields) for word in _words(text)]
    if not tests:
        return None
    return lambda row: all(test(row) for test in tests)


def placeholder(fields: Sequence[str]) -> str:
    """What may be typed, in one line."""
    return "words, or " + " ".join(f"{name}=" for name in fields) + "; * for anything, ! for not"


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:  # a quote that is still open while somebody types
        return text.replace('"', " ").replace("'", " ").split()


def _test(word: str, fields: Sequence[str]) -> Matches:
    if word.startswith("!") and len(word) > 1:
        inner = _test(word[1:], fields)
        return lambda row: not inner(row)
    found = _TEST.fullmatch(word)
    if found is None:
        wanted = word.casefold()
        return lambda row: any(wanted in value.casefold() for value in row.values())
    name, sign, value = found.groups()
    if name not in fields:
        raise InputError(f"There is no “{name}” here.", f"There are: {', '.join(fields)}.")
    wanted = value.casefold()
    if sign == ":":
        return lambda row: wanted in row.get(name, "").casefold()
    whole = re.compile(translate(wanted))
    return lambda row: whole.match(row.get(name, "").casefold()) is not None
