"""What may stand at a place of a configuration, by its JSON schema: keys, values, variables."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from owtui.engine.configs.source import Kind
from owtui.engine.configs.where import INSIDE, Place, Steps, place

Schema = Mapping[str, Any]
MOST = 400  # there are 250 countries
_DEEP = 12  # references within references; the schemas of OpenWrt need five


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What would be written, how it is called in a list, and what more there is to know of it."""

    text: str
    label: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Suggestions:
    """What fits, and the part of the line, from `start` to `end`, in whose place it would come."""

    start: int
    end: int
    items: tuple[Suggestion, ...]


def suggest(
    text: str, kind: Kind, row: int, column: int, schema: Schema, variables: Sequence[str] = ()
) -> Suggestions | None:
    """Say what may stand at a row and column, both from 0; None where nothing is known."""
    here = place(text, kind, row, column)
    if here is None:
        return None
    items = _keys(here, kind, schema) if here.wants == "key" else _values(here, kind, schema)
    if here.wants == "value":
        items = [*items, *_variables(variables, kind)]
    typed = here.typed.casefold()
    fitting = [one for one in items if typed in one.label.casefold()]
    fitting.sort(key=lambda one: not one.label.casefold().startswith(typed))
    if not fitting or [one.label for one in fitting] == [here.typed]:
        return None
    return Suggestions(here.start, here.end, tuple(fitting[:MOST]))


def _keys(here: Place, kind: Kind, schema: Schema) -> list[Suggestion]:
    known: dict[str, Schema] = {}
    required: set[str] = set()
    present = here.around[-1] if here.around else {}
    for one in at(schema, here.path, here.around):
        required.update(one.get("required", ()))
        for name, below in one.get("properties", {}).items():
            if isinstance(below, Mapping):
                known[name] = {**below, **known.get(name, {})}

    def order(name: str) -> tuple[bool, int, str]:
        return name not in required, int(known[name].get("propertyOrder", 1000)), name

    names = [name for name in sorted(known, key=order) if name not in present]
    return [
        Suggestion(_written_key(name, kind, here), name, _about(known[name], schema))
        for name in names
    ]


def _values(here: Place, kind: Kind, schema: Schema) -> list[Suggestion]:
    found: dict[str, Suggestion] = {}

    def add(value: Any, note: str = "") -> None:
        text = _written(value, kind)
        if note or text not in found:
            label = value if isinstance(value, str) else text
            found[text] = Suggestion(text, label, note)

    for one in at(schema, here.path, here.around):
        for value in one.get("enum", ()):
            add(value)
        if one.get("type") == "boolean":
            add(True)
            add(False)
        if "default" in one and not isinstance(one["default"], dict | list):
            add(one["default"], "default")
    return [one for one in found.values() if one.label]


def _variables(names: Iterable[str], kind: Kind) -> Iterator[Suggestion]:
    for name in names:
        text = f"{{{{ {name} }}}}"
        yield Suggestion(_written(text, kind), text, "variable")


def _written_key(name: str, kind: Kind, here: Place) -> str:
    text = json.dumps(name, ensure_ascii=False) if kind == "json" else name
    return text if here.followed else f"{text}: "


def _written(value: Any, kind: Kind) -> str:
    if kind == "yaml":
        from owtui.engine.configs.yamltext import scalar

        return scalar(value)
    return json.dumps(value, ensure_ascii=False)


def _about(below: Schema, schema: Schema) -> str:
    """A key in a few words: its type, its default, its title."""
    whole = next(iter(_each(below, schema, {}, 0)), below)
    what = whole.get("type", "")
    said = [", ".join(what) if isinstance(what, list) else str(what)]
    if "default" in whole and not isinstance(whole["default"], dict | list):
        said.append(f"default {json.dumps(whole['default'], ensure_ascii=False)}")
    said.append(str(whole.get("title", "")))
    return ", ".join(part for part in said if part)


def at(schema: Schema, path: Steps, around: Sequence[Mapping[str, Any]]) -> list[Schema]:
    """All schemas that hold for a place. What is known of the objects on the way tells variants."""
    here: list[Schema] = [schema]
    objects = iter(around)
    for step in path:
        values = next(objects, {}) if isinstance(step, str) else {}
        here = [
            below
            for one in here
            for whole in _each(one, schema, values, 0)
            for below in _below(whole, step)
        ]
    values = next(objects, {})
    return [whole for one in here for whole in _each(one, schema, values, 0)]


def _below(one: Schema, step: str | int) -> Iterator[Schema]:
    if isinstance(step, int):
        items = one.get("items")
        found = items[step] if isinstance(items, list) and step < len(items) else items
    else:
        found = one.get("properties", {}).get(step)
        if found is None and not one.get("properties"):
            found = one.get("additionalProperties")
    if isinstance(found, Mapping):
        yield found


def _each(one: Schema, schema: Schema, values: Mapping[str, Any], depth: int) -> Iterator[Schema]:
    """The schema and all that it is made of, without variants that what is known rules out."""
    if depth > _DEEP:
        return
    if "$ref" in one:
        yield from _each(_followed(str(one["$ref"]), schema), schema, values, depth + 1)
    yield one
    for part in one.get("allOf", ()):
        yield from _each(part, schema, values, depth + 1)
    for choice in ("oneOf", "anyOf"):
        for variant in one.get(choice, ()):
            whole = list(_each(variant, schema, values, depth + 1))
            if all(_allows(part, values) for part in whole):
                yield from whole


def _allows(one: Schema, values: Mapping[str, Any]) -> bool:
    properties = one.get("properties", {})
    return all(
        value in below["enum"]
        for name, value in values.items()
        if value is not INSIDE
        and isinstance(below := properties.get(name), Mapping)
        and below.get("enum")
    )


def _followed(reference: str, schema: Schema) -> Schema:
    found: Any = schema
    for step in reference.removeprefix("#/").split("/"):
        found = found.get(step, {}) if isinstance(found, Mapping) else {}
    return found if isinstance(found, Mapping) else {}
