"""Alerts as table rows, as a panel of facts, as text and as files: pure."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from owtui import units
from owtui.console.presenters.history import brief
from owtui.console.presenters.status import Piece, alerting
from widgets.factview import Fact, Section
from widgets.glyphs import Glyphs
from widgets.rowmodel import Cell, Row
from widgets.rowtable_layout import Column

if TYPE_CHECKING:
    from owtui.engine.monitoring.alerts.entries import AlertRow, AlertText, Counts
    from owtui.engine.monitoring.witnesses import Witness
    from storage.rows import DeviceRow

FIELDS = ("sev", "device", "check", "what", "state", "subject", "note")
FAULTS = "!state=ack* !state=silent* !state=maintenance*"
"""What asks for somebody: nobody looks after it, and it is not to be quiet."""

COLUMNS = (
    Column("severity", "SEV", 6, priority=95),
    Column("since", "SINCE", 5, align="right", priority=85),
    Column("device", "DEVICE", 14, min_width=10, priority=92),
    Column("check", "CHECK", 7, priority=60),
    Column("what", "WHAT", 20, flex=1, min_width=12, priority=90),
    Column("state", "STATE", 15, priority=88),
)
_SEVERITY = {
    "critical": ("critical", "CRIT", 0),
    "warning": ("problem", "WARN", 1),
    "info": ("deactivated", "INFO", 2),
}
_QUIET = frozenset({"silenced", "maintenance"})
_IN_FILE = (
    *("opened_at", "severity", "device", "kind", "subject", "what", "state", "flaps"),
    *("acked_by", "silenced_until", "note", "id"),
)


@dataclass(frozen=True, slots=True)
class Line:
    """An alert in the list. `depth` 1: under its cause. `holds`: it has others under it."""

    alert: AlertRow
    depth: int = 0
    holds: bool = False
    is_open: bool = False


def lines(
    seen: Sequence[AlertRow], folded: Iterable[AlertRow], opened: Collection[str], *, all: bool
) -> list[Line]:
    """The list in its order: each alert, and what it explains right under it where that is wanted.

    opened: the ids of causes that show theirs; all: every one does, as under a filter
    """
    under: dict[object, list[AlertRow]] = {}
    for one in folded:
        under.setdefault(one.cause_id, []).append(one)
    return list(_lines(seen, under, opened, all, 0))


def _lines(
    seen: Iterable[AlertRow],
    under: Mapping[object, list[AlertRow]],
    opened: Collection[str],
    all: bool,
    depth: int,
) -> Iterator[Line]:
    for one in seen:
        below = sorted(under.get(one.id, ()), key=lambda it: units.natural_key(it.device))
        is_open = bool(below) and (all or str(one.id) in opened)
        yield Line(one, depth, bool(below), is_open)
        if is_open and depth < _DEEPEST:
            yield from _lines(below, under, opened, all, depth + 1)


_DEEPEST = 8  # a chain of causes has an end, whatever the tables say


def rows(shown: Iterable[Line], now: datetime, glyphs: Glyphs) -> list[Row]:
    """One row a line. What is folded sorts with its cause, and so stays under it."""
    made: list[Row] = []
    above: tuple[Any, ...] = ()
    for line in shown:
        one = line.alert
        if not line.depth:
            above = (
                _SEVERITY[one.severity][2],
                -one.opened_at.timestamp(),
                units.natural_key(one.device),
                one.kind,
                one.what,
                state(one),
            )
        made.append(Row(str(one.id), _cells(line, now, glyphs), above))
    return made


def _cells(line: Line, now: datetime, glyphs: Glyphs) -> tuple[Cell | str, ...]:
    one = line.alert
    role, word, _ = _SEVERITY[one.severity]
    indent = "  " * (line.depth - 1) + glyphs.tree_last if line.depth else ""
    arrow = glyphs.expanded if line.is_open else glyphs.collapsed
    behind = f" {arrow}{one.behind}" if line.holds else ""
    asks = state(one) == "open" or state(one).startswith("flap")
    return (
        Cell(f"{glyphs.state(role)} {word}", role),
        units.age_text((now - one.opened_at).total_seconds()),
        f"{indent}{one.device or 'the engine'}",
        one.kind,
        one.what,
        Cell(f"{state(one)}{behind}", "" if asks else "muted"),
    )


def state(one: AlertRow) -> str:
    """How it stands, in a word or two: open, ack WHO, silent to WHEN, maintenance, flap ×n."""
    said = one.state
    if said == "acked":
        return f"ack {one.acked_by}"
    if said == "silenced":
        until = one.silenced_until or one.quiet_until
        return f"silent {until.astimezone():%H:%M}" if until else "silenced"
    if said == "maintenance":
        return "maintenance"
    if one.flaps and one.resolved_at is None:
        return f"flap ×{one.flaps}"
    return said


def fields(one: AlertRow) -> dict[str, str]:
    """What a filter of words looks at."""
    return {
        "sev": _SEVERITY[one.severity][1].lower(),
        "device": one.device,
        "check": one.kind,
        "what": f"{one.what} {one.label}",
        "state": state(one),
        "subject": one.subject,
        "note": one.note,
    }


def counts(told: Counts, glyphs: Glyphs) -> list[Piece]:
    """What stands at the right of the title."""
    pieces = [Piece("open", f"open {told.open}", "", 50)]
    for name, count in (("acked", told.acked), ("silenced", told.silenced)):
        if count:
            pieces.append(Piece(name, f"{name} {count}", "muted", 30))
    return [*pieces, *alerting(told, glyphs)]


# --- the panel under the list ---


def panel(
    one: AlertRow,
    text: AlertText | None,
    seen: Sequence[Witness] | None,
    row: DeviceRow | None,
    now: datetime,
) -> list[Section]:
    """All of one alert. `text` and `seen` are None while they are on their way."""
    title = f"{one.device or 'the engine'} · {one.label}"
    first = [*_standing(one, row, now), *_timeline(text, now)]
    sections = [Section(title, tuple(first))]
    if text is not None:
        before = [Fact(_clock(_when(told), now), str(told["text"])) for told in text.before]
        nothing = Fact("", "nothing is recorded of the hour before")
        sections.append(Section("JUST BEFORE", tuple(before or [nothing])))
        if text.cause is not None:
            words = f"{text.cause.device or 'the engine'}: {text.cause.what}"
            sections.append(Section("EXPLAINED BY", (Fact(text.cause.short_id, words),)))
        if text.folded:
            listed = tuple(Fact(other.device, other.what) for other in text.folded)
            sections.append(Section(f"EXPLAINS {len(listed)}", listed))
    if seen is not None and one.device_id is not None:
        sections.append(Section("SEEN BY", tuple(_seen(seen, now))))
    return sections


def _standing(one: AlertRow, row: DeviceRow | None, now: datetime) -> Iterator[Fact]:
    """What it is and how it stands; when the device was seen last."""
    yield Fact("What", one.what, _SEVERITY[one.severity][0])
    if one.subject:
        yield Fact("Of", one.subject)
    if one.note:
        yield Fact("Note", one.note)
    if one.quiet and one.quiet_until:
        yield Fact("Quiet", f"“{one.quiet}” until {brief(one.quiet_until, now)}")
    if row is not None and row.last_seen is not None:
        uptime = (row.facts or {}).get("uptime_s")
        up = f", up {units.uptime_text(uptime)}" if uptime else ""
        ago = units.age_text((now - row.last_seen).total_seconds())
        yield Fact("Last seen", f"{_clock(row.last_seen, now)}, {ago} ago{up}")


def _timeline(text: AlertText | None, now: datetime) -> Iterator[Fact]:
    """The newest first: of a long story the end is what counts."""
    for line in reversed(text.timeline if text else ()):
        who = f" by {line.operator}" if line.operator else ""
        said = f": {line.text}" if line.text else ""
        yield Fact(_clock(line.at, now), f"{line.kind}{who}{said}")


def _seen(seen: Sequence[Witness], now: datetime) -> Iterator[Fact]:
    for one in seen:
        ago = units.age_text((now - one.at).total_seconds())
        yield Fact(one.device, f"{one.how}, {ago} ago")
    if not seen:
        yield Fact("", "no other device names it in its last report")


def _when(told: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(str(told["at"]))


def _clock(moment: datetime, now: datetime) -> str:
    """To the second today, else to the minute with its day."""
    there = moment.astimezone()
    return f"{there:%H:%M:%S}" if there.date() == now.astimezone().date() else brief(moment, now)


# --- out of the console ---


def text(sections: Iterable[Section]) -> str:
    """The panel as plain lines."""
    found = []
    for section in sections:
        found.append(section.title)
        found += [f"  {fact.label:<12} {fact.value}".rstrip() for fact in section.facts]
        found.append("")
    return "\n".join(found)


def line(one: AlertRow) -> str:
    """An alert on one line, tabs between."""
    cells = (one.short_id, one.severity, units.iso(one.opened_at), one.device, one.kind)
    return "\t".join((*cells, one.what, state(one)))


def as_json(alerts: Iterable[AlertRow]) -> str:
    """The alerts as `owtui alerts --json` tells them."""
    told = [one.as_dict() for one in alerts]
    return json.dumps(told, indent=2, ensure_ascii=False, default=_plain) + "\n"


def as_file(alerts: Sequence[AlertRow], kind: str) -> str:
    """The list as "csv" or "json"; a spreadsheet that opens the first runs no formula."""
    if kind == "json":
        return as_json(alerts)
    from owtui.engine.inventory import csvfile  # the engine is imported after the first frame

    told = ({k: _plain(v) for k, v in one.as_dict().items()} for one in alerts)
    return csvfile.write(told, _IN_FILE)


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return units.iso(value)
    return "" if value is None else str(value)
