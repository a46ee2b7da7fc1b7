"""Devices as table rows: pure, from the one table of columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from owtui import columns, units
from widgets.glyphs import Glyphs
from widgets.rowmodel import Cell, Row
from widgets.rowtable_layout import Column

if TYPE_CHECKING:
    from storage.rows import DeviceRow

DEFAULT = columns.VIEWS["fleet"]
_FLEX = {"name": 3, "model": 2, "error": 2, "os": 1}
_LEAST = {"name": 10, "ip": 12, "model": 8, "fw": 7}
STALE_S = 300.0


def layout(keys: Sequence[str]) -> list[Column]:
    """The table's columns for these keys."""
    return [
        Column(
            key=column.key,
            title=column.title,
            width=column.width,
            flex=_FLEX.get(column.key, 0),
            min_width=_LEAST.get(column.key, 0),
            align="right" if column.align == "right" else "left",
            priority=column.priority,
        )
        for column in map(columns.get, keys)
    ]


def rows(
    devices: Iterable[DeviceRow],
    keys: Sequence[str],
    now: datetime,
    glyphs: Glyphs,
    busy: frozenset[str] = frozenset(),
) -> list[Row]:
    """One row a device, keyed by its id; `busy` are ids that a job works on."""
    chosen = [columns.get(key) for key in keys]
    return [_row(device, chosen, now, glyphs, busy) for device in devices]


def _row(
    device: DeviceRow,
    chosen: Sequence[columns.Column],
    now: datetime,
    glyphs: Glyphs,
    busy: frozenset[str],
) -> Row:
    key = str(device.id)
    state = "busy" if key in busy else "deactivated" if device.is_deactivated else device.status
    values = [column.get(device, now) for column in chosen]
    return Row(
        key,
        tuple(
            _cell(column, value, state, glyphs)
            for column, value in zip(chosen, values, strict=True)
        ),
        tuple(column.place(value) for column, value in zip(chosen, values, strict=True)),
    )


def _cell(column: columns.Column, value: Any, state: str, glyphs: Glyphs) -> Cell | str:
    if column.key == "state":
        return Cell(glyphs.state(state), state)
    if column.key == "seen" and isinstance(value, float) and value > STALE_S:
        return Cell(f"{units.age_text(value)} STALE", "problem")
    text = column.text(value)
    return text.replace(units.NONE, glyphs.dash)
