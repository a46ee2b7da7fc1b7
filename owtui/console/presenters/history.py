"""The audit as table rows: who did what, when, with which job."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from widgets.rowmodel import Cell, Row
from widgets.rowtable_layout import Column

COLUMNS = (
    Column("at", "WHEN", 16, priority=90),
    Column("operator", "WHO", 12, min_width=8, priority=80),
    Column("action", "WHAT", 16, min_width=10, priority=85),
    Column("device", "DEVICE", 16, min_width=10, priority=60),
    Column("outcome", "OUTCOME", 10, priority=70),
    Column("detail", "DETAIL", 20, flex=1, min_width=10, priority=40),
)
_ROLES = {"success": "ok", "failed": "critical", "aborted": "problem", "unknown": "unknown"}


def rows(entries: Iterable[Mapping[str, Any]]) -> list[Row]:
    """One row an entry, in the order given; times are local."""
    return [
        Row(
            str(number),
            (
                local(entry["at"]),
                entry["operator"],
                entry["action"],
                entry["device"],
                Cell(entry["outcome"], _ROLES.get(entry["outcome"], "")),
                ", ".join(f"{key}: {value}" for key, value in entry["detail"].items()),
            ),
        )
        for number, entry in enumerate(entries)
    ]


def local(moment: datetime) -> str:
    """A time as the person at the terminal reads it."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M")


def brief(moment: datetime, now: datetime) -> str:
    """The same where room is short: this year goes without saying."""
    there, here = moment.astimezone(), now.astimezone()
    return there.strftime("%m-%d %H:%M" if there.year == here.year else "%Y-%m-%d")
