"""The columns of a device: one table for console, command line, filter and export.

A column knows how to get its raw value from a row and how to say it; raw values go to filters,
sorting and JSON. `storage` is imported for types only, so that completion stays quick.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from difflib import get_close_matches
from enum import StrEnum
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from uuid import UUID

from owtui import units
from owtui.errors import InputError

if TYPE_CHECKING:
    from storage.rows import DeviceRow

Value = None | str | int | float | bool | datetime | UUID | tuple[str, ...]
Get = Callable[["DeviceRow", datetime], Value]


class Kind(StrEnum):
    """What a raw value is: it decides the text, the order and which operators a filter allows."""

    TEXT = "text"
    NUMBER = "number"
    PERCENT = "percent"
    BYTES = "bytes"
    VERSION = "version"
    AGE = "age"  # seconds
    TIME = "time"  # an aware datetime; filters compare its age
    TAGS = "tags"
    IP = "ip"
    MAC = "mac"
    STATE = "state"
    FLAG = "flag"


SYMBOLS = {
    "ok": ("▲", "+"),
    "problem": ("!", "!"),
    "critical": ("✖", "x"),
    "unknown": ("?", "?"),
    "busy": ("↻", "~"),
    "deactivated": ("·", "-"),
}


def symbol(status: str, *, ascii_only: bool = False) -> str:
    """Give the one-cell sign of a status; an unforeseen one is "?"."""
    return SYMBOLS.get(status, SYMBOLS["unknown"])[ascii_only]


def _text_of(value: Value) -> str:
    return "" if value is None else str(value)


def _join(value: Value) -> str:
    return ",".join(value) if isinstance(value, tuple) else _text_of(value)


def _first(value: Value) -> str:
    return (value[0] if value else "") if isinstance(value, tuple) else _text_of(value)


_SAY: dict[Kind, Callable[[Any], str]] = {
    Kind.NUMBER: units.number_text,
    Kind.PERCENT: units.percent_text,
    Kind.BYTES: units.bytes_text,
    Kind.AGE: units.age_text,
    Kind.TIME: lambda value: units.NONE if value is None else units.iso(value),
    Kind.TAGS: _join,
    Kind.IP: _first,
    Kind.FLAG: lambda value: "yes" if value else "no",
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `width` is in cells; of two columns that do not fit, the higher priority stays.

    `get` takes the row and the present. `say` overrides the text of the kind.
    """

    key: str
    title: str
    get: Get
    kind: Kind = Kind.TEXT
    width: int = 12
    align: str = "left"
    priority: int = 50
    aliases: tuple[str, ...] = ()
    help: str = ""
    say: Callable[[Any], str] | None = field(default=None, repr=False)

    def text(self, value: Value) -> str:
        """Say a raw value of this column."""
        say = self.say or _SAY.get(self.kind, _text_of)
        return say(value)

    def place(self, value: Value) -> Any:
        """Give what a raw value sorts by; None for a missing one, which goes last."""
        return None if value is None or value in ("", ()) else _place(self.kind, value)

    def cell(self, row: DeviceRow, now: datetime) -> str:
        """Say this column of a row."""
        return self.text(self.get(row, now))


def _attribute(name: str) -> Get:
    return lambda row, now: getattr(row, name) or ""


def _fact(name: str) -> Get:
    def get(row: DeviceRow, now: datetime) -> Value:
        value: Value = row.facts.get(name) if row.facts else None
        return value or None  # "" and 0 are how Facts says "not told"

    return get


def _age(name: str) -> Get:
    def get(row: DeviceRow, now: datetime) -> Value:
        moment: datetime | None = getattr(row, name)
        return None if moment is None else (now - moment).total_seconds()

    return get


def _used(what: str) -> Get:
    def get(row: DeviceRow, now: datetime) -> Value:
        total = row.facts.get(f"{what}_total") if row.facts else 0
        if not total or row.facts is None:
            return None
        available: float = row.facts.get(f"{what}_available", 0)
        return 100.0 * (total - available) / total

    return get


def _free(what: str) -> Get:
    def get(row: DeviceRow, now: datetime) -> Value:
        if not row.facts or not row.facts.get(f"{what}_total"):
            return None
        available: int = row.facts.get(f"{what}_available", 0)  # 0 is a full one, not "not told"
        return available

    return get


def _load(row: DeviceRow, now: datetime) -> Value:
    load = row.facts.get("load") if row.facts else None
    return float(load[0]) if load else None


def _cpu(row: DeviceRow, now: datetime) -> Value:
    load = _load(row, now)
    if not isinstance(load, float) or row.facts is None:
        return None
    return min(100.0, 100.0 * load / (row.facts.get("cpus") or 1))


def _factory(row: DeviceRow, now: datetime) -> Value:
    return row.facts.get("factory") if row.facts else None


def _clients(row: DeviceRow, now: datetime) -> Value:
    clients: int | None = row.facts.get("clients") if row.facts else None
    return clients


def _status(row: DeviceRow, now: datetime) -> Value:
    return "deactivated" if row.is_deactivated else row.status


def _drift(row: DeviceRow, now: datetime) -> Value:
    return tuple(row.drift.split(", ")) if row.drift else ()


def _addresses(row: DeviceRow, now: datetime) -> Value:
    found = (row.address, row.management_ip, row.last_ip)
    return tuple(dict.fromkeys(address for address in found if address))


def _number(
    key: str, title: str, get: Get, kind: Kind, width: int, priority: int = 50, **more: Any
) -> Column:
    return Column(key, title, get, kind, width, "right", priority, **more)


COLUMNS: tuple[Column, ...] = (
    Column("state", "S", _status, Kind.STATE, 1, priority=99, say=symbol, help="status as a sign"),
    Column("name", "NAME", _attribute("name"), width=16, priority=100),
    Column("ip", "ADDRESS", _addresses, Kind.IP, 15, priority=90, help="any of its addresses"),
    Column("address", "ADDRESS", _attribute("address"), Kind.IP, 15, help="the operator's address"),
    Column("management_ip", "MGMT IP", _attribute("management_ip"), Kind.IP, 15),
    Column("last_ip", "LAST IP", _attribute("last_ip"), Kind.IP, 15),
    Column("mac", "MAC", _attribute("mac"), Kind.MAC, 17, aliases=("mac_address",)),
    Column("organization", "ORG", _attribute("organization"), aliases=("org",)),
    Column("group", "GROUP", _attribute("group"), priority=45),
    Column("tags", "TAGS", lambda row, now: row.tags, Kind.TAGS, 14, priority=46, aliases=("tag",)),
    Column("model", "MODEL", _attribute("model"), width=14, priority=60),
    Column("fw", "FW", _fact("version"), Kind.VERSION, 8, priority=70, aliases=("version",)),
    Column("os", "OS", _attribute("os"), width=24, aliases=("release",)),
    Column("system", "SYSTEM", _attribute("system"), width=20, aliases=("soc",)),
    Column("board", "BOARD", _fact("board"), width=20),
    Column("target", "TARGET", _fact("target"), width=16),
    Column("kernel", "KERNEL", _fact("kernel"), Kind.VERSION, 9),
    Column("hostname", "HOSTNAME", _fact("hostname"), width=16),
    Column("agent", "AGENT", _fact("agent"), Kind.VERSION, 8, help="version of openwisp-config"),
    _number("cpu", "CPU", _cpu, Kind.PERCENT, 4, 80, help="load of the last minute per core"),
    _number("load", "LOAD", _load, Kind.NUMBER, 5, 40),
    _number("mem", "MEM", _used("memory"), Kind.PERCENT, 4, 65, aliases=("memory",)),
    _number("mem_free", "FREE", _free("memory"), Kind.BYTES, 8),
    _number("flash", "FLASH", _used("flash"), Kind.PERCENT, 5),
    _number("flash_free", "FLASH FREE", _free("flash"), Kind.BYTES, 10),
    _number("tmp_free", "TMP FREE", _free("tmp"), Kind.BYTES, 8),
    _number("clients", "CL", _clients, Kind.NUMBER, 3, 55, help="associated stations"),
    _number("uptime", "UP", _fact("uptime_s"), Kind.AGE, 4, 50, aliases=("up",)),
    Column("zone", "ZONE", _attribute("zone"), width=10),
    Column("status", "STATUS", _status, Kind.STATE, 11, aliases=("health",)),
    Column("config_status", "CONFIG", _attribute("config_status"), width=11, aliases=("config",)),
    Column(
        *("drift", "DRIFT", _drift, Kind.TAGS, 14),
        help="packages that are not as they were applied",
    ),
    Column("drifted", "DRIFTED", lambda row, now: bool(row.drift), Kind.FLAG, 7),
    Column(
        *("templates", "TEMPLATES", lambda row, now: row.templates, Kind.TAGS, 24),
        aliases=("template",),
        help="those of its configuration, in their order",
    ),
    Column("backend", "BACKEND", _attribute("backend"), width=21),
    Column("config_error", "CONFIG ERROR", _attribute("config_error"), width=30),
    Column("host_key", "HOST KEY", _attribute("host_key"), width=8),
    _number("connections", "CONN", lambda row, now: row.connections, Kind.NUMBER, 4),
    Column("deactivated", "OFF", lambda row, now: row.is_deactivated, Kind.FLAG, 3),
    Column(
        *("factory", "OPEN", _factory, Kind.FLAG, 4),
        say=lambda value: units.NONE if value is None else _SAY[Kind.FLAG](value),
        help="root has no password",
    ),
    Column("error", "ERROR", _attribute("failure_sentence"), width=30),
    Column("error_kind", "KIND", _attribute("failure_kind"), width=11),
    Column("notes", "NOTES", _attribute("notes"), width=24),
    _number("facts", "FACTS", _age("facts_at"), Kind.AGE, 5, help="age of the facts"),
    _number("seen", "AGE", _age("last_seen"), Kind.AGE, 4, 85, aliases=("age",)),
    Column("last_seen", "LAST SEEN", lambda row, now: row.last_seen, Kind.TIME, 20),
    Column("created", "CREATED", lambda row, now: row.created, Kind.TIME, 20),
    Column("id", "ID", lambda row, now: row.id, width=36),
)

_BY_KEY = {name: c for c in COLUMNS for name in (c.key, *c.aliases)}

VIEWS: dict[str, tuple[str, ...]] = {
    "fleet": ("state", "name", "ip", "model", "fw", "cpu", "mem", "clients", "seen"),
    "wide": (
        *("state", "name", "ip", "mac", "organization", "group", "tags", "model", "fw", "cpu"),
        *("load", "mem", "flash", "clients", "uptime", "zone", "config_status", "seen"),
    ),
    "cli": ("name", "ip", "model", "fw", "status", "seen"),
    # the contract of `owtui devices --json`: add, never rename
    "json": (
        *("id", "name", "address", "management_ip", "mac", "organization", "group", "tags"),
        *("model", "os", "zone", "status", "config_status", "last_seen"),
    ),
}


def column(key: str) -> Column | None:
    """Find a column by its key or an alias."""
    return _BY_KEY.get(key)


def get(key: str) -> Column:
    """Find a column. Raises InputError with the nearest key."""
    found = _BY_KEY.get(key)
    if found is None:
        near = get_close_matches(key, _BY_KEY, 1, 0.5)
        hint = f"The nearest is {near[0]}." if near else f"There are: {', '.join(_BY_KEY)}."
        raise InputError(f"There is no column “{key}”.", hint)
    return found


def keys() -> tuple[str, ...]:
    """Give every key and alias that a filter or `--columns` accepts."""
    return tuple(_BY_KEY)


def view(name: str) -> tuple[Column, ...]:
    """Give the columns of a named view, in order. Raises KeyError for an unknown one."""
    return tuple(_BY_KEY[key] for key in VIEWS[name])


def fitting(columns: Sequence[Column], width: int, *, gap: int = 1) -> tuple[Column, ...]:
    """Give the columns that fit into `width` cells, the ones of highest priority, in order."""
    left = width
    kept: set[str] = set()
    for candidate in sorted(columns, key=lambda c: -c.priority):
        if candidate.width + gap <= left:
            left -= candidate.width + gap
            kept.add(candidate.key)
    return tuple(c for c in columns if c.key in kept)


def record(row: DeviceRow, columns: Iterable[Column], now: datetime) -> dict[str, Any]:
    """Give a row as JSON has it: raw values, times ISO 8601, tags as a list."""
    return {c.key: _plain(c.get(row, now)) for c in columns}


def _plain(value: Value) -> Any:
    if isinstance(value, datetime):
        return units.iso(value)
    if isinstance(value, UUID):
        return str(value)
    return list(value) if isinstance(value, tuple) else value


def ordered(
    rows: Iterable[DeviceRow], key: str, now: datetime, *, reverse: bool = False
) -> list[DeviceRow]:
    """Sort rows by a column; a missing value comes last both ways, equal ones go by name.

    Raises KeyError for an unknown column.
    """
    by = _BY_KEY[key]
    known, missing = [], []
    for row in sorted(rows, key=lambda r: units.natural_key(r.name)):
        value = by.get(row, now)
        place = by.place(value)
        missing.append(row) if place is None else known.append((place, row))
    known.sort(key=lambda pair: pair[0], reverse=reverse)
    return [row for _, row in known] + missing


_SEVERITY = {"critical": 0, "problem": 1, "unknown": 2, "busy": 3, "ok": 4, "deactivated": 5}


def _place(kind: Kind, value: Any) -> Any:
    if kind is Kind.VERSION:
        return units.version_key(value)
    if kind is Kind.STATE:
        return _SEVERITY.get(value, 2)
    if kind is Kind.IP:
        return _ip_place(_first(value))
    return units.natural_key(_join(value)) if isinstance(value, str | tuple | UUID) else value


def _ip_place(text: str) -> tuple[int, int, str]:
    try:
        address = ip_address(text)
    except ValueError:
        return (9, 0, text.casefold())
    return (address.version, int(address), "")
