"""run, plan, apply, jobs: what is shown first, what is done, and which code a script gets."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import CommandLine
from tests.routers import Routers


def test_a_command_prints_each_answer_behind_its_device(
    owtui: CommandLine, routers: Routers
) -> None:
    done = owtui("run", "echo 'a b'; uname -s", "--all")
    assert done.code == 0 and done.err == ""
    wanted = [f"{name}: {text}" for name in routers.names for text in ("a b", "Linux")]
    assert sorted(done.out.splitlines()) == sorted(wanted)
    documents = owtui("run", "uname -s", "--all", "--json").json
    assert [one["device"] for one in documents] == routers.names


def test_identical_answers_are_grouped(owtui: CommandLine, routers: Routers) -> None:
    done = owtui("run", "uname -s", "--all", "--grouped")
    count = len(routers.names)
    assert done.out.splitlines()[0] == f"== {count} devices success: {', '.join(routers.names)}"
    [one] = owtui("run", "uname -s", "--all", "--grouped", "--json").json
    assert one["devices"] == routers.names and one["output"] == "Linux\n"


def test_exit_codes_tell_a_failed_command_from_a_device_that_is_away(
    owtui: CommandLine, routers: Routers
) -> None:
    here, away, *_ = routers.names
    assert owtui("run", "exit 3", here).code == 1
    assert owtui("devices", "set", away, "port=1", "http_url=").code == 0
    assert owtui("run", "uptime", away).code == 3
    assert owtui("facts", away).code == 3
    some = owtui("run", "uptime", f"name={here} | name={away}")
    assert some.code == 1 and some.out.startswith(f"{here}: ")
    assert some.err.startswith(f"{away}: ") and f"{away}: {away}" not in some.err
    assert owtui("jobs", "1").code == 1


def test_a_command_may_hold_anything_and_is_given_as_one_word(
    owtui: CommandLine, routers: Routers
) -> None:
    name = routers.names[0]
    done = owtui("run", "--", "echo --json '$HOME' \"q\"", name)
    assert done.out == f"{name}: --json $HOME q\n"
    escape = owtui("run", "printf '\\033[31mred\\007'", name)
    assert "\x1b" not in escape.out and "\x07" not in escape.out and "␛[31mred·" in escape.out


def test_a_command_that_takes_too_long_is_ended(owtui: CommandLine, routers: Routers) -> None:
    done = owtui("run", "sleep 20", routers.names[0], "--timeout", "0.3", "--json")
    [told] = done.json
    assert done.code != 0 and "longer than expected" in told["error"]["sentence"]
    assert told["took_s"] < 10


def test_what_changes_devices_prints_its_plan_and_stops(
    owtui: CommandLine, routers: Routers
) -> None:
    before = [device.effects.boots for device in routers.fleet.devices]
    done = owtui("apply", "reboot", "--all")
    assert done.code == 0 and done.out.startswith("PLAN  Reboot on 4 devices: 4 change")
    assert done.err == "Nothing was done: add --yes to do it.\n"
    assert owtui("jobs", "--json").json == []
    assert [device.effects.boots for device in routers.fleet.devices] == before


def test_a_plan_is_saved_applied_once_and_refused_when_devices_changed(
    owtui: CommandLine, routers: Routers, tmp_path: Path
) -> None:
    name = routers.names[0]
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    line = ("plan", "set_tags", f"name={name}", "-p", "add=new")
    assert owtui(*line, "--save", first).code == 0
    assert owtui(*line, "--save", second).code == 0
    assert json.loads(first.read_text())["schema"] == 1
    assert owtui(*line, "--save", tmp_path / "none" / "x.json").code == 2
    assert owtui("apply", first, "ap").code == 2
    assert owtui("apply", first).code == 0
    assert owtui("apply", first, "--yes").code == 0
    again = owtui("apply", first, "--yes")
    assert again.code == 4 and "already been executed" in again.err
    stale = owtui("apply", second, "--yes")
    assert stale.code == 4 and f"out of date: {name} has changed" in stale.err
    assert owtui("devices", "tag=new", "--json").json[0]["name"] == name
    (tmp_path / "broken.json").write_text("{")
    assert owtui("apply", tmp_path / "broken.json").code == 2


def test_to_ask_for_what_is_so_already_is_no_failure(owtui: CommandLine) -> None:
    line = ("apply", "set_tags", "--all", "-p", "add=new", "--yes")
    assert owtui(*line).code == 0
    again = owtui(*line)
    assert again.code == 0 and again.err == "Nothing to do: it is so already.\n"
    assert owtui(*line, "--json").json["job"] is None


@pytest.mark.slow
def test_without_an_engine_apply_is_the_engine_until_its_job_is_done(
    owtui: CommandLine, routers: Routers
) -> None:
    name = routers.names[0]
    before = routers.fleet[name].effects.boots
    done = owtui("apply", "reboot", f"name={name}", "--yes", "--follow")
    assert done.code == 0, done
    assert "back after" in done.out and "1 ok, 0 failed" in done.out
    assert routers.fleet[name].effects.boots == before + 1
    assert owtui("info", "--json").json["engine"] == "nobody"


@pytest.mark.slow
def test_a_password_is_changed_and_never_seen(owtui: CommandLine, routers: Routers) -> None:
    name = routers.names[0]
    refused = owtui("apply", "change_password", name, "-p", "password=hunter22", "--yes")
    assert refused.code == 2 and "is a secret" in refused.err
    assert owtui("apply", "change_password", f"name={name}", "--yes").code == 2
    line = ("apply", "change_password", f"name={name}", "--password-stdin", "--yes")
    done = owtui(*line, stdin="hunter22\n")
    assert done.code == 0, done
    assert owtui("run", "uptime", name).code == 0
    data = owtui.home / "data" / "owtui"
    assert not [f for f in data.iterdir() if b"hunter22" in f.read_bytes()]
    old = routers.fleet[name].password
    assert owtui(*line, stdin=f"{old}\n").code == 0


@pytest.mark.slow
def test_a_file_is_uploaded(owtui: CommandLine, routers: Routers, tmp_path: Path) -> None:
    file = tmp_path / "banner"
    file.write_text("welcome\n")
    name = routers.names[0]
    line = ("upload_file", f"name={name}", "-p", f"file={file}", "-p", "path=/tmp/banner")
    assert owtui("apply", *line, "--yes").code == 0
    assert owtui("run", "cat /tmp/banner", name).out == f"{name}: welcome\n"
    missing = owtui("plan", "upload_file", name, "-p", "file=/nonexistent", "-p", "path=/tmp/x")
    assert missing.code == 2


def test_jobs_are_listed_shown_retried_and_reported(owtui: CommandLine, routers: Routers) -> None:
    assert owtui("run", "exit 3", "--all").code == 1
    listing = owtui("jobs")
    assert listing.out.splitlines()[1].split()[:3] == ["1", "run_command", "failed"]
    assert max(map(len, listing.out.splitlines())) <= 80
    job = owtui("jobs", "1", "--json").json
    assert owtui("jobs", job["id"][:8], "--json").json == job
    assert "by " in owtui("jobs", "report", "1").out
    assert owtui("jobs", "retry", "1").out.startswith("PLAN  exit 3")
    assert owtui("jobs", "retry", "1", "--yes").code == 1
    assert owtui("jobs", "2", "--json").json["retry_of"] == job["id"]
    over = owtui("jobs", "cancel", "1")
    assert over.code == 4 and "Job 1 is failed and cannot be cancelled." in over.err


def test_the_audit_tells_who_did_what_to_which_device(owtui: CommandLine, routers: Routers) -> None:
    owtui.patch.setenv("OWTUI_OPERATOR", "rosa")
    here, there, *_ = routers.names
    assert owtui("run", "uptime", here).code == 0
    assert owtui("devices", "set", there, "zone=attic").code == 0
    entries = owtui("audit", here, "--action", "run_command", "--json").json
    assert {entry["device"] for entry in entries} == {here}
    assert {(entry["operator"], entry["face"]) for entry in entries} == {("rosa", "cli")}
    assert {entry["job_number"] for entry in entries} == {1}
    [edit] = owtui("audit", "--action", "edit_device", "--json").json
    assert edit["detail"]["device"] == there
    assert max(map(len, owtui("audit").out.splitlines())) <= 80


def test_an_order_puts_what_hangs_on_another_before_it(
    owtui: CommandLine, routers: Routers
) -> None:
    names = list(routers.names[:3])
    line = ("plan", "reboot", "|".join(f"name={name}" for name in names), "--order", "topology")
    refused = owtui(*line)
    assert refused.code == 2 and "No topology is known" in refused.err
    gate, middle, end = names
    links = [
        {"source": source, "target": target, "cost": 1.0}
        for source, target in ((gate, middle), (middle, end))
    ]
    graph = {"type": "NetworkGraph", "protocol": "x", "version": "1", "metric": "", "nodes": []}
    told = json.dumps({**graph, "links": links})
    assert owtui("topology", "import", "Mesh", "netjson", "-", stdin=told).code == 0
    made = owtui(*line, "--json").json
    assert made["order"] == "topology" and made["waves"] == [1, 1, 1]
    # Seen from the one in the middle, which most ways pass: both ends go before it.
    assert made["rows"][-1]["device"] == names[1]
    assert made["rows"][-1]["turn"] == "last: everything is seen from it"
