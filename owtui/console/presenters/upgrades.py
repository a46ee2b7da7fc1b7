"""Upgrades as people watch them: batches as rows, stages, a row a device with its step; pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from owtui import units
from owtui.console.presenters import jobs
from owtui.engine.firmware import pace
from owtui.engine.firmware.stages import SEVEN, STAGES
from owtui.engine.firmware.stages import progress as progress_of
from owtui.errors import Kind
from widgets.oneline import Piece
from widgets.rowmodel import Cell, Row
from widgets.rowtable_layout import Column

if TYPE_CHECKING:
    from owtui.engine.jobs.plan import Plan
    from owtui.engine.jobs.result import Result
    from storage.joblines import Line
    from widgets.glyphs import Glyphs

COLUMNS = (
    Column("state", "S", 1, priority=100),
    Column("number", "JOB", 5, align="right", priority=95),
    Column("title", "WHAT", 24, flex=2, min_width=12, priority=90),
    Column("words", "STATE", 9, priority=85),
    Column("done", "DONE", 7, align="right", priority=88),
    Column("ok", "OK", 5, align="right", priority=80),
    Column("failed", "FAIL", 5, align="right", priority=80),
    Column("operator", "WHO", 10, min_width=6, priority=50),
    Column("created", "WHEN", 11, priority=60),
)
_TITLES = {stage.number: stage.title for stage in STAGES.values()}
_WORDS = {5: "flash, do not unplug", 6: "waits for its return"}
_SIZES = re.compile(r"([\d.]+) MiB of ([\d.]+) MiB")
_AWAY = re.compile(r"(\d+) s, attempt")
_ORDER = {"in-progress": 0, "failed": 1, "aborted": 1, "unknown": 1}


@dataclass(slots=True)
class Batch:
    """What is known of a batch: its plan never changes, its lines only grow."""

    plan: Plan | None = None
    lines: list[Line] = field(default_factory=list)
    saved: datetime | None = None  # when what is shown was last written

    def begins(self) -> dict[UUID, dict[int, datetime]]:
        """When each step of each device began."""
        return pace.begins(self.lines)

    def changing(self, results: Sequence[Result]) -> list[Result]:
        """The results of the devices that it flashes, in order; the others are told by the plan."""
        if self.plan is None:
            return list(results)
        wanted = {row.device_id for row in self.plan.changing}
        return [one for one in results if one.device_id in wanted]


def rows(told: Iterable[Mapping[str, Any]], glyphs: Glyphs, now: datetime) -> list[Row]:
    """One row a batch, newest first as given."""
    made = []
    for job in told:
        sign = jobs.SIGNS[job["state"]]
        # Of those that it flashes: what the plan left alone is no upgrade that went well.
        ok, failed = job["ok"] - job["same"], job["failed"]
        done = ok + failed + job["skipped"] - job["blocked"]
        cells = (
            Cell(glyphs.state(sign), sign),
            str(job["number"]),
            job["title"].removeprefix("Upgrade to "),  # said by the screen; at 80 it cost the build
            jobs.state(job),
            f"{done}/{job['devices'] - job['same'] - job['blocked']}",
            str(ok),
            Cell(str(failed), "critical" if failed else ""),
            job["operator"],
            jobs.when(job, now),
        )
        sort = (job["state"], job["number"], job["title"], job["state"], done, ok)
        made.append(Row(job["id"], cells, (*sort, failed, job["operator"], job["created"])))
    return made


def empty(mark: str, key: str) -> str:
    """What a list without batches says, with the keys as they are; "" where there is none."""
    how = f" Mark devices in Fleet ({mark}), then {key} to upgrade them." if mark and key else ""
    return f"No upgrades yet.{how}"


def title(job: Mapping[str, Any], batch: Batch) -> str:
    """What it brings to how many: “roofs/24.10.9 on 30 devices”."""
    if batch.plan is None:
        return str(job.get("title", ""))
    number = len(batch.plan.changing)
    return f"{batch.plan.params.get('build', '')} on {number} device{'s' * (number != 1)}"


# --- the lines above the table -----------------------------------------------------------------


def stages(batch: Batch, results: Sequence[Result], glyphs: Glyphs) -> list[Piece]:
    """The waves with how far each is, the first one as canary, and the rule that stops them.

    Of many waves those around the one that runs are kept where room is short.
    """
    if batch.plan is None:
        return []
    pieces, first, current = [], 0, -1
    sizes = batch.plan.waves
    states = [one.state for one in results]
    for number, size in enumerate(sizes):
        wave = states[first : first + size]
        first += size
        over = sum(state.is_over for state in wave)
        if current < 0 and over < size:
            current = number
        name = "canary" if number == 0 and len(sizes) > 1 and size == 1 else f"wave {number}"
        if len(sizes) == 1:
            name = "all"
        bad = any(state.is_bad for state in wave)
        begun = any(state.value != "pending" for state in wave)
        role = "critical" if bad else "ok" if over == size else "busy" if begun else "muted"
        sign = "waiting" if role == "muted" else glyphs.state(role if over == size else "busy")
        pieces.append(Piece(f"wave{number}", f"{name} {over}/{size} {sign}", role, 0))
    here = len(sizes) - 1 if current < 0 else current
    pieces = [
        Piece(one.key, one.text, one.role, 50 - abs(at - here)) for at, one in enumerate(pieces)
    ]
    stop = batch.plan.stop_after
    if stop:
        pieces.append(Piece("stop", f"stop if fails {'>=' if _ascii(glyphs) else '≥'} {stop}"))
    return pieces


def progress(
    batch: Batch, results: Sequence[Result], job: Mapping[str, Any], now: datetime
) -> tuple[int, int, list[Piece]]:
    """Done, total, and the words beside the bar, with the time that is left as far as measured."""
    done, total, pieces = jobs.progress(results, job, now)
    waits = [one for one in results if pace.is_held(one)]
    away = sum(one.started is not None for one in waits)
    for key, number in (("pending", away), ("held", len(waits) - away)):
        if number:
            pieces.append(Piece(key, f"{key} {number}", "problem", 9))
    if job and job["finished"] is None and batch.plan is not None:
        plan = batch.plan
        left = pace.eta_s(results, batch.begins(), plan.waves, plan.parallel, now)
        if left and job["state"] == "running":
            pieces.insert(1, Piece("eta", f"eta {units.age_text(left)}", "strong", 15))
    return done, total, pieces


# --- a row a device ------------------------------------------------------------------------------


def columns(glyphs: Glyphs) -> tuple[Column, ...]:
    """Those of a batch; FROM TO has room for two releases and the arrow of these signs."""
    way = 14 + len(glyphs.way)
    return (
        Column("state", "S", 1, priority=100),
        Column("device", "DEVICE", 12, flex=1, min_width=10, priority=95),
        Column("way", "FROM TO", way, min_width=way, priority=70),
        Column("step", "STEP", 22, flex=3, min_width=12, priority=85),
        Column("time", "TIME", 6, align="right", priority=80),
        Column("result", "RESULT", 11, min_width=11, priority=90),
    )


def devices(batch: Batch, results: Sequence[Result], glyphs: Glyphs, now: datetime) -> list[Row]:
    """One row a device: sign, name, from what to what, step n/7, time, result."""
    begun = batch.begins()
    reasons = {row.device_id: row.reason for row in batch.plan.rows} if batch.plan else {}
    made = []
    for place, one in enumerate(results):
        sign = jobs.SIGNS[one.state.value]
        steps = begun.get(one.device_id, {})
        cells = (
            Cell(glyphs.state(sign), sign),
            one.device,
            way(reasons.get(one.device_id, ""), glyphs),
            step(one, steps),
            time(one, now),
            Cell(result(one), sign),
        )
        sort = (_ORDER.get(one.state.value, 2), one.device, cells[2], cells[3], place, sign)
        made.append(Row(str(one.device_id), cells, sort))
    return made


def way(reason: str, glyphs: Glyphs) -> str:
    """From which release to which, of a plan's reason: “24.10.0→24.10.6”."""
    words = reason.partition("  ")[0]
    return words.replace(" → ", glyphs.way) if " → " in words else ""


def step(one: Result, steps: Mapping[int, datetime]) -> str:
    """What a device does now, or how it came to its end."""
    state = one.state.value
    if state == "pending":
        return one.step or "waits for its turn"
    if state == "in-progress":
        number = pace.step_of(one.step)
        if number in _WORDS:
            return f"{number}/{SEVEN} {_WORDS[number]}"
        name, colon, more = one.step.partition(": ")
        sent = _SIZES.search(more)
        if sent:
            return f"{name} {sent[2]} MiB"
        return f"{name}{colon}{more}" or "begins"
    if state == "success":
        return "verified" if one.changed else one.step or "nothing to do"
    if steps:
        number = max(steps)
        return f"{number}/{SEVEN} {_TITLES[number]}"
    return "never started" if one.started is None else "at the begin"


def result(one: Result) -> str:
    """How far a running device is: of the upload, of its absence, else OpenWISP's per cent."""
    state = one.state.value
    if state == "in-progress":
        sent, away = _SIZES.search(one.step), _AWAY.search(one.step)
        if sent and float(sent[2]) > 0:
            return f"{float(sent[1]) * 100 / float(sent[2]):.0f}%"
        if away:
            return f"{away[1]}s"
        return f"{progress_of(one.step)}%"
    if state == "success":
        return "ok" if one.changed else "same"
    if one.error is not None and state != "cancelled":
        if state == "skipped" and one.error.kind is Kind.DENIED:
            return "blocked"  # by the plan
        return one.error.kind.value.replace("_", " ")
    return {"pending": "wait", "unknown": "may have run"}.get(state, state)


def time(one: Result, now: datetime) -> str:
    """How long it takes or took: “4:02”."""
    if one.started is None:
        return ""
    # Another machine's clock may be ahead of ours.
    seconds = max(0, int(((one.finished or now) - one.started).total_seconds()))
    if seconds >= 6000:
        return units.age_text(seconds)
    return f"{seconds // 60}:{seconds % 60:02}"


# --- below the table -----------------------------------------------------------------------------


def log(batch: Batch, one: Result) -> str:
    """What a device said on its way, each with its local time, and how it ended."""
    lines = on_its_way(batch.lines, one)
    if one.state.value == "in-progress" and one.step and not _is_told(one.step, lines):
        lines.append(f"    now: {one.step}")
    # What it came to says again what was said on the way.
    lines += [text for text in one.output.splitlines() if not any(text in told for told in lines)]
    if one.error is not None:
        lines += [text for text in (one.error.sentence, one.error.hint) if text]
    return "\n".join(lines) or "Nothing has been told of it yet."


def on_its_way(told: Iterable[Line], one: Result) -> list[str]:
    """What a device of any job said on its way, each line with its local time."""
    lines: list[str] = []
    for line in told:
        if line.device_id == one.device_id:
            first, *more = line.text.splitlines() or [""]
            lines += [f"{line.at.astimezone():%H:%M:%S} {first}", *(f"         {m}" for m in more)]
    return lines


def saved(
    batch: Batch, job: Mapping[str, Any], trouble: str, standing: str, now: datetime
) -> Piece:
    """Whether one may leave: all that is shown is in the database, and the job goes on without us.

    `trouble`: why nothing can be written now. `standing`: who runs it when we are gone.
    """
    if trouble:
        return Piece("saved", "job NOT saved: no database", "critical", 94)
    if batch.saved is None or not job:
        return Piece("saved", "", "", 0)
    if job["finished"]:
        return Piece("saved", "job saved, over", "muted", 30)
    age = units.age_text((now - batch.saved).total_seconds())
    words = f"job saved {age} ago: safe to disconnect, {standing}"
    return Piece("saved", words, "ok", 78, short="saved: safe to disconnect")


def newest(results: Iterable[Result], lines: Iterable[Line]) -> datetime | None:
    """The latest moment that the rows of a job tell of."""
    times = [at for one in results for at in (one.started, one.finished) if at is not None]
    return max([*times, *(line.at for line in lines)], default=None)


def _is_told(text: str, lines: Sequence[str]) -> bool:
    return bool(lines) and lines[-1].endswith(text.splitlines()[-1])


def _ascii(glyphs: Glyphs) -> bool:
    return glyphs.rule == "-"
