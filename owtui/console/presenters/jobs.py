"""Jobs and their results as rows, groups and a progress line: pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from owtui import units
from owtui.console.presenters.history import brief
from owtui.engine.jobs.state import SCHEDULED, is_scheduled
from owtui.engine.jobs.state import words as state_words
from widgets.oneline import Piece
from widgets.resultrows import Group
from widgets.rowmodel import Cell, Row
from widgets.rowtable_layout import Column

if TYPE_CHECKING:
    from owtui.engine.jobs.groups import Group as Answers
    from owtui.engine.jobs.result import Result
    from widgets.glyphs import Glyphs

COLUMNS = (
    Column("state", "S", 1, priority=100),
    Column("number", "JOB", 5, align="right", priority=95),
    Column("title", "WHAT", 24, flex=2, min_width=12, priority=90),
    Column("words", "STATE", 9, priority=85),
    Column("ok", "OK", 5, align="right", priority=80),
    Column("failed", "FAIL", 5, align="right", priority=80),
    Column("skipped", "SKIP", 5, align="right", priority=40),
    Column("operator", "WHO", 10, min_width=6, priority=50),
    Column("created", "WHEN", 11, priority=60),
)
FEW_COLUMNS = (
    Column("state", "S", 1, priority=100),
    Column("number", "JOB", 4, align="right", priority=95),
    Column("title", "WHAT", 16, flex=1, min_width=8, priority=90),
    Column("ok", "OK", 4, align="right", priority=80),
    Column("failed", "FAIL", 4, align="right", priority=80),
)
# A job's or a result's state as one of the six signs of the console.
SIGNS = {
    "queued": "unknown",
    "pending": "unknown",
    "running": "busy",
    "in-progress": "busy",
    "paused": "problem",
    "success": "ok",
    "failed": "critical",
    "unknown": "unknown",
    "aborted": "problem",
    "cancelled": "deactivated",
    "skipped": "deactivated",
}
_WAITING = {"pending": "waiting", "in-progress": "running"}
STEERS = ("job_pause", "job_abort", "job_retry")
_OVER = {"success", "failed", "skipped", "aborted", "cancelled", "unknown"}


def rows(jobs: Iterable[Mapping[str, Any]], glyphs: Glyphs, now: datetime) -> list[Row]:
    """One row a job, newest first as given."""
    return [
        Row(
            job["id"],
            (
                Cell(glyphs.state(SIGNS[job["state"]]), SIGNS[job["state"]]),
                str(job["number"]),
                job["title"],
                state(job),
                str(job["ok"]),
                Cell(str(job["failed"]), "critical" if job["failed"] else ""),
                str(job["skipped"]),
                job["operator"],
                when(job, now),
            ),
            (
                job["state"],
                job["number"],
                job["title"],
                job["state"],
                job["ok"],
                job["failed"],
                job["skipped"],
                job["operator"],
                job["created"],
            ),
        )
        for job in jobs
    ]


def state(job: Mapping[str, Any]) -> str:
    """The word for it in a list."""
    return SCHEDULED if is_scheduled(job) else str(job["state"])


def when(job: Mapping[str, Any], now: datetime) -> str:
    """When it was made; of one that is scheduled, when it begins."""
    at = job["scheduled_at"] if is_scheduled(job) else job["created"]
    return brief(datetime.fromisoformat(at), now)


def empty(names: Callable[[str], str]) -> str:
    """What an empty list says, with the keys as they are; `names` gives a key by its id."""
    mark, run = names("list.mark"), names("act.run_command")
    how = f" Mark devices in Fleet ({mark}), then {run} to run a command." if mark and run else ""
    return f"No jobs yet.{how}"


def few(jobs: Iterable[Mapping[str, Any]], glyphs: Glyphs, now: datetime) -> list[Row]:
    """The same for a narrow pane."""
    return [
        Row(row.key, (row.cells[0], *row.cells[1:3], *row.cells[4:6]))
        for row in rows(jobs, glyphs, now)
    ]


def devices(results: Sequence[Result], glyphs: Glyphs, now: datetime) -> list[Row]:
    """One row a device of a job: sign, name, result, time, first line of what it said."""
    return [
        Row(
            str(result.device_id),
            (
                Cell(glyphs.state(SIGNS[result.state.value]), SIGNS[result.state.value]),
                result.device,
                result.state.value,
                _took(result, now),
                _said(result),
            ),
        )
        for result in results
    ]


def groups(answers: Iterable[Answers]) -> list[Group]:
    """Identical answers together, the largest first."""
    return [
        Group(
            key=str(hash((one.state, one.output, one.diff, one.exit_status, one.error))),
            title=_title(one),
            count=len(one.devices),
            names=one.devices,
            role=SIGNS[one.state.value],
            output=_whole(one),
        )
        for one in answers
    ]


def progress(
    results: Sequence[Result], job: Mapping[str, Any], now: datetime
) -> tuple[int, int, list[Piece]]:
    """Done, total, and the words beside the bar: the job's state first, then the counts."""
    counts = Counter(result.state.value for result in results)
    done = sum(counts[state] for state in _OVER)
    pieces = [
        Piece(state, f"{words} {counts[state]}", SIGNS[state], 10 - number)
        for number, (state, words) in enumerate(
            (
                ("success", "ok"),
                ("failed", "fail"),
                ("unknown", "may have run"),
                ("in-progress", "running"),
                ("skipped", "skip"),
                ("cancelled", "cancelled"),
                ("aborted", "aborted"),
            )
        )
        if counts[state]
    ]
    state = Piece("job", note(job, now), SIGNS[job["state"]], 20) if job else None
    return done, len(results), [*([state] if state else []), *pieces]


def detail(result: Result, on_its_way: Sequence[str] = ()) -> str:
    """All that one device said, with what it said on its way."""
    lines = [f"{result.device}: {result.state.value}"]
    if result.error is not None:
        lines += [result.error.sentence, result.error.hint]
    if result.step:
        lines.append(result.step)
    said = [*on_its_way, *([""] if on_its_way else []), result.diff or result.output]
    return "\n".join([line for line in lines if line] + ["", *said])


def note(job: Mapping[str, Any], now: datetime) -> str:
    """The state, for how long, and why it ended so."""
    state, reason = state_words(job), job["reason"]
    told = reason if reason.startswith(state) else ": ".join(filter(None, (state, reason)))
    return f"{told}{_lasted(job, now)}"


def doing(action: str, steps: Sequence[str], step: str) -> str:
    """What a job does on a device now, in few words: “reboot 2/3”, “run command”."""
    name, _, more = step.partition(": ")
    if name in steps:
        return f"{name} {steps.index(name) + 1}/{len(steps)} {more}".rstrip()
    return step or action.replace("_", " ")


def allows(job: Mapping[str, Any] | None, action: str) -> bool:
    """Whether the job's state leaves something to pause, abort or retry."""
    if job is None:
        return False
    if action == "job_retry":
        if job["finished"] is None:  # see retry.py
            return job.get("action") == "upgrade" and bool(job["failed"])
        return bool(job["failed"] or job["skipped"])
    return job["finished"] is None and job["state"] != "cancelled"


def group_title(one: Group) -> str:
    """How many answered so, for the crumbs."""
    return one.names[0] if one.count == 1 else f"{one.count} devices"


def group_text(one: Group) -> str:
    """Who answered so, and all of the answer."""
    return f"{', '.join(one.names)}\n\n{one.output}"


def _lasted(job: Mapping[str, Any], now: datetime) -> str:
    if not job["started"]:
        return ""
    end = datetime.fromisoformat(job["finished"]) if job["finished"] else now
    seconds = (end - datetime.fromisoformat(job["started"])).total_seconds()
    return f", {seconds:.1f}s" if seconds < 60 else f", {units.age_text(seconds)}"


def _whole(one: Answers) -> str:
    """What went wrong and what was said; a command's output ends in the sentence already."""
    said = one.output or one.diff
    told = one.error is not None and one.error.sentence not in said
    return f"{one.error.sentence}\n{said}" if one.error is not None and told else said


def _title(one: Answers) -> str:
    if one.exit_status:
        return _exit(one)
    if one.error is not None:
        return one.error.sentence
    if one.state.value not in _OVER:
        return f"{_WAITING.get(one.state.value, one.state.value)}: {', '.join(one.devices[:5])}"
    text = (one.output or one.diff).strip()
    return text.splitlines()[0] if text else one.state.value


def _took(result: Result, now: datetime) -> str:
    if result.took_s is not None:
        return f"{result.took_s:.1f}s" if result.took_s < 100 else units.age_text(result.took_s)
    if result.started is not None:
        return units.age_text((now - result.started).total_seconds())
    return ""


def _exit(one: Answers | Result) -> str:
    """A command that failed: its sentence repeats the command, which everybody knows here."""
    first = (one.output.strip().splitlines() or [""])[0]
    told = one.error is not None and first == one.error.sentence
    return f"exit {one.exit_status}: {first}" if first and not told else f"exit {one.exit_status}"


def _said(result: Result) -> str:
    if result.exit_status:
        return _exit(result)
    if result.error is not None:
        return result.error.sentence
    return result.step or (result.output.strip().splitlines() or [""])[0]
