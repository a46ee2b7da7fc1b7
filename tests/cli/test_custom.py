"""Own actions and aliases on the command line: planned, done, audited, refused as all others."""

from __future__ import annotations

import pytest

from tests.cli.conftest import CommandLine
from tests.cli.test_completion import tab
from tests.routers import Routers

SETTINGS = """
[alias]
hello = "run 'echo hello'"
all-of-them = "devices --json"

[action.say]
title = "Say it"
command = "echo {what}; echo {times}"
changes = false
params = [{name = "what"}, {name = "times", kind = "number", default = 2}]

[action.tell]
title = "Tell a secret"
command = "test {word} = hunter''2 && echo right; exit 7"
params = [{name = "word", kind = "secret"}]
"""


@pytest.fixture
def own(owtui: CommandLine) -> CommandLine:
    """The routers, and settings with actions of one's own."""
    configure(owtui, SETTINGS)
    return owtui


def configure(owtui: CommandLine, text: str) -> None:
    folder = owtui.home / "config" / "owtui"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.toml").write_text(text)


def test_an_own_action_is_planned_done_and_audited(own: CommandLine, routers: Routers) -> None:
    name = routers.names[0]
    given = ("-p", "what=$(reboot); it's", "-p", "times=5")
    planned = own("plan", "say", name, *given, "--json").json
    [row] = planned["devices"] if "devices" in planned else planned["rows"]
    assert row["commands"] == ["""echo '$(reboot); it'"'"'s'; echo 5"""]
    done = own("--read-only", "apply", "say", name, *given, "--yes", "--json")
    assert done.code == 0, done.err
    [result] = own("jobs", "report", "1", "--json").json["results"]
    assert result["output"] == "$(reboot); it's\n5\n"
    assert own("audit", "--json").json[0]["action"] == "say"


def test_a_value_of_the_wrong_kind_is_refused(own: CommandLine, routers: Routers) -> None:
    for pair, told in (
        ("times=many", "times must be a number, not “many”."),
        ("times=nan", "times must be a number, not nan."),
        ("what=a\nb", "what must be one line without control characters."),
        ("waht=x", "say has no parameter “waht”."),
    ):
        done = own("plan", "say", routers.names[0], "-p", "what=x", "-p", pair)
        assert done.code == 2 and told in done.err


def test_a_secret_is_used_and_never_kept(own: CommandLine, routers: Routers) -> None:
    done = own("apply", "tell", routers.names[0], "--yes", "--password-stdin", stdin="hunter2\n")
    assert done.code == 1
    report = own("jobs", "report", "1", "--json")
    [result] = report.json["results"]
    assert result["output"].startswith("right\n") and "test ********" in result["output"]
    assert "hunter2" not in report.out + own("audit", "--json").out
    kept = [file.read_bytes() for file in own.home.rglob("*") if file.is_file()]
    assert kept and not any(b"hunter2" in one for one in kept)
    refused = own("--read-only", "plan", "tell", routers.names[0])
    assert refused.code == 4 and "read-only" in refused.err


def test_an_alias_stands_for_words_and_options(own: CommandLine, routers: Routers) -> None:
    assert own("hello", routers.names[0]).out == f"{routers.names[0]}: hello\n"
    assert [one["name"] for one in own("all-of-them").json] == routers.names
    assert own("--json-lines", "helo").code == 2


def test_tab_knows_aliases_and_actions(own: CommandLine, routers: Routers) -> None:
    assert tab(own, ["hel"]) == ["hello"]
    assert routers.names[0] in tab(own, ["hello", routers.names[0][:3]])
    assert tab(own, ["apply", "sa"]) == ["say"]


def test_the_settings_file_knows_the_tables(own: CommandLine) -> None:
    shown = own("config-file", "show").out
    assert "hello = \"run 'echo hello'\"" in shown and "[action.say]" in shown
    assert own("config-file", "check").code == 0
    properties = own("config-file", "schema").json["properties"]
    action = properties["action"]["additionalProperties"]
    assert action["required"] == ["title", "command"] and "alias" in properties
    configure(own, '[action.reboot]\ntitle = "Mine"\ncommand = "true"')
    done = own("config-file", "check")
    assert done.code == 2 and "reboot of the settings is left out" in done.err


def test_the_examples_of_the_first_settings_file_are_good(bare: CommandLine) -> None:
    file = bare.home / "config" / "owtui" / "config.toml"
    assert bare("config-file", "init").code == 0
    file.write_text(file.read_text().replace("\n# ", "\n").replace("# owtui's", "## owtui's"))
    shown = bare("config-file", "show", "--json").json
    assert list(shown["action"]) == ["ping"] and list(shown["alias"]) == ["up"]


def test_an_own_key_is_listed_and_a_clash_is_told(own: CommandLine) -> None:
    configure(own, SETTINGS.replace("changes = false", 'changes = false\nkey = "i"'))
    [row] = [one for one in own("keys", "--json").json if one["id"] == "own.say"]
    assert (row["keys"], row["changes"]) == (["i"], False)
    configure(own, SETTINGS.replace("changes = false", 'key = "U"'))
    done = own("keys", "--check")
    assert done.code == 1 and "U means act.upgrade and own.say at once." in done.out
