"""Bring the database to this program's revision, at each start, at no cost when it is there.

One transaction under the database's own lock: two processes that start at once do not collide, and
a migration that fails leaves nothing. Alembic is imported only when there is something to do.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect, text

from storage.errors import NewerDatabaseError, StorageError

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0008"  # a test holds it against the scripts
SCRIPTS = Path(__file__).parent / "migrations"
LOCK_KEY = 0x6F77747569  # "owtui": PostgreSQL's advisory locks have numbers, not names
LOCK_DEADLINE_S = 120  # how long to wait for another process's migration


def is_current(engine: Engine) -> bool:
    """Whether the database is at this program's revision; costs two small queries."""
    with engine.connect() as connection:
        return _revision(connection) == HEAD


def upgrade(engine: Engine, target: str = HEAD) -> None:
    """Migrate to `target`; whoever waited for another's migration finds nothing to do.

    Raises NewerDatabaseError for a revision that this program does not know, StorageError for a
    database that belongs to something else.
    """
    with engine.connect() as connection:
        sqlite = connection.dialect.name == "sqlite"
        if sqlite:
            # Rebuilding a table drops it, and with foreign keys on that would empty its children.
            _pragma(connection, "foreign_keys = OFF")
            _pragma(connection, f"busy_timeout = {LOCK_DEADLINE_S * 1000}")
        with connection.begin():
            _lock(connection)
            if _revision(connection) != target:
                _run(connection, target)
            if sqlite and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
                raise StorageError("The migration would leave rows without their owners; undone.")
        connection.invalidate()  # its settings are the migration's: no one else shall have it


def _revision(connection: Connection) -> str:
    """The revision recorded in the database; "" for none."""
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or "")


def _lock(connection: Connection) -> None:
    """On SQLite the transaction began IMMEDIATE, which is the lock."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {LOCK_DEADLINE_S * 1000}")
        connection.exec_driver_sql(f"SET LOCAL statement_timeout = {LOCK_DEADLINE_S * 1000}")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK_KEY})")


def _pragma(connection: Connection, setting: str) -> None:
    """Outside a transaction, where alone it has an effect."""
    raw = connection.connection.dbapi_connection
    assert raw is not None
    raw.cursor().execute(f"PRAGMA {setting}")


def _run(connection: Connection, target: str) -> None:
    from alembic import command
    from alembic.script import ScriptDirectory

    config = configuration(connection)
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    current = _revision(connection)
    if current and current not in known:
        raise NewerDatabaseError(
            f"The database was written by a newer owtui: revision {current}, "
            f"this program knows up to {HEAD}.",
            "Install the newer version, or restore a backup made before.",
        )
    if not current and inspect(connection).has_table("device"):
        raise StorageError(
            "The database already holds tables of another program.",
            "Give owtui a database of its own.",
        )
    command.upgrade(config, target)


def configuration(connection: Connection) -> Config:
    """Alembic's configuration, without a file: the scripts beside this module, this connection."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
