"""The health of a fleet as rows: one pass over the devices, then counts, reasons and words; pure.

The key of a row that counts is the filter which finds the devices that were counted.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from heapq import nsmallest
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from uuid import UUID

from owtui import columns, units
from owtui.console.presenters.fleet import STALE_S, is_stale, literal
from owtui.console.presenters.jobs import SIGNS
from owtui.console.presenters.status import STATES, Piece
from widgets.glyphs import Glyphs
from widgets.rowmodel import Cell, Row
from widgets.rowtable_layout import Column

if TYPE_CHECKING:
    from owtui.engine.monitoring.failing import Failing
    from owtui.engine.monitoring.rota import Lag
    from storage.rows import DeviceRow

LAST_JOBS = 5
GROUPED = ("fw", "config_status", "group", "zone", "model")
TITLES = {
    "fw": "RELEASE",
    "config_status": "CONFIG",
    "group": "GROUP",
    "zone": "ZONE",
    "model": "MODEL",
}
# What asks for somebody, worst first: the filter that finds it, its words, its role.
ATTENTION = (
    ("error_kind=host_key|host_key=changed", "host key changed", "critical"),
    ("error_kind=unreachable|error_kind=refused|error_kind=timeout", "no answer", "critical"),
    ("error_kind=auth", "login refused", "problem"),
    ("factory=yes", "root has no password", "problem"),
    (f"seen>{STALE_S:.0f}s !status=deactivated", "not seen for 5m", "problem"),
)
_SIGN = Column("sign", "", 1, priority=100)
_FIXED = {
    "worst": [
        _SIGN,
        Column("name", "WORST", 12, flex=1, min_width=8, priority=95),
        Column("why", "WHY", 16, flex=3, min_width=8, priority=80),
        Column("age", "SEEN", 4, align="right", priority=90),
    ],
    "jobs": [
        _SIGN,
        Column("number", "JOB", 3, align="right", priority=95),
        Column("title", "WHAT", 12, flex=1, min_width=8, priority=80),
        Column("how", "DONE", 12, min_width=10, align="right", priority=85),
        Column("age", "AGO", 4, align="right", priority=60),
    ],
}
_LONGEST = 20  # cells of a name
_SILENT = frozenset({"unreachable", "refused", "timeout"})
_SEVERITY = {"critical": 0, "problem": 1, "unknown": 2}
_FW = columns.get("fw")


@dataclass(slots=True)
class Tally:
    """What one look at the fleet counted. `bad` counts problem and critical devices alone."""

    states: Counter[str] = field(default_factory=Counter)
    attention: Counter[str] = field(default_factory=Counter)
    groups: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    bad: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    unwell: list[DeviceRow] = field(default_factory=list)
    newest: datetime | None = None
    late: int = 0


def tally(devices: Iterable[DeviceRow], now: datetime, every_s: float) -> Tally:
    """Count everything in one pass. Late is who was not seen for two rounds of polling."""
    found = Tally()
    for row in devices:
        state = "deactivated" if row.is_deactivated else row.status
        found.states[state] += 1
        for filter_, needed in zip((one[0] for one in ATTENTION), _needs(row, now), strict=True):
            found.attention[filter_] += needed
        unwell = state in ("critical", "problem")
        version = _FW.get(row, now)
        names = {
            "fw": version or "",
            "config_status": row.config_status,
            "group": row.group,
            "zone": row.zone,
            "model": row.model,
        }
        for kind, name in names.items():
            found.groups[kind][str(name)] += 1
            found.bad[kind][str(name)] += unwell
        if state in _SEVERITY:
            found.unwell.append(row)
        if row.last_seen is not None and (found.newest is None or row.last_seen > found.newest):
            found.newest = row.last_seen
        found.late += _is_late(row, now, every_s)
    return found


def states(found: Tally, bar: int, glyphs: Glyphs) -> list[Row]:
    """One row a state, with a bar for its share of the fleet."""
    total = sum(found.states.values())
    return [
        Row(
            f"status={state}",
            (
                Cell(glyphs.state(state), state),
                state,
                str(found.states[state]),
                Cell(_bar(found.states[state], total, bar, glyphs), state),
            ),
        )
        for state in STATES
    ]


def attention(found: Tally, glyphs: Glyphs) -> list[Row]:
    """What asks for somebody; all of it is always there, so that nothing jumps."""
    rows = []
    for filter_, words, role in ATTENTION:
        count = found.attention[filter_]
        shown = role if count else "ok"
        sign = Cell(glyphs.state(shown), shown)
        rows.append(Row(filter_, (sign, words, Cell(str(count), role if count else "muted"))))
    return rows


def grouped(found: Tally, kind: str, bar: int, glyphs: Glyphs) -> list[Row]:
    """How many devices of each group, zone, model or release; releases newest first."""
    counts, total = found.groups[kind], sum(found.states.values())
    rows = []
    for place, name in enumerate(_names(found, kind)):
        bad = found.bad[kind][name]
        last = Cell(str(bad) if bad else "", "critical")
        if kind == "fw":
            last = Cell(_behind(place) if name else "", "problem" if place else "ok")
        cells = (
            _shown(kind, name) if name else Cell("none", "muted"),
            str(counts[name]),
            last,
            Cell(_bar(counts[name], total, bar, glyphs), "accent"),
        )
        rows.append(Row(f"{kind}={literal(name)}", cells))
    return rows


def worst(
    found: Tally,
    most: int,
    now: datetime,
    glyphs: Glyphs,
    failing: Mapping[UUID, Sequence[Failing]] = MappingProxyType({}),
) -> list[Row]:
    """The devices that are worst off, for the longest time first, and what is the problem."""

    def place(row: DeviceRow) -> tuple[int, float, str]:
        seen = row.last_seen.timestamp() if row.last_seen else float("inf")
        return _SEVERITY[row.status], seen, row.name

    return [
        Row(
            str(row.id),
            (
                Cell(glyphs.state(row.status), row.status),
                row.name,
                problem(row, failing.get(row.id, ())),
                units.age_text((now - row.last_seen).total_seconds()) if row.last_seen else "",
            ),
        )
        for row in nsmallest(most, found.unwell, key=place)
    ]


def problem(row: DeviceRow, failing: Sequence[Failing]) -> str:
    """What is the problem: metrics that fail with value and threshold, and why it was not reached.

    Who answers nobody needs no other words for it.
    """
    sentence = row.failure_sentence.removeprefix(f"{row.name} ")
    words = [one.words for one in failing if not (sentence and one.is_critical)]
    told = [*([sentence] if sentence else []), *words]
    return "; ".join(told) or ("never seen" if row.last_seen is None else row.status)


def jobs(told: Sequence[Mapping[str, Any]], now: datetime, glyphs: Glyphs) -> list[Row]:
    """The jobs that run, with how far they are, and how the last ones ended."""
    running = [job for job in told if job["finished"] is None]
    over = [job for job in told if job["finished"] is not None]
    return [
        Row(
            job["id"],
            (
                Cell(glyphs.state(SIGNS[job["state"]]), SIGNS[job["state"]]),
                str(job["number"]),
                job["title"],
                *_progress(job, glyphs),
                units.age_text((now - datetime.fromisoformat(job["created"])).total_seconds()),
            ),
        )
        for job in (*running, *over[:LAST_JOBS])
    ]


def line(
    found: Tally,
    every_s: float,
    holder: str,
    now: datetime,
    *,
    starting: bool,
    lag: Lag | None = None,
) -> list[Piece]:
    """The poll, who is late, whether turns begin late, and who runs the engine."""
    pieces = [
        Piece("poll", "polling is off" if not every_s else f"poll every {every_s:g}s", "", 60)
    ]
    if found.newest is not None:
        age = units.age_text((now - found.newest).total_seconds())
        pieces.append(Piece("newest", f"last answer {age} ago", "", 50))
    if every_s:
        words = f"{found.late} late" if found.late else "none late"
        pieces.append(Piece("late", words, "problem" if found.late else "", 70))
    if every_s and lag is not None and lag.is_late:
        pieces.append(Piece("lag", f"polls {lag.words()}", "problem", 65))
    runs = "the engine starts" if starting else f"engine: {holder}" if holder else ""
    return [*pieces, *([Piece("engine", runs, "", 40)] if runs else [])]


def layout(panel: str, bar: int = 0, found: Tally | None = None) -> list[Column]:
    """The columns of a panel: numbers as wide as these counts are, bars of `bar` cells."""
    total = sum(found.states.values()) if found else 0
    count = Column("count", "DEV", max(3, len(str(total))), align="right", priority=90)
    bars = [Column("bar", "", bar, flex=1, priority=10)] if bar else []
    if panel in _FIXED:
        return _FIXED[panel]
    if panel == "states":
        return [_SIGN, Column("name", "STATE", 11, priority=95), count, *bars]
    if panel == "attention":
        return [_SIGN, Column("name", "ATTENTION", 20, priority=95), count]
    last = Column("last", *(("BEHIND", 6) if panel == "fw" else ("BAD", 3)), align="right")
    longest = max((len(_shown(panel, name)) for name in _names(found, panel)), default=0)
    width = min(max(len(TITLES[panel]), longest), _LONGEST)
    name = Column("name", TITLES[panel], width, flex=not bar, min_width=5, priority=95)
    return [name, count, replace(last, priority=85), *bars]


def _names(found: Tally | None, kind: str) -> list[str]:
    """The groups by size, or the releases from the newest on; what has none is last."""
    counts = found.groups[kind] if found else Counter[str]()
    if kind == "fw":
        return sorted(counts, key=lambda name: (bool(name), _FW.place(name)), reverse=True)
    return sorted(counts, key=lambda name: (not name, -counts[name], units.natural_key(name)))


def _shown(kind: str, name: str) -> str:
    """Of a model the maker's name comes first and tells least."""
    return name if kind != "model" else name.partition(" ")[2] or name


def _needs(row: DeviceRow, now: datetime) -> tuple[bool, ...]:
    kind = row.failure_kind
    return (
        kind == "host_key" or row.host_key == "changed",
        kind in _SILENT,
        kind == "auth",
        bool(row.facts and row.facts.get("factory")),
        is_stale(row, now),
    )


def _is_late(row: DeviceRow, now: datetime, every_s: float) -> bool:
    if not every_s or row.is_deactivated or not row.connections:
        return False
    return row.last_seen is None or (now - row.last_seen).total_seconds() > 2 * every_s


def _progress(job: Mapping[str, Any], glyphs: Glyphs) -> tuple[Cell]:
    done = job["ok"] + job["failed"] + job["skipped"]
    if job["finished"] is None:
        bar = _bar(done, job["devices"], 4, glyphs)
        rest = glyphs.bar_empty * (4 - len(bar))
        return (Cell(f"{bar}{rest} {done}/{job['devices']}", "busy"),)
    if job["failed"]:
        return (Cell(f"{job['failed']} failed", "critical"),)
    return (Cell(f"{job['ok']} ok" if job["ok"] == done else f"{job['ok']}/{done} ok"),)


def _behind(place: int) -> str:
    return str(place) if place else "newest"


def _bar(part: int, total: int, width: int, glyphs: Glyphs) -> str:
    """As long as the share; whatever is there at all can be seen."""
    return glyphs.bar_full * (max(1, width * part // total) if part and total else 0)
