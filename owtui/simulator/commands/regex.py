"""POSIX regular expressions in the words of Python's re."""

from __future__ import annotations

import re
from collections.abc import Collection

from ..shell.call import Refused

_CLASS = {
    "[:alpha:]": "a-zA-Z",
    "[:digit:]": "0-9",
    "[:alnum:]": "a-zA-Z0-9",
    "[:space:]": r"\s",
    "[:upper:]": "A-Z",
    "[:lower:]": "a-z",
    "[:xdigit:]": "0-9a-fA-F",
    "[:blank:]": r" \t",
    "[:punct:]": r"!-/:-@\[-`{-~",
}
_MAX_PATTERN = 1000


def compile_pattern(
    pattern: str, extended: bool, fixed: bool = False, flags: Collection[str] = ()
) -> re.Pattern[str]:
    """Return the compiled pattern; flags are grep's i, w, x. Raises Refused for a bad one."""
    if len(pattern) > _MAX_PATTERN:
        raise Refused("pattern too long")
    parts = [re.escape(p) if fixed else translate(p, extended) for p in pattern.split("\n")]
    text = "|".join(parts)
    if "w" in flags:
        text = rf"\b(?:{text})\b"
    if "x" in flags:
        text = rf"^(?:{text})$"
    try:
        return re.compile(text, re.IGNORECASE if "i" in flags else 0)
    except re.error as error:
        raise Refused(f"bad regex '{pattern}': {error}") from None


def translate(pattern: str, extended: bool) -> str:
    """Return a POSIX basic or extended pattern as Python's."""
    out: list[str] = []
    at = 0
    while at < len(pattern):
        char = pattern[at]
        if char == "[":
            at, piece = _bracket(pattern, at)
            out.append(piece)
            continue
        at += 1
        if char == "\\" and at < len(pattern):
            after = pattern[at]
            at += 1
            special = after in "(){}|+?"
            out.append(after if special and not extended else "\\" + after)
        elif char in "(){}|+?" and not extended:
            out.append("\\" + char)
        elif char == "*" and not "".join(out).rstrip("^("):
            out.append("\\*")
        else:
            out.append(char)
    return "".join(out)


def _bracket(pattern: str, at: int) -> tuple[int, str]:
    start = at + 1
    negated = pattern[start : start + 1] == "^"
    start += negated
    end = start + 1 if pattern[start : start + 1] == "]" else start
    while end < len(pattern) and pattern[end] != "]":
        name = re.match(r"\[:\w+:\]", pattern[end:])
        end += len(name[0]) if name else 1
    inner = pattern[start:end].replace("\\", "\\\\")
    for name_, text in _CLASS.items():
        inner = inner.replace(name_, text)
    inner = re.sub(r"(?<!\\)\[", r"\\[", inner)
    inner = "\\" + inner if inner[:1] == "]" else inner
    return end + 1, f"[{'^' if negated else ''}{inner}]"
