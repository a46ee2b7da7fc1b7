"""Which texts a JSON schema cannot tell apart: why a configuration need not be validated twice.

A schema looks at a text only through its patterns, formats, lengths and lists of allowed values,
and at several texts through whether they are equal. Two configurations of one shape, whose other
values are equal and whose texts answer all of these questions alike, are valid or invalid together.
So of a thousand devices that differ in names and addresses few are validated.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Mapping
from functools import cache, lru_cache
from typing import Any

from owtui.engine.configs import library

# Keywords of Draft 4 that look at texts, and those that look at none. A schema with any other
# keyword is not ours to reason about.
_OF_TEXTS = frozenset({"pattern", "format", "enum", "minLength", "maxLength"})
_OTHERS = frozenset(
    {"$ref", "additionalItems", "additionalProperties", "allOf", "anyOf", "items", "not", "oneOf"}
    | {"exclusiveMaximum", "exclusiveMinimum", "maximum", "minimum", "multipleOf"}
    | {"maxItems", "minItems", "type", "uniqueItems"}
)
_IGNORED = frozenset(
    {"$schema", "default", "description", "id", "required", "title"}
    | {"enum_titles", "hidden", "maxmium", "options", "propertyOrder", "readOnly"}  # maxmium: sic
)
_MAPS = frozenset({"properties", "definitions"})


class UnknownKeywordError(Exception):
    """The schema has a keyword that we cannot reason about."""


class Questions:
    """What a schema asks of texts. Raises UnknownKeywordError."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._patterns: dict[str, re.Pattern[str]] = {}
        self._formats: set[str] = set()
        self._values: set[str] = set()
        self._lengths: set[int] = set()
        self._collect(schema)
        self.answers = lru_cache(maxsize=50_000)(self._answers)

    def _answers(self, text: str) -> Hashable:
        """All that the schema can learn of one text."""
        value = text if text in self._values else None
        patterns = tuple(found.search(text) is not None for found in self._patterns.values())
        formats = tuple(library.has_format(text, name) for name in sorted(self._formats))
        length = sum(len(text) >= limit for limit in self._lengths)
        return value, patterns, formats, length

    def _collect(self, schema: Any) -> None:
        if isinstance(schema, list):
            for one in schema:
                self._collect(one)
        if not isinstance(schema, Mapping):
            return
        for keyword, value in schema.items():
            if keyword in _OF_TEXTS:
                self._take(keyword, value)
            elif keyword in _MAPS:
                self._collect(list(value.values()))
            elif keyword in _OTHERS:
                self._collect(value)
            elif keyword not in _IGNORED:
                raise UnknownKeywordError(keyword)

    def _take(self, keyword: str, value: Any) -> None:
        match keyword:
            case "pattern":
                self._patterns[value] = re.compile(value)
            case "format":
                self._formats.add(value)
            case "enum":
                self._values.update(one for one in value if isinstance(one, str))
            case "minLength":
                self._lengths.add(value)
            case "maxLength":
                self._lengths.add(value + 1)


@cache
def questions(backend: str) -> Questions | None:
    """Those of a backend's schema; None where we cannot tell."""
    try:
        return Questions(library.schema(backend))
    except UnknownKeywordError:
        return None


def outline(config: Any, asked: Questions) -> Hashable:
    """The same value for configurations that the schema cannot tell apart."""
    numbers: dict[str, int] = {}
    return tuple(_walk(config, asked, numbers))


def _walk(value: Any, asked: Questions, numbers: dict[str, int]) -> Iterator[Hashable]:
    if isinstance(value, str):
        # Its number says to which other texts it is equal.
        yield numbers.setdefault(value, len(numbers))
        yield asked.answers(value)
    elif isinstance(value, dict):
        yield "{"
        for key, inner in value.items():
            yield key
            yield from _walk(inner, asked, numbers)
        yield "}"
    elif isinstance(value, list):
        yield "["
        for inner in value:
            yield from _walk(inner, asked, numbers)
        yield "]"
    else:
        yield type(value).__name__
        yield value
