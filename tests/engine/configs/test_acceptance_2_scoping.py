"""control.md §19.2: whose templates a device gets: default ones, shared ones, those of its tags."""

from __future__ import annotations

import pytest

from storage import organizations
from storage.errors import RuleError
from tests.engine.configs.office import Office


async def test_a_new_configuration_gets_its_organizations_and_shared_defaults(
    any_office: Office,
) -> None:
    office = any_office
    for name in ("org1", "org2"):
        office.organization(name)
    await office.template("t1", organization="org1", default=True)
    await office.template("t2", default=True)
    await office.template("t3", organization="org2", default=True)
    device = await office.configured("ap-1", "org1")
    assert set(await office.names(device)) == {"t1", "t2"}
    await office.template("t4", organization="org2", default=True)  # later, too
    assert set(await office.names(device)) == {"t1", "t2"}


async def test_registration_brings_tagged_templates_of_the_organization_and_shared_ones(
    any_office: Office,
) -> None:
    office = any_office
    for name in ("org1", "org2"):
        office.organization(name)
    await office.template("t1", organization="org1", tags=["mesh"])
    await office.template("t-shared", tags=["mesh", "roof"])
    await office.template("t2", organization="org2", tags=["mesh"])
    await office.template("t-other", tags=["4G"])
    secret = (await office.shelf.enrolment.secret("org1")).reveal()
    form = {
        "secret": secret,
        "name": "ap-1",
        "mac_address": "00:11:22:33:44:55",
        "backend": "netjsonconfig.OpenWrt",
        "tags": "mesh roof",
    }
    assert (await office.shelf.controller.register(form, "10.0.0.1")).status == 201
    await office.fleet.load()
    [row] = office.fleet.rows.values()
    assert set(row.templates) == {"t1", "t-shared"}


async def test_templates_of_another_organization_are_refused_by_name(office: Office) -> None:
    for name in ("org1", "org2"):
        office.organization(name)
    foreign = [await office.template(name, organization="org2") for name in ("x", "y")]
    device = await office.configured("ap-1", "org1")
    with pytest.raises(RuleError) as refused:
        await office.shelf.devices.set_templates(device, [one.row.id for one in foreign])
    assert refused.value.sentence == (
        "The following templates are owned by organizations which do not match "
        "the organization of this configuration: x, y"
    )


async def test_a_device_that_moves_keeps_shared_templates_and_gets_what_is_required(
    any_office: Office,
) -> None:
    office = any_office
    for name in ("org1", "org2"):
        office.organization(name)
    await office.template("shared")
    await office.template("mine", organization="org1")
    await office.template("needed", organization="org2", required=True)
    device = await office.configured("ap-1", "org1")
    await office.shelf.devices.set_templates(device, ["mine", "shared"])
    target = office.database.read(lambda s: organizations.find(s, "org2").id)
    await office.edit_device(device, organization_id=target)
    assert await office.names(device) == ["needed", "shared"]
