"""The file of the series: its tables, its connections, and what SQLite's errors mean here.

    batch   what was written at once: its number tells what is newer
    hot     batch << 32 | shard     a block of the batch        until the hour is over
    hour    shard << 32 | hour      a block of the hour         until the day is over
    day     day << 32 | series      sums of the day and its hours
    body    day << 32 | series      the values of that day
    clock   day << 32 | hash        times of that day, shared by the series read together

Time comes first in most keys: a batch or a day is appended and dropped as one piece. With the
series first each day would touch one page a series, 120 MB for 30,000.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from storage.errors import StorageError
from storage.series.codec import BadFrame
from storage.series.errors import (
    SeriesBusy,
    SeriesDamaged,
    SeriesFull,
    SeriesNewer,
    SeriesUnusable,
)

VERSION = 1
BUSY_TIMEOUT_MS = 5000
PAGE = 16_384
"""A day of a series takes two or three kilobytes: of pages of four, half would stay empty."""

SHIFT = 32
LOW = (1 << SHIFT) - 1

_TABLES = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE series (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    object_id BLOB NOT NULL, metric TEXT NOT NULL, field TEXT NOT NULL, tags TEXT NOT NULL,
    short INTEGER NOT NULL,
    UNIQUE (object_id, metric, field, tags)
);
CREATE TABLE batch (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    written INTEGER NOT NULL, low INTEGER NOT NULL, high INTEGER NOT NULL
);
CREATE TABLE hot (
    id INTEGER PRIMARY KEY, low INTEGER NOT NULL, high INTEGER NOT NULL,
    count INTEGER NOT NULL, frame BLOB NOT NULL
);
CREATE TABLE hour (
    id INTEGER PRIMARY KEY, low INTEGER NOT NULL, high INTEGER NOT NULL,
    count INTEGER NOT NULL, frame BLOB NOT NULL
);
CREATE TABLE day (
    id INTEGER PRIMARY KEY, count INTEGER NOT NULL,
    sum REAL NOT NULL, low REAL NOT NULL, high REAL NOT NULL, hours BLOB NOT NULL
);
CREATE TABLE body (id INTEGER PRIMARY KEY, clock INTEGER NOT NULL, frame BLOB NOT NULL);
CREATE TABLE clock (id INTEGER PRIMARY KEY, frame BLOB NOT NULL);
"""

_DAMAGED = {"SQLITE_CORRUPT", "SQLITE_NOTADB"}


def connect(path: Path, *, writing: bool) -> sqlite3.Connection:
    """A connection for one thread at a time. Raises SeriesDamaged, SeriesNewer, SeriesUnusable."""
    with worded(path):
        if writing:
            _make_file(path)
        uri = f"{path.absolute().as_uri()}?mode=rw"
        connection = sqlite3.connect(
            uri,
            uri=True,
            isolation_level=None,
            check_same_thread=False,
            timeout=BUSY_TIMEOUT_MS / 1000,
        )
        try:
            connection.execute("PRAGMA synchronous = NORMAL")
            if writing and _is_new(connection):
                connection.execute(f"PRAGMA page_size = {PAGE}")
                connection.execute("PRAGMA journal_mode = WAL")
                _make_tables(connection)
            elif not writing:
                connection.execute("PRAGMA query_only = ON")
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version > VERSION:
                raise SeriesNewer(path)
            if version < VERSION:
                raise SeriesDamaged(path, "it holds no tables of ours")
        except BaseException:
            connection.close()
            raise
        return connection


def set_aside(path: Path, stamp: str) -> Path:
    """Rename a damaged file and what SQLite keeps beside it; the next opening starts anew.

    No process may have it open. `stamp` goes into the new name, which is returned.
    """
    with worded(path):
        for number in range(1000):
            aside = path.with_name(f"{path.name}.damaged-{stamp}{f'-{number}' if number else ''}")
            if not aside.exists():
                break
        for suffix in ("-wal", "-shm", ""):
            beside = path.with_name(path.name + suffix)
            if beside.exists():
                beside.rename(aside.with_name(aside.name + suffix))
        return aside


@contextmanager
def worded(path: Path) -> Iterator[None]:
    """Say in our words what goes wrong inside."""
    try:
        yield
    except BadFrame as error:
        raise SeriesDamaged(path, f"a block cannot be read ({error})") from error
    except sqlite3.Error as error:
        raise _typed(path, error) from error
    except OSError as error:
        raise SeriesUnusable(path, error.strerror or str(error)) from error


@contextmanager
def transaction(connection: sqlite3.Connection, begin: str) -> Iterator[None]:
    """One transaction: committed, or rolled back when anything is raised inside."""
    connection.execute(begin)
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # a full disk has ended it already
            connection.execute("ROLLBACK")
        raise


def _typed(path: Path, error: sqlite3.Error) -> StorageError:
    # Extended names begin with the plain one: SQLITE_CORRUPT_INDEX, SQLITE_BUSY_SNAPSHOT.
    name = "_".join(getattr(error, "sqlite_errorname", "").split("_")[:2])
    if name in _DAMAGED:
        return SeriesDamaged(path, str(error))
    if name == "SQLITE_FULL":
        return SeriesFull(path)
    if name in ("SQLITE_BUSY", "SQLITE_LOCKED"):
        return SeriesBusy(path)
    return SeriesUnusable(path, str(error))


def _make_file(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


def _is_new(connection: sqlite3.Connection) -> bool:
    """Whether nobody wrote into it: somebody else's database is left as it is."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return bool(version == 0 and tables == 0)


def _make_tables(connection: sqlite3.Connection) -> None:
    with transaction(connection, "BEGIN IMMEDIATE"):
        if not _is_new(connection):
            return  # another process was faster
        for statement in _TABLES.strip().split(";\n"):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {VERSION}")
