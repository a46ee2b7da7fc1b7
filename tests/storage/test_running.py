"""What devices run, as it is kept: sealed snapshots, expectations, drift, rotation."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from storage import devicelist, devices, revisions, running, service
from storage.db import Database
from storage.errors import MissingError
from storage.running import Drift, Known, Observed
from storage.secrets import Vault

AT = datetime(2026, 11, 23, 7, 31, tzinfo=UTC)
CANARY = b"canary-psk-91"
PATH = "/etc/config/network"
DRIFTED = Drift(("network", "wireless"), "d" * 32, AT, "a shell")


@pytest.fixture
def device(database: Database) -> UUID:
    return database.write(lambda s: devices.create(s, "ap-1", address="192.0.2.1")).id


def observed(device: UUID, drift: Drift | None = None, at: datetime = AT) -> Observed:
    return Observed(
        device, at, "a" * 32, {PATH: "b" * 32}, {PATH: "c" * 32}, CANARY, drift or Drift()
    )


def save(database: Database, vault: Vault | None, *rows: Observed) -> None:
    database.write(lambda s: running.save(s, vault, rows))


def test_a_snapshot_comes_back_and_is_sealed_meanwhile(
    database: Database, vault: Vault, device: UUID
) -> None:
    assert database.read(lambda s: running.snapshots(s, vault, running.rows(s, [device]))) == {}
    save(database, vault, observed(device))
    row = database.read(lambda s: running.rows(s, [device]))[device]
    assert row.sealed is not None and CANARY not in row.sealed
    assert database.read(lambda s: running.snapshots(s, vault, running.rows(s, [device]))) == {
        device: CANARY
    }
    before = row.sealed
    vault.rotate()
    row = database.read(lambda s: running.rows(s, [device]))[device]
    assert row.sealed != before
    assert database.read(lambda s: running.snapshots(s, vault, running.rows(s, [device]))) == {
        device: CANARY
    }


def test_without_a_vault_the_sums_are_kept_and_an_older_snapshot_stays(
    database: Database, vault: Vault, device: UUID
) -> None:
    save(database, None, observed(device))
    assert database.read(lambda s: running.snapshots(s, vault, running.rows(s, [device]))) == {}
    assert database.read(running.known) == {device: Known("a" * 32)}


def test_a_device_that_is_gone_is_left_out_and_takes_its_record_along(
    database: Database, vault: Vault, device: UUID
) -> None:
    save(database, vault, observed(uuid4()), observed(device))
    assert set(database.read(running.known)) == {device}
    database.write(lambda s: service.remove(s, device, force=True))
    assert database.read(running.known) == {}


def test_drift_is_in_the_row_of_the_device_until_it_is_ignored(
    database: Database, vault: Vault, device: UUID
) -> None:
    with pytest.raises(MissingError, match="never read"):
        database.write(lambda s: running.ignore(s, device))
    assert database.read(lambda s: devicelist.row(s, device)).drift == ""
    before = database.read(revisions.counters).get(revisions.STATES, 0)
    save(database, vault, observed(device, DRIFTED))
    assert database.read(revisions.counters)[revisions.STATES] == before + 1
    assert database.read(lambda s: devicelist.row(s, device)).drift == "network, wireless"
    assert database.write(lambda s: running.ignore(s, device)) == (
        ("network", "wireless"),
        {device: ("network, wireless", "")},
    )
    assert database.read(lambda s: devicelist.row(s, device)).drift == ""
    save(database, vault, observed(device, DRIFTED, AT + timedelta(minutes=1)))
    assert database.read(lambda s: devicelist.row(s, device)).drift == ""
    save(database, vault, observed(device, Drift(("network",), "e" * 32, AT, "LuCI")))
    assert database.read(lambda s: devicelist.row(s, device)).drift == "network"


def test_what_was_ignored_is_told_again_when_it_comes_back(
    database: Database, vault: Vault, device: UUID
) -> None:
    save(database, vault, observed(device, DRIFTED))
    database.write(lambda s: running.ignore(s, device))
    save(database, vault, observed(device))
    save(database, vault, observed(device, DRIFTED))
    assert database.read(lambda s: devicelist.row(s, device)).drift == "network, wireless"


def test_a_new_expectation_ends_a_drift_and_names_further_paths(
    database: Database, vault: Vault, device: UUID
) -> None:
    save(database, vault, observed(device, DRIFTED))
    sums = {PATH: "f" * 32, "/etc/motd": "-", "/etc/a": "0" * 32}
    database.write(
        lambda s: running.expect(s, device, sums, {PATH: "1" * 32}, ("/etc/a", "/etc/motd"))
    )
    assert database.read(running.known)[device] == Known("a" * 32, ("/etc/a", "/etc/motd"))
    row = database.read(lambda s: running.rows(s, [device]))[device]
    assert (row.expected, row.expected_digests, row.drift) == (sums, {PATH: "1" * 32}, [])
    assert database.read(lambda s: devicelist.row(s, device)).drift == ""


def test_what_a_device_says_of_its_files_can_always_be_kept(
    database: Database, vault: Vault, device: UUID
) -> None:
    path = "/etc/config/\udcff\0x"
    save(
        database,
        vault,
        Observed(device, AT, "a" * 32, {path: "-"}, {}, None, Drift((path,), "m", AT, "w" * 200)),
    )
    row = database.read(lambda s: running.rows(s, [device]))[device]
    assert len(row.sums) == 1 and len(row.drift_who) == 120
