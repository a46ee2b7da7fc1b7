"""`owtui jobs report` of an upgrade: OpenWISP's figures as text, JSON and CSV (14 g)."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from uuid import UUID, uuid4

from owtui.engine.jobs.plan import Plan, PlanRow, Verdict
from owtui.engine.jobs.report import report, report_csv, report_text
from owtui.engine.jobs.result import Result
from owtui.engine.jobs.state import ResultState as S
from owtui.errors import Failure, Kind
from storage.tables import Job

AT = datetime(2026, 11, 27, 1, 0, tzinfo=UTC)
BLOCKED = UUID(int=99)
LOST = Failure(Kind.UNREACHABLE, "ap-2 does not answer, ever.", "Is it powered?")


def job(*states: S, action: str = "upgrade") -> tuple[Job, list[Result]]:
    """A batch whose devices ended so, and one that its plan had left alone."""
    results = [
        Result(UUID(int=n), f"ap-{n}", state, error=LOST if state is S.FAILED else None)
        for n, state in enumerate(states, 1)
    ]
    rows = [PlanRow(one.device_id, one.device, Verdict.CHANGE) for one in results]
    rows.append(PlanRow(BLOCKED, "gw", Verdict.BLOCKED, "no image"))
    results.append(Result(BLOCKED, "gw", S.SKIPPED))
    plan = Plan(uuid4(), action, "Upgrade", {"build": "b"}, "eva", AT, tuple(rows))
    made = Job(id=plan.id, number=7, action=action, title="Upgrade", plan=plan.as_dict())
    made.state = "failed"
    return made, results


def test_success_failed_and_cancelled_is_failed_and_counted_without_what_was_left_alone() -> None:
    told = report(*job(S.SUCCESS, S.FAILED, S.CANCELLED))
    assert told["batch"] == {
        "batch_status": "failed",
        "total": 3,
        "completed": 3,
        "success_rate": 33.33,
        "failed_rate": 33.33,
        "aborted_rate": 0.0,
        "cancelled_rate": 33.33,
        "progress_report": "3 out of 3",
    }


def test_success_and_cancelled_is_cancelled_and_any_in_progress_is_in_progress() -> None:
    assert report(*job(S.SUCCESS, S.CANCELLED))["batch"]["batch_status"] == "cancelled"
    assert report(*job(S.FAILED, S.IN_PROGRESS))["batch"]["batch_status"] == "in-progress"


def test_the_text_has_the_figures_in_one_line() -> None:
    text = report_text(*job(S.SUCCESS, S.FAILED, S.CANCELLED))
    line = (
        "batch failed, 3 out of 3: success 33.33 %, failed 33.33 %, aborted 0 %, cancelled 33.33 %"
    )
    assert line in text.splitlines()


def test_csv_has_a_line_a_device_with_the_figures_on_each() -> None:
    rows = list(csv.DictReader(io.StringIO(report_csv(*job(S.SUCCESS, S.FAILED)))))
    assert [row["device"] for row in rows] == ["ap-1", "ap-2", "gw"]
    assert (rows[1]["error_kind"], rows[1]["error"]) == ("unreachable", LOST.sentence)
    assert {(row["batch_status"], row["progress_report"], row["success_rate"]) for row in rows} == {
        ("failed", "2 out of 2", "50.0")
    }


def test_other_jobs_have_no_batch() -> None:
    made = job(S.SUCCESS, action="reboot")
    assert "batch" not in report(*made)
    assert "batch_status" not in report_csv(*made)
    assert "out of" not in report_text(*made)
