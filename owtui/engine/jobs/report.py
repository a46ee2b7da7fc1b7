"""A job as data and as text: what `owtui jobs` prints and `jobs report` saves."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from owtui.engine.firmware.figures import Figures, figures
from owtui.engine.jobs.groups import Group, group
from owtui.engine.jobs.result import Result, iso
from owtui.engine.jobs.state import SCHEDULED, JobState, ResultState, words
from storage.tables import Job

_FAILED = (ResultState.FAILED, ResultState.UNKNOWN, ResultState.ABORTED)
_SKIPPED = (ResultState.SKIPPED, ResultState.CANCELLED)
_UPGRADE = "upgrade"  # the action whose jobs are batches in OpenWISP's sense
_RATES = ("success", "failed", "aborted", "cancelled")
_COLUMNS = ("device", "device_id", "state", "changed", "exit_status", "note", "took_s")


def summary(job: Job, counts: dict[str, int]) -> dict[str, Any]:
    """One job without its results; the keys are the command line's contract.

    Of an upgrade also how many devices its plan leaves alone: they count as ok or as skipped.
    """
    told = {
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
        "scheduled_at": iso(scheduled(job)),
    }
    if job.action == _UPGRADE:
        verdicts = Counter(row["verdict"] for row in job.plan.get("rows", ()))
        told |= {"same": verdicts["same"], "blocked": verdicts["blocked"]}
    return told


def scheduled(job: Job) -> datetime | None:
    """When a job was to begin; None: at once."""
    text = str(job.plan.get("params", {}).get("at") or "") if job.action == _UPGRADE else ""
    return datetime.fromisoformat(text) if text else None


def report(job: Job, results: Sequence[Result]) -> dict[str, Any]:
    """A job with what happened on each device."""
    counts = Counter(result.state.value for result in results)
    told = summary(job, counts)
    if (batch := batch_of(job, results)) is not None:
        told["batch"] = batch.as_dict()
    return {**told, "results": [result.as_dict() for result in results]}


def batch_of(job: Job, results: Sequence[Result]) -> Figures | None:
    """OpenWISP's figures of an upgrade, of the devices that its plan changes; else None."""
    if job.action != _UPGRADE:
        return None
    rows = job.plan.get("rows", ())
    operations = {row["device_id"] for row in rows if row["verdict"] == "change"}
    found = figures(one.state for one in results if str(one.device_id) in operations)
    waits = job.state == JobState.QUEUED and scheduled(job) is not None
    return replace(found, batch_status=SCHEDULED) if waits else found


def report_csv(job: Job, results: Sequence[Result]) -> str:
    """A line a device; the figures of an upgrade, which are the batch's, stand on every line."""
    batch = batch_of(job, results)
    common = {} if batch is None else batch.as_dict()
    columns = ["job", *_COLUMNS, "error_kind", "error", *common]
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for one in results:
        kind = one.error.kind.value if one.error else ""
        told = {"error_kind": kind, "error": one.error.sentence if one.error else ""}
        writer.writerow({"job": job.number, **common, **one.as_dict(), **told})
    return out.getvalue()


def report_text(job: Job, results: Sequence[Result]) -> str:
    """The same for people: one paragraph an answer, with the devices that gave it."""
    told = report(job, results)
    lines = [
        f"Job {job.number}: {job.title}",
        f"{words(told)}{': ' + job.reason if job.reason else ''}"
        f", {told['ok']} ok, {told['failed']} failed, {told['skipped']} skipped",
        f"by {job.operator}@{job.host}, started {told['started'] or 'never'},"
        f" finished {told['finished'] or 'not yet'}",
    ]
    if (batch := batch_of(job, results)) is not None:
        rates = {name: getattr(batch, f"{name}_rate") for name in _RATES}
        told_rates = ", ".join(f"{name} {rate:g} %" for name, rate in rates.items())
        lines.append(f"batch {batch.batch_status}, {batch.progress_report}: {told_rates}")
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
