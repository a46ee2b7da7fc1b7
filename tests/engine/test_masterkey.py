"""Where the first master key goes: keyring at a terminal, passphrase file, else a key file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from owtui import settings
from owtui.engine.masterkey import Ask, keys_of, open_vault
from storage.db import Database
from storage.errors import SealError
from storage.keys import Source
from tests.storage.sealing import MemoryKeyring, put, take


class Place:
    """One fleet; `open` is a session of it."""

    def __init__(self, url: str, home: Path) -> None:
        self.database = Database.open(url)
        self.keyring = MemoryKeyring()
        environ = {"HOME": str(home), "XDG_DATA_HOME": str(home)}
        self.loaded = settings.load(environ)

    def set(self, **values: str) -> None:
        """Change settings."""
        chosen = replace(self.loaded.settings, **values)  # type: ignore[arg-type]  # by name
        self.loaded = replace(self.loaded, settings=chosen)

    def open(self, *, at_terminal: bool = True, ask: Ask | None = None) -> str:
        """Open the vault, prove that it works, and tell where its key is."""
        keys = keys_of(
            self.loaded,
            self.database,
            ask,
            at_terminal=at_terminal,
            keyring=lambda: self.keyring,
        )
        typed = not self.loaded.settings.passphrase_file
        vault = open_vault(self.database, keys, typed=typed)
        row = put(self.database, vault, "secret")
        assert "secret" in take(self.database, vault, row)
        return vault.describe()


@pytest.fixture
def place(sqlite_url: str, tmp_path: Path) -> Iterator[Place]:
    made = Place(sqlite_url, tmp_path)
    yield made
    made.database.close()


def refuse(question: str) -> str:
    raise AssertionError(f"asked unasked: {question}")


def test_at_a_terminal_the_keyring_is_chosen_and_nobody_is_asked(place: Place) -> None:
    assert place.open(ask=refuse) == "OS keyring"
    assert len(place.keyring.entries) == 1


def test_without_a_terminal_it_is_the_key_file_beside_the_database(place: Place) -> None:
    file = place.database.path
    assert file is not None
    assert place.open(at_terminal=False) == f"key file {file.with_name('master.key')}"
    assert file.with_name("master.key").stat().st_mode & 0o777 == 0o600
    assert place.keyring.entries == {}


def test_a_terminal_without_a_keyring_gets_a_key_file_and_no_question(place: Place) -> None:
    place.keyring.broken = OSError("locked")
    assert place.open(ask=refuse).startswith("key file")


@pytest.mark.parametrize("values", [{"fleet": "demo"}, {"database": "sqlite:////srv/shared.db"}])
def test_demo_and_shared_databases_never_use_a_persons_keyring(
    place: Place, values: dict[str, str]
) -> None:
    place.set(**values)
    assert place.open().startswith("key file")
    assert place.keyring.entries == {}


def test_a_passphrase_file_seals_without_a_terminal(place: Place, tmp_path: Path) -> None:
    file = tmp_path / "passphrase"
    file.write_text("correct horse\n")
    place.set(passphrase_file=str(file))
    assert place.open(at_terminal=False) == "passphrase"
    file.unlink()
    with pytest.raises(Exception, match=r"passphrase file .* cannot be read"):
        place.open(at_terminal=False)


def test_the_source_once_recorded_holds_whatever_the_session_can(place: Place) -> None:
    place.open(at_terminal=False)
    assert place.open(at_terminal=True).startswith("key file")


def test_a_typed_passphrase_opens_what_was_sealed_with_one(place: Place) -> None:
    asked: list[str] = []

    def ask(question: str) -> str:
        asked.append(question)
        return "correct horse"

    place.open(at_terminal=False)
    keys = keys_of(place.loaded, place.database, ask, keyring=lambda: place.keyring)
    open_vault(place.database, keys, typed=True).rotate(Source.PASSPHRASE)
    assert [question.split()[0] for question in asked] == ["New"]
    assert place.open(ask=ask) == "passphrase"
    with pytest.raises(SealError, match="none was given"):
        place.open(at_terminal=False)
