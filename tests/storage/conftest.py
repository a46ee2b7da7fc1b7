"""A vault on each database, with its key in a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from storage.db import Database
from storage.keys import Keys
from storage.secrets import Vault


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "master.key"


@pytest.fixture
def vault(database: Database, key_file: Path) -> Vault:
    return Vault.open(database, Keys(key_file))
