"""Identical answers are one group; reports read the same for people and programs."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid5

from owtui.engine.jobs.groups import group
from owtui.engine.jobs.report import report, report_text
from owtui.engine.jobs.result import Result
from owtui.engine.jobs.state import ResultState
from owtui.errors import Failure, Kind
from storage.tables import Job
from tests.rows import NOW

LOST = Failure(Kind.LOST, "The connection went away.", "Look at the device.")


def result(name: str, output: str = "", error: Failure | None = None) -> Result:
    """A device that ended after two seconds."""
    return Result(
        uuid5(UUID(int=0), name),
        name,
        ResultState.FAILED if error else ResultState.SUCCESS,
        output=output,
        error=error,
        started=NOW,
        finished=NOW + timedelta(seconds=2),
    )


def test_the_largest_group_comes_first_and_keeps_the_order_of_its_devices() -> None:
    found = group([result("c", "x"), result("b", "y"), result("a", "y"), result("d", error=LOST)])
    assert [(one.output, one.devices) for one in found] == [
        ("y", ("b", "a")),
        ("x", ("c",)),
        ("", ("d",)),
    ]
    assert found[2].error == LOST


def test_a_failure_that_names_its_device_is_the_same_on_the_next() -> None:
    ended = [
        result(name, error=Failure(Kind.CANCELLED, f"{name}: Ended on {name} in the middle."))
        for name in ("ap-1", "ap-1-b")
    ]
    [one] = group(ended)
    assert one.error is not None and one.devices == ("ap-1", "ap-1-b")
    assert one.error.sentence == "Ended on the device in the middle."
    [alone] = group(ended[:1])
    assert alone.error == ended[0].error


def test_the_same_output_with_another_end_is_another_group() -> None:
    assert len(group([result("a", "x"), result("b", "x", LOST)])) == 2


def test_a_report_counts_what_ended_how() -> None:
    job = Job(number=7, action="run_command", title="uptime on 3 devices", state="failed")
    results = [result("a", "up\n"), result("b", "up\n"), result("c", error=LOST)]
    told = report(job, results)
    assert (told["ok"], told["failed"], told["skipped"], told["devices"]) == (2, 1, 0, 3)
    assert told["created"].endswith("Z")
    assert told["results"][0]["took_s"] == 2.0
    text = report_text(job, results)
    assert "success, 2 devices: a, b\n  up\n" in text
    assert "failed, 1 device: c\n  The connection went away. Look at the device.\n" in text
