"""`owtui upgrade --at`, windows of groups, and the report of a job as CSV."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from tests.cli.conftest import CommandLine
from tests.console.seed import sow
from tests.console.upgradeseed import sow_upgrades


def test_a_time_that_is_too_soon_too_late_or_none_is_refused_before_anything_is_planned(
    bare: CommandLine,
) -> None:
    assert bare("devices", "add", "ap-1", "10.0.0.1", "--agent").code == 0
    assert bare("firmware", "add-category", "APs").code == 0
    assert bare("firmware", "add-build", "APs", "24.10.8").code == 0
    line = ("upgrade", "ap-1", "--build", "APs/24.10.8", "--at")
    for at, said in (
        ("2026-01-01T01:00", "10 minutes from now or later"),
        ("2999-01-01T01:00", "180 days"),
        ("tomorrow", "is no time"),
        ("26:00", "is no time of a day"),
    ):
        refused = bare(*line, at)
        assert refused.code == 2
        assert said in refused.err
    planned = bare(*line, "04:30", "--json")
    assert planned.code == 0
    assert planned.json["params"]["at"].endswith("+00:00")


def test_a_group_has_a_window_that_is_read_before_it_is_kept(bare: CommandLine) -> None:
    assert bare("groups", "add", "roofs").code == 0
    window = "weekdays 01:00-05:00 Europe/Rome"
    told = bare("groups", "set", "roofs", f"upgrade_window={window}", "--json")
    assert told.json["upgrade_window"] == window
    wrong = bare("groups", "set", "roofs", "upgrade_window=weekdays 01:00")
    assert wrong.code == 2
    assert "from when to when" in wrong.err
    assert bare("groups", "--json").json[0]["upgrade_window"] == window
    cleared = bare("groups", "set", "roofs", "upgrade_window=", "--json")
    assert cleared.json["upgrade_window"] == ""


def test_the_report_of_an_upgrade_is_a_table_a_document_and_a_text(
    bare: CommandLine, tmp_path: Path
) -> None:
    file = tmp_path / "owtui.db"
    sow(file)
    sow_upgrades(file)
    here = ("--database", f"sqlite:///{file}")
    batch = bare("jobs", "report", "5", "--json", *here).json["batch"]
    assert batch["progress_report"] == "4 out of 30"
    assert (batch["success_rate"], batch["aborted_rate"]) == (10.0, 3.33)
    rows = list(csv.DictReader(io.StringIO(bare("jobs", "report", "5", "--csv", *here).out)))
    assert len(rows) == 31
    assert {row["batch_status"] for row in rows} == {"in-progress"}
    text = bare("jobs", "report", "5", *here).out
    assert "batch in-progress, 4 out of 30: success 10 %, failed 0 %, aborted 3.33 %" in text


def test_the_window_of_a_group_travels_with_exported_templates(
    bare: CommandLine, tmp_path: Path
) -> None:
    file = tmp_path / "all.json"
    assert bare("groups", "add", "roofs").code == 0
    assert bare("groups", "set", "roofs", "upgrade_window=daily 01:00-02:00").code == 0
    assert bare("templates", "export", file, "--everything").code == 0
    assert bare("groups", "set", "roofs", "upgrade_window=").code == 0
    assert bare("templates", "import", file).code == 0
    assert bare("groups", "--json").json[0]["upgrade_window"] == "daily 01:00-02:00"
    file.write_text(file.read_text("utf-8").replace("01:00-02:00", "at night"), "utf-8")
    refused = bare("templates", "import", file)
    assert refused.code == 2
    assert "from when to when" in refused.err + refused.out
