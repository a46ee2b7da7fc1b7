"""Templates as table rows, as text and as files: pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from owtui import units
from owtui.console.presenters.history import brief
from widgets.form import Field
from widgets.rowmodel import Cell, Row
from widgets.rowtable_layout import Column

if TYPE_CHECKING:
    from owtui.engine.configs.entries import TemplateRow
    from owtui.engine.configs.sheet import Fields
    from widgets.glyphs import Glyphs

FIELDS = ("name", "org", "type", "backend", "tag", "flag", "used")
SHARED = "shared"
COLUMNS = (
    Column("name", "TEMPLATE", 22, flex=1, min_width=12, priority=95),
    Column("organization", "FOR", 12, min_width=8, priority=80),
    Column("flag", "GIVEN", 8, priority=75),
    Column("used", "USED", 5, align="right", priority=90),
    Column("generation", "GEN", 5, align="right", priority=85),
    Column("modified", "CHANGED", 11, priority=70),
    Column("tags", "TAGS", 14, min_width=6, priority=60),
    Column("type", "TYPE", 8, priority=30),
    Column("backend", "BACKEND", 8, priority=20),
    Column("notes", "NOTES", 20, flex=1, min_width=10, priority=10),
)
_IN_FILE = (
    *("name", "organization", "type", "backend", "tags", "default", "required", "used"),
    *("generation", "modified", "notes"),
)


def flag(row: TemplateRow) -> str:
    """Which devices get it unasked: all new ones (default), or all for good (required)."""
    return "required" if row.required else "default" if row.default else ""


def backend(row: TemplateRow) -> str:
    """The backend without its library."""
    return row.backend.rpartition(".")[2]


def rows(
    templates: Iterable[TemplateRow], drafts: Sequence[str], now: datetime, glyphs: Glyphs
) -> list[Row]:
    """One row a template; `drafts` are the ids of those with an edit that is not saved."""
    made = []
    for one in templates:
        name = f"{one.name} (draft)" if str(one.id) in drafts else one.name
        role = "problem" if str(one.id) in drafts else ""
        used = Cell(str(one.devices), "" if one.devices else "muted")
        owner = Cell(one.organization or SHARED, "" if one.organization else "muted")
        changed = brief(one.modified, now)
        cells = (
            *(Cell(name, role), owner, flag(one), used, f"v{one.generation}", changed),
            *(" ".join(one.tags), one.type, backend(one), one.notes.partition("\n")[0]),
        )
        stamp = one.modified.timestamp()
        order = (
            *(units.natural_key(one.name), one.organization, flag(one), one.devices),
            *(one.generation, stamp, " ".join(one.tags), one.type, backend(one), one.notes),
        )
        made.append(Row(str(one.id), cells, order))
    return made


def fields(one: TemplateRow) -> dict[str, str]:
    """What a filter of words looks at."""
    return {
        "name": one.name,
        "org": one.organization or SHARED,
        "type": one.type,
        "backend": backend(one),
        "tag": " ".join(one.tags),
        "flag": flag(one),
        "used": str(one.devices),
        "notes": one.notes,
    }


def form(one: TemplateRow | None, organization: str = "") -> list[Field]:
    """What of a template may be chosen, as a form."""
    yes_no = "yes or no"
    return [
        Field("name", "Name", one.name if one else ""),
        Field(
            "organization",
            "Organization",
            one.organization if one else organization,
            placeholder="empty: shared by all",
        ),
        Field("tags", "Tags", " ".join(one.tags) if one else "", placeholder="words"),
        Field("default", "Default", _yes(one.default if one else False), placeholder=yes_no),
        Field("required", "Required", _yes(one.required if one else False), placeholder=yes_no),
        Field("notes", "Notes", one.notes if one else ""),
    ]


def wrong(values: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with a form, by field."""
    found = {} if values["name"].strip() else {"name": "A template needs a name."}
    for name in ("default", "required"):
        if values[name].strip().casefold() not in ("", "yes", "no"):
            found[name] = "It is yes or no."
    return found


def read(values: Mapping[str, str]) -> Fields:
    """A form that is right, as the fields of a template."""
    from owtui.engine.configs.sheet import Fields

    return Fields(
        name=values["name"].strip(),
        organization=values["organization"].strip(),
        tags=tuple(values["tags"].replace(",", " ").split()),
        default=values["default"].strip().casefold() == "yes",
        required=values["required"].strip().casefold() == "yes",
        notes=values["notes"].strip(),
    )


def line(one: TemplateRow) -> str:
    """One template on one line, tabs between."""
    told = fields(one)
    names = ("name", "org", "flag", "used", "tag", "type", "backend", "notes")
    return "\t".join(told[name] for name in names)


def as_json(templates: Sequence[TemplateRow]) -> str:
    """The templates with all that lists tell; never their contents."""
    return json.dumps([_told(one) for one in templates], indent=2, ensure_ascii=False) + "\n"


def as_file(templates: Sequence[TemplateRow], kind: str) -> str:
    """The list as "csv" or "json"; a spreadsheet that opens the first runs no formula."""
    if kind == "json":
        return as_json(templates)
    from owtui.engine.inventory import csvfile  # the engine is imported after the first frame

    told = (_told(one) for one in templates)
    return csvfile.write(({k: _cell(v) for k, v in one.items()} for one in told), _IN_FILE)


def _told(one: TemplateRow) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "name": one.name,
        "organization": one.organization,
        "type": one.type,
        "backend": one.backend,
        "tags": list(one.tags),
        "default": one.default,
        "required": one.required,
        "used": one.devices,
        "generation": one.generation,
        "modified": units.iso(one.modified),
        "notes": one.notes,
    }


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return _yes(value)
    if isinstance(value, list):
        return " ".join(value)
    return "" if value is None else str(value)


def _yes(value: bool) -> str:
    return "yes" if value else "no"
