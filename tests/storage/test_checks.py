"""Where checks deviate, and what they need to know of devices."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from sqlmodel import Session

from storage import checks, credentials, devices, organizations, revisions
from storage.checks import Deviation, Doors
from storage.db import Database
from storage.logins import Draft
from storage.secrets import Vault


@pytest.fixture
def device(database: Database) -> UUID:
    return database.write(lambda session: devices.create(session, "ap-1").id)


def test_what_is_left_out_stays_and_what_says_nothing_goes(
    database: Database, device: UUID
) -> None:
    def put(**values: Any) -> list[Deviation]:
        database.write(lambda session: checks.put(session, "ping", device_id=device, **values))
        return database.read(checks.deviations)

    [one] = put(params={"count": 3, "bytes": 99}, is_active=False)
    assert (one.is_active, one.interval_s, one.params) == (False, None, {"count": 3, "bytes": 99})
    [one] = put(params={"count": None}, interval_s=60)
    assert (one.is_active, one.interval_s, one.params) == (False, 60, {"bytes": 99})
    assert put(params={"bytes": None}, is_active=None, interval_s=None) == []


def test_a_group_is_named_and_goes_with_its_settings(database: Database) -> None:
    def write(session: Session) -> tuple[UUID, UUID]:
        owner = organizations.default(session)
        group = organizations.create_group(session, owner.id, "roof", "")
        checks.put(session, "iperf3", group_id=group.id, is_active=True)
        return owner.id, group.id

    owner, group = database.write(write)
    assert database.read(checks.deviations) == [
        Deviation("iperf3", None, (owner, "roof"), is_active=True)
    ]
    database.write(lambda session: organizations.remove_group(session, group))
    assert database.read(checks.deviations) == []


def test_a_reset_takes_all_of_it_away_and_is_told_to_other_processes(
    database: Database, device: UUID
) -> None:
    database.write(lambda s: checks.put(s, "ping", device_id=device, params={"count": 3}))
    before = database.read(revisions.counters)[revisions.CHECKS]
    assert database.write(lambda session: checks.reset(session, "ping", device_id=device))
    assert not database.write(lambda session: checks.reset(session, "ping", device_id=device))
    assert database.read(revisions.counters)[revisions.CHECKS] == before + 1
    assert database.read(checks.deviations) == []


def test_a_device_answers_at_the_ports_of_its_enabled_connections(
    database: Database, device: UUID, vault: Vault
) -> None:
    def give(name: str, port: int, **params: Any) -> None:
        def write(session: Session) -> None:
            made = credentials.create(session, vault, Draft(name, "agent", port=port))
            credentials.attach(session, device, made.id, params=params)

        database.write(write)

    def told() -> Doors:
        return database.read(lambda session: checks.doors(session, [device]))[device]

    assert told() == Doors((22,))
    give("first", 2222, jump=["root@192.0.2.9:22"])
    assert told() == Doors((2222,), behind=True)
    give("second", 2222, http_url="http://192.0.2.1/ubus")
    assert told() == Doors((2222, 80))
    give("third", 2223, http_url="https://192.0.2.1:8443/ubus")
    assert told() == Doors((2222, 80, 2223, 8443))
