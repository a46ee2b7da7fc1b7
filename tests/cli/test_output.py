"""Tables fit, control characters never reach a terminal, and a reader may leave."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from owtui.cli.exits import about, of_results
from owtui.cli.output import Output, cells, fit, moment, printable, said


def output(**how: bool) -> tuple[Output, io.StringIO]:
    stream = io.StringIO()
    return Output(out=stream, err=stream, **how), stream


def test_a_table_fits_eighty_columns_and_the_widest_gives_way() -> None:
    to, stream = output()
    to.table(["A", "B"], [["x" * 100, "short"], ["y", "wide 漢字"]])
    lines = stream.getvalue().splitlines()
    assert max(map(cells, lines)) <= 80
    assert "…" in lines[1] and lines[1].endswith("short")
    assert fit([100, 9], 50) == [41, 9]
    assert fit([4, 4], 2) == [4, 4]


def test_ascii_is_ascii() -> None:
    to, stream = output(ascii=True)
    to.table(["A"], [["x" * 100]])
    to.text("1 → 5, “a” – b…")
    assert stream.getvalue().isascii()


def test_what_a_device_says_cannot_drive_the_terminal() -> None:
    assert printable("\x1b[2J\x07\r\u202etxt") == "␛[2J···txt"
    assert printable("a\tb\nc") == "a       b\nc"


def test_json_knows_times_ids_and_sets_and_nothing_else() -> None:
    to, stream = output(json=True)
    identity = uuid4()
    to.document({"at": datetime(2026, 1, 2, tzinfo=UTC), "id": identity, "tags": ("a",)})
    assert json.loads(stream.getvalue()) == {
        "at": "2026-01-02T00:00:00Z",
        "id": str(identity),
        "tags": ["a"],
    }
    with pytest.raises(TypeError):
        to.document({"x": object()})


def test_a_document_is_one_line_where_lines_are_wanted() -> None:
    to, stream = output(json_lines=True)
    to.document({"a": 1})
    to.document([{"b": 2}, {"c": 3}])
    assert [json.loads(line) for line in stream.getvalue().splitlines()] == [
        {"a": 1},
        {"b": 2},
        {"c": 3},
    ]


def test_values_are_said_for_people() -> None:
    assert [said(v) for v in (None, "", True, [], ["a", "b"], 1.26, 3)] == [
        "-",
        "-",
        "yes",
        "-",
        "a,b",
        "1.3",
        "3",
    ]
    assert moment(None) == "-" and moment("2020-05-06T07:08:09Z").startswith("2020-05-0")


def test_exit_codes_follow_from_results() -> None:
    good = {"ok": True, "error": None, "state": "success"}
    away = {"ok": False, "error": {"kind": "unreachable"}, "state": "failed"}
    late = {"ok": False, "error": {"kind": "timeout"}, "state": "failed"}
    lost = {"ok": False, "error": {"kind": "lost"}, "state": "unknown"}
    bad = {"ok": False, "error": {"kind": "command"}, "state": "failed"}
    skipped = {"ok": False, "error": None, "state": "skipped"}
    assert of_results([]) == of_results([good, skipped]) == of_results([skipped]) == 0
    assert of_results([away, away, skipped]) == 3
    assert of_results([late]) == of_results([lost]) == 1  # it may have run: "try again" would harm
    assert of_results([away, good]) == of_results([away, bad]) == of_results([bad]) == 1


def test_a_failure_names_its_device_once() -> None:
    error = {"kind": "refused", "sentence": "ap: it refuses.", "hint": "Wait."}
    assert about("ap", error) == "ap: it refuses. Wait."
