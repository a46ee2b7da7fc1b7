"""The JSON keys that scripts read: added to, never renamed. Exit codes of the same commands."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import CommandLine
from tests.cli.netjson import banner, write
from tests.routers import Routers

DEVICE = (
    "id name address management_ip mac organization group tags model os zone status config_status"
    " last_seen"
)
RESULT = "device_id device ok state changed exit_status output diff error note took_s"
JOB = (
    "id number action title state reason operator created started finished devices ok failed"
    " skipped retry_of scheduled_at"
)
PLAN = (
    "schema id action title params created_by created changes same blocked changes_devices waves"
    " parallel stop_after estimate_s confirm fleet filter notes secrets rows"
)
FACTS = (
    "device ok error hostname model board system kernel distribution version revision target"
    " description mac boot_id uptime_s load cpus memory_total memory_available flash_total"
    " flash_available tmp_total tmp_available clients local_time agent factory interfaces via"
)
INFO = (
    "version python fleet fleets database devices master_key engine polls read_only operator"
    " settings_files config data state log"
)
GOLDEN = {
    "devices": DEVICE,
    "devices list --json": DEVICE,
    "facts": FACTS,
    "poll": "device document error",
    "run uptime --all": RESULT,
    "run uptime --all --grouped": "state devices exit_status output error",
    "plan reboot --all": PLAN,
    "apply reboot --all": PLAN,
    "audit": "id at operator host face action outcome device job job_number detail",
    "info": INFO,
    "keys": "id keys scope changes help",
    "checks": "device_id device type title active every_s params origin healthy value since result"
    " ran_at due_in_s is_running",
    "checks run --type config_applied": "device_id device type at ok error text values",
    "organizations": "id name slug devices limit",
    "groups": "id name organization devices description templates guard_window_s guard_settle_s"
    " meta_data upgrade_window",
    "credentials": "id name kind username organization devices auto_add",
}
TEMPLATE = (
    "id name organization type backend tags default required notes generation devices groups"
    " modified"
)
CONFIGURING = {
    "templates": TEMPLATE,
    "templates show base": f"{TEMPLATE} default_values config",
    "templates history base": "number at operator host note",
    "templates edit base --notes x": TEMPLATE,
    "templates edit base --notes x --dry-run": "changes same blocked rows differences",
    "variables": "device device_id name value origin secret hides used",
    "variables show global": "name value",
    "variables set global b=1": "scope changed",
    "config show {}": "device device_id generation backend status error_reason checksum"
    " applied_checksum applied_at broken merge unmanaged templates context verbatim config",
    "config render {}": "device checksum unset files",
    "config diff --now": "device device_id same reason summary diff notes read_at",
    "config diff --grouped": "devices summary diff",
    "config push --all": PLAN,
    "templates assign base --all": PLAN,
    "templates import FILE --dry-run": "source new update same error rows",
}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
MAC = re.compile(r"([0-9A-F]{2}:){5}[0-9A-F]{2}")


def has(value: Any, golden: str) -> bool:
    """Whether a document has all of these keys; it may gain more of them."""
    return set(golden.split()) <= set(keys(value))


def keys(value: Any) -> list[str]:
    """Keys of a document: its own, or those of the objects in its list, which are all the same."""
    rows = value if isinstance(value, list) else [value]
    assert rows and len({tuple(row) for row in rows}) == 1
    return list(rows[0])


@pytest.mark.parametrize("line", GOLDEN)
def test_every_command_keeps_its_keys(owtui: CommandLine, line: str) -> None:
    done = owtui(*line.split(), "--json")
    assert done.code == 0, done.err
    assert has(done.json, GOLDEN[line])


def test_every_command_of_configurations_keeps_its_keys(
    owtui: CommandLine, routers: Routers, tmp_path: Path
) -> None:
    file = write(tmp_path, {"name": "base", "config": banner("one")})
    assert owtui("templates", "import", file).code == 0
    assert owtui("templates", "assign", "base", "--all", "--yes").code == 0
    assert owtui("variables", "set", "global", "a=1").code == 0
    for line, golden in CONFIGURING.items():
        words = line.replace("{}", routers.names[0]).replace("FILE", str(file)).split()
        done = owtui(*words, "--json")
        assert done.code == 0, (line, done.err)
        assert has(done.json, golden), line


def test_a_job_keeps_its_keys(owtui: CommandLine, routers: Routers) -> None:
    done = owtui("apply", "set_tags", routers.names[0], "-p", "add=new", "--yes", "--json")
    assert done.code == 0
    assert has(done.json, f"job {JOB} results")
    assert has(done.json["results"], RESULT)
    assert done.json["job"] == done.json["id"]
    assert has(owtui("jobs", "--json").json, JOB)
    assert owtui("jobs", "1", "--json").json["results"] == done.json["results"]
    assert owtui("jobs", "report", "1", "--json").json["id"] == done.json["id"]
    [row] = owtui("plan", "reboot", routers.names[0], "--json").json["rows"]
    assert list(row) == ["device_id", "device", "verdict", "reason", "diff", "commands", "base"]


def test_an_error_of_a_device_has_kind_sentence_and_hint(
    owtui: CommandLine, routers: Routers
) -> None:
    name = routers.names[0]
    assert owtui("devices", "set", name, "port=1", "http_url=").code == 0
    for line in (["run", "uptime"], ["facts"]):
        done = owtui(*line, name, "--json")
        assert done.code == 3
        [told] = done.json
        assert list(told["error"]) == ["kind", "sentence", "hint"]
        assert told["error"]["kind"] == "refused"


def test_times_macs_and_numbers_are_raw(owtui: CommandLine) -> None:
    [facts, *_] = owtui("facts", "--json").json
    assert isinstance(facts["uptime_s"], float) and isinstance(facts["memory_total"], int)
    assert MAC.fullmatch(facts["mac"])
    [row, *_] = owtui("devices", "--json").json
    assert TIME.fullmatch(row["last_seen"]) and MAC.fullmatch(row["mac"])
    assert isinstance(row["tags"], list)
    assert owtui("run", "uptime", "--all").code == 0
    [job] = owtui("jobs", "--json").json
    assert all(TIME.fullmatch(job[key]) for key in ("created", "started", "finished"))
    [entry, *_] = owtui("audit", "--json").json
    assert TIME.fullmatch(entry["at"])


def test_lines_stream_one_object_each(owtui: CommandLine, routers: Routers) -> None:
    import json

    for line in ("devices", "facts", "run uptime --all", "audit"):
        done = owtui(*line.split(), "--json-lines")
        rows = [json.loads(text) for text in done.out.splitlines()]
        assert len(rows) >= len(routers.names), line
        assert has(rows, GOLDEN[line])


def test_one_device_is_one_object(owtui: CommandLine, routers: Routers) -> None:
    name = routers.names[0]
    assert has(owtui("devices", "set", name, "zone=attic", "--json").json, DEVICE)
    shown = owtui("devices", "show", name, "--json").json
    assert set(DEVICE.split()) <= set(shown) and shown["zone"] == "attic" and "facts" in shown
