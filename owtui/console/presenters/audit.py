"""The audit as table rows, as text and as files: pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from owtui import units
from owtui.console.presenters.history import local
from owtui.console.presenters.jobs import SIGNS
from widgets.rowmodel import Cell, Row
from widgets.rowtable_layout import Column

if TYPE_CHECKING:
    from widgets.glyphs import Glyphs

FIELDS = ("who", "what", "device", "outcome", "job", "host", "face")
COLUMNS = (
    Column("sign", "S", 1, priority=95),
    Column("at", "WHEN", 16, priority=90),
    Column("operator", "WHO", 10, min_width=6, priority=80),
    Column("action", "WHAT", 16, min_width=10, priority=85),
    Column("device", "DEVICE", 16, min_width=10, priority=82),
    Column("outcome", "OUTCOME", 9, priority=70),
    Column("job", "JOB", 5, align="right", priority=75),
    Column("detail", "DETAIL", 16, flex=1, min_width=10, priority=40),
    Column("host", "FROM", 16, min_width=8, priority=30),
)
_IN_FILE = (
    *("at", "operator", "host", "face", "action", "outcome", "device", "job_number", "job"),
    "detail",
)


def rows(entries: Iterable[Mapping[str, Any]], glyphs: Glyphs) -> list[Row]:
    """One row an entry, in the order given; times are local."""
    return [_row(entry, glyphs) for entry in entries]


def fields(entry: Mapping[str, Any]) -> dict[str, str]:
    """What a filter of words looks at, by its fields; the detail is searched by words alone."""
    return {
        "who": entry["operator"],
        "what": entry["action"],
        "device": entry["device"],
        "outcome": entry["outcome"],
        "job": str(entry["job_number"] or ""),
        "host": entry["host"],
        "face": entry["face"],
        "when": local(entry["at"]),
        "detail": _detail(entry),
    }


def line(entry: Mapping[str, Any]) -> str:
    """One entry on one line, tabs between."""
    told = fields(entry)
    order = ("when", "who", "what", "device", "outcome", "job", "detail")
    return "\t".join(told[name] for name in order)


def text(entry: Mapping[str, Any]) -> str:
    """One entry in full, for people."""
    said = {
        "When": f"{local(entry['at'])}  ({units.iso(entry['at'])})",
        "Who": f"{entry['operator']} on {entry['host']}, {entry['face']}",
        "What": entry["action"],
        "Device": entry["device"],
        "Outcome": entry["outcome"],
        "Job": str(entry["job_number"] or ""),
    }
    lines = [f" {label:<10}{value}" for label, value in said.items() if value]
    if entry["detail"]:
        lines += ["", json.dumps(entry["detail"], indent=2, ensure_ascii=False)]
    return "\n".join(lines) + "\n"


def as_json(entries: Sequence[Mapping[str, Any]]) -> str:
    """The entries as `owtui audit --json` gives them."""
    told = [
        {**entry, "at": units.iso(entry["at"]), "job": str(entry["job"]) if entry["job"] else None}
        for entry in entries
    ]
    return json.dumps(told, indent=2, ensure_ascii=False) + "\n"


def as_file(entries: Sequence[Mapping[str, Any]], kind: str) -> str:
    """The entries as "csv" or "json"; a spreadsheet that opens the first runs no formula."""
    if kind == "json":
        return as_json(entries)
    from owtui.engine.inventory import csvfile  # the engine is imported after the first frame

    return csvfile.write(
        ({name: _cell(entry[name]) for name in _IN_FILE} for entry in entries), _IN_FILE
    )


def _row(entry: Mapping[str, Any], glyphs: Glyphs) -> Row:
    sign = SIGNS.get(entry["outcome"], "")
    host = f"{entry['host']} {entry['face']}".strip()
    texts = (
        Cell(glyphs.state(sign) if sign else "", sign),
        local(entry["at"]),
        entry["operator"],
        entry["action"],
        entry["device"],
        Cell(entry["outcome"], sign),
        str(entry["job_number"] or ""),
        _detail(entry),
        host,
    )
    # By its place in the journal: entries of one transaction have the same time.
    order = (entry["outcome"], entry["id"], entry["operator"], entry["action"])
    device = units.natural_key(entry["device"]) if entry["device"] else None
    last = (device, entry["outcome"], entry["job_number"], _detail(entry), host)
    return Row(str(entry["id"]), texts, (*order, *last))


def _detail(entry: Mapping[str, Any]) -> str:
    return ", ".join(f"{key}: {_said(value)}" for key, value in entry["detail"].items())


def _said(value: Any) -> str:
    if isinstance(value, dict):
        return " ".join(f"{key}={_said(one)}" for key, one in value.items())
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False) if value else ""
    return units.iso(value) if hasattr(value, "isoformat") else str(value)
