"""`owtui devices` and its relatives, as somebody uses them who never read a line of the code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import CommandLine
from tests.routers import Routers


def test_a_router_is_added_its_key_accepted_and_its_facts_read(
    bare: CommandLine, routers: Routers
) -> None:
    router = routers.fleet.devices[0]
    add = ["devices", "add", "first", router.address, "--port", router.port, "--password-stdin"]
    assert bare(*add, "--tag", "roof", stdin=f"{router.password}\n").code == 0
    refused = bare("facts", "first")
    assert refused.code == 1 and "is not known yet: ssh-ed25519 SHA256:" in refused.err
    assert "owtui apply accept_host_key name=first --yes" in refused.err
    assert "+ssh-ed25519 SHA256:" in bare("plan", "accept_host_key", "first").out
    assert bare("apply", "accept_host_key", "first", "--yes").code == 0
    assert bare("facts", "tag=roof").code == 0
    assert bare("devices", "first", "--json").json[0]["status"] == "ok"
    again = bare(*add, stdin="other\n")
    assert again.code == 2 and "first" in again.err


def test_an_unknown_host_is_never_trusted_where_the_policy_is_strict(
    bare: CommandLine, routers: Routers
) -> None:
    router = routers.fleet.devices[0]
    bare.patch.setenv("OWTUI_HOST_KEYS", "strict")
    add = ["devices", "add", "first", router.address, "--port", router.port, "--password-stdin"]
    assert bare(*add, stdin=router.password).code == 0
    assert bare("facts", "first").code == 1
    assert "0 change, 1 same" in bare("plan", "accept_host_key", "first").out


def test_a_device_needs_a_way_in(bare: CommandLine) -> None:
    done = bare("devices", "add", "ap", "192.0.2.1")
    assert done.code == 2 and "Give --key FILE, --agent or --password-stdin." in done.err
    assert bare("devices", "add", "ap", "192.0.2.1", "--key", "/nonexistent").code == 2
    assert bare("devices", "add", "a b", "192.0.2.1", "--agent").code == 2
    assert bare("devices", "--json").json == []


def test_names_that_are_verbs_and_filters_with_quotes(bare: CommandLine) -> None:
    for name in ("add", "ap-1"):
        assert bare("devices", "add", name, "192.0.2.1", "--agent").code == 0
    assert bare("devices", "set", "ap-1", 'notes=it\'s "here"', "tags=roof,x").code == 0
    assert [row["name"] for row in bare("devices", "name=add", "--json").json] == ["add"]
    assert bare("devices", "set", "ap-1", "tags=on the roof").code == 2
    quoted = bare("devices", 'tag="roof"', "notes:'s", "--columns", "name,notes", "--json").json
    assert quoted == [{"name": "ap-1", "notes": 'it\'s "here"'}]
    assert bare("devices", "ap-1", "|", "name=add", "--json").json == bare("devices", "--json").json
    assert [row["name"] for row in bare("devices", "!name=add", "--json").json] == ["ap-1"]
    nothing = bare("devices", "tag=cellar")
    assert nothing.code == 0 and "No device matches tag=cellar." in nothing.err


def test_fields_and_the_way_in_are_set_cleared_and_checked(
    owtui: CommandLine, routers: Routers
) -> None:
    name = routers.names[0]
    wrong = owtui("devices", "set", name, "por=3")
    assert wrong.code == 2 and "The nearest is port." in wrong.err
    for bad in ("port=x", "port=70000", "prefer=smoke", "http_tls=x", "mac=zz", "group=nowhere"):
        assert owtui("devices", "set", name, bad).code == 2, bad
    assert owtui("devices", "set", name, "port=1", "http_url=", "zone=attic").code == 0
    assert owtui("run", "uptime", name).code == 3
    port = routers.fleet[name].port
    told = owtui("devices", "show", name, "--json").json["logins"]
    assert [(way["port"], way["http_url"], way["kind"]) for way in told] == [(1, "", "password")]
    assert "(password), root at port 1" in owtui("devices", "show", name).out
    assert owtui("devices", "set", name, f"port={port}", "zone=").code == 0
    assert owtui("run", "uptime", name).code == 0
    assert owtui("devices", name, "--json").json[0]["zone"] == ""


def test_a_deactivated_device_is_left_alone_and_may_be_removed(
    owtui: CommandLine, routers: Routers
) -> None:
    name = routers.names[0]
    kept = owtui("devices", "remove", name, "--yes")
    assert kept.code == 4 and "must be deactivated prior to deletion" in kept.err
    assert owtui("devices", "set", name, "deactivated=yes").code == 0
    refused = owtui("run", "uptime", name)
    assert refused.code == 4 and "deactivated" in refused.err
    unread = owtui("facts", name)
    assert unread.code == 4 and "Device is deactivated." in unread.err
    rest = owtui("facts", "--json")
    assert [row["device"] for row in rest.json] == sorted(set(routers.names) - {name})
    assert rest.code == 0 and f"{name}: skipped, Device is deactivated." in rest.err
    assert owtui("devices", "remove", name).code == 0  # only the plan
    assert len(owtui("devices", "--json").json) == len(routers.names)
    assert owtui("devices", "remove", name, "--yes").code == 0
    assert len(owtui("devices", "--json").json) == len(routers.names) - 1


def test_an_import_says_what_it_does_and_does_all_or_nothing(
    bare: CommandLine, tmp_path: Path
) -> None:
    file = tmp_path / "fleet.csv"
    file.write_text("name,address\nap-1,192.0.2.1\nbad name,192.0.2.2\n")
    tried = bare("devices", "import", file, "--dry-run")
    assert tried.code == 2 and "1 new" in tried.err and "line 3" in tried.err
    assert bare("devices", "import", file).code == 2
    assert bare("devices", "--json").json == []
    assert bare("devices", "import", file, "--skip-errors").code == 1
    assert [row["name"] for row in bare("devices", "--json").json] == ["ap-1"]
    (tmp_path / "noise.csv").write_bytes(bytes(range(256)))
    assert bare("devices", "import", tmp_path / "noise.csv").code == 2


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_what_is_exported_can_be_imported_and_holds_no_secret(
    owtui: CommandLine, routers: Routers, tmp_path: Path, kind: str
) -> None:
    text = owtui("devices", "export", "--format", kind).out
    assert routers.fleet.devices[0].password not in text
    file = tmp_path / f"fleet.{kind}"
    file.write_text(text)
    assert "4 same" in owtui("devices", "import", file, "--dry-run").err
    if kind == "json":
        assert json.loads(text)


def test_a_scan_finds_routers_and_adopts_them_with_kept_credentials(
    bare: CommandLine, routers: Routers
) -> None:
    one = routers.fleet.devices[0]
    at = [one.address, "--port", one.port]
    assert bare("credentials", "add", "lab", "--password-stdin", stdin=one.password).code == 0
    [found] = bare("devices", "scan", *at, "--json").json
    assert found["openwrt"] and found["ssh"].startswith("SSH-2.0-dropbear")
    assert bare("devices", "scan", *at, "--adopt", "--read-only").code == 4
    assert bare("devices", "scan", *at, "--adopt").code == 0
    [row] = bare("devices", "--json").json
    assert (row["name"], row["address"]) == (one.name, one.address)
    assert f"known as {one.name}" in bare("devices", "scan", *at).out
    assert bare("facts").code == 0


def test_credentials_are_listed_without_secrets_and_survive_a_new_key(
    owtui: CommandLine, routers: Routers
) -> None:
    before = owtui("credentials", "--json")
    assert routers.fleet.password not in before.out
    key = owtui.home / "data" / "owtui" / "master.key"
    old = key.read_text()
    assert owtui("credentials", "rotate-key").code == 0
    assert key.read_text() != old
    assert owtui("run", "uptime", routers.names[0]).code == 0
    [name] = [row["name"] for row in before.json]
    assert owtui("credentials", "remove", name).code == 0
    left = owtui("run", "uptime", routers.names[0])
    assert left.code == 4 and "no credentials" in left.err


def test_a_passphrase_file_seals_a_fleet_from_the_first_secret_on(
    bare: CommandLine, routers: Routers, tmp_path: Path
) -> None:
    one = routers.fleet.devices[0]
    file = tmp_path / "passphrase"
    file.write_text("correct horse\n")
    bare.patch.setenv("OWTUI_PASSPHRASE_FILE", str(file))
    bare.patch.setenv("OWTUI_HOST_KEYS", "accept-new")
    add = ["devices", "add", "one", one.address, "--port", one.port, "--password-stdin"]
    assert bare(*add, stdin=one.password).code == 0
    assert bare("info", "--json").json["master_key"] == "passphrase"
    assert bare("run", "uptime", "one").code == 0
    assert not (bare.home / "data" / "owtui" / "master.key").exists()
    file.write_text("wrong horse\n")
    wrong = bare("run", "uptime", "one")
    assert wrong.code != 0 and "wrong horse" not in wrong.out + wrong.err
    bare.patch.delenv("OWTUI_PASSPHRASE_FILE")
    assert "none was given" in bare("info", "--json").json["master_key"]


def test_groups_organizations_and_views_are_made_used_and_removed(owtui: CommandLine) -> None:
    assert owtui("organizations", "add", "Harbour").code == 0
    assert owtui("organizations", "add", "Harbour").code == 2
    assert owtui("groups", "add", "masts", "--organization", "lab").code == 0
    assert owtui("apply", "set_group", "ap", "-p", "group=masts", "--yes").code == 0
    masts = {row["name"]: row["devices"] for row in owtui("groups", "--json").json}["masts"]
    assert masts == len(owtui("devices", "group=masts", "--json").json) > 0
    assert owtui("views", "add", "high", "group=masts").code == 0
    assert len(owtui("devices", "view:high", "--json").json) == masts
    assert owtui("views", "add", "odd", "naem=x").code == 2
    assert owtui("views", "remove", "high").code == 0
    assert owtui("groups", "remove", "masts", "--organization", "lab").code == 0
    assert owtui("organizations", "remove", "Harbour").code == 0
    assert owtui("organizations", "remove", "lab").code == 2


@pytest.mark.parametrize(
    "line",
    [
        "devices add ap 192.0.2.1 --agent",
        "devices set x zone=y",
        "devices import {file}",
        "groups add x",
        "groups remove x",
        "organizations add x",
        "views add x y",
        "credentials add x --agent",
        "credentials rotate-key",
        "run uptime --all",
        "apply reboot --all --yes",
        "apply set_tags --all -p add=x --yes",
        "devices remove --all --yes",
        "jobs cancel 1",
    ],
)
def test_read_only_refuses_whatever_changes_something(
    owtui: CommandLine, tmp_path: Path, line: str
) -> None:
    (tmp_path / "f.csv").write_text("name,address\nnew,192.0.2.1\n")
    before = owtui("devices", "export").out
    words = line.format(file=tmp_path / "f.csv").split()
    for where in (["--read-only", *words], [*words, "--read-only"]):
        done = owtui(*where)
        assert done.code == 4, done
        assert "read-only" in done.err and done.out == ""
    assert owtui("devices", "export").out == before


@pytest.mark.parametrize("shared", [True, False])
def test_organizations_share_their_management_addresses_unless_told_otherwise(
    bare: CommandLine, shared: bool
) -> None:
    bare.patch.setenv("OWTUI_SHARED_MANAGEMENT_IP", str(shared).lower())
    assert bare("organizations", "add", "north").code == 0
    for name, more in (("d1", ()), ("d2", ("--organization", "north"))):
        added = bare("devices", "add", name, "192.0.2.1", "--password-stdin", *more, stdin="pass\n")
        assert added.code == 0, added.err
        assert bare("devices", "set", name, "management_ip=192.168.1.99").code == 0
    told = {row["name"]: row["management_ip"] for row in bare("devices", "--json").json}
    assert told == {"d1": "" if shared else "192.168.1.99", "d2": "192.168.1.99"}
