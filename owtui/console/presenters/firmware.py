"""Which devices run what, how far behind they are, and what there is for them; pure."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from owtui import units
from owtui.console.presenters.status import Piece
from widgets.rowmodel import Cell, Row
from widgets.rowtable_layout import Column

if TYPE_CHECKING:
    from owtui.engine.firmware.entries import BuildRow, OverviewRow
    from widgets.glyphs import Glyphs

FIELDS = ("device", "board", "model", "runs", "category", "newest", "state", "image")
FAULTS = "!state=newest"
COLUMNS = (
    Column("sign", "S", 1, priority=100),
    Column("device", "DEVICE", 14, flex=1, min_width=8, priority=95),
    Column("board", "BOARD", 22, min_width=12, priority=50),
    Column("runs", "RUNS", 9, priority=90),
    Column("category", "CATEGORY", 10, min_width=6, priority=40),
    Column("newest", "NEWEST", 9, priority=85),
    Column("builds", "BEHIND", 6, align="right", priority=88),
    Column("days", "DAYS", 5, align="right", priority=60),
    Column("image", "IMAGE FOR IT", 32, flex=3, min_width=30, priority=80),
)
NEWEST, BEHIND, NO_IMAGE, UNKNOWN = "newest", "behind", "no image", "unknown"
_ROLES = {NEWEST: "ok", BEHIND: "problem", NO_IMAGE: "critical", UNKNOWN: "unknown"}
_IN_FILE = (
    *("device", "model", "board", "os", "release", "category", "build", "newest"),
    *("builds_behind", "days_behind", "image", "installed", "reason", "force", "clean"),
)


def state(one: OverviewRow) -> str:
    """In one word: it runs the newest build, is behind it, has no image, or nobody can tell."""
    if one.builds_behind == 0:
        return NEWEST
    if one.image_id is None:
        return NO_IMAGE if one.reason else UNKNOWN
    return UNKNOWN if one.builds_behind is None else BEHIND


def rows(found: Iterable[OverviewRow], glyphs: Glyphs) -> list[Row]:
    """One row each, in the order given."""
    return [_row(one, glyphs) for one in found]


def _row(one: OverviewRow, glyphs: Glyphs) -> Row:
    role = _ROLES[state(one)]
    told = fields(one)
    cells: dict[str, Cell | str] = {
        "sign": Cell(glyphs.state(role), role),
        "device": one.device,
        "board": one.board or one.model,
        "runs": told["runs"] or glyphs.dash,
        "category": one.category,
        "newest": one.newest,
        "builds": _number(one.builds_behind, glyphs),
        "days": _number(one.days_behind, glyphs) if one.builds_behind else "",
        "image": Cell(told["image"], "" if one.image_id else "muted"),
    }
    order: dict[str, Any] = {name: text.casefold() for name, text in told.items()} | {
        "sign": list(_ROLES).index(state(one)),
        "device": units.natural_key(one.device),
        "runs": units.natural_key(told["runs"]),
        "newest": units.natural_key(one.newest),
        "builds": one.builds_behind,
        "days": one.days_behind,
    }
    keys = [column.key for column in COLUMNS]
    return Row(
        str(one.device_id), tuple(cells[key] for key in keys), tuple(order[key] for key in keys)
    )


def fields(one: OverviewRow) -> dict[str, str]:
    """What a filter of words looks at."""
    return {
        "device": one.device,
        "board": one.board,
        "model": one.model,
        "runs": one.build or one.release or one.os,
        "category": one.category,
        "newest": one.newest,
        "state": state(one),
        "image": one.reason or one.force or one.clean or one.image,
    }


def counts(found: Sequence[OverviewRow], shown: int, glyphs: Glyphs) -> list[Piece]:
    """How many stand how; how many of them are seen."""
    states = Counter(map(state, found))
    words = f"{shown} of {len(found)}" if shown < len(found) else str(len(found))
    return [
        Piece("all", f"{words} dev", "", 60),
        *(
            Piece(name, f"{glyphs.state(role)}{states[name]} {name}", role, 50)
            for name, role in _ROLES.items()
            if states[name]
        ),
    ]


def library(builds: Iterable[BuildRow]) -> list[Piece]:
    """The newest build of each category: how many images it has, how many run it."""
    newest: dict[Any, BuildRow] = {}
    for one in builds:  # the oldest first
        newest[one.category_id] = one
    return [
        Piece(
            str(one.id),
            f"{one.label}: {one.images} image{'s' * (one.images != 1)}, {one.devices} run it",
            "",
            one.devices,
        )
        for one in newest.values()
    ]


def line(one: OverviewRow) -> str:
    """One on one line, tabs between."""
    return "\t".join(fields(one).values())


def as_file(found: Sequence[OverviewRow], kind: str) -> str:
    """The list as "csv" or "json", as `owtui firmware overview --json` tells it."""
    told = [asdict(one) for one in found]
    if kind == "json":
        return json.dumps(told, indent=2, ensure_ascii=False, default=str) + "\n"
    from owtui.engine.inventory import csvfile  # the engine is imported after the first frame

    plain: Iterable[Mapping[str, str]] = (
        {name: _plain(value) for name, value in one.items()} for one in told
    )
    return csvfile.write(plain, _IN_FILE)


def _number(value: int | None, glyphs: Glyphs) -> str:
    return glyphs.dash if value is None else str(value)


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)
