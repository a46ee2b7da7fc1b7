"""Acceptance 8 of control.md: which device an address belongs to, and where one is tried."""

from __future__ import annotations

from typing import Any

import pytest
from sqlmodel import Session

from storage import addresses, devices, organizations, service
from storage.db import Database
from storage.errors import MissingError, RuleError
from storage.tables import Device


@pytest.fixture
def pair(database: Database) -> tuple[Device, Device]:
    """d1 in one organization, d2 in another."""

    def make(session: Session) -> tuple[Device, Device]:
        other = organizations.create(session, "org2")
        return (
            devices.create(session, "d1"),
            devices.create(session, "d2", organization_id=other.id),
        )

    return database.write(make)


def learn(database: Database, device: Device, **seen: Any) -> None:
    database.write(lambda s: addresses.learn(s, device.id, **seen))


def now_at(database: Database, device: Device) -> tuple[str | None, str | None]:
    found = database.read(lambda s: devices.get(s, device.id))
    return found.management_ip, found.last_ip


def test_the_latest_device_wins_a_management_ip(
    database: Database, pair: tuple[Device, Device]
) -> None:
    for device in pair:
        learn(database, device, management_ip="192.168.1.99")
    assert now_at(database, pair[0]) == (None, None)
    assert now_at(database, pair[1]) == ("192.168.1.99", None)


def test_organizations_with_own_address_spaces_keep_theirs(
    database: Database, pair: tuple[Device, Device]
) -> None:
    database.shared_addresses = False
    for device in pair:
        learn(database, device, management_ip="192.168.1.99")
    assert now_at(database, pair[0]) == now_at(database, pair[1]) == ("192.168.1.99", None)


@pytest.mark.parametrize(
    ("last_ip", "kept"),
    [
        ("84.32.46.153", True),
        ("10.0.0.5", False),
        ("203.0.113.5", False),  # documentation counts as private
        ("100.64.3.3", True),  # carriers' shared space does not
    ],
)
def test_only_a_private_last_ip_is_taken_from_others(
    database: Database, pair: tuple[Device, Device], last_ip: str, kept: bool
) -> None:
    for device in pair:
        learn(database, device, last_ip=last_ip)
    assert now_at(database, pair[0]) == (None, last_ip if kept else None)
    assert now_at(database, pair[1]) == (None, last_ip)


def test_the_operators_address_is_touched_by_nothing(
    database: Database, pair: tuple[Device, Device]
) -> None:
    first, second = pair
    database.write(lambda s: devices.update(s, first.id, address="192.168.1.99"))
    learn(database, second, management_ip="192.168.1.99", last_ip="192.168.1.99")
    learn(database, first, management_ip="", last_ip="")
    kept = database.read(lambda s: devices.get(s, first.id))
    assert (kept.address, kept.management_ip, kept.last_ip) == ("192.168.1.99", None, None)


def test_an_edited_management_ip_is_taken_from_others_too(
    database: Database, pair: tuple[Device, Device]
) -> None:
    first, second = pair
    learn(database, first, management_ip="10.0.0.2")
    database.write(lambda s: devices.update(s, second.id, management_ip="10.0.0.2"))
    assert now_at(database, first) == (None, None)
    third = database.write(lambda s: devices.create(s, "d3", management_ip="10.0.0.2"))
    assert now_at(database, second) == (None, None)
    assert now_at(database, third) == ("10.0.0.2", None)


def test_what_is_not_seen_stays_and_what_is_empty_goes(
    database: Database, pair: tuple[Device, Device]
) -> None:
    first = pair[0]
    learn(database, first, management_ip="10.0.0.2", last_ip="84.32.46.153")
    before = database.revisions()
    learn(database, first, management_ip="10.0.0.2")
    assert database.revisions() == before  # nothing new: nobody is told
    learn(database, first, management_ip="")
    assert now_at(database, first) == (None, "84.32.46.153")
    with pytest.raises(RuleError, match="not an IPv4 or IPv6 address"):
        learn(database, first, last_ip="elsewhere")
    database.write(lambda s: service.remove(s, first.id, force=True))
    with pytest.raises(MissingError):
        learn(database, first, last_ip="10.0.0.1")


def device(address: str = "", management: str | None = None, last: str | None = None) -> Device:
    made = devices.Device(name="ap", key="k", organization_id=None)
    made.address, made.management_ip, made.last_ip = address, management, last
    return made


def test_addresses_are_tried_in_order() -> None:
    seen = device(management="10.0.0.2", last="84.32.46.153")
    assert addresses.candidates(seen) == ["10.0.0.2"]
    both = addresses.candidates(seen, management_ip_only=False)
    assert both == ["10.0.0.2", "84.32.46.153"]
    given = device("ap.lan", "10.0.0.2", "10.0.0.2")
    assert addresses.candidates(given) == ["ap.lan", "10.0.0.2"]
    assert addresses.candidates(given, management_ip_only=False) == ["ap.lan", "10.0.0.2"]


@pytest.mark.parametrize("only", [True, False])
def test_no_address_at_all_is_told(only: bool) -> None:
    with pytest.raises(RuleError) as caught:
        addresses.candidates(device(), management_ip_only=only)
    assert caught.value.sentence == "No valid IP addresses to initiate connections found"
    with pytest.raises(RuleError):
        addresses.candidates(device(last="84.32.46.153"))
