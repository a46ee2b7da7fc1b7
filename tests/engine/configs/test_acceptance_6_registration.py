"""control.md §19.6 and §19.7: registration, consistent keys, and names on registering again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from owtui.engine.configs.controller import Answer
from owtui.engine.configs.registering import Policy
from storage import devices, organizations, registration
from storage.db import Database
from storage.errors import RuleError
from storage.rules import consistent_key
from storage.secrets import Secret
from tests.engine.configs.office import Office

MAC = "00:11:22:33:44:55"
SECRET = "functional_testing_secret"
KEY = "0181743edcd68b97edd595c2efa3b3ae"


def ready(office: Office) -> None:
    """An organization with the secret of the example."""
    owner = office.organization("org1")
    office.database.write(lambda s: registration.set_secret(s, office.vault, owner, Secret(SECRET)))


async def register(office: Office, **form: Any) -> Answer:
    given = {
        "secret": SECRET,
        "name": MAC,
        "mac_address": MAC,
        "backend": "netjsonconfig.OpenWrt",
        "key": KEY,
        **form,
    }
    wanted = {name: value for name, value in given.items() if value is not None}
    return await office.shelf.controller.register(wanted, "84.32.46.153")


def said(answer: Answer) -> dict[str, str]:
    """The lines of an answer."""
    return dict(line.split(": ", 1) for line in answer.text.splitlines())


def test_the_key_follows_from_mac_and_secret() -> None:
    assert consistent_key(MAC, SECRET) == KEY


async def test_a_device_registers_and_is_known_again(any_office: Office) -> None:
    office = any_office
    ready(office)
    first = await register(office, os="OpenWrt 24.10.0", model="M", system="S")
    assert first.status == 201
    assert first.text.splitlines()[0] == "registration-result: success"
    told = said(first)
    assert (len(told["uuid"]), told["is-new"], told["key"]) == (32, "1", KEY)
    assert told["hostname"] == MAC
    again = await register(office, os="OpenWrt 24.10.1")
    assert (said(again)["uuid"], said(again)["is-new"]) == (told["uuid"], "0")
    await office.fleet.load()
    [row] = office.fleet.rows.values()
    assert (row.os, row.model, row.last_ip) == ("OpenWrt 24.10.1", "M", "84.32.46.153")
    assert row.config_status == "modified"
    assert len(office.audited("register_device")) == 2


@pytest.mark.parametrize(
    ("form", "status", "text"),
    [
        ({"mac_address": None}, 400, 'error: missing required parameter "mac_address"'),
        ({"secret": "other"}, 403, "error: unrecognized secret"),
        ({"backend": "wrong"}, 403, "error: wrong backend"),
    ],
)
async def test_what_is_wrong_is_said_as_openwisp_says_it(
    office: Office, form: dict[str, Any], status: int, text: str
) -> None:
    ready(office)
    answer = await register(office, **form)
    assert (answer.status, answer.text) == (status, text)


async def test_registration_may_be_switched_off(office: Office) -> None:
    ready(office)
    await office.shelf.enrolment.set_enabled("org1", False)
    answer = await register(office)
    assert (answer.status, answer.text) == (403, "error: registration disabled")


async def test_the_secret_of_an_inactive_organization_is_unknown(office: Office) -> None:
    ready(office)
    owner = office.database.read(lambda s: organizations.find(s, "org1").id)
    office.database.write(lambda s: registration.set_active(s, owner, False))
    answer = await register(office)
    assert (answer.status, answer.text) == (403, "error: unrecognized secret")


async def test_without_self_creation_an_unknown_device_is_refused(
    sqlite_database: Database, tmp_path: Path
) -> None:
    office = Office(sqlite_database, tmp_path, Policy(self_creation=False))
    ready(office)
    answer = await register(office)
    assert answer.status == 404
    assert answer.text == "Device not found in the system, please create it first."
    await office.shelf.close()


async def test_registration_may_be_off_for_all(sqlite_database: Database, tmp_path: Path) -> None:
    office = Office(sqlite_database, tmp_path, Policy(enabled=False))
    ready(office)
    assert (await register(office)).text == "error: registration disabled"
    await office.shelf.close()


async def test_a_deactivated_device_is_refused_and_stays_as_it_is(office: Office) -> None:
    ready(office)
    await office.template("t", tags=["mesh"])
    device = (await register(office, os="OpenWrt 24.10.0")).text.split("uuid: ")[1][:32]
    await office.fleet.load()
    [id_] = office.fleet.rows
    assert id_.hex == device
    await office.deactivate(id_)
    answer = await register(office, os="OpenWrt 25.12.0", tags="mesh")
    assert (answer.status, answer.text) == (403, "error: device deactivated")
    found = office.database.read(lambda s: devices.get(s, id_))
    assert found.os == "OpenWrt 24.10.0"
    assert await office.names(id_) == []


async def test_the_limit_of_an_organization_holds(office: Office) -> None:
    ready(office)
    owner = office.database.read(lambda s: organizations.find(s, "org1").id)
    office.database.write(lambda s: organizations.set_limit(s, owner, 1).id)
    assert (await register(office)).status == 201
    answer = await register(office, key="k2", mac_address="00:11:22:33:44:66", name="ap-2")
    assert answer.status == 400
    assert "maximum amount of allowed devices" in answer.text
    await office.fleet.load()
    assert len(office.fleet.rows) == 1


async def test_a_device_added_by_hand_is_recognised_by_the_key_that_follows(
    office: Office,
) -> None:
    ready(office)
    mine = office.device("roof", "org1", mac_address=MAC)
    answer = await register(office)
    assert (said(answer)["uuid"], said(answer)["is-new"]) == (mine.hex, "0")
    assert said(answer)["hostname"] == "roof"
    assert office.database.read(lambda s: devices.get(s, mine)).key == KEY
    other = await register(office, key="guessed")  # its MAC alone proves nothing
    assert other.status == 400


# §19.7


@pytest.mark.parametrize(
    ("known", "mac", "posted", "expected"),
    [
        ("meaningful-hostname", MAC, MAC, "meaningful-hostname"),
        ("00-11-22-33-aa-BB", "00:11:22:33:aa:BB", "00-11-22-33-aa-bb", "00-11-22-33-aa-BB"),
        ("meaningful-hostname", MAC, "new-custom-hostname", "new-custom-hostname"),
    ],
)
async def test_acceptance_7_a_name_that_is_only_the_mac_renames_nothing(
    office: Office, known: str, mac: str, posted: str, expected: str
) -> None:
    ready(office)
    key = consistent_key(mac, SECRET)
    device = office.device(known, "org1", mac_address=mac, key=key)
    answer = await register(office, name=posted, mac_address=mac, key=key)
    assert answer.status == 201
    assert office.database.read(lambda s: devices.get(s, device)).name == expected


async def test_acceptance_7_names_are_unique_within_an_organization_whatever_their_case(
    office: Office,
) -> None:
    for name in ("org1", "org2"):
        office.organization(name)
    office.device("AP1", "org1")
    office.device("ap1", "org2")
    with pytest.raises(RuleError, match="Device with this Name and Organization already exists"):
        office.device("ap1", "org1")
