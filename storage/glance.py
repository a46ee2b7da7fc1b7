"""Names for shell completion, read with the standard library alone: a Tab must not take a second.

Read-only and best effort: a database that is not there, locked or of another make gives nothing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

BUSY_S = 0.1


_NAMES = (
    "SELECT DISTINCT name FROM {} WHERE lower(substr(name, 1, ?)) = lower(?) ORDER BY name LIMIT ?"
)


def device_names(file: Path, prefix: str, limit: int = 100) -> Sequence[str]:
    """Names of devices that begin so, ignoring case."""
    return _column(file, _NAMES.format("device"), (len(prefix), prefix, limit))


def template_names(file: Path, prefix: str, limit: int = 100) -> Sequence[str]:
    """Names of templates that begin so, ignoring case."""
    return _column(file, _NAMES.format("template"), (len(prefix), prefix, limit))


def group_names(file: Path, prefix: str, limit: int = 100) -> Sequence[str]:
    """Names of groups of devices that begin so, ignoring case."""
    return _column(file, _NAMES.format("device_group"), (len(prefix), prefix, limit))


def topology_labels(file: Path, prefix: str, limit: int = 100) -> Sequence[str]:
    """Labels of topologies that begin so, ignoring case."""
    query = _NAMES.format("topology").replace("name", "label")
    return _column(file, query, (len(prefix), prefix, limit))


def tags(file: Path, prefix: str, limit: int = 100) -> Sequence[str]:
    """Tags in use that begin so."""
    query = (
        "SELECT DISTINCT value FROM device, json_each(device.tags)"
        " WHERE substr(value, 1, ?) = ? ORDER BY value LIMIT ?"
    )
    return _column(file, query, (len(prefix), prefix, limit))


def jobs(file: Path, limit: int = 30) -> Sequence[str]:
    """Numbers of the newest jobs."""
    return _column(file, "SELECT number FROM job ORDER BY number DESC LIMIT ?", (limit,))


def _column(file: Path, query: str, values: tuple[object, ...]) -> Sequence[str]:
    try:
        with closing(
            sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True, timeout=BUSY_S)
        ) as connection:
            return [str(row[0]) for row in connection.execute(query, values)]
    except (sqlite3.Error, OSError):
        return []
