"""Job results as table rows: identical outputs as one group that folds open; free of Textual.

    Group(key, title, count, names, output, role)     group_rows(groups, opened, width, glyphs)

A group is one row: its state as a sign, how many, the first of them, what they said. When opened
the names and the output follow, one spanning cell a line.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from widgets.glyphs import Glyphs
from widgets.plaintext import clean, wrap
from widgets.rowmodel import Cell, Row
from widgets.rowtable_layout import GUTTER, Column

GROUP_COLUMNS = (
    Column("fold", "", 1, priority=100),
    Column("state", "S", 1, priority=95),
    Column("count", "N", 5, align="right", priority=90),
    Column("first", "DEVICES", 14, min_width=8, priority=50),
    Column("title", "RESULT", 30, flex=1, min_width=10, priority=80),
)

_MOST_LINES = 200
"""Output lines an open group shows; the rest is told and has its own view."""


@dataclass(frozen=True, slots=True)
class Group:
    """Devices that answered the same: how many, which, what, and the state as its role."""

    key: str
    title: str
    count: int
    names: tuple[str, ...]
    output: str
    role: str = ""


def group_rows(
    groups: Iterable[Group], opened: Collection[str], width: int, glyphs: Glyphs
) -> list[Row]:
    """Make the rows of all groups for a table `width` cells wide, in the order given."""
    rows = []
    for group in groups:
        is_open = group.key in opened
        fold = glyphs.expanded if is_open else glyphs.collapsed
        sign = Cell(glyphs.state(group.role) if group.role else "", group.role)
        more = f" {glyphs.ellipsis}" if len(group.names) > 1 else ""
        first = "".join(group.names[:1]) + more
        count, title = Cell(str(group.count), "strong"), Cell(group.title, group.role)
        rows.append(Row(group.key, (fold, sign, count, first, title)))
        if is_open:
            rows += _inside(group, width, glyphs)
    return rows


def group_of(row_key: str) -> str:
    """Say to which group a row belongs."""
    return row_key.partition("\n")[0]


def _inside(group: Group, width: int, glyphs: Glyphs) -> Iterator[Row]:
    span = len(GROUP_COLUMNS)
    lines = [(line, "accent") for line in wrap(clean(" ".join(group.names)), width - GUTTER - 2)]
    output = group.output.splitlines() or ["(no output)"]
    lines += [(line, "" if group.output else "muted") for line in output[:_MOST_LINES]]
    if len(output) > _MOST_LINES:
        more = f"{glyphs.ellipsis} {len(output) - _MOST_LINES} more lines"
        lines.append((more, "muted"))
    for number, (text, role) in enumerate(lines):
        cell = Cell(f"{glyphs.tree_line.strip()} {clean(text)}", role, span)
        yield Row(f"{group.key}\n{number}", (cell,))
