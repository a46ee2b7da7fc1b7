"""Who is around devices, and Wi-Fi sessions: as table rows, as text and as files; pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from owtui import units
from owtui.console.presenters.history import brief
from widgets.rowmodel import Cell, Row
from widgets.rowtable_layout import Column

if TYPE_CHECKING:
    from owtui.engine.monitoring.around import Around
    from owtui.engine.monitoring.latest import SessionRow
    from widgets.glyphs import Glyphs

    Stay = Around | SessionRow

CLIENTS, SESSIONS = "clients", "sessions"
TITLES = {CLIENTS: "Clients", SESSIONS: "Sessions"}
FIELDS = {
    CLIENTS: ("device", "mac", "ip", "name", "on", "ssid", "can", "by", "state", "vendor"),
    SESSIONS: ("device", "mac", "vendor", "ssid", "on", "state"),
}
_DEVICE = Column("device", "DEVICE", 14, min_width=8, priority=92)
_COLUMNS = {
    CLIENTS: (
        _DEVICE,
        Column("mac", "MAC", 17, priority=95),
        Column("ip", "IP", 15, priority=80),
        Column("name", "NAME", 12, flex=1, min_width=6, priority=75),
        Column("on", "ON", 9, priority=70),
        Column("ssid", "SSID", 8, flex=1, min_width=4, priority=50),
        Column("can", "CAN", 14, flex=1, min_width=8, priority=78),
        Column("signal", "dBm", 4, align="right", priority=60),
        Column("bitrate", "MBIT/S", 6, align="right", priority=55),
        Column("by", "BY", 6, priority=40),
        Column("expires", "LEASE", 5, align="right", priority=35),
        Column("state", "STATE", 9, priority=30),
        Column("age", "AGE", 4, align="right", priority=65),
    ),
    SESSIONS: (
        Column("sign", "S", 1, priority=100),
        _DEVICE,
        Column("mac", "MAC", 17, priority=95),
        Column("ssid", "SSID", 10, flex=1, min_width=4, priority=80),
        Column("on", "ON", 9, priority=70),
        Column("start", "FROM", 11, priority=85),
        Column("stop", "TO", 11, priority=82),
        Column("lasted", "LASTED", 9, align="right", priority=84),
        Column("vendor", "VENDOR", 12, flex=1, min_width=6, priority=40),
    ),
}
_IN_FILE = {
    CLIENTS: (
        *("device", "at", "mac", "sources", "interface", "ssid", "vendor", "ht", "vht", "he"),
        *("wmm", "wds", "wps", "signal", "bitrate", "ips", "name", "expires", "state"),
    ),
    SESSIONS: ("device", "mac", "vendor", "ssid", "interface", "start", "stop", "is_open"),
}
_SHORT = {"wifi": "W", "lease": "L", "neighbour": "N"}


def layout(what: str, *, of_one: bool) -> tuple[Column, ...]:
    """The columns; on the screen of one device its name goes without saying."""
    return tuple(one for one in _COLUMNS[what] if not (of_one and one.key == "device"))


def empty_then(what: str) -> str:
    """What an empty list of another time says."""
    if what == CLIENTS:
        return "Nobody is recorded on its Wi-Fi then. Leases and neighbours are not kept."
    return "No session that had begun by then is recorded."


def rows(
    what: str, found: Iterable[Any], now: datetime, glyphs: Glyphs, *, of_one: bool
) -> list[Row]:
    """One row each, in the order given."""
    make = _client if what == CLIENTS else _session
    keys = [column.key for column in layout(what, of_one=of_one)]
    made = []
    for one in found:
        cells = make(one, now, glyphs)
        sort = _order(one, now)
        made.append(
            Row(one.key, tuple(cells[key] for key in keys), tuple(sort[key] for key in keys))
        )
    return made


def _client(one: Around, now: datetime, glyphs: Glyphs) -> dict[str, Cell | str]:
    left = "" if one.expires is None else units.age_text((one.expires - now).total_seconds())
    more = f" +{len(one.ips) - 1}" if len(one.ips) > 1 else ""
    return {
        "device": one.device,
        "mac": one.mac or glyphs.dash,
        "ip": f"{one.ips[0]}{more}" if one.ips else "",
        "name": one.name,
        "on": one.interface,
        "ssid": one.ssid,
        "can": one.can,
        "signal": "" if one.signal is None else f"{one.signal:g}",
        "bitrate": "" if one.bitrate is None else f"{one.bitrate:g}",
        "by": "".join(_SHORT[source] for source in one.sources),
        "expires": left,
        "state": Cell(one.state, "problem" if one.state.upper() == "FAILED" else "muted"),
        "age": units.age_text((now - one.at).total_seconds()),
    }


def _session(one: SessionRow, now: datetime, glyphs: Glyphs) -> dict[str, Cell | str]:
    role = "ok" if one.stop is None else "deactivated"
    return {
        "sign": Cell(glyphs.state(role), role),
        "device": one.device,
        "mac": one.mac,
        "ssid": one.ssid,
        "on": one.interface,
        "start": brief(one.start, now),
        "stop": brief(one.stop, now) if one.stop else Cell("open", "ok"),
        "lasted": units.uptime_text(one.lasted_s(now)),
        "vendor": one.vendor,
    }


def _order(one: Any, now: datetime) -> dict[str, Any]:
    """What columns sort by: figures as figures; what is not told is last."""
    told = dict(fields(one))
    order: dict[str, Any] = {name: text.casefold() for name, text in told.items()}
    order["device"] = units.natural_key(one.device)
    if hasattr(one, "ips"):
        order |= {"signal": one.signal, "bitrate": one.bitrate, "age": -one.at.timestamp()}
        order["expires"] = one.expires.timestamp() if one.expires else None
        order["ip"] = units.natural_key(told["ip"])
        return order
    start = one.start.timestamp()
    stop = one.stop.timestamp() if one.stop else float("inf")
    return {**order, "sign": one.stop is not None, "start": start, "stop": stop} | {
        "lasted": one.lasted_s(now)
    }


def fields(one: Any) -> dict[str, str]:
    """What a filter of words looks at."""
    same = {"device": one.device, "mac": one.mac, "ssid": one.ssid, "on": one.interface}
    if hasattr(one, "ips"):
        return {
            **same,
            **{"ip": " ".join(one.ips), "name": one.name, "can": one.can, "vendor": one.vendor},
            **{"by": " ".join(one.sources), "state": one.state},
        }
    return {**same, "vendor": one.vendor, "state": "closed" if one.stop else "open"}


def line(one: Any) -> str:
    """One on one line, tabs between."""
    return "\t".join(fields(one).values())


def as_json(found: Sequence[Any]) -> str:
    """As `owtui clients --json` and `owtui sessions --json` tell them."""
    told = [one.as_dict() for one in found]
    return json.dumps(told, indent=2, ensure_ascii=False, default=_plain) + "\n"


def as_file(what: str, found: Sequence[Any], kind: str) -> str:
    """The list as "csv" or "json"; a spreadsheet that opens the first runs no formula."""
    if kind == "json":
        return as_json(found)
    from owtui.engine.inventory import csvfile  # the engine is imported after the first frame

    told: Iterable[Mapping[str, str]] = (
        {name: _plain(value) for name, value in one.as_dict().items()} for one in found
    )
    return csvfile.write(told, _IN_FILE[what])


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return units.iso(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return " ".join(map(str, value))
    return "" if value is None else str(value)
