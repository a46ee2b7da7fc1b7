"""Host keys: first use, change, acceptance."""

from __future__ import annotations

import base64
from uuid import UUID

import pytest

from storage import devicelist, devices, hostkeys
from storage.db import Database
from storage.errors import MissingError, RuleError
from storage.hostkeys import Verdict
from tests.tools import tool


def key(seed: int, algorithm: str = "ssh-ed25519") -> str:
    blob = bytes([0, 0, 0, 11]) + b"ssh-ed25519" + bytes([0, 0, 0, 32]) + bytes([seed]) * 32
    return f"{algorithm} {base64.b64encode(blob).decode()}"


OLD, NEW, RSA = key(1), key(2), key(3, "ssh-rsa")


@pytest.fixture(params=["device", "jump host"])
def owner(database: Database, request: pytest.FixtureRequest) -> UUID | str:
    if request.param == "jump host":
        return "jump.example:22"
    return database.write(lambda s: devices.create(s, "ap-1")).id


def judge(database: Database, owner: UUID | str, public: str) -> Verdict:
    return database.read(lambda s: hostkeys.verdict(s, owner, public))


def test_a_first_key_is_unknown_until_it_is_recorded(database: Database, owner: UUID | str) -> None:
    assert judge(database, owner, OLD) is Verdict.UNKNOWN
    kept = database.write(lambda s: hostkeys.record(s, owner, f"{OLD} root@ap", by="ada"))
    assert (kept.public, kept.accepted_by) == (OLD, "ada")
    assert judge(database, owner, OLD) is Verdict.TRUSTED
    assert judge(database, owner, NEW) is Verdict.CHANGED
    assert judge(database, "another:22", OLD) is Verdict.UNKNOWN


def test_a_changed_key_waits_and_replaces_all_when_accepted(
    database: Database, owner: UUID | str
) -> None:
    database.write(lambda s: hostkeys.record(s, owner, OLD))
    database.write(lambda s: hostkeys.record(s, owner, RSA))
    for _ in range(2):  # seen at each attempt, kept once
        database.write(lambda s: hostkeys.offer(s, owner, NEW))
    assert judge(database, owner, NEW) is Verdict.CHANGED
    accepted = database.write(lambda s: hostkeys.accept(s, owner, "ada"))
    assert accepted.old == (hostkeys.fingerprint(OLD), hostkeys.fingerprint(RSA))
    assert accepted.new == (hostkeys.fingerprint(NEW),)
    assert judge(database, owner, NEW) is Verdict.TRUSTED
    assert judge(database, owner, OLD) is Verdict.CHANGED
    (kept,) = database.read(lambda s: hostkeys.known(s, owner))
    assert kept.accepted_by == "ada"
    with pytest.raises(MissingError, match="No host key waits"):
        database.write(lambda s: hostkeys.accept(s, owner, "ada"))


def test_a_forgotten_key_is_a_first_use_again(database: Database, owner: UUID | str) -> None:
    database.write(lambda s: hostkeys.record(s, owner, OLD))
    database.write(lambda s: hostkeys.offer(s, owner, NEW))
    assert database.write(lambda s: hostkeys.forget(s, owner)) == 2
    assert judge(database, owner, NEW) is Verdict.UNKNOWN


def test_recording_again_keeps_one_key_an_algorithm(database: Database, owner: UUID | str) -> None:
    for public in (OLD, OLD, NEW, RSA):
        database.write(lambda s, p=public: hostkeys.record(s, owner, p))
    assert [k.public for k in database.read(lambda s: hostkeys.known(s, owner))] == [NEW, RSA]


def test_the_list_of_devices_shows_what_waits(database: Database) -> None:
    device = database.write(lambda s: devices.create(s, "ap-1"))

    def shown() -> str:
        return database.read(lambda s: devicelist.row(s, device.id)).host_key

    assert shown() == ""
    database.write(lambda s: hostkeys.offer(s, device.id, OLD))
    assert shown() == "offered"
    database.write(lambda s: hostkeys.accept(s, device.id, "ada"))
    assert shown() == "trusted"
    database.write(lambda s: hostkeys.offer(s, device.id, NEW))
    assert shown() == "changed"


@pytest.mark.parametrize("text", ["", "ssh-ed25519", "ssh-ed25519 not*base64", "AAAA"])
def test_what_is_no_key_is_refused(sqlite_database: Database, text: str) -> None:
    with pytest.raises(RuleError, match="is not a public host key"):
        sqlite_database.write(lambda s: hostkeys.record(s, "jump:22", text))


def test_fingerprints_are_those_openssh_prints(tmp_path_factory: pytest.TempPathFactory) -> None:
    import subprocess

    keygen = tool("ssh-keygen", "openssh-client")
    path = tmp_path_factory.mktemp("key") / "k"
    subprocess.run(
        [keygen, "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True, timeout=10
    )
    printed = subprocess.run(
        [keygen, "-l", "-f", str(path)], check=True, capture_output=True, text=True, timeout=10
    ).stdout.split()[1]
    assert hostkeys.fingerprint(path.with_suffix(".pub").read_text()) == printed
