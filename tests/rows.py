"""Device rows for tests: only what a test names differs from the default."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from storage.rows import DeviceRow

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def device(name: str = "ap-1", **fields: Any) -> DeviceRow:
    """Make a row; its id follows from its name."""
    ids = {"id": uuid5(NAMESPACE_URL, name), "organization_id": uuid5(NAMESPACE_URL, "default")}
    return DeviceRow(**{**ids, "organization": "default", "name": name, **fields})
