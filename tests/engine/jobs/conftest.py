"""A house of jobs on each kind of database."""

from __future__ import annotations

from pathlib import Path

import pytest

from storage.db import Database
from tests.engine.jobs.twins import House, build


@pytest.fixture
def house(database: Database, tmp_path: Path) -> House:
    """Three devices."""
    return build(database, tmp_path)
