"""The database: open it, read from it, write to it, from threads and from asyncio alike.

Writes are serialised in the process and short; each is one transaction that may run twice, so the
function given must do nothing but talk to its session. Reads see one snapshot and cannot write.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Self, TypeVar

from sqlalchemy import URL, Engine
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlmodel import Session

from storage import connect, migrate, revisions
from storage.errors import BusyError, StorageError

T = TypeVar("T")

READERS = 4
ATTEMPTS = 6
FIRST_PAUSE_S = 0.02  # doubles with each attempt
WRITE_DEADLINE_S = 20.0  # after it no further attempt begins

SHARED_ADDRESSES = "shared addresses"
"""In `Session.info` of a write: whether all organizations live in one space of addresses."""

BUSY = {"SQLITE_BUSY", "SQLITE_BUSY_SNAPSHOT", "SQLITE_BUSY_RECOVERY", "SQLITE_LOCKED"}
CONTENDED = {"40001", "40P01", "55P03"}  # serialization failure, deadlock, lock not available
RACES = {"23505", "23503"}  # unique and foreign key violations


class Database:
    """An open, migrated database. Objects that come out of it are detached values.

    `shared_addresses`: a learned address is taken from devices of other organizations as well.
    """

    def __init__(self, url: URL, reader: Engine, writer: Engine) -> None:
        self.shared_addresses = True
        self._url = url
        self._reader = reader
        self._writer = writer
        self._lock = threading.Lock()
        self._lock_owner: int | None = None
        self._closed = threading.Event()
        self._reading = ThreadPoolExecutor(READERS, thread_name_prefix="db-read")
        self._writing = ThreadPoolExecutor(1, thread_name_prefix="db-write")

    @classmethod
    def open(cls, url: str) -> Self:
        """Open `sqlite:////path/file.db` or `postgresql://…`, migrated to this program's revision.

        Raises StorageError when it cannot be reached or written within five seconds, and
        NewerDatabaseError when a newer program wrote it.
        """
        parsed = connect.parse(url)
        reader, writer = connect.engines(parsed)
        try:
            if not migrate.is_current(reader):
                migrate.upgrade(writer)
        except BaseException as error:
            reader.dispose()
            writer.dispose()
            if isinstance(error, DBAPIError):
                raise connect.worded(error, parsed) from error
            raise
        return cls(parsed, reader, writer)

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._url.get_backend_name()

    @property
    def url(self) -> str:
        """The address, with its password hidden: for people."""
        return self._url.render_as_string(hide_password=True)

    @property
    def connection_url(self) -> str:
        """The address with its password: for DBOS and the lease, never shown or logged."""
        return self._url.render_as_string(hide_password=False)

    @property
    def path(self) -> Path | None:
        """The SQLite file; None on PostgreSQL."""
        return Path(self._url.database or "") if self.dialect == "sqlite" else None

    def read(self, fn: Callable[[Session], T]) -> T:
        """Run `fn` on one snapshot and return what it returns. Writing inside it fails."""
        try:
            with Session(self._reader, expire_on_commit=False, autoflush=False) as session:
                return fn(session)
        except (OperationalError, InterfaceError) as error:
            raise connect.worded(error, self._url) from error

    def write(self, fn: Callable[[Session], T]) -> T:
        """Run `fn` in one transaction, all or nothing; repeated from its start when it collides.

        Raises BusyError when others hold the database for longer than twenty seconds.
        """
        if self._lock_owner == threading.get_ident():
            raise RuntimeError("write() inside write(): hand the session on instead")
        with self._lock:
            self._lock_owner = threading.get_ident()
            try:
                return self._attempt(fn)
            finally:
                self._lock_owner = None

    async def aread(self, fn: Callable[[Session], T]) -> T:
        """`read` off the event loop, on one of four reader threads."""
        return await asyncio.get_running_loop().run_in_executor(self._reading, self.read, fn)

    async def awrite(self, fn: Callable[[Session], T]) -> T:
        """`write` off the event loop. A cancelled caller does not undo what already began."""
        return await asyncio.get_running_loop().run_in_executor(self._writing, self.write, fn)

    def revisions(self) -> dict[str, int]:
        """The counter of each topic; compare two answers to learn what moved."""
        return self.read(revisions.counters)

    def close(self) -> None:
        """Finish what was handed in, then let the connections go. May be called twice."""
        self._closed.set()
        self._writing.shutdown(wait=True)
        self._reading.shutdown(wait=True)
        self._reader.dispose()
        self._writer.dispose()

    def _attempt(self, fn: Callable[[Session], T]) -> T:
        deadline = time.monotonic() + WRITE_DEADLINE_S
        attempt = 0
        while True:
            try:
                return self._transact(fn)
            except (OperationalError, InterfaceError, IntegrityError) as error:
                attempt += 1
                if not _may_repeat(error, attempt):
                    if isinstance(error, IntegrityError):
                        raise  # a rule that the query modules do not know: a bug, not a state
                    raise connect.worded(error, self._url) from error
                if attempt == ATTEMPTS or time.monotonic() > deadline:
                    raise _busy(self.url) from error
                self._closed.wait(FIRST_PAUSE_S * 2**attempt)

    def _transact(self, fn: Callable[[Session], T]) -> T:
        known = {SHARED_ADDRESSES: self.shared_addresses}
        writing = Session(self._writer, expire_on_commit=False, info=known)
        with writing as session, session.begin():
            result = fn(session)
            session.flush()
            revisions.count(session)
            return result


def _may_repeat(error: DBAPIError, attempt: int) -> bool:
    """Whether another attempt can end differently.

    A broken constraint is repeated once: on PostgreSQL it may be a race, and the second attempt
    then sees the winner's row, or that the row is gone, and says so in words.
    """
    if getattr(error.orig, "sqlite_errorname", "") in BUSY:
        return True
    state = getattr(error.orig, "sqlstate", "")
    return state in CONTENDED or (state in RACES and attempt == 1)


def _busy(url: str) -> StorageError:
    return BusyError(
        f"Another process kept the database {url} locked for too long.",
        "See which process holds it (fuser on the file, pg_stat_activity), then try again.",
    )
