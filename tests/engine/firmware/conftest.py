"""A site of its own for each test: an inventory with a router, and the desk for firmware."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.db import Database
from storage.keys import Keys
from storage.secrets import Vault
from tests.engine.firmware.site import Site


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    database = Database.open(f"sqlite:///{tmp_path / 'owtui.db'}")
    yield Site(database, Vault.open(database, Keys(tmp_path / "master.key")), tmp_path)
    database.close()
