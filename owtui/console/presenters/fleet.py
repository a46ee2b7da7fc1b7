"""Devices as table rows: pure, from the one table of columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import takewhile
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from uuid import UUID

from owtui import columns, units
from widgets.glyphs import Glyphs
from widgets.pickdialog import Item
from widgets.plaintext import width_of
from widgets.plot import sparkline
from widgets.rowmodel import Cell, Row
from widgets.rowtable_layout import Column

if TYPE_CHECKING:
    from owtui.engine.monitoring.failing import Failing
    from owtui.engine.monitoring.trends import Trend
    from storage.rows import DeviceRow

FIXED = ("state", "name")
DEFAULT = columns.VIEWS["fleet"]
_WIDE = (*DEFAULT[:-1], "uptime", "group", "tags", DEFAULT[-1])
_WIDE_FROM = 160
FAULTS = "!status=ok !status=deactivated"
STALE_S = 300.0
TRENDS = (
    Column("cpu_day", "CPU 1d", 12, priority=34),
    Column("mem_day", "MEM 1d", 12, priority=33),
    Column("traffic_day", "UPLINK 1d", 12, priority=32),
)
"""Beside the columns of the list in its wide view, for the rows in sight."""

_FLEX = {"model": 1, "tags": 1, "error": 2, "os": 1}
_LEAST = {"name": 10, "ip": 9, "model": 8, "fw": 7}
# As wide as what is in them, between these; a stale age needs room for the word.
_MEASURED = {"name": (10, 24), "ip": (9, 16), "model": (8, 22), "seen": (4, 9)}
_FIGURES = frozenset(
    ("cpu", "load", "mem", "mem_free", "flash", "flash_free", "tmp_free", "clients", "uptime")
)
_LONG_MODEL = 14
_LONG_MAKERS = ("PC Engines",)  # two words; of all others the first is the maker


def literal(value: str) -> str:
    """A value as the filter language takes it, with no meaning in any character."""
    if not value:
        return ""
    escaped = "".join(f"\\{c}" if c in '"\\' else c for c in value)
    return f'"{escaped}"' if not value.replace("-", "").replace(".", "").isalnum() else value


def layout(keys: Sequence[str], widths: Mapping[str, int] = MappingProxyType({})) -> list[Column]:
    """The table's columns for these keys, with the widths that were measured."""
    return [
        Column(
            key=column.key,
            title=column.title,
            width=widths.get(column.key, column.width),
            flex=_FLEX.get(column.key, 0),
            min_width=_LEAST.get(column.key, 0),
            align="right" if column.align == "right" else "left",
            priority=column.priority,
        )
        for column in map(columns.get, keys)
    ]


def columns_for(width: int, now: Sequence[str]) -> tuple[str, ...]:
    """The columns for a terminal of this width; what somebody chose stays."""
    if tuple(now) not in (DEFAULT, _WIDE):
        return tuple(now)
    return _WIDE if width >= _WIDE_FROM else DEFAULT


def measure(
    rows: Iterable[Row], keys: Sequence[str], widths: Mapping[str, int] = MappingProxyType({})
) -> dict[str, int]:
    """How wide the columns have to be for these rows, and never narrower than `widths`."""
    found = dict(widths)
    places = [(at, key) for at, key in enumerate(keys) if key in _MEASURED]
    for row in rows:
        for at, key in places:
            least, most = _MEASURED[key]
            found[key] = max(found.get(key, least), min(most, width_of(row.text(at))))
    return found


def rows(
    devices: Iterable[DeviceRow],
    keys: Sequence[str],
    now: datetime,
    glyphs: Glyphs,
    busy: Mapping[UUID, str] = MappingProxyType({}),
    failing: Mapping[UUID, Sequence[Failing]] = MappingProxyType({}),
) -> list[Row]:
    """One row a device, keyed by its id; `busy` says what a job does on a device now, `failing`
    which metrics are its problem."""
    chosen = [columns.get(key) for key in keys]
    return [
        _row(device, chosen, now, glyphs, busy.get(device.id), failing.get(device.id, ()))
        for device in devices
    ]


def with_trend(row: Row, found: Trend | None, glyphs: Glyphs) -> Row:
    """A row with the day of its device behind it; blank while it is not known."""
    days = (found.cpu, found.memory, found.traffic) if found is not None else ((), (), ())
    highs = (100.0, 100.0, None)
    lines = [
        sparkline(values, column.width, glyphs, low=0, high=high) if values else ""
        for values, high, column in zip(days, highs, TRENDS, strict=True)
    ]
    return replace(row, cells=(*row.cells, *(Cell(line, "accent") for line in lines)))


def no_match(clear: str, what: str = "device") -> str:
    """What a list says when nothing passes its filter; `clear` is the key that takes it away."""
    return f"No {what} matches the filter.{f' {clear} shows all again.' if clear else ''}"


def choices() -> list[Item]:
    """Every column that may be shown or not."""
    return [
        Item(column.key, column.title or column.key, column.help or column.key)
        for column in columns.COLUMNS
        if column.key not in FIXED
    ]


def sorts(keys: Sequence[str]) -> dict[str, tuple[str | None, str, str]]:
    """What to sort by: 1 is the first column."""
    return {
        letter: (key, columns.get(key).title, columns.get(key).help)
        for letter, key in zip("123456789abcdefghijklmnopqrstuvwxyz", keys, strict=False)
    }


def _row(
    device: DeviceRow,
    chosen: Sequence[columns.Column],
    now: datetime,
    glyphs: Glyphs,
    doing: str | None,
    failing: Sequence[Failing],
) -> Row:
    state = "deactivated" if device.is_deactivated else device.status
    values = [column.get(device, now) for column in chosen]
    shown = state if doing is None else "busy"
    stale = is_stale(device, now)
    cells = [
        _cell(column, value, shown, stale, glyphs)
        for column, value in zip(chosen, values, strict=True)
    ]
    keys = [column.key for column in chosen]
    if "error" in keys and failing:
        words = [one.words for one in failing if not (device.failure_sentence and one.is_critical)]
        told = "; ".join(filter(None, (device.failure_sentence, *words)))
        cells[keys.index("error")] = Cell(told, "problem")
    return Row(
        str(device.id),
        tuple(cells if doing is None else _with_job(cells, chosen, doing)),
        tuple(column.place(value) for column, value in zip(chosen, values, strict=True)),
    )


def _with_job(
    cells: list[Cell | str], chosen: Sequence[columns.Column], doing: str
) -> list[Cell | str]:
    """What a job does, over figures that do not count while it does it."""
    figures = [column.key in _FIGURES for column in chosen]
    if True in figures:
        first = figures.index(True)
        span = len(list(takewhile(bool, figures[first:])))
        cells[first] = Cell(doing, "busy", span)
    return cells


def is_stale(device: DeviceRow, now: datetime) -> bool:
    """Whether it was seen, but not for a while: its numbers are old."""
    if device.last_seen is None or device.is_deactivated:
        return False
    return (now - device.last_seen).total_seconds() > STALE_S


def _cell(
    column: columns.Column, value: Any, state: str, stale: bool, glyphs: Glyphs
) -> Cell | str:
    if column.key == "state":
        return Cell(glyphs.state(state), state)
    text = column.text(value).replace(units.NONE, glyphs.dash)
    if column.key == "seen" and stale:
        return Cell(f"{text} STALE", "problem")
    if column.key == "model" and len(text) > _LONG_MODEL:
        # The maker's name comes first and tells least: “TP-Link Archer C7 v5” is an Archer.
        return _without_maker(text)
    if column.key == "cpu" and isinstance(value, float) and value >= 90:
        return Cell(text, "problem")
    return text


def _without_maker(model: str) -> str:
    maker = next((one for one in _LONG_MAKERS if model.startswith(one)), model.partition(" ")[0])
    return model.removeprefix(maker).strip() or model
