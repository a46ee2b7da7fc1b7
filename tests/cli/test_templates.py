"""owtui templates: made of files, shown without secrets, given and taken by a plan."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import CommandLine
from tests.cli.netjson import SECRET, banner, wifi, write
from tests.cli.test_contract import TEMPLATE
from tests.routers import Routers


def test_a_template_is_made_of_a_file_and_listed(bare: CommandLine, tmp_path: Path) -> None:
    file = write(tmp_path, banner("{{ hello }}"))
    line = ("templates", "add", "hello", file, "--required", "--tag", "mesh", "--notes", "n")
    made = bare(*line, "--values", '{"hello": "Good day"}', "--json")
    assert made.code == 0, made.err
    assert list(made.json) == TEMPLATE.split()
    assert (made.json["default"], made.json["required"]) == (True, True)
    assert made.json["tags"] == ["mesh"] and made.json["organization"] is None
    [listed] = bare("templates", "--json").json
    assert listed == made.json and listed["generation"] == "v1"
    shown = bare("templates", "show", "hello", "--json").json
    assert shown["config"] == banner("{{ hello }}")
    assert shown["default_values"] == {"hello": "Good day"}
    table = bare("templates").out
    assert table.splitlines()[0].split()[:2] == ["NAME", "ORGANIZATION"]
    assert max(map(len, table.splitlines())) <= 80
    assert "hello = Good day" in bare("templates", "show", "hello").out


def test_yaml_and_standard_input_are_as_good(bare: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("general:\n  timezone: UTC\n")
    assert bare("templates", "add", "a", tmp_path / "a.yaml").code == 0
    assert bare("templates", "add", "b", "-", stdin='{"general": {"timezone": "UTC"}}').code == 0
    for name in "ab":
        told = bare("templates", "show", name, "--source", "--json").json
        assert told == {"general": {"timezone": "UTC"}}
    assert bare("templates", "show", "a", "--source", "--yaml").out == "general:\n  timezone: UTC\n"


@pytest.mark.parametrize(
    ("text", "options", "sentence"),
    [
        ('{\n"a": }', (), "file.json, line 2: "),
        ("{}", (), "The configuration field cannot be empty."),
        ("[1]", (), "A configuration is an object, and this is a list."),
        ('{"radios": [{"name": "radio0"}]}', (), '"#/radios/0"'),
        ('{"general": {}}', ("--values", "[1]"), "[1] cannot be read: No such file"),
        ('{"general": {}}', ("--values", "{1}"), "This is no JSON object"),
        ('{"general": {}}', ("--values", '{"wifi_key": "hush"}'), "wifi_key is a secret"),
        ('{"general": {}}', ("--organization", "nroth"), "There is no organization nroth"),
        ('{"name": "x", "config": {}}', (), "holds a template with its name"),
    ],
)
def test_bad_input_is_one_sentence_and_makes_nothing(
    bare: CommandLine, tmp_path: Path, text: str, options: tuple[str, ...], sentence: str
) -> None:
    file = tmp_path / "file.json"
    file.write_text(text)
    done = bare("templates", "add", "x", file, *options)
    assert done.code == 2 and sentence in done.err and done.out == ""
    assert "Traceback" not in done.err and len(done.err.splitlines()) <= 2
    assert bare("templates", "--json").json == []


def test_a_secret_is_never_shown_and_comes_back_from_its_dots(
    bare: CommandLine, tmp_path: Path
) -> None:
    assert bare("templates", "add", "wifi", write(tmp_path, wifi())).code == 0
    source = bare("templates", "show", "wifi", "--source").out
    for line in (("show", "wifi"), ("show", "wifi", "--json"), ("history", "wifi", "--json")):
        assert SECRET not in bare("templates", *line).out
    assert SECRET not in source and "•••" in source
    edited = tmp_path / "edited.json"
    edited.write_text(source.replace("lobby", "attic"))
    done = bare("templates", "edit", "wifi", edited, "--json")
    assert done.code == 0 and done.json["generation"] == "v2", done.err
    # Nothing was lost: the same with the secret itself is no change.
    same = bare("templates", "edit", "wifi", write(tmp_path, wifi("attic")), "--json")
    assert same.json["generation"] == "v2"
    edited.write_text(json.dumps(banner("•••")))
    refused = bare("templates", "edit", "wifi", edited)
    assert refused.code == 2 and "stands for no secret" in refused.err


def test_an_edit_of_an_old_generation_is_refused_where_it_says_so(
    bare: CommandLine, tmp_path: Path
) -> None:
    file = write(tmp_path, banner("one"))
    assert bare("templates", "add", "a", file).code == 0
    assert bare("templates", "edit", "a", write(tmp_path, banner("two")), "--of", "1").code == 0
    late = bare("templates", "edit", "a", file, "--of", "1")
    assert late.code == 4 and "a is v2 by now, and yours began at v1." in late.err
    assert bare("templates", "edit", "a").code == 2
    renamed = bare("templates", "edit", "a", "--name", "b", "--required", "--tag", "x", "--json")
    assert (renamed.json["name"], renamed.json["tags"]) == ("b", ["x"])
    back = bare("templates", "edit", "b", "--no-required", "--no-default", "--tag", "", "--json")
    assert (back.json["default"], back.json["required"], back.json["tags"]) == (False, False, [])


def test_generations_are_listed_shown_and_restored(bare: CommandLine, tmp_path: Path) -> None:
    assert bare("templates", "add", "a", write(tmp_path, banner("one"))).code == 0
    assert bare("templates", "edit", "a", write(tmp_path, banner("two"))).code == 0
    rows = bare("templates", "history", "a", "--json").json
    assert [row["number"] for row in rows] == [2, 1]
    assert list(rows[0]) == ["number", "at", "operator", "host", "note"]
    old = bare("templates", "show", "a", "--generation", "1", "--json").json
    assert old["config"] == banner("one") and old["generation"] == "v1"
    assert bare("templates", "restore", "a", "1", "--json").json["generation"] == "v3"
    assert bare("templates", "show", "a", "--json").json["config"] == banner("one")
    assert bare("templates", "restore", "a", "9").code == 2


def test_templates_are_cloned_removed_and_recovered(bare: CommandLine, tmp_path: Path) -> None:
    assert bare("organizations", "add", "north").code == 0
    file = write(tmp_path, banner("one"))
    assert bare("templates", "add", "a", file, "--default").code == 0
    clone = bare("templates", "clone", "a", "--to", "north", "--json").json
    assert (clone["name"], clone["organization"], clone["default"]) == ("a (Clone)", "north", False)
    assert bare("templates", "remove", "a (Clone)").code == 0
    assert bare("templates", "remove", "a (Clone)").code == 2
    [gone] = bare("templates", "list", "--removed", "--json").json
    assert gone["name"] == "a (Clone)"
    assert bare("templates", "recover", "a (Clone)", "--json").json["id"] == clone["id"]
    assert bare("templates", "recover", "b").code == 2
    assert [row["name"] for row in bare("templates", "--json").json] == ["a", "a (Clone)"]


def test_a_template_in_use_is_removed_only_aloud(owtui: CommandLine, tmp_path: Path) -> None:
    assert owtui("templates", "add", "a", write(tmp_path, banner("one"))).code == 0
    assert owtui("templates", "assign", "a", "--all", "--yes").code == 0
    asked = owtui("templates", "remove", "a")
    assert asked.code == 0 and "4 devices and 0 groups have a." in asked.err
    assert [row["devices"] for row in owtui("templates", "--json").json] == [4]
    assert owtui("templates", "remove", "a", "--yes").code == 0
    assert owtui("templates", "--json").json == []


def test_templates_are_given_and_taken_by_a_plan(
    owtui: CommandLine, routers: Routers, tmp_path: Path
) -> None:
    name = routers.names[0]
    assert owtui("templates", "add", "north, upper", write(tmp_path, banner("one"))).code == 0
    line = ("templates", "assign", "north, upper", f"name={name}")
    plan = owtui(*line, "--json").json
    assert (plan["action"], plan["changes"]) == ("assign_templates", 1)
    assert "+   one" in plan["rows"][0]["diff"]
    assert owtui(*line).err == "Nothing was done: add --yes to do it.\n"
    saved = tmp_path / "plan.json"
    assert owtui(*line, "--save", saved).code == 0
    assert owtui("apply", saved, "--yes").code == 0
    shown = owtui("config", "show", name, "--json").json
    assert [one["name"] for one in shown["templates"]] == ["north, upper"]
    assert shown["status"] == "modified" and shown["checksum"]
    assert owtui(*line, "--yes").err == "Nothing to do: it is so already.\n"
    assert owtui("templates", "unassign", "north, upper", f"name={name}", "--yes").code == 0
    assert owtui("config", "show", name, "--json").json["templates"] == []
    assert owtui("templates", "assign", "nroth", name).code == 2
    assert owtui("templates", "assign", "north, upper").code == 2


def test_what_an_edit_would_change_is_told_once_for_all_that_have_it(
    owtui: CommandLine, routers: Routers, tmp_path: Path
) -> None:
    assert owtui("templates", "add", "a", write(tmp_path, banner("one"))).code == 0
    assert owtui("templates", "assign", "a", "--all", "--yes").code == 0
    line = ("templates", "edit", "a", write(tmp_path, banner("two")), "--dry-run")
    told = owtui(*line, "--json").json
    assert (told["changes"], told["same"], told["blocked"]) == (len(routers.names), 0, 0)
    [one] = told["differences"]
    assert one["devices"] == sorted(routers.names) and "two" in one["diff"]
    assert f"== {len(routers.names)} devices" in owtui(*line).out
    assert owtui("templates", "--json").json[0]["generation"] == "v1"


def test_an_export_is_imported_again_and_changes_nothing(bare: CommandLine, tmp_path: Path) -> None:
    assert bare("templates", "add", "wifi", write(tmp_path, wifi())).code == 0
    assert bare("templates", "add", "b", write(tmp_path, banner("one")), "--tag", "x").code == 0
    folder, file = tmp_path / "kept", tmp_path / "all.json"
    folder.mkdir()
    for place in (folder, file):
        told = bare("templates", "export", place)
        assert told.code == 0 and "template wifi" in told.err
        done = bare("templates", "import", place, "--json")
        assert done.code == 0 and done.json["same"] == 2, done.err
    written = "".join(one.read_text() for one in folder.rglob("*.json")) + file.read_text()
    assert SECRET not in written and len(list(folder.rglob("*.json"))) == 2
    assert [one["name"] for one in bare("templates", "export", "-", "b").json] == ["b"]
    assert bare("templates", "export", "-", "c").code == 2
    assert bare("templates", "export", tmp_path / "none" / "x.json").code == 2


def test_openwisp_s_templates_are_taken_in_all_or_none(bare: CommandLine, tmp_path: Path) -> None:
    good = {
        "id": "7a3b1f3e-1111-4c6f-9d55-7b0e3c9ab001",
        "name": "mesh",
        "organization": None,
        "type": "generic",
        "backend": "netjsonconfig.OpenWrt",
        "vpn": None,
        "tags": ["mesh"],
        "default": False,
        "required": False,
        "default_values": {"channel": 6},
        "config": banner("one"),
        "created": "2026-01-01T00:00:00Z",
        "modified": "2026-01-01T00:00:00Z",
    }
    file = write(tmp_path, {"count": 2, "next": None, "results": [good, {**good, "name": ""}]})
    assert bare("templates", "import", file).code == 2
    file = write(tmp_path, [good, {**good, "name": "vpn", "type": "vpn"}])
    seen = bare("templates", "import", file, "--dry-run", "--json")
    assert seen.code == 2 and (seen.json["new"], seen.json["error"]) == (1, 1)
    refused = bare("templates", "import", file)
    assert refused.code == 2 and bare("templates", "--json").json == []
    done = bare("templates", "import", write(tmp_path, {"results": [good]}))
    assert done.code == 0 and "imported: 1 new, 0 changed" in done.err
    [row] = bare("templates", "--json").json
    assert (row["name"], row["tags"]) == ("mesh", ["mesh"])


def test_a_dump_of_openwisp_s_database_is_read_for_its_templates(
    bare: CommandLine, tmp_path: Path
) -> None:
    fields = {
        "name": "mesh",
        "organization": None,
        "type": "generic",
        "backend": "netjsonconfig.OpenWrt",
        "default": False,
        "required": False,
        "default_values": "{}",
        "config": json.dumps(banner("one")),
    }
    dump = [
        {"model": "config.vpn", "pk": "1", "fields": {"name": "x"}},
        {"model": "config.template", "pk": "2", "fields": fields},
    ]
    assert bare("templates", "import", write(tmp_path, dump)).code == 0
    assert bare("templates", "show", "mesh", "--json").json["config"] == banner("one")


@pytest.mark.parametrize(
    "change",
    [
        {"tags": 5},
        {"tags": [1]},
        {"default": "no"},
        {"config": "x"},
        {"config": []},
        {"default_values": [1]},
        {"type": "vpn"},
        {"backend": "x"},
        {"organization": "nroth"},
        {"owtui": "x"},
        {"owtui": "group", "templates": 5},
        {"owtui": "group", "guard_window_s": "soon"},
        {"owtui": "group", "meta_data": 5},
        {"owtui": "variables", "variables": 5},
        {"name": None},
    ],
)
def test_a_file_that_makes_no_sense_is_one_sentence_and_imports_nothing(
    bare: CommandLine, tmp_path: Path, change: dict[str, object]
) -> None:
    good = {"name": "good", "config": banner("one")}
    file = write(tmp_path, [good, {"name": "bad", "config": banner("two"), **change}])
    done = bare("templates", "import", file)
    assert done.code == 2 and "Traceback" not in done.err, done
    assert bare("templates", "--json").json == bare("groups", "--json").json == []


def test_read_only_refuses_each_change(bare: CommandLine, tmp_path: Path) -> None:
    file = write(tmp_path, banner("one"))
    assert bare("templates", "add", "a", file).code == 0
    for line in (
        ("add", "b", file),
        ("edit", "a", file),
        ("remove", "a"),
        ("clone", "a"),
        ("restore", "a", "1"),
        ("recover", "a"),
        ("import", file),
        ("assign", "a", "--all"),
    ):
        done = bare("templates", *line, "--read-only")
        assert done.code == 4 or line[0] == "assign", (line, done)
    assert bare("templates", "show", "a", "--read-only").code == 0
    assert bare("templates", "edit", "a", file, "--dry-run", "--read-only").code == 0
