"""The settings in force as rows: what is wrong with them first, each with what set it; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from owtui import settinghelp
from owtui.settings import DEFAULT, Loaded, Origin
from widgets.glyphs import Glyphs
from widgets.rowmodel import Cell, Row
from widgets.rowtable_layout import Column

FIELDS = ("name", "value", "from")
COLUMNS = (
    Column("sign", "", 1, priority=100),
    Column("name", "SETTING", 20, priority=95, role="strong"),
    Column("value", "VALUE", 22, flex=1, min_width=12, priority=90),
    Column("from", "FROM", 26, flex=1, min_width=12, priority=80),
)
WARNING = "warning "  # begins the key of a row that is no setting


def rows(
    loaded: Loaded, theme: str, theme_from: Origin, warnings: Sequence[str], glyphs: Glyphs
) -> list[Row]:
    """The warnings, then every setting; `theme` is the one that is shown now."""
    told = [
        Row(
            f"{WARNING}{number}",
            (Cell(glyphs.problem, "problem"), Cell(text, "problem", span=3)),
        )
        for number, text in enumerate(warnings)
    ]
    return told + [_row(loaded, key, theme, theme_from) for key in asdict(loaded.settings)]


def fields(row: Row) -> dict[str, str]:
    """What a filter of words looks at; what a setting means is searched by words alone."""
    if row.key.startswith(WARNING):
        return {"name": "warning", "value": row.text(1), "from": ""}
    meaning = settinghelp.HELP[row.key]
    return {"name": row.key, "value": row.text(2), "from": row.text(3), "meaning": meaning}


def line(row: Row) -> str:
    """A setting as a line of the file, or the warning."""
    return row.text(1) if row.key.startswith(WARNING) else f"{row.key} = {row.text(2)}"


def meaning(key: str | None) -> str:
    """What a setting is for, in a line."""
    return settinghelp.HELP.get(key or "", "Something is wrong with the settings: Enter tells all.")


def set_count(loaded: Loaded) -> str:
    """How many settings are not at their default."""
    keys = list(asdict(loaded.settings))
    changed = sum(loaded.origin(key) != DEFAULT for key in keys)
    return f"{changed} of {len(keys)} set"


def _row(loaded: Loaded, key: str, theme: str, theme_from: Origin) -> Row:
    value, origin = getattr(loaded.settings, key), loaded.origin(key)
    if key == "theme" and theme != value:
        value, origin = theme, theme_from
    shown = settinghelp.toml(settinghelp.masked(key, value))
    default = origin == DEFAULT
    role = "muted" if default else "accent"
    return Row(key, ("", key, shown, Cell("default" if default else _from(origin), role)))


def _from(origin: Origin) -> str:
    """Short: the file's name and the line."""
    if origin.kind not in ("file", "fleet"):
        return origin.where or origin.kind
    line = f":{origin.line}" if origin.line else ""
    section = " [fleet]" if origin.kind == "fleet" else ""
    return f"{Path(origin.where).name}{line}{section}"
