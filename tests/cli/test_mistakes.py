"""What a script or a tired person gets wrong: it is told, and nothing else is changed by it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import CommandLine
from tests.routers import Routers

DEADLINE_S = 60


def test_adding_what_is_there_changes_nothing_of_it(bare: CommandLine) -> None:
    assert bare("devices", "add", "ap-1", "192.0.2.1", "--agent").code == 0
    before = bare("devices", "export").out
    again = bare("devices", "add", "AP-1", "192.0.2.9", "--agent", "--user", "eva")
    assert again.code == 2 and "There is a device AP-1 already." in again.err
    assert bare("devices", "export").out == before
    assert len(bare("credentials", "--json").json) == 1


def test_adding_makes_no_organization_and_no_group_of_a_slip(bare: CommandLine) -> None:
    slip = bare("devices", "add", "ap-1", "192.0.2.1", "--agent", "--organization", "nroth")
    assert slip.code == 2 and "There is no organization “nroth”." in slip.err
    slip = bare("devices", "add", "ap-1", "192.0.2.1", "--agent", "--group", "rofs")
    assert slip.code == 2 and "There is no group “rofs”" in slip.err
    assert bare("devices", "--json").json == bare("organizations", "--json").json == []
    for kind, name in (("organizations", "north"), ("groups", "roofs")):
        where = ("--organization", "north") if kind == "groups" else ()
        assert bare(kind, "add", name, *where).code == 0
    given = ["--agent", "--organization", "north", "--group", "roofs"]
    added = bare("devices", "add", "ap-1", "192.0.2.1", *given, "--json")
    assert (added.json["organization"], added.json["group"]) == ("north", "roofs")


def test_a_kept_demo_is_not_mixed_with_another(bare: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "demo.db").write_bytes(b"kept")
    refused = bare("demo", "--headless", "--devices", "1", "--keep", tmp_path)
    assert refused.code == 2 and "holds a demo that was kept already" in refused.err
    assert [file.name for file in tmp_path.iterdir() if file.is_file()] == ["demo.db"]


def test_a_password_that_never_came_is_no_empty_password(bare: CommandLine) -> None:
    add = ("devices", "add", "ap-1", "192.0.2.1", "--password-stdin")
    none = bare(*add, stdin="")
    assert none.code == 2 and "ended before the password" in none.err
    assert bare("credentials", "add", "lab", "--password-stdin", stdin="").code == 2
    assert bare("devices", "--json").json == bare("credentials", "--json").json == []
    assert bare(*add, stdin="\n").code == 0
    assert [row["kind"] for row in bare("credentials", "--json").json] == ["none"]


def test_rows_that_an_import_leaves_out_are_counted_and_are_not_0(
    bare: CommandLine, tmp_path: Path
) -> None:
    file = tmp_path / "fleet.csv"
    file.write_text("name,address\nap-1,192.0.2.1\nbad name,192.0.2.2\n")
    done = bare("devices", "import", file, "--skip-errors")
    assert done.code == 1 and "imported: 1 new, 0 changed, 1 left out" in done.err


def test_an_export_is_json_where_json_is_asked_for(owtui: CommandLine, routers: Routers) -> None:
    rows = owtui("devices", "export", "--json").json
    assert sorted(row["name"] for row in rows) == sorted(routers.names)
    assert owtui("devices", "export", "--json", "--format", "csv").out.startswith("name,")


def test_adopting_keeps_the_facts_it_read(bare: CommandLine, routers: Routers) -> None:
    one = routers.fleet.devices[0]
    assert bare("credentials", "add", "lab", "--password-stdin", stdin=one.password).code == 0
    assert bare("devices", "scan", one.address, "--port", one.port, "--adopt").code == 0
    told = bare("devices", "show", one.name, "--json").json
    assert told["status"] == "ok" and told["fw"] and told["facts"]["interfaces"]


def test_a_parameter_that_is_missing_is_named_with_what_it_is(
    owtui: CommandLine, routers: Routers
) -> None:
    refused = owtui("plan", "upload_file", routers.names[0])
    assert refused.code == 2 and "upload_file needs file, path." in refused.err
    assert "-p file=… (a local file)" in refused.err


def test_a_job_is_shown_by_its_verb_too(owtui: CommandLine, routers: Routers) -> None:
    assert owtui("run", "uptime", routers.names[0]).code == 0
    assert owtui("jobs", "show", "1", "--json").json == owtui("jobs", "1", "--json").json
    assert owtui("jobs", "show", "2").code == 2


def test_help_needs_no_settings_and_keys_are_checked_with_the_file(bare: CommandLine) -> None:
    file = bare.home / "config" / "owtui" / "config.toml"
    file.parent.mkdir(parents=True)
    file.write_text("thme = 1\n")
    assert bare("--help").code == bare("devices", "--help").code == 0
    assert bare("devices", "--", "--help").code == 2
    file.write_text('[keys]\n"no.such" = "x"\n')
    refused = bare("config-file", "check")
    assert refused.code == 2 and "There is no key id “no.such”." in refused.err


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("\n\nthme = 1", 3),
        ("parallel = 3\n[fleet.a]\n# parallel\nparallel = 'x'", 4),
        ('[fleet.a]\n[fleet."b"]\n"thme" = 1', 3),
        ("ascii = true\n[flet.a]\nascii = true", 2),
    ],
)
def test_a_wrong_key_is_told_with_file_and_line(bare: CommandLine, text: str, line: int) -> None:
    file = bare.home / "config" / "owtui" / "config.toml"
    file.parent.mkdir(parents=True)
    file.write_text(text)
    done = bare("info")
    assert done.code == 2 and done.err.startswith(f"owtui: {file}:{line}: ")


@pytest.mark.parametrize(
    "text",
    ["parallel = 0", "max_connections = -1", "connect_timeout_s = 0", "facts_every_s = -1"]
    + [f"command_timeout_s = {word}" for word in ("nan", "inf", "-5.0")],
)
def test_numbers_that_nothing_could_run_with_are_refused(bare: CommandLine, text: str) -> None:
    file = bare.home / "config" / "owtui" / "config.toml"
    file.parent.mkdir(parents=True)
    file.write_text(text)
    done = bare("info")
    assert done.code == 2 and f"The setting {text.split()[0]} cannot be" in done.err


def test_a_reader_that_leaves_a_stream_of_facts_is_no_failure(owtui: CommandLine) -> None:
    process = owtui.start("facts", "--json-lines")
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == "" and process.wait(DEADLINE_S) == 0
    process.stderr.close()


@pytest.mark.parametrize("line", ["devices", "devices --json", "keys"])
def test_a_full_disk_behind_the_output_is_told(owtui: CommandLine, line: str) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "owtui", *line.split()],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            env=dict(os.environ),
            check=False,
            timeout=DEADLINE_S,
        )
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert "The output cannot be written: No space left on device." in done.stderr
