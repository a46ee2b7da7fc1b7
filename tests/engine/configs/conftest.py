"""The office, on each kind of database where that may matter."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.db import Database
from tests.engine.configs.office import Office


@pytest.fixture
async def office(sqlite_database: Database, tmp_path: Path) -> AsyncIterator[Office]:
    """On SQLite."""
    made = Office(sqlite_database, tmp_path)
    yield made
    await made.shelf.close()


@pytest.fixture
async def any_office(database: Database, tmp_path: Path) -> AsyncIterator[Office]:
    """On SQLite, and once more on PostgreSQL."""
    made = Office(database, tmp_path)
    yield made
    await made.shelf.close()
