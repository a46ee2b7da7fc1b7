"""owtui groups: what belongs together, and what it gets for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import CommandLine
from tests.cli.netjson import banner, write
from tests.routers import Routers

GROUP = "id name organization description templates guard_window_s guard_settle_s meta_data"
GROUP += " upgrade_window"


def test_a_group_is_made_with_all_that_it_gives(bare: CommandLine, tmp_path: Path) -> None:
    for name in ("a", "b"):
        assert bare("templates", "add", name, write(tmp_path, banner(name))).code == 0
    line = ("groups", "add", "roofs", "--template", "b", "--template", "a")
    done = bare(*line, "--guard-window", "120", "--description", "on roofs")
    assert done.code == 0, done.err
    [told] = bare("groups", "--json").json
    assert (told["templates"], told["description"]) == (["b", "a"], "on roofs")
    assert (told["guard_window_s"], told["guard_settle_s"]) == (120, None)


def test_what_a_group_gives_is_changed_and_cleared(bare: CommandLine, tmp_path: Path) -> None:
    assert bare("templates", "add", "a, b", write(tmp_path, banner("one"))).code == 0
    assert bare("groups", "add", "roofs").code == 0
    pairs = ('templates=["a, b"]', "guard_settle_s=5", 'meta_data={"site": "north"}')
    told = bare("groups", "set", "roofs", *pairs, "description=x", "--json").json
    assert list(told) == GROUP.split()
    assert (told["templates"], told["guard_settle_s"]) == (["a, b"], 5)
    assert (told["meta_data"], told["description"]) == ({"site": "north"}, "x")
    told = bare("groups", "set", "roofs", "guard_window_s=60", "--json").json
    assert (told["guard_window_s"], told["guard_settle_s"]) == (60, 5)
    cleared = ("templates=", "guard_settle_s=", "meta_data=", "description=")
    told = bare("groups", "set", "roofs", *cleared, "--json").json
    assert (told["templates"], told["guard_settle_s"], told["meta_data"]) == ([], None, {})
    assert told["description"] == "" and told["guard_window_s"] == 60


@pytest.mark.parametrize(
    ("pairs", "sentence"),
    [
        (["x"], "“x” is no key=value."),
        (["nmae=x"], "A group has no nmae to set."),
        (["description=new", "guard_window_s=soon"], "must be whole seconds, not “soon”"),
        (["description=new", "guard_window_s=1"], "The guard's window is"),
        (["description=new", "templates=nroth"], "There is no template nroth"),
        (["description=new", "meta_data=3"], "meta_data must be a JSON object."),
    ],
)
def test_bad_input_changes_nothing_of_a_group(
    bare: CommandLine, pairs: list[str], sentence: str
) -> None:
    assert bare("groups", "add", "roofs", "--description", "old").code == 0
    done = bare("groups", "set", "roofs", *pairs)
    assert done.code == 2 and sentence in done.err, done.err
    assert bare("groups", "--json").json[0]["description"] == "old"
    assert bare("groups", "set", "rofs", "description=x").code == 2


def test_a_group_that_cannot_be_made_is_not_made_by_half(bare: CommandLine) -> None:
    assert bare("groups", "add", "roofs", "--template", "nroth").code == 2
    assert bare("groups", "add", "roofs", "--guard-window", "1").code == 2
    assert bare("groups", "--json").json == []


def test_devices_of_a_group_follow_its_templates(
    owtui: CommandLine, routers: Routers, tmp_path: Path
) -> None:
    name = routers.names[0]
    assert owtui("templates", "add", "a", write(tmp_path, banner("one"))).code == 0
    [owner] = {row["organization"] for row in owtui("devices", "--json").json}
    line = ("groups", "add", "roofs", "--template", "a", "--organization", owner)
    assert owtui(*line).code == 0
    plan = owtui("apply", "set_group", f"name={name}", "-p", "group=roofs", "--json").json
    lines = plan["rows"][0]["diff"].splitlines()
    assert lines[:3] == ["-group roof", "+group roofs", "+template a"]
    done = owtui("apply", "set_group", f"name={name}", "-p", "group=roofs", "--yes")
    assert done.code == 0, done.err
    shown = owtui("config", "show", name, "--json").json
    assert shown["templates"] == [{"name": "a", "origin": "group", "generation": "v1"}]
    assert owtui("groups", "set", "roofs", "templates=").code == 0
    assert owtui("config", "show", name, "--json").json["templates"] == []
