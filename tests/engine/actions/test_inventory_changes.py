"""Actions on our own records: one audited transaction, under OpenWISP's rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from sqlmodel import Session

from owtui.engine.jobs.plan import Plan, Verdict
from owtui.errors import BlockedError, InputError
from storage import audit, credentials, devices, hostkeys, organizations
from storage.logins import Draft
from storage.rows import DeviceRow
from tests.engine.jobs.twins import House

OLD = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBD0hmJeZ5i4eYVnMtWTlZ2cD1x8lqlWx5tH3PvUS6Vu"
NEW = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIYFg/yHxwdCDFlwVJKkhhYJZ4qvBvCkyO2cTzo7dz0b"


async def plan(house: House, action: str, params: Mapping[str, Any]) -> Plan:
    """A plan over the inventory as it is now."""
    return await house.jobs.plan(action, await house.read_rows(), params)


async def do(house: House, action: str, params: Mapping[str, Any]) -> list[DeviceRow]:
    """Plan and submit; returns the inventory afterwards."""
    job = await house.jobs.submit(await plan(house, action, params))
    assert job.state == "success"
    return await house.read_rows()


def verdicts(made: Plan) -> list[tuple[Verdict, str]]:
    """What a plan says of each device."""
    return [(row.verdict, row.reason) for row in made.rows]


async def test_tags_are_added_and_removed(house: House) -> None:
    rows = await do(house, "set_tags", {"add": "roof, mesh"})
    assert {row.tags for row in rows} == {("mesh", "roof")}
    made = await plan(house, "set_tags", {"add": "yard", "remove": "roof"})
    assert made.rows[0].diff == "-tag roof\n+tag yard"
    rows = await do(house, "set_tags", {"add": "only", "replace": True})
    assert {row.tags for row in rows} == {("only",)}
    made = await plan(house, "set_tags", {"add": "only"})
    assert {row.verdict for row in made.rows} == {Verdict.SAME}
    with pytest.raises(InputError, match="Nothing would change"):
        await house.jobs.submit(made)


@pytest.mark.parametrize("params", [{}, {"add": "x" * 65}])
async def test_tags_that_are_none_are_refused(house: House, params: dict[str, str]) -> None:
    with pytest.raises(InputError):
        await plan(house, "set_tags", params)


async def test_an_inventory_job_is_audited_device_by_device(house: House) -> None:
    await do(house, "set_tags", {"add": "roof"})
    entries = house.means.database.read(audit.entries)
    assert {(entry.action, entry.device_name, entry.outcome) for entry in entries} == {
        ("set_tags", "", "submitted"),
        ("set_tags", "ap-000", "success"),
        ("set_tags", "ap-001", "success"),
        ("set_tags", "ap-002", "success"),
    }


async def test_a_plan_is_out_of_date_when_the_inventory_moved(house: House) -> None:
    made = await plan(house, "set_tags", {"add": "roof"})

    def move(session: Session) -> None:
        devices.update(session, house.rows[1].id, tags=["else"])

    house.means.database.write(move)
    with pytest.raises(BlockedError, match=r"out of date: ap-001 has changed"):
        await house.jobs.submit(made)
    assert (await house.read_rows())[0].tags == ()


async def test_a_group_must_be_of_the_same_organization(house: House) -> None:
    with pytest.raises(InputError, match="There is no group “roof”"):
        await plan(house, "set_group", {"group": "roof"})

    def elsewhere(session: Session) -> None:
        other = organizations.create(session, "other")
        organizations.create_group(session, other.id, "roof")

    house.means.database.write(elsewhere)
    made = await plan(house, "set_group", {"group": "roof"})
    assert set(verdicts(made)) == {
        (Verdict.BLOCKED, "Its organization default has no group “roof”.")
    }


async def test_a_group_is_set_and_taken_away(house: House) -> None:
    def make(session: Session) -> None:
        organizations.create_group(session, house.rows[0].organization_id, "roof")

    house.means.database.write(make)
    rows = await do(house, "set_group", {"group": "roof"})
    assert {row.group for row in rows} == {"roof"}
    assert (await plan(house, "set_group", {"group": ""})).rows[0].diff == "-group roof"
    rows = await do(house, "set_group", {"group": ""})
    assert {row.group for row in rows} == {""}


async def test_an_organization_takes_no_more_than_its_limit_and_no_double(house: House) -> None:
    def other(session: Session) -> None:
        made = organizations.create(session, "other", device_limit=2)
        devices.create(session, "AP-001", organization_id=made.id)

    house.means.database.write(other)
    rows = [row for row in await house.read_rows() if row.organization == "default"]
    made = await house.jobs.plan("set_organization", rows, {"organization": "other"})
    assert verdicts(made) == [
        (Verdict.CHANGE, ""),
        (Verdict.BLOCKED, "other has a device of this name already."),
        (Verdict.BLOCKED, "other is at its limit of devices."),
    ]
    await house.jobs.submit(made)
    moved = {row.name: row.organization for row in await house.read_rows()}
    assert moved == {
        "ap-000": "other",
        "AP-001": "other",
        "ap-001": "default",
        "ap-002": "default",
    }


async def test_a_device_stays_where_its_credentials_belong(house: House) -> None:
    def tie(session: Session) -> None:
        organizations.create(session, "other")
        draft = Draft("own", kind="agent", organization_id=house.rows[0].organization_id)
        own = credentials.create(session, house.means.vault, draft)
        credentials.attach(session, house.rows[0].id, own.id)

    house.means.database.write(tie)
    made = await plan(house, "set_organization", {"organization": "other"})
    assert verdicts(made)[:2] == [
        (Verdict.BLOCKED, "It uses credentials of default alone: detach them first."),
        (Verdict.CHANGE, ""),
    ]


async def test_an_organization_that_is_not_there_is_told(house: House) -> None:
    with pytest.raises(InputError, match="There is no organization nowhere"):
        await plan(house, "set_organization", {"organization": "nowhere"})


async def test_a_changed_host_key_is_shown_and_accepted_by_name(house: House) -> None:
    row = house.rows[0]

    def change(session: Session) -> None:
        hostkeys.record(session, row.id, OLD)
        hostkeys.offer(session, row.id, NEW)

    house.means.database.write(change)
    made = await plan(house, "accept_host_key", {})
    assert [one.verdict for one in made.rows] == [Verdict.CHANGE, Verdict.SAME, Verdict.SAME]
    assert made.rows[0].diff == (
        f"-ssh-ed25519 {hostkeys.fingerprint(OLD)}\n+ssh-ed25519 {hostkeys.fingerprint(NEW)}"
    )
    await house.jobs.submit(made)
    (kept,) = house.means.database.read(lambda session: hostkeys.known(session, row.id))
    assert (kept.public, kept.accepted_by) == (NEW, "ada")


async def test_devices_are_deactivated_before_they_are_removed(house: House) -> None:
    made = await plan(house, "remove_device", {})
    assert set(verdicts(made)) == {
        (Verdict.BLOCKED, "The device must be deactivated prior to deletion.")
    }
    rows = await do(house, "deactivate", {})
    assert all(row.is_deactivated for row in rows)
    rows = await do(house, "activate", {})
    assert not any(row.is_deactivated for row in rows)
    await do(house, "deactivate", {})
    assert await do(house, "remove_device", {}) == []
    results = await house.jobs.results((await house.jobs.find("4")).job.id)
    assert [one.device for one in results] == ["ap-000", "ap-001", "ap-002"]


async def test_a_deactivated_device_keeps_its_tags(house: House) -> None:
    await do(house, "deactivate", {})
    made = await plan(house, "set_tags", {"add": "roof"})
    assert set(verdicts(made)) == {(Verdict.BLOCKED, "Device is deactivated.")}
