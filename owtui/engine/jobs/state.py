"""The states of a job and of a device within it, and which follow which."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any


class JobState(StrEnum):
    """Of a whole job."""

    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    SUCCESS = "success"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_over(self) -> bool:
        """True when nothing more will happen."""
        return self in (JobState.SUCCESS, JobState.FAILED, JobState.CANCELLED)


class ResultState(StrEnum):
    """Of one device within a job."""

    PENDING = "pending"
    IN_PROGRESS = "in-progress"
    SUCCESS = "success"
    FAILED = "failed"
    SKIPPED = "skipped"  # never started: blocked by the plan, or after the stop rule
    ABORTED = "aborted"  # started, then ended by a person, or refused before anything was done
    CANCELLED = "cancelled"  # never started, or not acted on, since a person cancelled the job
    UNKNOWN = "unknown"  # started, and its engine died: it may have run

    @property
    def is_over(self) -> bool:
        """True when nothing more will happen to this device."""
        return self not in (ResultState.PENDING, ResultState.IN_PROGRESS)

    @property
    def is_bad(self) -> bool:
        """True when it counts for the stop rule and makes the job a failed one."""
        return self in (ResultState.FAILED, ResultState.ABORTED, ResultState.UNKNOWN)


OPEN_JOBS = (JobState.QUEUED, JobState.RUNNING, JobState.PAUSED)
OPEN_RESULTS = (ResultState.PENDING, ResultState.IN_PROGRESS)
# What a retry does again: everything that did not end well and was meant to run.
RETRIED = (
    ResultState.FAILED,
    ResultState.ABORTED,
    ResultState.UNKNOWN,
    ResultState.SKIPPED,
    ResultState.CANCELLED,
)

SCHEDULED = "scheduled"  # what people are told of a queued job until its time


def is_scheduled(told: Mapping[str, Any]) -> bool:
    """Whether a job, by the keys of report.summary, waits for a time of its own."""
    return told["state"] == JobState.QUEUED and told.get("scheduled_at") is not None


def words(told: Mapping[str, Any]) -> str:
    """The state for people, by the local clock: "scheduled for 2026-11-28 01:00 CET"."""
    if not is_scheduled(told):
        return str(told["state"])
    at = datetime.fromisoformat(told["scheduled_at"]).astimezone()
    return f"{SCHEDULED} for {at:%Y-%m-%d %H:%M %Z}"
