"""What a text would change on each device, equal changes together: as groups and rows. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from widgets.oneline import Piece
from widgets.resultrows import Group
from widgets.rowmodel import Cell, Row
from widgets.rowtable_layout import Column

if TYPE_CHECKING:
    from owtui.engine.configs.sheet import Impact, Verdict
    from widgets.glyphs import Glyphs

COLUMNS = (
    Column("state", "S", 1, priority=100),
    Column("device", "DEVICE", 18, min_width=10, priority=90),
    Column("verdict", "VERDICT", 8, priority=80),
    Column("what", "WHAT", 24, flex=1, min_width=10, priority=70),
)
_VERDICTS: tuple[Verdict, ...] = ("change", "blocked", "same")
_ROLES = {"change": "ok", "same": "unknown", "blocked": "problem"}


def groups(impact: Impact) -> list[Group]:
    """One group a change, the largest first; blocked ones before those that stay the same."""
    order = {"change": 0, "blocked": 1, "same": 2}
    found = sorted(impact.groups, key=lambda one: (order[one.verdict], -len(one.devices)))
    return [
        Group(
            str(number),
            f"{one.verdict}: {one.title}" if one.title else one.verdict,
            len(one.devices),
            tuple(name for _, name in one.devices),
            one.diff,
            _ROLES[one.verdict],
        )
        for number, one in enumerate(found)
    ]


def counts(impact: Impact) -> list[Piece]:
    """How many of each, for the line over the groups."""
    return [
        Piece(verdict, f"{impact.count(verdict)} {verdict}", _ROLES[verdict], 3)
        for verdict in _VERDICTS
    ]


def rows(impact: Impact, glyphs: Glyphs) -> list[Row]:
    """One row a device, by name."""
    found = [(name, id_, one) for one in impact.groups for id_, name in one.devices]
    return [
        Row(
            str(id_),
            (
                Cell(glyphs.state(_ROLES[one.verdict]), _ROLES[one.verdict]),
                name,
                one.verdict,
                one.title,
            ),
        )
        for name, id_, one in sorted(found, key=lambda each: each[0])
    ]


def text(group: Group) -> str:
    """A group in full: who, and what."""
    return f"{group.title}\n\n{group.count} devices: {', '.join(group.names)}\n\n{group.output}"
