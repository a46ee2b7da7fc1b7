"""owtui variables: set by scope, seen by device with where they come from, secrets never shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import CommandLine
from tests.cli.netjson import SECRET, banner, write
from tests.routers import Routers

VARIABLE = "device device_id name value origin secret hides used"


def values(owtui: CommandLine, scope: str) -> dict[str, object]:
    """What a scope sets."""
    return {row["name"]: row["value"] for row in owtui("variables", "show", scope, "--json").json}


def test_variables_are_set_by_scope_and_the_narrowest_wins(
    owtui: CommandLine, routers: Routers, tmp_path: Path
) -> None:
    here, there, *_ = routers.names
    [owner] = {row["organization"] for row in owtui("devices", "--json").json}
    assert owtui("groups", "add", "roofs", "--organization", owner).code == 0
    assert owtui("devices", "set", here, "group=roofs").code == 0
    template = write(tmp_path, banner("{{ hello }} {{ nobody }}"))
    assert owtui("templates", "add", "hello", template, "--values", '{"hello": 0}').code == 0
    assert owtui("templates", "assign", "hello", "--all", "--yes").code == 0
    told = owtui("variables", "set", "global", "hello=1", 'list=["a"]', "--json").json
    assert told == {"scope": "global", "changed": ["hello", "list"]}
    for scope, value in ((f"org:{owner}", 2), ("group:roofs", 3), (here, 4)):
        assert owtui("variables", "set", scope, f"hello={value}").code == 0
        assert values(owtui, scope)["hello"] == value
    rows = owtui("variables", "--json").json
    assert list(rows[0]) == VARIABLE.split()
    found = {(row["device"], row["name"]): row for row in rows}
    assert found[here, "hello"]["value"] == 4 and found[here, "hello"]["origin"] == "device"
    assert found[here, "hello"]["hides"] == ["group", "organization", "global", "hello"]
    assert found[there, "hello"]["value"] == 2 and found[there, "hello"]["used"] is True
    assert found[here, "list"]["value"] == ["a"] and found[here, "list"]["used"] is False
    assert found[here, "nobody"]["origin"] == "" and found[here, "nobody"]["value"] is None
    assert found[here, "name"]["origin"] == "predefined"
    unset = owtui("variables", here, "--unset", "--json").json
    assert [row["name"] for row in unset] == ["nobody"]
    used = owtui("variables", here, "--used", "--json").json
    assert {row["name"] for row in used} == {"hello", "nobody"}
    assert max(map(len, owtui("variables").out.splitlines())) <= 80
    assert owtui("variables", "unset", here, "hello").code == 0
    assert values(owtui, here) == {}


def test_secrets_come_by_standard_input_and_are_never_shown(
    owtui: CommandLine, routers: Routers
) -> None:
    name = routers.names[0]
    refused = owtui("variables", "set", "global", f"wifi_key={SECRET}")
    assert refused.code == 2 and "--stdin wifi_key" in refused.err and SECRET not in refused.err
    line = ("variables", "set", "global", "ssid=lobby", "--stdin", "wifi_key", "--stdin", "note")
    assert owtui(*line, stdin="one line\n").code == 2
    assert values(owtui, "global") == {}
    assert owtui(*line, stdin=f"{SECRET}\nplain\n").code == 0
    assert values(owtui, "global") == {"ssid": "lobby", "wifi_key": "•••", "note": "plain"}
    for shown in (("variables", name, "--json"), ("variables",), ("audit", "--json")):
        assert SECRET not in owtui(*shown).out
    data = owtui.home / "data" / "owtui"
    assert not [f for f in data.iterdir() if f.is_file() and SECRET.encode() in f.read_bytes()]


def test_secrets_of_many_devices_are_set_by_a_plan(owtui: CommandLine, routers: Routers) -> None:
    line = ("apply", "set_variables", "--all", "-p", "set=ssid=lobby", "-p", "secrets=wifi_key")
    assert owtui(*line).code == 0
    assert owtui(*line, "--yes").code == 2
    done = owtui(*line, "--password-stdin", "--yes", "--json", stdin=f"{SECRET}\n")
    assert done.code == 0 and SECRET not in done.out, done
    assert values(owtui, routers.names[-1]) == {"ssid": "lobby", "wifi_key": "•••"}
    plain = owtui("apply", "set_variables", "--all", "-p", "set=ssid=attic", "--yes")
    assert plain.code == 0, plain.err


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (["set", "global"], "No variable is given."),
        (["set", "global", "x"], "“x” is no name=value."),
        (["set", "global", "a-b=1"], "'a-b' cannot be the name of a variable."),
        (["set", "global", "a=1", "--stdin", "a"], "a is given twice."),
        (["set", "nobody", "a=1"], "There is no device nobody"),
        (["set", "org:nobody", "a=1"], "There is no organization nobody"),
        (["set", "group:nobody", "a=1"], "There is no group nobody"),
        (["unset", "global", "a"], "global has no variable a."),
        (["show", "nobody"], "There is no device nobody"),
    ],
)
def test_bad_input_is_one_sentence(bare: CommandLine, line: list[str], sentence: str) -> None:
    done = bare("variables", *line)
    assert done.code == 2 and sentence in done.err, done
    assert values(bare, "global") == {}


def test_what_a_variable_would_change_is_told_before(
    owtui: CommandLine, routers: Routers, tmp_path: Path
) -> None:
    template = write(tmp_path, banner("{{ hello }}"))
    assert owtui("templates", "add", "hello", template, "--default").code == 0
    assert owtui("templates", "assign", "hello", "--all", "--yes").code == 0
    line = ("variables", "set", "global", "hello=Good day", "--dry-run", "--json")
    told = owtui(*line, "--read-only").json
    assert told["changes"] == len(routers.names)
    assert "Good day" in told["differences"][0]["diff"]
    assert values(owtui, "global") == {}
    assert owtui("variables", "set", "global", "a=1", "--read-only").code == 4
    assert owtui("variables", "unset", "global", "a", "--read-only").code == 4
