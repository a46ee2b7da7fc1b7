"""Where in a configuration somebody types: read from a text that is not whole yet.

    place(text, kind, row, column) -> Place | None      rows and columns count from 0

A tolerant reader for JSON goes by brackets, one for YAML by indentation; None is "cannot tell".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from owtui.engine.configs.source import Kind

Steps = tuple[str | int, ...]
INSIDE = object()
"""What an object holds where there is more inside: it is there, and no single value."""

_TOKEN = re.compile(r'"(?:[^"\\\n]|\\.)*"?|[{}\[\]:,]|\{\{|[^\s{}\[\]:,"]+')
_YAML_LINE = re.compile(r"(?P<lead>\s*)(?P<items>(?:-\s+)*(?:-$)?)(?P<rest>.*)")
_YAML_KEY = re.compile(
    r"""(?P<key>"[^"]*"|'[^']*'|[^\s:#'"\[\]{},&*!|>%@`][^:#]*?)\s*:(?P<gap>\s+|$)"""
)


@dataclass(frozen=True, slots=True)
class Place:
    """What is typed: a key of the object at `path`, or the value at `path`.

    `around` is what each object on the way holds, the outermost first: single values, INSIDE for
    objects and lists, and nothing of what is typed. That stands from `start` to `end` in its line;
    `followed` says that a colon comes behind it.
    """

    path: Steps
    wants: Literal["key", "value"]
    typed: str
    start: int
    end: int
    around: tuple[Mapping[str, Any], ...] = ()
    followed: bool = False


def place(text: str, kind: Kind, row: int, column: int) -> Place | None:
    """Say what is typed at a row and column."""
    lines = text.split("\n")
    if not 0 <= row < len(lines) or column > len(lines[row]):
        return None
    if kind == "yaml":
        found = _in_yaml(lines, row, column)
    else:
        offset = sum(len(line) + 1 for line in lines[:row]) + column
        found = _in_json(text, offset, offset - column)
    if found is None or found.wants == "key" or not isinstance(found.path[-1], str):
        return found
    *outer, last = found.around
    others = {key: value for key, value in last.items() if key != found.path[-1]}
    return replace(found, around=(*outer, others))


@dataclass(slots=True)
class _Frame:
    """An object or list that is open; `step` is the key or the number of what is in it now."""

    is_object: bool
    column: int = 0
    step: str | int | None = None
    colon: bool = False
    values: dict[str, Any] = field(default_factory=dict)


# -- JSON ----------------------------------------------------------------------------------


def _in_json(text: str, at: int, line_start: int) -> Place | None:
    """Read all of it: what stands behind the cursor in the same object tells about it, too."""
    stack: list[_Frame] = []
    found: Place | None = None
    seen = False
    for token in _TOKEN.finditer(text):
        if not seen and (token.start() >= at or _holds(token, at)):
            inside = token if token.start() < at else None
            found, seen = _json_place(stack, inside, text, at, line_start), True
        _json_step(stack, token.group())
    return found if seen else _json_place(stack, None, text, at, line_start)


def _holds(token: re.Match[str], at: int) -> bool:
    """Whether the cursor stands in or behind this word; behind a closed text it is out of it."""
    word = token.group()
    closed = len(word) > 1 and word.startswith('"') and word.endswith('"') and token.end() == at
    return token.start() < at <= token.end() and word[0] not in "{}[]:," and not closed


def _json_place(
    stack: list[_Frame], token: re.Match[str] | None, text: str, at: int, line_start: int
) -> Place | None:
    if not stack:
        return None
    frame = stack[-1]
    start, end = (token.start(), token.end()) if token else (at, at)
    wants: Literal["key", "value"] = "key" if frame.is_object and not frame.colon else "value"
    path = [one.step for one in stack[:-1]]
    if wants == "value":
        path.append(0 if frame.step is None else frame.step)
    elif frame.step is not None:  # behind a key that has no colon yet
        return None
    return Place(
        tuple(step for step in path if step is not None),
        wants,
        text[start:at].lstrip('"'),
        start - line_start,
        end - line_start,
        tuple(one.values for one in stack if one.is_object),
        text[end:].lstrip().startswith(":"),
    )


def _json_step(stack: list[_Frame], word: str) -> None:
    if word in ("{", "["):
        if stack and stack[-1].is_object and isinstance(stack[-1].step, str):
            stack[-1].values[stack[-1].step] = INSIDE
        stack.append(_Frame(word == "{", step=None if word == "{" else 0))
    elif not stack:
        return
    elif word in ("}", "]"):
        stack.pop()
    elif word == ":":
        stack[-1].colon = True
    elif word == ",":
        _json_comma(stack[-1])
    elif stack[-1].is_object:
        _json_word(stack[-1], word)


def _json_comma(frame: _Frame) -> None:
    if frame.is_object:
        frame.step, frame.colon = None, False
    else:
        frame.step = int(frame.step or 0) + 1


def _json_word(frame: _Frame, word: str) -> None:
    value = _json_value(word)
    if not frame.colon:
        frame.step = str(value)
    elif isinstance(frame.step, str):
        frame.values[frame.step] = value


def _json_value(word: str) -> Any:
    try:
        return json.loads(word)
    except ValueError:
        return word.strip('"')


# -- YAML ----------------------------------------------------------------------------------


def _in_yaml(lines: list[str], row: int, column: int) -> Place | None:
    stack = [_Frame(True)]
    found: Place | None = None
    block = -1  # the column of a key whose value is a block of text
    for number, line in enumerate(lines):
        indent = len(line) - len(line.lstrip())
        if block >= 0 and (not line.strip() or indent > block):
            if number == row:
                return None
            continue
        block = -1
        if number == row:
            found = _yaml_place(stack, line, column)
        if line.strip() and not line.lstrip().startswith("#"):
            block = _yaml_step(stack, line)
    return found


def _yaml_place(stack: list[_Frame], line: str, column: int) -> Place | None:
    """Where the cursor is, on a copy of what is open above its line."""
    before = line[:column]
    open_here = [_Frame(f.is_object, f.column, f.step, f.colon, f.values) for f in stack]
    parts = _YAML_LINE.match(before)
    if parts is None or before.lstrip().startswith("#") or "{" in before.split(": ")[0]:
        return None
    start = parts.start("rest")
    for at in _items(parts):
        _open_item(open_here, at)
    key = _YAML_KEY.match(parts["rest"])
    if key is None:
        _open_key(open_here, start, None)
        path = tuple(one.step for one in open_here[:-1] if one.step is not None)
        around = tuple(one.values for one in open_here if one.is_object)
        tail = _YAML_KEY.match(line[start:])
        end = start + len(tail["key"]) if tail else max(column, len(line.rstrip()))
        return Place(path, "key", parts["rest"], start, end, around, tail is not None)
    if not key["gap"]:  # right behind the colon: a space comes first
        return None
    _open_key(open_here, start, _plain(key["key"]))
    path = tuple(one.step for one in open_here if one.step is not None)
    around = tuple(one.values for one in open_here if one.is_object)
    begins = start + key.end()
    return Place(path, "value", before[begins:], begins, max(column, len(line.rstrip())), around)


def _yaml_step(stack: list[_Frame], line: str) -> int:
    """Take a line in; gives the column of its key if a block of text follows, else -1."""
    parts = _YAML_LINE.match(line)
    assert parts is not None  # every part of it may be empty
    for at in _items(parts):
        _open_item(stack, at)
    key = _YAML_KEY.match(parts["rest"])
    if key is None:
        return -1
    column = parts.start("rest")
    name, value = _plain(key["key"]), parts["rest"][key.end() :].strip()
    _open_key(stack, column, name)
    if value[:1] in ("|", ">"):
        return column
    stack[-1].values[name] = _yaml_value(value) if value and value[0] not in "[{" else INSIDE
    return -1


def _items(parts: re.Match[str]) -> Iterator[int]:
    return (parts.start("items") + at.start() for at in re.finditer("-", parts["items"]))


def _open_item(stack: list[_Frame], column: int) -> None:
    while len(stack) > 1 and stack[-1].column > column:
        stack.pop()
    if not stack[-1].is_object and stack[-1].column == column:
        stack[-1].step = int(stack[-1].step or 0) + 1
    else:
        stack.append(_Frame(False, column, 0))


def _open_key(stack: list[_Frame], column: int, name: str | None) -> None:
    """Come to a key at a column; its object ends what stands further to the right."""
    while len(stack) > 1 and (
        stack[-1].column > column or (not stack[-1].is_object and stack[-1].column == column)
    ):
        stack.pop()
    if not stack[-1].is_object or stack[-1].column < column:
        stack.append(_Frame(True, column))
    stack[-1].step = name


def _plain(text: str) -> str:
    return text.strip().strip("\"'")


def _yaml_value(value: str) -> Any:
    plain = value.partition(" #")[0].strip()
    try:
        return json.loads(plain)
    except ValueError:
        return _plain(plain)
