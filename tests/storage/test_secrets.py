"""Sealed secrets: what they keep to themselves, and where the master key lives."""

from __future__ import annotations

import copy
import logging
import pickle
import threading
from dataclasses import asdict
from pathlib import Path

import pytest
from keyring.errors import KeyringError
from sqlalchemy import LargeBinary, text
from sqlmodel import Session, SQLModel

from storage import credentials, keys
from storage.db import Database
from storage.errors import SealError
from storage.keys import KeyFile, Keys, Source, system_keyring
from storage.logins import Draft
from storage.secrets import SEALED, Secret, Vault
from storage.tables import Credentials, Sealing
from tests.storage.sealing import CANARY, CANARY_JSON, MemoryKeyring, put, put_parameter, take


@pytest.fixture(autouse=True)
def cheap_argon2(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "ARGON2", {"time": 1, "memory_kib": 64, "lanes": 1})


# What a Secret keeps to itself.


def test_a_secret_shows_itself_only_when_asked() -> None:
    secret = Secret(CANARY)
    shown = [repr(secret), str(secret), f"{secret}", f"{secret:>9}", f"{secret!r}", f"{[secret]}"]
    assert shown == ["•••", "•••", "•••", "•••", "•••", "[•••]"]
    assert "%s" % secret == "•••"  # noqa: UP031 - logging formats like this
    assert secret.reveal() == CANARY
    assert secret == Secret(CANARY)
    assert secret != Secret("other")
    assert secret != CANARY
    assert secret
    assert not Secret("")


def test_a_secret_is_neither_pickled_nor_copied() -> None:
    secret = Secret(CANARY)
    for leak in (pickle.dumps, copy.copy, copy.deepcopy, lambda s: asdict(Draft("x", password=s))):
        with pytest.raises(TypeError, match="not to be pickled"):
            leak(secret)
    with pytest.raises(TypeError):
        hash(secret)
    with pytest.raises(AttributeError):
        secret.extra = 1  # slots: vars() has nothing to show


def test_a_secret_is_nowhere_to_be_read(
    sqlite_database: Database, key_file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    vault = Vault.open(sqlite_database, Keys(key_file))
    row = put(sqlite_database, vault)
    put_parameter(sqlite_database, vault, CANARY)
    login = sqlite_database.read(lambda s: credentials.rows(s))
    assert CANARY not in repr((login, vault, row))
    assert CANARY not in caplog.text
    assert sqlite_database.path is not None
    for path in (*sqlite_database.path.parent.iterdir(), key_file):
        assert CANARY.encode() not in path.read_bytes()


# What is sealed stays whole and where it was.


def test_what_is_sealed_comes_back(database: Database, vault: Vault, key_file: Path) -> None:
    row = put(database, vault)
    assert take(database, vault, row) == CANARY_JSON
    assert take(database, Vault.open(database, Keys(key_file)), row) == CANARY_JSON


def test_the_same_secret_is_sealed_differently_each_time(database: Database, vault: Vault) -> None:
    first, second = put(database, vault), put(database, vault)
    assert first.sealed != second.sealed


def test_a_changed_byte_is_noticed(database: Database, vault: Vault) -> None:
    row = put(database, vault)
    sealed = row.sealed or b""
    for at in (0, 1, 13, len(sealed) - 1):
        changed = bytearray(sealed)
        changed[at] ^= 1
        with pytest.raises(SealError, match=f"credentials:{row.id}"):
            database.read(lambda s, c=bytes(changed): vault.unseal(s, c, f"credentials:{row.id}"))
    with pytest.raises(SealError):
        database.read(lambda s: vault.unseal(s, sealed[:20], f"credentials:{row.id}"))


def test_a_secret_put_into_another_row_is_noticed(database: Database, vault: Vault) -> None:
    mine, yours = put(database, vault, "mine"), put(database, vault, "yours")

    def swap(session: Session) -> None:
        session.get_one(Credentials, mine.id).sealed = yours.sealed

    database.write(swap)
    with pytest.raises(SealError, match="was changed, or sealed with another key"):
        take(database, vault, mine)


def test_every_sealed_column_is_one_that_a_rotation_knows() -> None:
    found = {
        (table.name, column.name)
        for table in SQLModel.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, LargeBinary) and table.name != "sealing"
    }
    found.remove(("device_document", "packed"))  # what a device reports holds no secret
    found.remove(("topology_batch", "packed"))  # nor does how a network moved
    assert found == {(name, "sealed") for name in SEALED}
    assert all(SEALED[name].name == name for name in SEALED)


# Where the master key lives.


def test_without_a_terminal_it_is_the_key_file_and_nobody_is_asked(
    database: Database, key_file: Path
) -> None:
    asked: list[None] = []
    vault = Vault.open(
        database, Keys(key_file, keyring=lambda: asked.append(None) or MemoryKeyring())
    )
    assert vault.describe() == f"key file {key_file}"
    assert key_file.stat().st_mode & 0o777 == 0o600
    assert key_file.parent.stat().st_mode & 0o777 == 0o700
    assert asked == []


def test_at_a_terminal_it_is_the_keyring_first(database: Database, key_file: Path) -> None:
    ring = MemoryKeyring()
    places = Keys(key_file, keyring=lambda: ring, passphrase=lambda q: "x", interactive=True)
    vault = Vault.open(database, places)
    row = put(database, vault)
    assert vault.describe() == "OS keyring"
    assert not key_file.exists()
    assert take(database, Vault.open(database, Keys(key_file, lambda: ring)), row) == CANARY_JSON
    with pytest.raises(SealError, match="this session has none"):
        Vault.open(database, Keys(key_file, keyring=lambda: None))
    ring.entries.clear()
    with pytest.raises(SealError, match="has no master key"):
        Vault.open(database, Keys(key_file, keyring=lambda: ring))


def test_a_keyring_that_is_locked_or_silent_is_passed_over(
    database: Database, key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "KEYRING_DEADLINE_S", 0.05)
    released = threading.Event()
    locked = KeyringError("locked")
    for ring in (
        MemoryKeyring(broken=locked),
        MemoryKeyring(broken=LookupError("a bus of its own")),  # backends raise what they like
        MemoryKeyring(silent=released),
    ):
        made = Keys(
            key_file, keyring=lambda r=ring: r, passphrase=lambda q: "x", interactive=True
        ).make_first()
        assert made.source is Source.PASSPHRASE
    released.set()
    with pytest.raises(SealError, match="cannot be used: KeyringError: locked"):
        Keys(key_file, keyring=lambda: MemoryKeyring(broken=locked)).make(Source.KEYRING)


def test_a_null_keyring_is_none() -> None:
    assert system_keyring() is None  # conftest names the null backend, as a server without one has


def test_a_passphrase_opens_and_a_wrong_one_is_told(database: Database, key_file: Path) -> None:
    vault = Vault.open(database, Keys(key_file, passphrase=lambda q: "right"))
    row = put(database, vault)
    assert vault.describe() == "passphrase"
    assert not key_file.exists()
    again = Vault.open(database, Keys(key_file, passphrase=lambda q: "right"))
    assert take(database, again, row) == CANARY_JSON
    with pytest.raises(SealError, match="The passphrase does not open the secrets"):
        Vault.open(database, Keys(key_file, passphrase=lambda q: "wrong"))
    with pytest.raises(SealError, match="none was given") as caught:
        Vault.open(database, Keys(key_file))
    assert "OWTUI_PASSPHRASE_FILE" in caught.value.hint


def test_an_empty_passphrase_means_the_key_file(database: Database, key_file: Path) -> None:
    places = Keys(key_file, passphrase=lambda q: "", interactive=True, keyring=lambda: None)
    assert Vault.open(database, places).describe() == f"key file {key_file}"


def test_a_lost_or_foreign_key_file_is_told(
    database: Database, vault: Vault, key_file: Path
) -> None:
    key_id = key_file.read_text().split()[0]
    key_file.unlink()
    with pytest.raises(SealError, match="does not hold the master key"):
        Vault.open(database, Keys(key_file))
    KeyFile(key_file).put(key_id, b"x" * 32)
    with pytest.raises(SealError, match="does not open the secrets of this database"):
        Vault.open(database, Keys(key_file))
    key_file.write_text("nonsense\n")
    with pytest.raises(SealError, match="it is not a key file"):
        Vault.open(database, Keys(key_file))


def test_a_key_file_that_everybody_may_read_is_refused(
    database: Database, vault: Vault, key_file: Path
) -> None:
    key_file.chmod(0o644)
    with pytest.raises(SealError, match="can be read by everybody") as caught:
        Vault.open(database, Keys(key_file))
    assert caught.value.hint == f"chmod 600 {key_file}"
    key_file.chmod(0o640)  # a group that shares the database shares its key
    Vault.open(database, Keys(key_file))
    vault.rotate()
    assert key_file.stat().st_mode & 0o777 == 0o640


def test_processes_that_are_first_at_once_agree_on_one_key(
    database: Database, key_file: Path
) -> None:
    barrier = threading.Barrier(4)
    vaults: list[Vault] = []

    def begin() -> None:
        barrier.wait(10)
        vaults.append(Vault.open(database, Keys(key_file)))

    threads = [threading.Thread(target=begin) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    row = put(database, vaults[0])
    assert [take(database, vault, row) for vault in vaults] == [CANARY_JSON] * 4
    assert len(key_file.read_text().splitlines()) == 1


def test_a_database_without_its_record_is_told(database: Database, vault: Vault) -> None:
    row = put(database, vault)
    database.write(lambda s: s.execute(text("DELETE FROM sealing")))
    with pytest.raises(SealError, match="does not say where its master key is"):
        take(database, vault, row)
    assert database.read(lambda s: s.get(Sealing, 1)) is None
