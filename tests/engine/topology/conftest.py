"""A site of its own for each test of memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.db import Database
from storage.keys import Keys
from storage.secrets import Vault
from tests.engine.topology.site import Site


@pytest.fixture
def site(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Site]:
    """On SQLite, or on what a test that is parametrized by it names."""
    kind = getattr(request, "param", "sqlite")
    url = f"sqlite:///{tmp_path / 'owtui.db'}"
    database = Database.open(url if kind == "sqlite" else str(request.getfixturevalue("pg_url")))
    yield Site(database, Vault.open(database, Keys(tmp_path / "master.key")))
    database.close()
