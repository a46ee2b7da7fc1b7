"""control.md §19.5: the checksum drives the status, and what is not felt changes nothing."""

from __future__ import annotations

from uuid import UUID

from owtui.engine.events import ConfigModified
from tests.engine.configs.office import Office

ETH0 = {"interfaces": [{"name": "eth0", "type": "{{ interface_type }}"}]}


async def own(office: Office) -> UUID:
    """A device with eth0 of a type that a variable says; applied."""
    device = office.device()
    await office.shelf.variables.set("ap-1", {"interface_type": "ethernet"})
    await office.shelf.devices.set_config(device, ETH0)
    assert (await office.applied(device)).status == "applied"
    return device


async def test_a_variable_that_nothing_uses_changes_nothing(any_office: Office) -> None:
    office = any_office
    device = await own(office)
    before = await office.shelf.devices.get(device)
    await office.shelf.variables.set("ap-1", {"interface_name": "eth1"})
    after = await office.shelf.devices.get(device)
    assert (after.status, after.checksum, after.current) == ("applied", before.checksum, True)


async def test_a_variable_that_is_used_makes_it_modified(any_office: Office) -> None:
    office = any_office
    device = await own(office)
    before = await office.shelf.devices.get(device)
    await office.shelf.variables.set("ap-1", {"interface_type": "virtual"})
    after = await office.shelf.devices.get(device)
    assert after.status == "modified"
    assert after.checksum != before.checksum
    assert after.applied_checksum == before.checksum


async def test_a_default_value_that_the_device_overrides_changes_nothing(office: Office) -> None:
    values = {"interface_type": "ethernet"}
    await office.template("t", ETH0, default=True, default_values=values)
    device = await office.configured()
    await office.shelf.variables.set("ap-1", {"interface_type": "virtual"})
    await office.applied(device)
    await office.shelf.templates.change("t", default_values={"interface_type": "other"})
    assert await office.status(device) == "applied"


async def test_a_variable_of_the_organization_is_felt_by_all_its_devices(office: Office) -> None:
    for name in ("org1", "org2"):
        office.organization(name)
    config = {"general": {"description": "{{ place }}"}}
    await office.template("t", config, default=True, default_values={"place": "x"})
    mine = [await office.configured(name, "org1") for name in ("ap-1", "ap-2")]
    other = await office.configured("ap-3", "org2")
    for device in (*mine, other):
        await office.applied(device)
    await office.shelf.variables.set("org:org1", {"place": "harbour"})
    assert [await office.status(device) for device in mine] == ["modified", "modified"]
    assert await office.status(other) == "applied"


async def test_two_changes_within_three_seconds_are_told_once(office: Office) -> None:
    device = await own(office)
    await office.time.pass_(10)
    office.events()
    await office.shelf.variables.set("ap-1", {"interface_type": "virtual"})
    await office.time.pass_(1)
    await office.shelf.variables.set("ap-1", {"interface_type": "ethernet"})
    await office.time.pass_(1.5)
    assert office.events() == []
    await office.time.pass_(1)
    assert office.events() == [ConfigModified(str(device))]
    await office.time.pass_(60)
    assert office.events() == []
    await office.shelf.variables.set("ap-1", {"interface_type": "virtual"})
    await office.time.pass_(3)
    assert office.events() == [ConfigModified(str(device))]


async def test_a_configuration_that_was_just_made_is_not_told_of(office: Office) -> None:
    await office.template("t", default=True)
    await office.configured()
    await office.time.pass_(10)
    assert office.events() == []


async def test_a_new_name_makes_it_modified_whatever_the_checksum_says(office: Office) -> None:
    device = office.device()
    await office.shelf.devices.set_config(device, {"general": {"hostname": "fixed"}})
    before = await office.applied(device)
    await office.edit_device(device, name="ap-2")
    after = await office.shelf.devices.get(device)
    assert (after.status, after.checksum) == ("modified", before.checksum)
