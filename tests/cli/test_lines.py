"""What is typed wrong gets one sentence and the nearest right thing; globals stand anywhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from owtui import __version__
from owtui.cli.globals import take
from owtui.errors import InputError
from tests.cli.conftest import CommandLine


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("devicse", "Did you mean `owtui devices`?"),
        ("devices --colums a", "Did you mean '--columns'?"),
        ("devices --columns naem", "The nearest is name."),
        ("devices naem=x", "The nearest is name."),
        ("devices show nobody", "There is no device called “nobody”."),
        ("plan rebot --all", "Did you mean reboot?"),
        ("jobs 99", "There is no job “99”."),
        ("devices import /nonexistent", "does not exist"),
        ("devices --database foo", "neither sqlite"),
        ("devices --config /nonexistent", "There is no settings file /nonexistent."),
        ("devices --fleet attic", "There is no fleet “attic”"),
        ("devices --log-level loud", "Known: debug, info, warning, error."),
        ("devices --database", "--database needs a value."),
        ("devices scan 10", "“10” is no network."),
        ("devices scan 192.0.2.1 --port 70000", "70000 is not in the range"),
        ("organizations add north --limit -1", "-1 is not in the range"),
        ("facts --parallel 0", "0 is not in the range"),
        ("run uptime", "Which devices? Give a FILTER, or --all"),
        ("run uptime --all ap", "Which devices: those of ap, or --all?"),
        ("apply reboot.json --yes", "There is no plan file reboot.json."),
        ("apply reboot --yes", "Which devices?"),
        ("devices remove", "Which devices?"),
        ("devices set ap-1 nonsense", "no key=value"),
        ("simulate --inventory /nonexistent/x.csv", "no folder for /nonexistent/x.csv"),
        ("completion tcsh", "'tcsh' is not one of"),
        ("", "The console needs a terminal."),
    ],
)
def test_bad_input_is_told_in_a_sentence_with_what_to_do(
    bare: CommandLine, line: str, said: str
) -> None:
    done = bare(*line.split())
    assert (done.code, done.out) == (2, "")
    assert said in done.err and done.err.startswith("owtui: ")
    assert len(done.err.splitlines()) == 2 and "Traceback" not in done.err


def test_ascii_reaches_the_sentences(bare: CommandLine) -> None:
    assert bare("devices", "show", "nobody", "--ascii").err.isascii()


def test_globals_are_taken_before_and_after_the_command_and_not_behind_dashes() -> None:
    before, rest = take(["--json", "--fleet=demo", "devices", "tag=roof"])
    after, same = take(["devices", "--json", "tag=roof", "--fleet", "demo"])
    assert before == after and rest == same == ["devices", "tag=roof"]
    options, rest = take(["run", "--", "ls --json", "--json"])
    assert not options.json and rest == ["run", "--", "ls --json", "--json"]
    with pytest.raises(InputError):
        take(["devices", "--config"])


def test_version_and_help_are_data(bare: CommandLine) -> None:
    assert bare("devices", "--version").out == f"owtui {__version__}\n"
    done = bare("--help")
    assert done.code == 0 and "Exit codes: 0 ok" in done.out and done.err == ""
    assert bare("devices", "add", "--help").code == 0


def test_help_of_a_command_tells_of_json_and_of_actions_with_their_parameters(
    bare: CommandLine,
) -> None:
    for line in ("info", "jobs", "jobs list", "devices import", "plan"):
        assert "--json" in bare(*line.split(), "--help").out, line
    told = bare("apply", "--help").out
    assert re.search(r"reboot +Reboot devices.*\n +-p wait_s= +.*180 without it", told)
    assert re.search(r"-p force= +for devices that are gone for good; no without it", told)
    assert "-p password" not in told


def test_an_empty_inventory_says_how_to_begin(bare: CommandLine) -> None:
    done = bare("devices")
    assert done.code == 0 and "owtui devices add" in done.err
    assert bare("devices", "--json").json == []
    assert bare("facts").code == 0


def test_a_first_settings_file_can_be_written_checked_and_shown(bare: CommandLine) -> None:
    written = bare("config-file", "init")
    file = Path(written.out.strip())
    assert written.code == 0 and file.stat().st_mode & 0o777 == 0o600
    assert bare("config-file", "init").code == 2
    assert bare("config-file", "check").out == f"good: {file}\n"
    # Uncommented, every line of it is a setting at its default.
    text = file.read_text().replace("# owtui's settings.", "## ").replace("\n# ", "\n")
    file.write_text(text)
    assert bare("config-file", "check").code == 0
    told = bare("config-file", "show", "--json").json
    number = text.splitlines().index("parallel = 50") + 1
    assert told["parallel"] == 50
    assert told["origins"]["parallel"] == {"kind": "file", "where": str(file), "line": number}
    assert f"parallel = 50  # {file}, line {number}" in bare("config-file", "show").out
    assert "parallel" in bare("config-file", "schema").json["properties"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("thme = 1", "unknown key “thme”.\n       Did you mean theme?"),
        ("parallel = 'x'", "parallel must be a whole number, not 'x'."),
        ("[fleet.a]\nread_only = 3", "fleet.a.read_only must be true or false, not 3."),
        ("host_keys = 'maybe'", "host_keys cannot be “maybe”."),
        ("a = ", "is not TOML"),
    ],
)
def test_settings_that_cannot_be_used_name_file_and_key(
    bare: CommandLine, text: str, said: str
) -> None:
    file = bare.home / "config" / "owtui" / "config.toml"
    file.parent.mkdir(parents=True)
    file.write_text(text)
    for line in ("config-file check", "devices"):
        done = bare(*line.split())
        assert done.code == 2 and said in done.err
        assert str(file) in done.err or "host_keys" in said


def test_database_and_folder_are_the_users_own(bare: CommandLine) -> None:
    (bare.home / "data" / "owtui" / "owtui.db").unlink()
    (bare.home / "data" / "owtui").rmdir()
    assert bare("info").code == 0
    folder = bare.home / "data" / "owtui"
    assert folder.stat().st_mode & 0o777 == 0o700
    modes = {file.name: file.stat().st_mode & 0o777 for file in folder.iterdir()}
    assert modes["owtui.db"] == 0o600 and set(modes.values()) == {0o600}


def test_keys_print_and_check(bare: CommandLine) -> None:
    assert "app.help" in bare("keys", "--print").out
    assert bare("keys", "--check").code == 0


def test_a_fleet_set_read_only_is_changed_with_write_alone(bare: CommandLine) -> None:
    file = bare.home / "config" / "owtui" / "config.toml"
    file.parent.mkdir(parents=True)
    file.write_text("[fleet.main]\nread_only = true\n")
    add = ("devices", "add", "ap", "192.0.2.1", "--agent")
    refused = bare(*add)
    assert refused.code == 4 and "--write" in refused.err
    assert bare("--write", *add).code == 0
