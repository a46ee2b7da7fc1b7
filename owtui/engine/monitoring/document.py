"""A NetJSON DeviceMonitoring document, and whether something is one.

jsonschema needs 5 ms for the document of one router and is 60 ms away at first; documents come from
every device every minute. So the schema is turned into closures once, each of which looks at a
value and complains in jsonschema's words; the tests hold the two against each other.
"""

from __future__ import annotations

import re
import reprlib
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from owtui.engine.monitoring.documentschema import SCHEMA, Schema
from owtui.errors import InputError

Document = dict[str, Any]

TYPE = "DeviceMonitoring"
LARGEST = 2**64

_Rule = Callable[[Any], None]


class _MisfitError(Exception):
    """A value that does not fit; `path` grows from the inside out while it is raised."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.path: list[str] = []


def check(document: object) -> None:
    """Raise InputError where this is no DeviceMonitoring document, in OpenWISP's words.

    `clients` may be `{}`, which means none.
    """
    try:
        _whole()(document)
    except _MisfitError as misfit:
        path = "/".join(reversed(misfit.path))
        raise InputError(
            f'Invalid data in "#/{path}", validator says: {misfit}',
            "docs/monitoring.md tells what a DeviceMonitoring document holds.",
        ) from None


@cache
def _whole() -> _Rule:
    return _compiled(SCHEMA)


def _compiled(schema: Schema) -> _Rule:
    """One closure for all keywords of a schema; these are all that SCHEMA uses."""
    rules = list(_rules(schema))
    if len(rules) == 1:
        return rules[0]

    def rule(value: Any) -> None:
        for one in rules:
            one(value)

    return rule


def _rules(schema: Schema) -> Iterator[_Rule]:
    unknown = schema.keys() - _KEYWORDS.keys() - {"then", "else"}
    if unknown:
        raise ValueError(f"keywords that are not compiled: {sorted(unknown)}")
    for keyword, make in _KEYWORDS.items():  # the type first: the others lean on it
        if keyword in schema:
            yield make(schema)


def _shown(value: object) -> str:
    return reprlib.repr(value)  # short, and safe from values nested without end


def _integral(value: object) -> bool:
    if isinstance(value, float) and not value.is_integer():
        return False
    return _numeric(value)


def _numeric(value: object) -> bool:
    """NaN and Infinity are no JSON, though Python reads them; no counter is above 64 bits."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return -LARGEST <= value <= LARGEST  # neither is true of NaN


_TYPES: dict[str, Callable[[object], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "integer": _integral,
    "number": _numeric,
}


def _type(schema: Schema) -> _Rule:
    named = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    fits = [_TYPES[name] for name in named]
    words = ", ".join(map(repr, named))

    def rule(value: Any) -> None:
        for fit in fits:
            if fit(value):
                return
        raise _MisfitError(f"{_shown(value)} is not of type {words}")

    return rule


def _enum(schema: Schema) -> _Rule:
    allowed = schema["enum"]

    def rule(value: Any) -> None:
        if value not in allowed:
            raise _MisfitError(f"{_shown(value)} is not one of {allowed!r}")

    return rule


def _length(schema: Schema) -> _Rule:
    pattern = re.compile(schema["pattern"])

    def rule(value: Any) -> None:
        if len(value) < schema["minLength"]:
            raise _MisfitError(f"{_shown(value)} is too short")
        if len(value) > schema["maxLength"]:
            raise _MisfitError(f"{_shown(value)} is too long")
        if not pattern.search(value):
            raise _MisfitError(f"{_shown(value)} does not match {schema['pattern']!r}")

    return rule


def _size(schema: Schema) -> _Rule:
    def rule(value: Any) -> None:
        if len(value) < schema["minItems"]:
            raise _MisfitError(f"{_shown(value)} is too short")
        if len(value) > schema["maxItems"]:
            raise _MisfitError(f"{_shown(value)} is too long")

    return rule


def _items(schema: Schema) -> _Rule:
    inner = _compiled(schema["items"])

    def rule(value: Any) -> None:
        at = 0
        try:
            for item in value:
                inner(item)
                at += 1
        except _MisfitError as misfit:
            misfit.path.append(str(at))
            raise

    return rule


def _required(schema: Schema) -> _Rule:
    names = schema["required"]

    def rule(value: Any) -> None:
        for name in names:
            if name not in value:
                raise _MisfitError(f"{name!r} is a required property")

    return rule


def _properties(schema: Schema) -> _Rule:
    inner = {name: _compiled(below) for name, below in schema["properties"].items()}

    def rule(value: Any) -> None:
        for name, item in value.items():
            below = inner.get(name)
            if below is None:
                continue
            try:
                below(item)
            except _MisfitError as misfit:
                misfit.path.append(name)
                raise

    return rule


def _closed(schema: Schema) -> _Rule:
    known = schema["properties"].keys()

    def rule(value: Any) -> None:
        if more := [name for name in value if name not in known]:
            were = "was" if len(more) == 1 else "were"
            raise _MisfitError(
                f"Additional properties are not allowed ({_shown(more)[1:-1]} {were} unexpected)"
            )

    return rule


def _any_of(schema: Schema) -> _Rule:
    names = [one["required"][0] for one in schema["anyOf"]]

    def rule(value: Any) -> None:
        if not any(name in value for name in names):
            words = " or ".join(map(repr, names))
            raise _MisfitError(f"one of {words} is a required property")

    return rule


def _empty(schema: Schema) -> _Rule:
    def rule(value: Any) -> None:
        if len(value) > schema["maxProperties"]:
            raise _MisfitError(f"{_shown(value)} is not of type 'array'")

    return rule


def _branch(schema: Schema) -> _Rule:
    test, then = _TYPES[schema["if"]["type"]], _compiled(schema["then"])
    other = _compiled(schema["else"])

    def rule(value: Any) -> None:
        (then if test(value) else other)(value)

    return rule


_KEYWORDS: dict[str, Callable[[Schema], _Rule]] = {
    "type": _type,
    "enum": _enum,
    "minLength": _length,  # always with maxLength and pattern
    "maxLength": lambda schema: _nothing,
    "pattern": lambda schema: _nothing,
    "minItems": _size,  # always with maxItems
    "maxItems": lambda schema: _nothing,
    "required": _required,
    "additionalProperties": _closed,
    "properties": _properties,
    "items": _items,
    "anyOf": _any_of,
    "maxProperties": _empty,
    "if": _branch,
}


def _nothing(value: Any) -> None:
    """A keyword that another one looks after."""
