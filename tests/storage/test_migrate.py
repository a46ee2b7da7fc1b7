"""Migrations: forwards from every revision with data in it, and the same schema as the tables."""

from __future__ import annotations

import importlib
import multiprocessing
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Barrier

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect, text
from sqlmodel import SQLModel

from storage import connect, migrate
from storage.db import Database
from storage.errors import NewerDatabaseError, StorageError


@contextmanager
def writer(url: str) -> Iterator[Engine]:
    engine = connect.engines(connect.parse(url))[1]
    yield engine
    engine.dispose()


def scripts() -> ScriptDirectory:
    return ScriptDirectory(str(migrate.SCRIPTS))


REVISIONS = [script.revision for script in scripts().walk_revisions()]


def test_the_head_known_from_a_constant_is_the_head_of_the_scripts() -> None:
    assert scripts().get_heads() == [migrate.HEAD]


@pytest.mark.parametrize("revision", REVISIONS)
def test_data_of_every_revision_survives_the_way_to_the_head(empty_url: str, revision: str) -> None:
    """`tests/storage/at_<revision>.py` fills the tables as they were, and checks the rows at the
    head: each revision brings its own file, which the later ones keep."""
    data = importlib.import_module(f"tests.storage.at_{revision}")
    with writer(empty_url) as engine:
        migrate.upgrade(engine, revision)
        with engine.begin() as connection:
            data.insert(connection)
    database = Database.open(empty_url)
    database.read(data.check)
    database.close()


def test_the_migrated_schema_is_that_of_the_tables(database: Database, database_url: str) -> None:
    with (
        writer(database_url) as engine,
        engine.connect() as connection,
        warnings.catch_warnings(),
    ):
        # Alembic cannot compare an index on lower(name); the test below does.
        warnings.filterwarnings("ignore", message=".*expression-based index")
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []


def test_the_index_on_the_folded_name_is_there(database_url: str) -> None:
    name = "uq_device_organization_name_lower"
    query = {
        "sqlite": f"SELECT sql FROM sqlite_master WHERE name = '{name}'",
        "postgresql": f"SELECT indexdef FROM pg_indexes WHERE indexname = '{name}'",
    }
    with writer(database_url) as engine, engine.connect() as connection:
        definition = str(connection.execute(text(query[engine.dialect.name])).scalar_one())
    assert "UNIQUE" in definition
    assert "lower(" in definition


def _open(url: str, barrier: Barrier) -> None:
    barrier.wait(30)
    Database.open(url).close()


@pytest.mark.slow
def test_processes_that_start_at_once_do_not_collide(empty_url: str) -> None:
    spawn = multiprocessing.get_context("spawn")
    barrier = spawn.Barrier(2)
    openers = [spawn.Process(target=_open, args=(empty_url, barrier)) for _ in range(2)]
    for opener in openers:
        opener.start()
    for opener in openers:
        opener.join(60)
    assert [opener.exitcode for opener in openers] == [0, 0]
    with writer(empty_url) as engine:
        assert migrate.is_current(engine)


def test_a_newer_database_is_refused_and_left_alone(database_url: str) -> None:
    with writer(database_url) as engine:
        with engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        with pytest.raises(NewerDatabaseError, match=r"newer owtui: revision 9999") as error:
            Database.open(database_url)
        assert "newer version" in error.value.hint
        with engine.connect() as connection:
            left = connection.execute(text("SELECT version_num FROM alembic_version"))
            assert left.scalar() == "9999"


def test_a_database_of_another_program_is_refused(empty_url: str) -> None:
    with writer(empty_url) as engine:
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE device (serial integer)"))
        with pytest.raises(StorageError, match="tables of another program"):
            Database.open(empty_url)
        assert inspect(engine).get_table_names() == ["device"]


def test_a_migration_that_fails_leaves_nothing(
    empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = migrate._run

    def fail(connection: Connection, target: str) -> None:
        run(connection, target)  # the real one, to its end
        raise ZeroDivisionError

    monkeypatch.setattr(migrate, "_run", fail)
    with writer(empty_url) as engine:
        with pytest.raises(ZeroDivisionError):
            migrate.upgrade(engine)
        assert inspect(engine).get_table_names() == []


def test_opening_a_current_database_does_not_import_alembic(sqlite_url: str) -> None:
    code = (
        "import sys; from storage.db import Database;"
        f"Database.open({sqlite_url!r}).close();"
        "sys.exit(any(name.split('.')[0] in ('alembic', 'cryptography', 'keyring', 'psycopg')"
        " for name in sys.modules))"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
