"""What DBOS stands on: the place of its database, and where its log goes."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

from storage.db import Database


def system_database(database: Database) -> str:
    """Where DBOS keeps its own: jobs.db beside the inventory, or the same PostgreSQL."""
    if database.path is None:
        return database.connection_url
    stem = database.path.stem.replace("owtui", "jobs", 1)
    name = stem if stem.startswith("jobs") else f"jobs-{stem}"
    return f"sqlite:///{database.path.with_name(f'{name}.db')}"


def silence() -> None:
    """DBOS logs to the terminal unless its logger has a handler: give it one that writes nothing.

    What it says when we cut off what waits, at each stop, is no news.
    """
    logger = logging.getLogger("dbos")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
        logger.addFilter(lambda record: not str(record.msg).startswith("Asyncio task cancelled"))
    logger.propagate = True


def prepare(path: Path, beside: Path | None) -> None:
    """Make jobs.db as private as the database, and WAL, which stays with it: DBOS does neither.

    Where a group shares the database, whoever of it takes over must be able to write this as well.
    """
    import sqlite3

    if not path.exists():
        path.touch(mode=0o600)
        if beside is not None:
            path.chmod(beside.stat().st_mode & 0o660)
    with sqlite3.connect(path, timeout=5) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    connection.close()


def serializer(base: Any) -> Any:
    """One made from DBOS's base that is readable and nothing but data: its own is pickle."""

    class Json(base):  # type: ignore[misc]  # a class of DBOS, which this room does not import
        def serialize(self, data: Any) -> str:
            return json.dumps(data, default=_told)

        def deserialize(self, serialized_data: str) -> Any:
            return json.loads(serialized_data)

        def name(self) -> str:
            return "owtui_json"

    return Json()


def _told(value: object) -> str:
    """An exception in words, so that DBOS can write down that its workflow has ended."""
    if isinstance(value, BaseException):
        return repr(value)
    raise TypeError(f"{type(value).__name__} is no JSON")
