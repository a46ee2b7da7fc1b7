"""A house of jobs with three devices, on SQLite: what an action does is the same on both."""

from __future__ import annotations

from pathlib import Path

import pytest

from storage.db import Database
from tests.engine.jobs.twins import House, build


@pytest.fixture
def house(sqlite_database: Database, tmp_path: Path) -> House:
    """Three devices."""
    return build(sqlite_database, tmp_path)
