"""Configurations without their secrets, for files that others read, and the secrets put back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from owtui.engine.configs.secretnames import is_secret
from owtui.engine.configs.validate import pointer
from storage.secrets import HIDDEN

_VARIABLES = re.compile(r"(?:\s*\{\{\s*\w+\s*\}\}\s*)+")
_PRIVATE = "PRIVATE KEY-----"

Path = tuple[str | int, ...]


def concealed(value: Any) -> tuple[Any, list[str]]:
    """A copy with a mark in the place of each secret, and where those are, as JSON pointers.

    A text that consists of variables is none: it names a secret and does not hold it.
    """
    places: list[str] = []

    def hide(path: Path, text: str) -> str:
        if not _holds_secret(path, text):
            return text
        places.append(pointer(path))
        return HIDDEN

    return _mapped(value, (), hide), places


def revealed(value: Any, known: Any) -> tuple[Any, list[str]]:
    """The way back: each mark becomes what stands in its place in `known`.

    Also returns the places whose secret is not known.
    """
    missing: list[str] = []

    def fill(path: Path, text: str) -> str:
        if text != HIDDEN:
            return text
        found = _at(known, value, path)
        if isinstance(found, str):
            return found
        missing.append(pointer(path))
        return text

    return _mapped(value, (), fill), missing


def _holds_secret(path: Path, text: str) -> bool:
    if _PRIVATE in text:
        return True
    names = [step for step in path if isinstance(step, str)]
    return bool(text and names and is_secret(names[-1]) and not _VARIABLES.fullmatch(text))


def _mapped(value: Any, path: Path, change: Callable[[Path, str], str]) -> Any:
    if isinstance(value, str):
        return change(path, value)
    if isinstance(value, Mapping):
        return {key: _mapped(inner, (*path, key), change) for key, inner in value.items()}
    if isinstance(value, Sequence):
        return [_mapped(inner, (*path, at), change) for at, inner in enumerate(value)]
    return value


def _at(known: Any, marked: Any, path: Path) -> Any:
    """What stands at a path; elements of lists are found by what identifies them."""
    for step in path:
        if isinstance(step, int):
            if not isinstance(known, list):
                return None
            known = _twin(marked[step], known, step)
            marked = marked[step]
        elif isinstance(known, Mapping) and step in known:
            known, marked = known[step], marked[step]
        else:
            return None
    return known


def _twin(element: Any, known: list[Any], at: int) -> Any:
    for identity in _identities(element):
        for one in known:
            if isinstance(one, Mapping) and one.get(identity) == element[identity]:
                return one
        return None
    return known[at] if at < len(known) else None


def _identities(element: Any) -> Iterator[str]:
    if isinstance(element, Mapping):
        yield from (name for name in ("name", "path", "config_value", "id") if name in element)
