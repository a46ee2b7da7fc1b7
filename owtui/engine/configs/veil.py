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

# Whether a value is a secret as a whole, by the name of its key; numbers are asked about as text.
IsSecret = Callable[[str, str], bool]
# The parts of a longer text that are secrets: (start, end) in order, without overlap.
Spans = Callable[[str], Sequence[tuple[int, int]]]


def no_spans(text: str) -> Sequence[tuple[int, int]]:
    """For texts that hide nothing."""
    return ()


@dataclass(frozen=True, slots=True)
class Veiled:
    """A configuration without its secrets. `kept` maps a mark to what it stands for."""

    config: dict[str, Any]
    kept: Mapping[str, Any] = field(default_factory=dict, repr=False)


def veil(config: Mapping[str, Any], is_secret: IsSecret, spans: Spans = no_spans) -> Veiled:
    """Put marks in the place of secrets; what only names a variable is none.

    Also hidden: what a list under a secret's key holds, and `spans`, the parts of longer texts such
    as the contents of a file.
    """
    hider = _Hider(is_secret, spans)
    hider.walk(config, "")  # once to count: all marks have as many digits
    digits = max(2, len(str(len(hider.found))))
    hider = _Hider(is_secret, spans, digits)
    return Veiled(
        hider.walk(config, ""), {_mark(n, digits): v for n, v in enumerate(hider.found, 1)}
    )


def _mark(number: int, digits: int) -> str:
    return f"{MARK}{number:0{digits}}"


class _Hider:
    """Copies a configuration, and keeps what it hides, in order."""

    def __init__(self, is_secret: IsSecret, spans: Spans, digits: int = 2) -> None:
        self.found: list[Any] = []
        self._is_secret = is_secret
        self._spans = spans
        self._digits = digits

    def walk(self, value: Any, name: str) -> Any:
        if isinstance(value, Mapping):
            return {key: self.walk(one, str(key)) for key, one in value.items()}
        if isinstance(value, list):
            return [self.walk(one, name) for one in value]
        if isinstance(value, int | float) and not isinstance(value, bool):
            return self._hidden(value) if self._is_secret(name, str(value)) else value
        if not isinstance(value, str) or not value:
            return value
        if SIGN in value or self._is_secret(name, value):  # the first could not be told from a mark
            return self._hidden(value)
        return self._parted(value)

    def _hidden(self, value: Any) -> str:
        self.found.append(value)
        return _mark(len(self.found), self._digits)

    def _parted(self, value: str) -> str:
        pieces, end = [], 0
        for start, stop in self._spans(value):
            pieces += [value[end:start], self._hidden(value[start:stop])]
            end = stop
        return "".join([*pieces, value[end:]])


def unveil(
    config: Mapping[str, Any], kept: Mapping[str, Any]
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
        if value in kept:
            return kept[value]
        unknown = [mark for mark in _MARKED.findall(value) if mark not in kept]
        problems.extend(Problem(_unknown(mark), path) for mark in unknown)
        return _MARKED.sub(lambda found: str(kept.get(found.group(), found.group())), value)

    return walk(config, "#"), tuple(problems)


def _unknown(mark: str) -> str:
    return f"{mark} stands for no secret here: write the secret itself."
