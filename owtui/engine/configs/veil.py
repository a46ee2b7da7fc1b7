"""Secrets out of a text that somebody edits, and back in when it is saved.

Each secret is shown as a numbered mark (•••01). The mark is the secret wherever it stands, so that
lines may be moved or doubled. All have as many digits: what a slip of a key leaves of one stands
for nothing, and that is told.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from owtui.engine.configs.model import Problem
from owtui.engine.configs.source import pointer

SIGN = "•"
MARK = SIGN * 3
_MARKED = re.compile(rf"{SIGN}+\d*")
_VARIABLES = re.compile(r"(?:\s*\{\{\s*\w*\s*\}\}\s*)+")
_PRIVATE = re.compile(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----")

# Whether the value of a key is a secret, by the key's name.
IsSecret = Callable[[str], bool]
# The parts of a longer text that are secrets: (start, end) in order, without overlap.
Spans = Callable[[str], Sequence[tuple[int, int]]]


def no_spans(text: str) -> Sequence[tuple[int, int]]:
    """For texts that hide nothing."""
    return ()


@dataclass(frozen=True, slots=True)
class Veiled:
    """A configuration without its secrets. `kept` maps a mark to what it stands for."""

    config: dict[str, Any]
    kept: Mapping[str, str] = field(default_factory=dict, repr=False)


def veil(config: Mapping[str, Any], is_secret: IsSecret, spans: Spans = no_spans) -> Veiled:
    """Put marks in the place of secrets; a variable in such a place is no secret and stays.

    Also hidden: what a list under a secret's key holds, a private key in any text, and `spans`, the
    parts of longer texts such as the contents of a file.
    """
    found: list[str] = []
    digits = max(2, len(str(_count(config, is_secret, spans))))

    def hidden(value: str) -> str:
        found.append(value)
        return _mark(len(found), digits)

    config = _walked(config, is_secret, spans, hidden)
    return Veiled(config, {_mark(n, digits): value for n, value in enumerate(found, 1)})


def _mark(number: int, digits: int) -> str:
    return f"{MARK}{number:0{digits}}"


def _count(config: Mapping[str, Any], is_secret: IsSecret, spans: Spans) -> int:
    found: list[str] = []

    def hidden(value: str) -> str:
        found.append(value)
        return ""

    _walked(config, is_secret, spans, hidden)
    return len(found)


def _walked(
    config: Mapping[str, Any], is_secret: IsSecret, spans: Spans, hidden: Callable[[str], str]
) -> dict[str, Any]:
    """Copy a configuration with `hidden` called, in order, for each secret in it."""

    def parted(value: str) -> str:
        pieces, end = [], 0
        for start, stop in spans(value):
            if not _VARIABLES.fullmatch(value[start:stop]):
                pieces += [value[end:start], hidden(value[start:stop])]
                end = stop
        return "".join([*pieces, value[end:]])

    def walk(value: Any, secret: bool) -> Any:
        if isinstance(value, Mapping):
            return {key: walk(one, is_secret(str(key))) for key, one in value.items()}
        if isinstance(value, list):
            return [walk(one, secret) for one in value]
        if not isinstance(value, str) or not value:
            return value
        whole = _PRIVATE.search(value) or SIGN in value  # or it could not be told from a mark
        if whole or (secret and not _VARIABLES.fullmatch(value)):
            return hidden(value)
        return parted(value)

    return {key: walk(one, is_secret(str(key))) for key, one in config.items()}


def unveil(
    config: Mapping[str, Any], kept: Mapping[str, str]
) -> tuple[dict[str, Any], tuple[Problem, ...]]:
    """Put the secrets back in the place of their marks, and tell of marks that stand for none."""
    problems: list[Problem] = []

    def walk(value: Any, path: str) -> Any:
        if isinstance(value, Mapping):
            return {key: walk(one, pointer(path, key)) for key, one in value.items()}
        if isinstance(value, list):
            return [walk(one, pointer(path, number)) for number, one in enumerate(value)]
        if not isinstance(value, str) or SIGN not in value:
            return value
        unknown = [mark for mark in _MARKED.findall(value) if mark not in kept]
        problems.extend(Problem(_unknown(mark), path) for mark in unknown)
        return _MARKED.sub(lambda found: kept.get(found.group(), found.group()), value)

    return walk(config, "#"), tuple(problems)


def _unknown(mark: str) -> str:
    return f"{mark} stands for no secret here: write the secret itself."
