"""Rotations of the master key: nothing is lost, whoever is killed or busy meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from storage import credentials, job_secrets, keys
from storage.db import Database
from storage.keys import KeyFile, Keys, Source
from storage.logins import Draft
from storage.secrets import Secret, Vault
from storage.tables import Credentials
from tests.storage.sealing import CANARY_JSON, MemoryKeyring, put, put_parameter, take


def test_a_rotation_reseals_everything_and_drops_the_old_key(
    database: Database, vault: Vault, key_file: Path
) -> None:
    row = put(database, vault)
    parameter = put_parameter(database, vault, "param")
    agent = database.write(
        lambda s: credentials.create(s, vault, Draft("agent", kind="agent"))
    )  # nothing sealed: nothing to do
    before, old_key = row.sealed, key_file.read_text()
    vault.rotate()
    assert old_key.split()[1] not in key_file.read_text()
    fresh = Vault.open(database, Keys(key_file))
    for reader in (vault, fresh):
        assert take(database, reader, row) == CANARY_JSON
        assert database.read(lambda s, v=reader: job_secrets.take(s, v, parameter)) == Secret(
            "param"
        )
    assert database.read(lambda s: s.get_one(Credentials, row.id)).sealed != before
    assert database.read(lambda s: s.get_one(Credentials, agent.id)).sealed is None


def test_a_rotation_may_change_the_source(
    database: Database, vault: Vault, key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = put(database, vault)
    monkeypatch.setattr(keys, "ARGON2", {"time": 1, "memory_kib": 64, "lanes": 1})
    ring = MemoryKeyring()
    places = Keys(key_file, keyring=lambda: ring, passphrase=lambda q: "p")
    moving = Vault.open(database, places)
    for source, words in (
        (Source.KEYRING, "OS keyring"),
        (Source.PASSPHRASE, "passphrase"),
        (Source.FILE, f"key file {key_file}"),
    ):
        moving.rotate(source)
        assert moving.describe() == words
        assert take(database, Vault.open(database, places), row) == CANARY_JSON
    assert ring.entries == {}
    assert len(key_file.read_text().splitlines()) == 1


def test_another_process_follows_a_rotation(
    database: Database, vault: Vault, key_file: Path
) -> None:
    other = Vault.open(database, Keys(key_file))
    row = put(database, other)
    vault.rotate()
    assert take(database, other, row) == CANARY_JSON
    late = put(database, other, "later")
    assert "later" in take(database, vault, late)


def test_secrets_sealed_during_rotations_are_never_lost(
    database: Database, database_url: str, vault: Vault, key_file: Path
) -> None:
    other = Database.open(database_url)  # as another process: no lock in common
    writer = Vault.open(other, Keys(key_file))
    rows: list[Credentials] = []
    sealing = threading.Thread(target=lambda: rows.extend(put(other, writer) for _ in range(20)))
    sealing.start()
    for _ in range(5):
        vault.rotate()
    sealing.join()
    assert [take(database, vault, row) for row in rows] == [CANARY_JSON] * 20
    other.close()


class Killed(BaseException):
    """As a signal would: nothing on the way catches it."""


STEPS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {}


def kill_at(name: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    def keep(step: Callable[..., None]) -> Callable[..., None]:
        STEPS[name] = step
        return step

    return keep


def _raise(*args: object, **kwargs: object) -> None:
    raise Killed


@kill_at("before the new key is stored")
def _no_store(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(KeyFile, "put", _raise)


@kill_at("while the key file is replaced")
def _no_replace(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Path, "replace", _raise)


@kill_at("before anything is re-sealed")
def _no_transaction(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Vault, "_reseal", _raise)


@kill_at("halfway through the rows")
def _half(patch: pytest.MonkeyPatch) -> None:
    from storage import secrets

    real, calls = secrets.encrypt, iter([True, False])

    def encrypt(key: bytes, text: str, about: str) -> bytes:
        if not next(calls, False):
            raise Killed
        return real(key, text, about)

    patch.setattr(secrets, "encrypt", encrypt)


@kill_at("before the commit")
def _no_commit(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("storage.revisions.count", _raise)


@kill_at("after the commit, before the old key is dropped")
def _no_drop(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(KeyFile, "drop", _raise)


@pytest.mark.parametrize("step", STEPS)
def test_a_rotation_that_is_killed_loses_nothing(
    database: Database, vault: Vault, key_file: Path, step: str
) -> None:
    rows = [put(database, vault) for _ in range(3)]
    with pytest.MonkeyPatch.context() as patch:
        STEPS[step](patch)
        with pytest.raises(Killed):
            vault.rotate()
    for _ in range(2):  # now, and after the rotation is done again to its end
        fresh = Vault.open(database, Keys(key_file))
        assert [take(database, fresh, row) for row in rows] == [CANARY_JSON] * 3
        put(database, fresh)
        fresh.rotate()
