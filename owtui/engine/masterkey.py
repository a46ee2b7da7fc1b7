"""Which places the master key may be in, for this fleet and this session.

The source is chosen when the first secret is sealed and recorded. At a terminal that is the OS
keyring, where the database is one person's; a passphrase where a file holds one; else a key file
beside the database. Nobody is asked for a new passphrase unasked: `rotate-key --to passphrase` is
the way to one.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from owtui.errors import InputError
from owtui.settings import Loaded
from storage.db import Database
from storage.keys import Keyring, Keys, system_keyring
from storage.secrets import Vault
from storage.tables.work import Sealing

Ask = Callable[[str], str]


def keys_of(
    loaded: Loaded,
    database: Database,
    ask: Ask | None = None,
    *,
    at_terminal: bool | None = None,
    keyring: Callable[[], Keyring | None] = system_keyring,
) -> Keys:
    """The places that can be used; `ask` puts a question to the person, unseen."""
    chosen = loaded.settings
    if at_terminal is None:
        at_terminal = sys.stdin is not None and sys.stdin.isatty()
    # A key in one person's keyring would lock the others out; a demo leaves nothing behind.
    private = not chosen.database and chosen.fleet != "demo"
    file = chosen.passphrase_file
    return Keys(
        file=(database.path or loaded.paths.data / "owtui.db").with_name("master.key"),
        keyring=keyring,
        passphrase=_from_file(Path(file).expanduser()) if file else ask,
        interactive=at_terminal and private,
    )


def open_vault(database: Database, keys: Keys, *, typed: bool) -> Vault:
    """Open the vault; a `typed` passphrase is not asked for to make a database's first key.

    Raises SealError.
    """
    if typed and database.read(lambda session: session.get(Sealing, 1)) is None:
        Vault.open(database, replace(keys, passphrase=None))
    return Vault.open(database, keys)


def _from_file(file: Path) -> Ask:
    def read(_question: str) -> str:
        try:
            return file.read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"The passphrase file {file} cannot be read: {error}.") from None

    return read
