"""Templates, groups and variables as files: out without secrets, in again all or nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from owtui.engine.configs.importing import ConfigImport
from owtui.errors import InputError
from storage.db import Database
from storage.errors import RuleError, StaleError
from tests.engine.configs.office import Office

WORKLOAD = Path(__file__).parents[4] / "shared" / "data" / "workloads" / "templates.json"
CANARY = "canary-7f3a"
WIFI = {
    "interfaces": [
        {
            "name": "wlan0",
            "type": "wireless",
            "wireless": {
                "radio": "radio0",
                "mode": "access_point",
                "ssid": "x",
                "encryption": {"protocol": "wpa2_personal", "key": CANARY},
            },
        }
    ]
}


async def furnished(office: Office) -> None:
    office.organization("Harbour")
    office.group("roofs", "Harbour")
    await office.template("wifi", WIFI, default_values={"psk": CANARY, "ssid": "quay"})
    await office.template("own/one", organization="Harbour", tags=["b", "a"])
    await office.shelf.groups.set_templates("roofs", ["own/one", "wifi"])
    await office.shelf.variables.set("global", {"ntp": "pool", "api_token": CANARY})
    await office.shelf.variables.set("org:Harbour", {"place": "quay"})
    await office.shelf.variables.set("group:roofs", {"height": 7})


async def planned(office: Office, folder: Path, content: Any, **how: str) -> ConfigImport:
    file = folder / "import.json"
    file.write_text(json.dumps(content), "utf-8")
    return await office.shelf.plan_import(file, **how)


async def test_the_files_are_stable_and_hold_no_secret(office: Office, tmp_path: Path) -> None:
    await furnished(office)
    export = await office.shelf.export()
    assert list(export.files) == [
        "groups/harbour/roofs.json",
        "templates/harbour/own_one.json",
        "templates/wifi.json",
        "variables/global.json",
        "variables/org-harbour.json",
    ]
    assert CANARY not in "".join(export.files.values())
    assert export.left_out == (
        "template wifi: psk",
        "template wifi: #/interfaces/0/wireless/encryption/key",
        "the global variables: api_token",
    )
    folder = tmp_path / "git"
    assert len(export.write(folder)) == 5
    assert (await office.shelf.export()).write(folder) == []  # nothing differs
    assert json.loads((folder / "templates/wifi.json").read_text())["default_values"] == {
        "ssid": "quay"
    }


async def test_secrets_go_out_only_when_asked_for_aloud(office: Office) -> None:
    await furnished(office)
    export = await office.shelf.export(["templates"], secrets=True)
    assert export.left_out == ()
    assert CANARY in export.files["templates/wifi.json"]
    [entry] = office.audited("export_secrets")
    assert entry.operator == "ada"


async def test_what_went_out_comes_in_as_it_was(office: Office, tmp_path: Path) -> None:
    await furnished(office)
    folder = tmp_path / "git"
    (await office.shelf.export()).write(folder)
    plan = await office.shelf.plan_import(folder)
    assert plan.count() == {"new": 0, "update": 0, "same": 5, "error": 0}
    await office.shelf.variables.set("group:roofs", {"height": 8})
    await office.shelf.groups.set_templates("roofs", ["wifi"])
    await office.shelf.templates.change("wifi", notes="changed", tags=["new"])
    plan = await office.shelf.plan_import(folder)
    assert {row.item.name: row.changes for row in plan.rows if row.verdict == "update"} == {
        "roofs": ("templates", "variables"),
        "wifi": ("notes", "tags"),
    }
    await office.shelf.apply_import(plan)
    wifi = await office.shelf.templates.get("wifi")
    assert (wifi.config, wifi.default_values["psk"], wifi.row.notes) == (WIFI, CANARY, "")
    group = await office.shelf.groups.get("roofs")
    assert [one.name for one in group.templates] == ["own/one", "wifi"]
    assert await office.shelf.variables.get("group:roofs") == {"height": 7}
    assert (await office.shelf.variables.get("global"))["api_token"] == CANARY
    again = await office.shelf.plan_import(folder)
    assert again.count()["same"] == 5


async def test_an_empty_database_takes_everything_in(
    office: Office, sqlite_url: str, tmp_path: Path
) -> None:
    await furnished(office)
    await office.shelf.templates.change("wifi", config={"general": {}, "x": []})
    folder = tmp_path / "git"
    (await office.shelf.export()).write(folder)
    other_database = Database.open(f"sqlite:///{tmp_path / 'other.db'}")
    other = Office(other_database, tmp_path / "keys")
    other.organization("Harbour")
    plan = await other.shelf.plan_import(folder)
    assert plan.count() == {"new": 5, "update": 0, "same": 0, "error": 0}
    await other.shelf.apply_import(plan)
    assert [row.name for row in await other.shelf.templates.rows()] == ["own/one", "wifi"]
    group = await other.shelf.groups.get("roofs")
    assert [one.name for one in group.templates] == ["own/one", "wifi"]
    await other.shelf.close()
    other_database.close()


async def test_a_mark_that_stands_for_nothing_is_an_error_and_nothing_is_written(
    office: Office, tmp_path: Path
) -> None:
    marked = json.loads(json.dumps(WIFI).replace(CANARY, "•••"))
    plan = await planned(
        office,
        tmp_path,
        [
            {"name": "fine", "config": {"general": {"description": "x"}}},
            {"name": "wifi", "config": marked},
        ],
    )
    assert [(row.item.name, row.verdict) for row in plan.rows] == [
        ("fine", "new"),
        ("wifi", "error"),
    ]
    assert "stands for no secret" in plan.rows[1].reason
    with pytest.raises(RuleError, match="Nothing was imported: template wifi"):
        await office.shelf.apply_import(plan)
    assert await office.shelf.templates.rows() == []


async def test_what_moved_since_the_plan_is_not_overwritten(office: Office, tmp_path: Path) -> None:
    await office.template("t")
    content = {"name": "t", "config": {"general": {"description": "imported"}}}
    plan = await planned(office, tmp_path, content)
    await office.shelf.templates.change("t", notes="meanwhile")
    with pytest.raises(StaleError, match="has changed since the import was planned"):
        await office.shelf.apply_import(plan)


@pytest.mark.parametrize("wrapped", [False, True])
async def test_openwisps_templates_are_read_as_a_list_and_as_its_rest_api_gives_them(
    office: Office, tmp_path: Path, wrapped: bool
) -> None:
    one = {
        "id": "f3ca1a9a-0c55-4a6f-9d55-7b0e3c9ab001",
        "name": "mesh",
        "organization": None,
        "type": "generic",
        "backend": "netjsonconfig.OpenWrt",
        "vpn": None,
        "tags": ["mesh", "4G"],
        "default": False,
        "required": True,
        "auto_cert": False,
        "default_values": {"ssid": "quay"},
        "config": {"general": {"description": "{{ ssid }}"}},
        "created": "2026-01-01T00:00:00Z",
        "modified": "2026-01-01T00:00:00Z",
    }
    content = {"count": 1, "next": None, "results": [one]} if wrapped else [one]
    plan = await planned(office, tmp_path, content)
    assert list(plan.describe()) == ["import.json: 1 new", "new template mesh"]
    assert "quay" not in json.dumps(plan.as_dict())
    await office.shelf.apply_import(plan)
    [row] = await office.shelf.templates.rows()
    assert (row.name, row.tags, row.default, row.required) == ("mesh", ("4G", "mesh"), True, True)
    [entry] = office.audited("import_configs")
    assert entry.detail["new"] == 1


async def test_templates_of_an_organization_that_is_not_here_need_one_that_is(
    office: Office, tmp_path: Path
) -> None:
    content = [
        {
            "name": "t",
            "organization": "0d1b6a37-9a3c-4f4c-8b2e-000000000001",
            "config": {"general": {"description": "x"}},
        },
        {"name": "v", "type": "vpn", "config": {"general": {"description": "x"}}},
    ]
    plan = await planned(office, tmp_path, content)
    assert [row.verdict for row in plan.rows] == ["error", "error"]
    assert "There is no organization" in plan.rows[0].reason
    assert "A VPN must be selected" in plan.rows[1].reason
    office.organization("Harbour")
    plan = await planned(office, tmp_path, content[:1], organization="Harbour")
    await office.shelf.apply_import(plan)
    assert (await office.shelf.templates.get("t")).row.organization == "Harbour"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "is no JSON: line 1"),
        ("[1]", "no JSON object"),
        ('{"x": 1}', "neither a template nor a group nor variables"),
        ('{"config": {}}', "a template without a name"),
        ('{"results": [], "next": "http://x/?page=2"}', "one page of several"),
    ],
)
async def test_a_file_that_holds_something_else_is_said_to(
    office: Office, tmp_path: Path, text: str, sentence: str
) -> None:
    file = tmp_path / "x.json"
    file.write_text(text)
    with pytest.raises(InputError, match=sentence):
        await office.shelf.plan_import(file)


async def test_the_same_twice_is_an_error(office: Office, tmp_path: Path) -> None:
    one = {"name": "t", "config": {"general": {"description": "x"}}}
    plan = await planned(office, tmp_path, [one, one])
    assert [row.verdict for row in plan.rows] == ["new", "error"]
    with pytest.raises(InputError, match="cannot be read"):
        await office.shelf.plan_import(tmp_path / "missing.json")


@pytest.mark.skipif(not WORKLOAD.exists(), reason="the shared workloads are not here")
async def test_the_templates_of_the_workload_come_in(office: Office) -> None:
    plan = await office.shelf.plan_import(WORKLOAD)
    assert plan.count() == {"new": 5, "update": 0, "same": 0, "error": 0}
    await office.shelf.apply_import(plan)
    device = await office.configured()
    assert len(await office.names(device)) == 5
    assert len((await office.shelf.render(device)).files) == 9
    assert (await office.shelf.plan_import(WORKLOAD)).count()["same"] == 5
