"""Devices: created, changed, taken out of service and removed, under OpenWISP's rules."""

from __future__ import annotations

import threading
from typing import Any
from uuid import uuid4

import pytest
from sqlmodel import Session

from storage import devicelist, devices, organizations, service, states
from storage.core import DEVICE
from storage.db import Database
from storage.errors import MissingError, RuleError
from storage.states import StateUpdate
from storage.tables import Device, Organization, now


def make(database: Database, name: str, **fields: Any) -> Device:
    return database.write(lambda s: devices.create(s, name, **fields))


def organization(database: Database, name: str, limit: int | None = 0) -> Organization:
    return database.write(lambda s: organizations.create(s, name, device_limit=limit))


def test_a_device_needs_only_a_name(database: Database) -> None:
    made = make(database, "ap-1")
    row = database.read(lambda s: devicelist.row(s, made.id))
    assert (row.name, row.organization, row.status) == ("ap-1", "default", "unknown")
    assert (row.mac, row.address, row.tags, row.host_key) == ("", "", (), "")
    assert len(made.key) == 32
    assert database.revisions()["devices"] == 1


def test_fields_are_cleaned_as_they_are_kept(database: Database) -> None:
    made = make(
        database,
        " ap-1 ",
        mac_address="aa-bb-cc-00-11-22",
        hardware_id="",
        tags=["roof", "mesh"],
        address="[fe80::1]",
        management_ip="10.0.0.2",
        notes=" as it is ",
    )
    assert (made.name, made.mac_address, made.hardware_id) == ("ap-1", "AA:BB:CC:00:11:22", None)
    assert (made.tags, made.address, made.notes) == (["mesh", "roof"], "fe80::1", " as it is ")


def test_a_name_is_unique_in_its_organization_whatever_the_case(database: Database) -> None:
    other = organization(database, "other")
    make(database, "AP1")
    with pytest.raises(RuleError) as caught:
        make(database, "ap1")
    assert caught.value.sentence == "Device with this Name and Organization already exists."
    assert caught.value.field == "name"
    make(database, "ap1", organization_id=other.id)


def test_of_processes_that_take_a_name_at_once_one_gets_it(
    database: Database, database_url: str
) -> None:
    """Both pass the check before either commits; the loser's second attempt is told in words."""
    first = make(database, "first")
    others = [Database.open(database_url) for _ in range(3)]  # no lock in common
    barrier = threading.Barrier(4)
    outcomes: list[str] = []

    def race(one: Database) -> None:
        barrier.wait(10)
        try:
            make(one, "AP1", organization_id=first.organization_id)
            outcomes.append("made")
        except RuleError as error:
            outcomes.append(error.field)

    threads = [threading.Thread(target=race, args=(one,)) for one in (database, *others)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for other in others:
        other.close()
    assert sorted(outcomes) == ["made", "name", "name", "name"]


def test_a_race_for_the_last_place_has_one_winner(database: Database, database_url: str) -> None:
    small = organization(database, "Small", limit=1)
    other = Database.open(database_url)
    barrier = threading.Barrier(2)
    outcomes: list[str] = []

    def race(one: Database, name: str) -> None:
        barrier.wait(10)
        try:
            make(one, name, organization_id=small.id)
            outcomes.append("made")
        except RuleError as error:
            outcomes.append(error.field)

    threads = [threading.Thread(target=race, args=pair) for pair in ((database, "a"), (other, "b"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.close()
    assert sorted(outcomes) == ["made", "organization_id"]


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("mac_address", "00:11:22:33:44:55", "Device with this Mac address and Organization"),
        ("hardware_id", "SN1", "Device with this Serial number and Organization"),
        ("key", "abc", "Device with this Key already exists."),
    ],
)
def test_what_else_is_unique(database: Database, field: str, value: str, sentence: str) -> None:
    make(database, "ap-1", **{field: value})
    with pytest.raises(RuleError, match=sentence) as caught:
        make(database, "ap-2", **{field: value})
    assert caught.value.field == field
    other = organization(database, "other")
    if field == "key":
        with pytest.raises(RuleError, match=sentence):
            make(database, "ap-2", organization_id=other.id, key=value)
    else:
        make(database, "ap-2", organization_id=other.id, **{field: value})


def test_many_devices_may_have_no_mac_and_no_serial_number(database: Database) -> None:
    make(database, "ap-1", mac_address="", hardware_id="")
    make(database, "ap-2", mac_address=None, hardware_id=None)
    assert len(database.read(devicelist.rows)) == 2


def test_a_group_must_be_of_the_same_organization(database: Database) -> None:
    other = organization(database, "other")
    group = database.write(lambda s: organizations.create_group(s, other.id, "roofs"))
    with pytest.raises(RuleError, match="organization of the related Device Group match"):
        make(database, "ap-1", group_id=group.id)
    made = make(database, "ap-1", group_id=group.id, organization_id=other.id)
    assert database.read(lambda s: devicelist.row(s, made.id)).group == "roofs"


def test_a_limit_counts_zero_is_none_and_null_allows_none(database: Database) -> None:
    small = organization(database, "Small", limit=1)
    closed = organization(database, "Closed", limit=None)
    inside = make(database, "ap-1", organization_id=small.id)
    database.write(lambda s: service.deactivate(s, inside.id))  # it counts all the same
    with pytest.raises(RuleError) as caught:
        make(database, "ap-2", organization_id=small.id)
    assert caught.value.sentence == (
        "The maximum amount of allowed devices has been reached for organization Small."
    )
    outside = make(database, "ap-2")
    for full in (small, closed):
        with pytest.raises(RuleError, match="maximum amount of allowed devices"):
            database.write(lambda s, o=full: devices.update(s, outside.id, organization_id=o.id))
    with pytest.raises(RuleError, match="cannot be lower than the 1 devices"):
        database.write(lambda s: organizations.set_limit(s, small.id, None))


def test_a_change_keeps_what_is_not_given(database: Database) -> None:
    made = make(database, "ap-1", address="10.0.0.1", notes="roof")
    changed = database.write(lambda s: devices.update(s, made.id, name="AP-1", tags=["mesh"]))
    assert (changed.name, changed.address, changed.notes) == ("AP-1", "10.0.0.1", "roof")
    assert changed.key == made.key
    assert changed.modified > made.created
    cleared = database.write(lambda s: devices.update(s, made.id, address="", key=""))
    assert (cleared.address, cleared.key) == ("", made.key)  # a device never loses its key


def test_a_change_that_is_refused_leaves_the_device_as_it_was(database: Database) -> None:
    make(database, "ap-1")
    second = make(database, "ap-2")
    with pytest.raises(RuleError):
        database.write(lambda s: devices.update(s, second.id, notes="x", name="ap-1"))
    row = database.read(lambda s: devicelist.row(s, second.id))
    assert (row.name, row.notes) == ("ap-2", "")


def test_a_moved_device_lets_go_of_the_group_of_its_old_organization(database: Database) -> None:
    other = organization(database, "other")
    made = make(database, "ap-1")
    group = database.write(lambda s: organizations.ensure_group(s, made.organization_id, "roofs"))
    database.write(lambda s: devices.update(s, made.id, group_id=group.id))
    moved = database.write(lambda s: devices.update(s, made.id, organization_id=other.id))
    assert (moved.organization_id, moved.group_id) == (other.id, None)


def test_a_deactivated_device_is_read_only_until_it_is_activated(database: Database) -> None:
    made = make(database, "ap-1", management_ip="10.0.0.2", address="ap-1.lan")
    assert database.write(lambda s: service.deactivate(s, made.id))
    assert not database.write(lambda s: service.deactivate(s, made.id))
    row = database.read(lambda s: devicelist.row(s, made.id))
    assert (row.status, row.management_ip, row.address) == ("deactivated", "", "ap-1.lan")
    with pytest.raises(RuleError, match="ap-1 is deactivated"):
        database.write(lambda s: devices.update(s, made.id, notes="x"))
    assert database.write(lambda s: service.activate(s, made.id))
    assert not database.write(lambda s: service.activate(s, made.id))
    database.write(lambda s: devices.update(s, made.id, notes="x"))


def test_only_a_deactivated_device_is_removed_unless_forced(database: Database) -> None:
    first, second = make(database, "ap-1"), make(database, "ap-2")
    database.write(lambda s: states.save(s, [StateUpdate(first.id, status="ok")]))
    with pytest.raises(RuleError, match="The device must be deactivated prior to deletion"):
        database.write(lambda s: service.remove(s, first.id))
    database.write(lambda s: service.deactivate(s, first.id))
    database.write(lambda s: service.remove(s, first.id))
    database.write(lambda s: service.remove(s, second.id, force=True))
    assert database.read(devicelist.rows) == []
    assert database.read(lambda s: states.get(s, first.id)) is None


def test_a_device_is_found_by_name_or_mac(database: Database) -> None:
    other = organization(database, "other")
    made = make(database, "AP-1", mac_address="00:11:22:33:44:55")
    for wanted in ("ap-1", " AP-1", "00-11-22-33-44-55"):
        assert database.read(lambda s, w=wanted: devices.by_name(s, w)).id == made.id
    with pytest.raises(MissingError, match="There is no device ap-9"):
        database.read(lambda s: devices.by_name(s, "ap-9"))
    make(database, "ap-1", organization_id=other.id)
    with pytest.raises(RuleError, match="Several organizations"):
        database.read(lambda s: devices.by_name(s, "ap-1"))
    mine = database.read(lambda s: devices.by_name(s, "ap-1", made.organization_id))
    assert mine.id == made.id


def test_an_organization_with_devices_stays(database: Database) -> None:
    made = make(database, "ap-1")
    with pytest.raises(RuleError, match="default still has 1 devices"):
        database.write(lambda s: organizations.remove(s, made.organization_id))
    empty = organization(database, "Empty")
    database.write(lambda s: organizations.remove(s, empty.id))
    assert [o.name for o in database.read(organizations.rows)] == ["default"]


def test_an_organization_is_found_by_id_slug_or_name(database: Database) -> None:
    made = organization(database, "Harbour Master")
    for wanted in (made.id, str(made.id), "harbour-master", "harbour MASTER"):
        assert database.read(lambda s, w=wanted: organizations.find(s, w)).id == made.id
    with pytest.raises(MissingError):
        database.read(lambda s: organizations.find(s, "nobody"))
    with pytest.raises(RuleError, match="Organization with this Name already exists"):
        organization(database, "HARBOUR master")


def test_removing_a_group_leaves_its_devices(database: Database) -> None:
    made = make(database, "ap-1")
    group = database.write(lambda s: organizations.ensure_group(s, made.organization_id, "roofs"))
    again = database.write(lambda s: organizations.ensure_group(s, made.organization_id, "roofs"))
    assert again.id == group.id
    with pytest.raises(RuleError, match="Device Group with this Organization and Name"):
        database.write(lambda s: organizations.create_group(s, made.organization_id, "roofs"))
    database.write(lambda s: devices.update(s, made.id, group_id=group.id))
    database.write(lambda s: organizations.remove_group(s, group.id))
    assert database.read(lambda s: devicelist.row(s, made.id)).group == ""
    assert database.read(organizations.groups) == []


def test_states_are_saved_in_batches_and_keep_what_is_not_given(database: Database) -> None:
    first, second = make(database, "ap-1"), make(database, "ap-2")
    at = now()
    gone = uuid4()
    written = database.write(
        lambda s: states.save(
            s,
            [
                StateUpdate(first.id, status="ok", last_seen=at, facts={"cpu": 1}, facts_at=at),
                StateUpdate(second.id, status="critical", failure_kind="auth"),
                StateUpdate(gone, status="ok"),
            ],
        )
    )
    assert written == 2
    database.write(
        lambda s: states.save(s, [StateUpdate(second.id, status="problem", failure_kind="")])
    )
    rows = {row.name: row for row in database.read(devicelist.rows)}
    assert (rows["ap-1"].status, rows["ap-1"].last_seen) == ("ok", at)
    assert rows["ap-1"].facts == {"cpu": 1}
    assert (rows["ap-2"].status, rows["ap-2"].failure_kind) == ("problem", "")
    database.write(lambda s: states.save(s, [StateUpdate(first.id, last_attempt=at)]))
    kept = database.read(lambda s: states.get(s, first.id))
    assert kept is not None
    assert (kept.status, kept.facts) == ("ok", {"cpu": 1})


def test_what_no_database_can_keep_spoils_no_batch(database: Database) -> None:
    first, second = make(database, "ap-1"), make(database, "ap-2")
    odd = {"host\0name": ["a\0b", {"x": "half \ud800"}]}
    updates = [
        StateUpdate(first.id, status="ok", facts=odd, failure_sentence="It said \0."),
        StateUpdate(second.id, status="ok", facts={"x": "é"}),
    ]
    assert database.write(lambda s: states.save(s, updates)) == 2
    rows = {row.name: row for row in database.read(devicelist.rows)}
    assert rows["ap-1"].facts == {"host␀name": ["a␀b", {"x": "half ?"}]}
    assert rows["ap-1"].failure_sentence == "It said ␀."
    assert rows["ap-2"].facts == {"x": "é"}


def test_rows_of_some_devices_come_by_name(database: Database) -> None:
    ids = [make(database, name).id for name in ("b", "C", "a")]
    rows = database.read(lambda s: devicelist.rows(s, [*ids, uuid4()]))
    assert [row.name for row in rows] == ["a", "b", "C"]
    assert database.read(lambda s: devicelist.rows(s, [])) == []


def fill(session: Session, count: int) -> None:
    home = organizations.default(session).id
    blank = Device(organization_id=home, name="x", key="x").model_dump()
    at = now()
    made = [
        {
            **blank,
            "id": uuid4(),
            "name": f"ap-{n:05}",
            "key": f"k{n}",
            "mac_address": f"00:11:22:{n >> 16:02X}:{n >> 8 & 255:02X}:{n & 255:02X}",
            "tags": ["mesh", f"site-{n % 50}"],
        }
        for n in range(count)
    ]
    session.execute(DEVICE.insert(), made)
    facts = {"kernel": "6.6.73", "memory": {"total": 123456}, "interfaces": ["lan", "wan"]}
    updates = [
        StateUpdate(row["id"], status="ok", last_seen=at, facts=facts, facts_at=at) for row in made
    ]
    states.save(session, updates)


@pytest.mark.slow
def test_fifty_thousand_devices_load_quickly(database: Database) -> None:
    """Measured in processor time of this process; the bound has slack for a loaded machine."""
    import time

    database.write(lambda s: fill(s, 50_000))
    began = time.process_time()
    rows = database.read(devicelist.rows)
    took = time.process_time() - began
    print(f"50,000 rows: {took:.2f} s on {database.dialect}")
    assert len(rows) == 50_000
    assert took < 3
    ids = [row.id for row in rows]  # more than an IN list can hold
    assert database.read(lambda s: devicelist.rows(s, ids)) == rows
