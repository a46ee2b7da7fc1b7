"""Whom a build is for without a filter: related devices, and those without a known image."""

from __future__ import annotations

from sqlmodel import Session

from owtui.engine.firmware.entries import BuildRow
from storage import firmware, organizations
from storage.firmware import Assigned
from storage.tables import Device
from tests.engine.firmware.images import BOARD
from tests.engine.firmware.site import Site


async def added(site: Site, category: str, version: str) -> BuildRow:
    """A build with an image for the board."""
    build = await site.build(version, category=category)
    await site.desk.add_image(build.id, site.image(version, BOARD))
    return build


async def test_related_devices_and_those_of_its_boards_without_an_image(site: Site) -> None:
    old, new = await added(site, "APs", "24.10.6"), await added(site, "APs", "24.10.8")
    other = await added(site, "CPEs", "24.10.6")
    [image] = await site.desk.images(old.id)
    [newest] = await site.desk.images(new.id)
    [foreign] = await site.desk.images(other.id)
    names = "behind", "planned", "there", "elsewhere", "away", "bare", "alien"
    ids = {name: await site.device(name, os="") for name in names if name != "alien"}
    ids["alien"] = await site.device("alien", os="", board="x,y", model="X Y")

    def write(session: Session) -> None:
        firmware.assign(
            session,
            [
                Assigned(ids["behind"], image.id, True),
                Assigned(ids["planned"], newest.id, False),
                Assigned(ids["there"], newest.id, True),
                Assigned(ids["elsewhere"], foreign.id, True),
                Assigned(ids["away"], image.id, True),
            ],
        )
        session.get_one(Device, ids["away"]).is_deactivated = True

    await site.database.awrite(write)
    await site.fleet.load()
    found = await site.desk.concerned("APs/24.10.8")
    assert [row.name for row in found.related] == ["behind", "planned"]
    assert [row.name for row in found.firmwareless] == ["bare"]
    assert found.ids(firmwareless=False) == (ids["behind"], ids["planned"])
    assert found.ids(firmwareless=True)[2:] == (ids["bare"],)
    assert found.notes(firmwareless=True) == (
        "Related: 2 devices that have another image of APs.",
        "Without a known image, of its boards, chosen by board: bare.",
    )
    assert "left out; --firmwareless takes them: bare." in found.notes(firmwareless=False)[1]


async def test_a_build_of_an_organization_is_for_its_devices_alone(site: Site) -> None:
    await site.database.awrite(lambda session: organizations.create(session, "Quay"))
    category = await site.desk.add_category("Quays", organization="Quay")
    build = await site.build("24.10.8", category="Quays")
    await site.desk.add_image(build.id, site.image("24.10.8", BOARD))
    assert category.organization_id is not None
    await site.device("mine", os="", organization="Quay")
    await site.device("yours", os="")
    found = await site.desk.concerned("Quays/24.10.8")
    assert [row.name for row in found.firmwareless] == ["mine"]
