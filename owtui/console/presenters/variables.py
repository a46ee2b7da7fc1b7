"""Scopes and their variables as table rows: pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from widgets.rowmodel import Cell, Row
from widgets.rowtable_layout import Column

if TYPE_CHECKING:
    from owtui.engine.configs.sheet import Scope, Variable
    from widgets.glyphs import Glyphs

SCOPE_FIELDS = ("kind", "name", "org")
SCOPES = (
    Column("kind", "SCOPE", 13, priority=95),
    Column("name", "NAME", 20, flex=1, min_width=10, priority=90),
    Column("organization", "OF", 14, min_width=8, priority=60),
    Column("variables", "VARS", 5, align="right", priority=85),
    Column("devices", "DEVICES", 7, align="right", priority=70),
    Column("templates", "TEMPLATES", 28, flex=1, min_width=10, priority=80),
)
FIELDS = ("name", "value")
VARIABLES = (
    Column("name", "NAME", 22, min_width=10, priority=90),
    Column("value", "VALUE", 40, flex=1, min_width=10, priority=80),
)
_ORDER = ("global", "organization", "group")


def key(scope: Scope) -> str:
    """A scope as a row's key."""
    return f"{scope.kind}:{scope.id or ''}"


def scope_rows(scopes: Iterable[Scope], glyphs: Glyphs) -> list[Row]:
    """One row a scope; a closed vault does not say how many variables there are."""
    made = []
    for one in scopes:
        count = glyphs.dash if one.variables is None else str(one.variables)
        names = ", ".join(name for _, name in one.templates)
        place = _ORDER.index(one.kind) if one.kind in _ORDER else len(_ORDER)
        cells = (
            *(one.kind, Cell(one.name, "strong"), one.organization),
            Cell(count, "" if one.variables else "muted"),
            *(str(one.devices), names),
        )
        order = (place, one.name, one.organization, one.variables or 0, one.devices, names)
        made.append(Row(key(one), cells, order))
    return made


def scope_fields(one: Scope) -> dict[str, str]:
    """What a filter of words looks at."""
    names = " ".join(name for _, name in one.templates)
    return {"kind": one.kind, "name": one.name, "org": one.organization, "templates": names}


def rows(variables: Iterable[Variable]) -> list[Row]:
    """One row a variable, by name."""
    return [
        Row(one.name, (Cell(one.name, "strong"), one.shown))
        for one in sorted(variables, key=lambda one: one.name)
    ]


def value_of(text: str) -> Any:
    """What somebody typed as a value: a number, true, false or JSON, else the text itself.

    A text that looks like one of those is written in quotes: "36".
    """
    stripped = text.strip()
    try:
        return json.loads(stripped)
    except ValueError:
        return text


def text_of(value: Any) -> str:
    """A value as it would have to be typed."""
    if isinstance(value, str):
        same = value_of(value) == value and isinstance(value_of(value), str)
        return value if same else json.dumps(value, ensure_ascii=False)
    return json.dumps(value, ensure_ascii=False)


def wrong(values: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with a form, by field."""
    name = values["name"].strip()
    if not name:
        return {"name": "A variable needs a name."}
    if not name.isidentifier() or not name.isascii():
        return {"name": "Letters, digits and _ only, no digit first."}
    return {}
