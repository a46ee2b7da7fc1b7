"""What came of one device, as a value; faces, files and the database read the same."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from owtui.engine.actions.base import Outcome
from owtui.engine.jobs.state import ResultState
from owtui.errors import Failure, Kind
from storage.tables import JobResult


@dataclass(frozen=True, slots=True)
class Result:
    """One device within a job. Times are aware, UTC."""

    device_id: UUID
    device: str
    state: ResultState
    step: str = ""  # what it does now, or a note about the end: "back after 42 s"
    wave: int = 0
    changed: bool | None = None
    diff: str = ""
    output: str = ""
    exit_status: int | None = None
    error: Failure | None = None
    started: datetime | None = None
    finished: datetime | None = None

    @property
    def ok(self) -> bool:
        """True when it ended well."""
        return self.state is ResultState.SUCCESS

    @property
    def took_s(self) -> float | None:
        """Seconds from start to end, None where it has not got both."""
        if self.started is None or self.finished is None:
            return None
        return (self.finished - self.started).total_seconds()

    @classmethod
    def of(cls, row: JobResult) -> Result:
        """Read a stored row."""
        error = None
        if row.error_kind:
            error = Failure(Kind(row.error_kind), row.error_sentence, row.error_hint)
        return cls(
            device_id=row.device_id,
            device=row.device_name,
            state=ResultState(row.state),
            step=row.step,
            wave=row.wave,
            changed=row.changed,
            diff=row.diff,
            output=row.output,
            exit_status=row.exit_status,
            error=error,
            started=row.started,
            finished=row.finished,
        )

    def as_dict(self) -> dict[str, Any]:
        """The JSON form of the command line's contract: of `run`, and of a job's results."""
        return {
            "device_id": str(self.device_id),
            "device": self.device,
            "ok": self.ok,
            "state": self.state.value,
            "changed": self.changed,
            "exit_status": self.exit_status,
            "output": self.output,
            "diff": self.diff,
            "error": self.error.as_dict() if self.error else None,
            "note": self.step,
            "took_s": None if self.took_s is None else round(self.took_s, 3),
        }


def finished(before: Result, outcome: Outcome, at: datetime) -> Result:
    """A device whose action ran to its end."""
    return Result(
        device_id=before.device_id,
        device=before.device,
        state=ResultState.FAILED if outcome.failure else ResultState.SUCCESS,
        step=outcome.note,
        wave=before.wave,
        changed=outcome.changed,
        diff=outcome.diff,
        output=outcome.output,
        exit_status=outcome.exit_status,
        error=outcome.failure,
        started=before.started,
        finished=at,
    )


def ended(before: Result, state: ResultState, failure: Failure | None, at: datetime) -> Result:
    """A device that failed or was not let run to its end."""
    return Result(
        device_id=before.device_id,
        device=before.device,
        state=state,
        step=before.step,
        wave=before.wave,
        error=failure,
        started=before.started,
        finished=at,
    )


def iso(at: datetime | None) -> str | None:
    """ISO 8601 in UTC with a Z, None for never."""
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")
