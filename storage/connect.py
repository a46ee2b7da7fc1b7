"""How connections to the two databases are made, with their deadlines and their failures in words.

SQLite: WAL, foreign keys on, one writer that begins IMMEDIATE, readers that cannot write.
PostgreSQL: psycopg 3, readers in a read-only REPEATABLE READ snapshot, as SQLite's are.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from storage.errors import StorageError, UnusableError

CONNECT_DEADLINE_S = 5
BUSY_TIMEOUT_MS = 5_000
STATEMENT_DEADLINE_MS = 60_000
POOL_SIZE = 5


def parse(url: str) -> URL:
    """Read and normalise a database address; PostgreSQL always goes through psycopg 3."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        parsed = None
    if parsed is not None and parsed.get_backend_name() == "sqlite" and parsed.database:
        return parsed.set(drivername="sqlite", database=str(Path(parsed.database).absolute()))
    if parsed is not None and parsed.drivername.split("+")[0] in ("postgresql", "postgres"):
        return parsed.set(drivername="postgresql+psycopg")
    raise StorageError(
        "The database address is neither sqlite:////path/file.db nor postgresql://….",
        "Set it in the settings or in OWTUI_DATABASE.",
    )


def engines(url: URL) -> tuple[Engine, Engine]:
    """The engine for reading and the engine for writing; on SQLite the file is made, 0600."""
    if url.get_backend_name() == "sqlite":
        _make_file(Path(url.database or ""))
        return _sqlite(url)
    return _postgresql(url)


def worded(error: DBAPIError, url: URL) -> UnusableError:
    """The sentence for an error of the driver: who does not answer, or what cannot be written."""
    said = str(error.orig).strip().splitlines()
    cause = said[0].rstrip(".") if said else type(error.orig).__name__
    if url.get_backend_name() == "sqlite":
        return UnusableError(
            f"The database file {url.database} cannot be used: {cause}.",
            "Check the permissions, the free space and the owner of the file and its folder.",
        )
    return UnusableError(
        f"The PostgreSQL server of {url.render_as_string(hide_password=True)} "
        f"cannot be used: {cause}.",
        "Check that it runs, is reachable from here and accepts this user.",
    )


def _make_file(path: Path) -> None:
    """Create the file and its folder private; what exists keeps its mode (a shared one is 0660)."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise StorageError(
            f"The database file {path} cannot be opened for writing: {error.strerror}.",
            "Choose another place in the settings or in OWTUI_DATABASE, or fix its permissions.",
        ) from error
    if not os.access(path.parent, os.W_OK):
        raise StorageError(
            f"The folder {path.parent} of the database cannot be written.",
            "SQLite keeps two files beside the database; give yourself or the group the right.",
        )


def _engine(url: URL, **options: Any) -> Engine:
    # hide_parameters: an error may be logged, what people stored may not.
    return create_engine(url, pool_timeout=CONNECT_DEADLINE_S, hide_parameters=True, **options)


def _sqlite(url: URL) -> tuple[Engine, Engine]:
    writer = _engine(url, pool_size=1, max_overflow=0)
    reader = _engine(url, pool_size=POOL_SIZE)
    event.listen(writer, "connect", _prepare_writer)
    event.listen(writer, "begin", _begin_immediate)
    event.listen(reader, "connect", _prepare_reader)
    event.listen(reader, "begin", _begin)
    return reader, writer


def _prepare(connection: Any) -> Any:
    # Python's own transaction control begins too late and never for SELECT: we say BEGIN.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA synchronous = NORMAL")
    return cursor


def _prepare_reader(connection: Any, record: Any) -> None:
    _prepare(connection).execute("PRAGMA query_only = ON")


def _prepare_writer(connection: Any, record: Any) -> None:
    cursor = _prepare(connection)
    deadline = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except connection.OperationalError:
            # Two processes on a new file: this one PRAGMA does not wait for the other's lock.
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _postgresql(url: URL) -> tuple[Engine, Engine]:
    options = " ".join(
        f"-c {name}={value}"
        for name, value in {
            "statement_timeout": STATEMENT_DEADLINE_MS,
            "lock_timeout": BUSY_TIMEOUT_MS,
            "idle_in_transaction_session_timeout": STATEMENT_DEADLINE_MS,
            "timezone": "UTC",
        }.items()
    )
    writer = _engine(
        url,
        pool_size=POOL_SIZE,
        pool_pre_ping=True,  # a server that was restarted is met with a new connection
        connect_args={
            "connect_timeout": CONNECT_DEADLINE_S,
            "tcp_user_timeout": 10_000,
            "options": options,
            "application_name": "owtui",
        },
    )
    reader = writer.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return reader, writer
