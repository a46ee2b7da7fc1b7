"""Files into the inventory: what is made, what is compared, what is refused."""

from __future__ import annotations

import base64
import re

import pytest
from sqlmodel import Session

from owtui.engine.inventory.importplan import Verdict
from owtui.errors import BlockedError, InputError
from storage import audit, credentials, devices, hostkeys, organizations, service
from tests.engine.inventory.conftest import Inventory

HOST_KEY = "ssh-ed25519 " + base64.b64encode(b"\0\0\0\x0bssh-ed25519\0\0\0 " + b"k" * 32).decode()
OTHER_KEY = "ssh-ed25519 " + base64.b64encode(b"\0\0\0\x0bssh-ed25519\0\0\0 " + b"o" * 32).decode()
OTHER_ID = "8f0c1d62-0000-4000-8000-000000000000"
FULL = (
    "name,organization,mac_address,address,port,http_url,user,password,host_key,group,tags,zone,"
    "model,os,notes\n"
    f"ap-1,Harbour,00:11:22:33:44:01,127.1.0.1,22001,http://127.1.0.1:28001/ubus,root,s3cret!,"
    f"{HOST_KEY},roofs,\"roof,5g\",north,EAP615,OpenWrt 24.10,\"first\nsecond\"\n"
    f"ap-2,Harbour,00:11:22:33:44:02,127.1.0.2,22002,http://127.1.0.2:28002/ubus,root,s3cret!,"
    f"{OTHER_KEY},roofs,roof,north,EAP615,OpenWrt 24.10,\n"
)  # fmt: skip


def verdicts(inventory: Inventory, text: str, kind: str = "csv") -> list[str]:
    return [row.verdict.value for row in inventory.plan(text, kind).rows]


def reasons(inventory: Inventory, text: str, kind: str = "csv") -> list[str]:
    return [row.reason for row in inventory.plan(text, kind).errors]


def test_a_fleet_file_brings_devices_logins_and_host_keys(inventory: Inventory) -> None:
    plan = inventory.plan(FULL)
    assert plan.count() == {"new": 2, "update": 0, "same": 0, "skip": 0, "error": 0}
    assert inventory.rows() == {}  # planning writes nothing
    done = inventory.apply(plan)
    assert len(done.created) == 2
    row = inventory.rows()["ap-1"]
    assert (row.organization, row.group, row.tags, row.zone) == (
        "Harbour",
        "roofs",
        ("5g", "roof"),
        "north",
    )
    assert (row.address, row.mac, row.notes) == ("127.1.0.1", "00:11:22:33:44:01", "first\nsecond")
    assert (row.connections, row.host_key) == (1, "trusted")

    def look(session: Session) -> tuple[list[str], list[object]]:
        [login] = credentials.logins(session, inventory.vault, [row.id])[row.id]
        assert login.password is not None and login.password.reveal() == "s3cret!"
        [key] = hostkeys.known(session, row.id)
        assert (key.public, key.accepted_by) == (HOST_KEY, "import")
        return [c.name for c in credentials.rows(session)], [login.port, login.params["http_url"]]

    names, reached = inventory.database.read(look)
    assert names == ["import: root"]  # one login for both devices
    assert reached == [22001, "http://127.1.0.1:28001/ubus"]


def test_the_same_file_again_changes_nothing(inventory: Inventory) -> None:
    inventory.take(FULL)
    assert verdicts(inventory, FULL) == ["same", "same"]
    assert inventory.take(FULL).updated == ()


def test_no_secret_is_shown_or_written_in_clear(inventory: Inventory) -> None:
    plan = inventory.plan(FULL)
    inventory.apply(plan)
    shown = repr(plan) + str(plan.as_dict()) + "\n".join(plan.describe()) + inventory.export()
    shown += str(inventory.database.read(lambda s: [e.detail for e in audit.entries(s)]))
    assert "s3cret!" not in shown
    assert inventory.database.path is not None
    for path in inventory.database.path.parent.glob("*.db*"):
        assert b"s3cret!" not in path.read_bytes()


def test_every_imported_device_is_in_the_audit(inventory: Inventory) -> None:
    inventory.take(FULL)
    written = inventory.database.read(lambda s: audit.entries(s, action="import"))
    assert {(e.device_name, e.operator, e.outcome) for e in written} == {
        ("ap-1", "eva", "new"),
        ("ap-2", "eva", "new"),
    }


def test_one_bad_row_stops_the_whole_import(inventory: Inventory) -> None:
    text = "name,mac_address\nap-1,00:11:22:33:44:01\nap 2,\nap-3,nonsense\n"
    assert verdicts(inventory, text) == ["new", "error", "error"]
    with pytest.raises(InputError, match="2 of 3 rows cannot be imported; the first, line 3"):
        inventory.take(text)
    assert inventory.rows() == {}


def test_bad_rows_are_left_out_when_told_so(inventory: Inventory) -> None:
    done = inventory.take("name,mac_address\nap-1,\nap 2,\n", skip_errors=True)
    assert list(inventory.rows()) == ["ap-1"]
    assert [row.line for row in done.left_out] == [3]


def test_a_rule_that_only_the_database_knows_undoes_everything(inventory: Inventory) -> None:
    inventory.database.write(lambda s: organizations.create(s, "Small", device_limit=1))
    text = "name,organization\nap-1,Small\nap-2,Small\n"
    with pytest.raises(InputError, match="Line 3, ap-2: The maximum amount of allowed devices"):
        inventory.take(text)
    assert inventory.rows() == {}
    done = inventory.take(text, skip_errors=True)
    assert [row.name for row in done.left_out] == ["ap-2"]
    assert list(inventory.rows()) == ["ap-1"]


def test_an_inventory_that_moved_since_the_plan_refuses_it(inventory: Inventory) -> None:
    plan = inventory.plan(FULL)
    inventory.database.write(lambda s: devices.create(s, "ap-1", mac_address="00:11:22:33:44:01"))
    inventory.database.write(lambda s: organizations.create(s, "Harbour"))
    inventory.take("name,organization\nap-1,Harbour\n")
    with pytest.raises(BlockedError, match="changed since"):
        inventory.apply(plan)


@pytest.mark.parametrize("column", ["organization", "organization_id"])
@pytest.mark.parametrize("how", ["id", "slug", "name"])
def test_an_organization_may_be_named_by_id_slug_or_name(
    inventory: Inventory, column: str, how: str
) -> None:
    made = inventory.database.write(lambda s: organizations.create(s, "North Harbour"))
    value = {"id": str(made.id), "slug": "north-harbour", "name": "north HARBOUR"}[how]
    inventory.take(f"name,{column}\nap-1,{value}\n")
    assert inventory.rows()["ap-1"].organization_id == made.id


def test_an_unknown_organization_is_made_but_an_unknown_id_is_an_error(
    inventory: Inventory,
) -> None:
    plan = inventory.plan("name,organization\nap-1,New Town\nap-2,new town\n")
    assert plan.organizations == ("New Town",)
    inventory.apply(plan)
    assert {row.organization for row in inventory.rows().values()} == {"New Town"}
    text = "name,organization\nap-3,8f0c1d62-0000-4000-8000-000000000000\n"
    assert "no organization with the id" in reasons(inventory, text)[0]


def test_without_an_organization_devices_belong_to_the_default_one(inventory: Inventory) -> None:
    inventory.take("name\nap-1\n")
    assert inventory.rows()["ap-1"].organization == "default"
    assert verdicts(inventory, "name\nap-1\n") == ["same"]


def test_what_a_file_is_silent_about_stays(inventory: Inventory) -> None:
    inventory.take(FULL)
    inventory.take("name,zone,notes\nap-1,south,\n")
    row = inventory.rows()["ap-1"]
    assert (row.zone, row.notes, row.tags) == ("south", "first\nsecond", ("5g", "roof"))


def test_an_update_says_what_changes(inventory: Inventory) -> None:
    inventory.take(FULL)
    plan = inventory.plan(
        "name,zone,group,port,user,password\nap-1,south,yards,2222,root,s3cret!\n"
    )
    [row] = plan.rows
    assert row.verdict is Verdict.UPDATE
    assert [(c.field, c.old, c.new) for c in row.changes] == [
        ("zone", "north", "south"),
        ("group", "roofs", "yards"),
        ("port", "22001", "2222"),
    ]
    inventory.apply(plan)
    assert inventory.rows()["ap-1"].group == "yards"
    assert inventory.rows()["ap-1"].connections == 1


def test_a_device_is_found_by_its_mac_and_renamed(inventory: Inventory) -> None:
    inventory.take(FULL)
    before = inventory.rows()["ap-1"].id
    inventory.take("name,mac_address\nap-one,00-11-22-33-44-01\n")
    assert inventory.rows()["ap-one"].id == before


def test_a_name_with_another_mac_needs_the_id(inventory: Inventory) -> None:
    inventory.take(FULL)
    row = inventory.rows()["ap-1"]
    assert "another MAC" in reasons(inventory, "name,mac\nap-1,00:11:22:33:44:99\n")[0]
    inventory.take(f"id,name,mac\n{row.id},ap-1,00:11:22:33:44:99\n")
    assert inventory.rows()["ap-1"].mac == "00:11:22:33:44:99"


def test_another_host_key_is_never_taken_from_a_file(inventory: Inventory) -> None:
    inventory.take(FULL)
    text = f"name,host_key\nap-1,{OTHER_KEY}\n"
    assert "differs from the trusted one" in reasons(inventory, text)[0]


def test_a_deactivated_device_is_skipped(inventory: Inventory) -> None:
    inventory.take(FULL)
    row = inventory.rows()["ap-1"]
    inventory.database.write(lambda s: service.deactivate(s, row.id))
    assert verdicts(inventory, FULL) == ["skip", "same"]
    inventory.take(FULL)


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ("ap-1,00:11:22:33:44:01\nAP-1,\n", "Its name is that of line 2 already."),
        ("ap-1,00:11:22:33:44:01\nap-2,00-11-22-33-44-01\n", "Its MAC is that of line 2 already."),
    ],
)
def test_doubles_within_a_file_are_told_with_the_first_line(
    inventory: Inventory, rows: str, reason: str
) -> None:
    assert reasons(inventory, "name,mac\n" + rows) == [reason]


def test_logins_of_two_organizations_are_shared_and_of_one_its_own(inventory: Inventory) -> None:
    inventory.take(
        "name,org,user,password\na,X,root,secret1\nb,Y,root,secret1\nc,X,root,secret2\nd,X,eva,secret2\n"
    )

    def owners(session: Session) -> dict[str, bool]:
        return {c.name: c.organization_id is None for c in credentials.rows(session)}

    assert inventory.database.read(owners) == {
        "import: root": True,
        "import: root 2": False,
        "import: eva": False,
    }


def test_a_login_of_another_organization_is_not_reused(inventory: Inventory) -> None:
    inventory.take("name,org,user,password\na,X,root,secret1\n")
    inventory.take("name,org,user,password\nb,Y,root,secret1\n")
    assert len(inventory.database.read(credentials.rows)) == 2


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ("root,abc,,,,", "at least 4 characters"),
        ("r,secret,,,,", "at least 2 characters"),
        ("root,secret,70000,,,", "no port"),
        ("root,secret,,ftp://x,,", "no URL"),
        ("root,secret,,,a b@c,", None),
        ("root,secret,,,@@,", "no jump host"),
        (",,,,,nobody", "no credentials “nobody”"),
    ],
)
def test_a_login_that_cannot_be_one_is_an_error(
    inventory: Inventory, cells: str, reason: str | None
) -> None:
    text = f"name,user,password,port,http_url,jump,credentials\nap-1,{cells}\n"
    found = reasons(inventory, text)
    assert (reason in found[0]) if reason else not found


def test_openwisps_export_is_read_as_it_is(inventory: Inventory) -> None:
    made = inventory.database.write(lambda s: organizations.create(s, "default"))
    text = (
        "name,mac_address,organization,group,model,os,system,notes,last_ip,management_ip,"
        "config_status,config_backend,config_data,config_context,config_templates,created,modified,"
        "id,key,organization_id,group_id\n"
        "ap-1,00:11:22:33:44:55,default,,EAP615,OpenWrt 23.05,MT7621,,84.32.46.153,10.0.0.2,"
        'applied,netjsonconfig.OpenWrt,"{""general"": {}}",{},,2026-01-01 10:00,2026-01-02 10:00,'
        f"2a4b8bd2-6d7b-4b5a-9a80-0123456789ab,0181743edcd68b97edd595c2efa3b3ae,{made.id},\n"
    )
    plan = inventory.plan(text)
    assert plan.reading.ignored == ()
    inventory.apply(plan)
    row = inventory.rows()["ap-1"]
    assert (row.management_ip, row.last_ip, row.system) == ("10.0.0.2", "84.32.46.153", "MT7621")


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_what_is_exported_comes_back_the_same(inventory: Inventory, kind: str) -> None:
    inventory.take(FULL)
    written = inventory.export(kind)
    assert set(verdicts(inventory, written, kind)) == {"same"}
    inventory.take(written, kind)
    assert inventory.export(kind) == written


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_ids_of_another_inventory_give_way_to_the_names_beside_them(
    inventory: Inventory, kind: str
) -> None:
    inventory.take(FULL)
    theirs = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", OTHER_ID, inventory.export(kind))
    assert OTHER_ID in theirs and set(verdicts(inventory, theirs, kind)) == {"same"}
    text = (
        f"name,organization,organization_id,group,group_id\nap-3,New,{OTHER_ID},hill,{OTHER_ID}\n"
    )
    inventory.take(text)
    row = inventory.rows()["ap-3"]
    assert (row.organization, row.group) == ("New", "hill")
    [reason] = reasons(inventory, f"name,organization_id\nap-4,{OTHER_ID}\n")
    assert "no organization with the id" in reason


def test_an_export_keeps_the_agents_key_to_itself(inventory: Inventory) -> None:
    inventory.take(FULL)
    [key, _] = [device.values["key"] for device in inventory.book().devices]
    assert key not in inventory.export()
    assert "organization_id" in inventory.export().splitlines()[0]


def test_cells_that_look_like_formulas_are_disarmed_and_come_back(inventory: Inventory) -> None:
    inventory.take('name,notes\nap-1,"=HYPERLINK(""x"")"\n')
    assert ",'=HYPERLINK" in inventory.export().replace('"', "")
    assert verdicts(inventory, inventory.export()) == ["same"]


def test_a_carriage_return_in_a_note_comes_back(inventory: Inventory) -> None:
    inventory.take('name,notes\nap-1,"up\rdown"\n')
    assert verdicts(inventory, inventory.export()) == ["same"]


def test_the_plan_is_told_in_lines_and_in_json(inventory: Inventory) -> None:
    plan = inventory.plan("name,colour,org,user,password\nap-1,red,X,root,secret\nap 2,,,,\n")
    assert list(plan.describe()) == [
        "file: 1 new, 1 error",
        "makes the organizations X",
        "makes the credentials “import: root” (password)",
        "ignores colour",
        "error line 3: ap 2: The name 'ap 2' must be either a valid hostname or mac address. "
        "Letters, digits, hyphens and dots; at most 64 characters, 63 between dots.",
    ]
    told = plan.as_dict()
    assert (told["new"], told["error"], told["rows"][0]["device"]) == (1, 1, "ap-1")
