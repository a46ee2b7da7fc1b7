"""A job as data and as text: what `owtui jobs` prints and `jobs report` saves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from owtui.engine.jobs.groups import Group, group
from owtui.engine.jobs.result import Result, iso
from owtui.engine.jobs.state import ResultState
from storage.tables import Job

_FAILED = (ResultState.FAILED, ResultState.UNKNOWN, ResultState.ABORTED)
_SKIPPED = (ResultState.SKIPPED, ResultState.CANCELLED)


def summary(job: Job, counts: dict[str, int]) -> dict[str, Any]:
    """One job without its results; the keys are the command line's contract."""
    return {
        "id": str(job.id),
        "number": job.number,
        "action": job.action,
        "title": job.title,
        "state": job.state,
        "reason": job.reason,
        "operator": job.operator,
        "created": iso(job.created),
        "started": iso(job.started),
        "finished": iso(job.finished),
        "devices": sum(counts.values()),
        "ok": counts.get(ResultState.SUCCESS, 0),
        "failed": sum(counts.get(state, 0) for state in _FAILED),
        "skipped": sum(counts.get(state, 0) for state in _SKIPPED),
        "retry_of": str(job.retry_of) if job.retry_of else None,
    }


def report(job: Job, results: Sequence[Result]) -> dict[str, Any]:
    """A job with what happened on each device."""
    counts = Counter(result.state.value for result in results)
    return {**summary(job, counts), "results": [result.as_dict() for result in results]}


def report_text(job: Job, results: Sequence[Result]) -> str:
    """The same for people: one paragraph an answer, with the devices that gave it."""
    told = report(job, results)
    lines = [
        f"Job {job.number}: {job.title}",
        f"{job.state}{': ' + job.reason if job.reason else ''}"
        f", {told['ok']} ok, {told['failed']} failed, {told['skipped']} skipped",
        f"by {job.operator}@{job.host}, started {told['started'] or 'never'},"
        f" finished {told['finished'] or 'not yet'}",
    ]
    for one in group(results):
        lines += ["", *_paragraph(one)]
    return "\n".join(lines) + "\n"


def _paragraph(one: Group) -> list[str]:
    number = len(one.devices)
    lines = [f"{one.state.value}, {number} device{'s' * (number != 1)}: {', '.join(one.devices)}"]
    if one.error:
        lines.append(f"  {one.error.sentence} {one.error.hint}".rstrip())
    lines += [f"  {line}" for line in (one.diff or "").splitlines()]
    lines += [f"  {line}" for line in one.output.splitlines()]
    return lines
