"""Notifications as table rows: pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from owtui import units
from widgets.glyphs import Glyphs
from widgets.oneline import Piece
from widgets.rowmodel import Cell, Row
from widgets.rowtable_layout import Column

if TYPE_CHECKING:
    from owtui.engine.notifications.desk import Entry

FIELDS = ("level", "type", "device", "text", "unread")
FAULTS = "!level=info"
BADGE_MOST = 99
COLUMNS = (
    Column("sign", "S", 1, priority=90),
    Column("unread", "N", 1, priority=92),
    Column("age", "AGO", 4, align="right", priority=95),
    Column("device", "DEVICE", 16, min_width=8, priority=60),
    Column("type", "TYPE", 22, min_width=10, priority=30),
    Column("text", "WHAT WAS TOLD", 40, flex=1, min_width=20, priority=100),
)
_SIGNS = {"info": "ok", "success": "ok", "warning": "problem", "error": "critical"}
_RANK = {"error": 0, "warning": 1, "success": 2, "info": 3}


def rows(entries: Iterable[Entry], now: datetime, glyphs: Glyphs) -> list[Row]:
    """One row a notification, in the order given."""
    return [_row(number, one, now, glyphs) for number, one in enumerate(entries)]


def fields(one: Entry) -> dict[str, str]:
    """What a filter of words looks at."""
    return {
        "level": one.level,
        "type": one.type,
        "device": one.device,
        "text": one.text,
        "unread": "yes" if one.unread else "no",
    }


def full(one: Entry) -> str:
    """One notification with its time."""
    mailed = ", mailed" if one.emailed else ""
    head = f"{one.at.astimezone():%Y-%m-%d %H:%M:%S}  {one.level}  {one.type}{mailed}"
    return f"{head}\n\n{one.text}\n"


def line(one: Entry) -> str:
    """One notification on one line, tabs between."""
    return "\t".join((units.iso(one.at), one.level, one.device, " ".join(one.text.split())))


def badge(unread: int) -> list[Piece]:
    """How many are unread, for the status line; nothing where none is."""
    words = f"{BADGE_MOST}+" if unread > BADGE_MOST else str(unread)
    return [Piece("unread", f"{words} unread", "problem", 60)] if unread else []


def _row(number: int, one: Entry, now: datetime, glyphs: Glyphs) -> Row:
    sign = _SIGNS[one.level]
    age = units.age_text((now - one.at).total_seconds())
    text = Cell(" ".join(one.text.split()), "strong" if one.unread else "")
    return Row(
        str(one.id),
        (
            Cell(glyphs.state(sign), sign),
            Cell("*" if one.unread else "", "accent"),
            *(age, one.device, one.type),
            text,
        ),
        (
            *(_RANK[one.level], not one.unread, number, one.device.casefold()),
            *(one.type, one.text.casefold()),
        ),
    )
