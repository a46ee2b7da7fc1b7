"""One engine per zone and database: the lease that decides who runs it and who attaches.

SQLite: an flock on a file beside the database, which the kernel releases with the process, however
it ends. PostgreSQL: an advisory lock on a connection of its own, which the server releases as well.
"""

from __future__ import annotations

import fcntl
import json
import os
import stat
import zlib
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds an engine, for people. `pid` is 0 where it runs on another machine."""

    operator: str
    host: str
    pid: int
    since: str  # ISO 8601, UTC

    @property
    def short(self) -> str:
        """Who it is, where room is short: eva@noc-1."""
        return f"{self.operator}@{self.host.partition('.')[0]}"


class Lease(Protocol):
    """Held or not; `release` may be called twice.

    rival: who had it when this process last asked for it in vain; None when it got it
    """

    rival: Holder | None

    def acquire(self, holder: Holder) -> bool:
        """Try once; True when this process now holds it."""
        ...

    def is_held(self) -> bool:
        """Whether this process still holds it; asks, and may take seconds."""
        ...

    def release(self) -> None:
        """Let it go."""
        ...

    def holder(self) -> Holder | None:
        """Who holds it, as far as can be told; None when nobody does."""
        ...


def lease_for(url: str, zone: str = "") -> Lease:
    """The lease that fits a database URL."""
    parts = urlsplit(url)
    if parts.scheme.startswith("sqlite"):
        suffix = f".{zone}" if zone else ""
        return FileLease(Path(parts.path[1:]).with_suffix(f"{suffix}.engine"))
    return AdvisoryLease(url, zone)


class FileLease:
    """An flock whose file says who holds it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd: int | None = None
        self.rival: Holder | None = None

    def acquire(self, holder: Holder) -> bool:
        """Try once; makes the folder and the file (0600, or the database folder's group mode)."""
        if self._fd is not None:
            return True
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o660)
        if self._path.parent.stat().st_mode & stat.S_IWGRP:  # shared: the umask has no say
            with suppress(PermissionError):  # another of the group made it
                os.fchmod(fd, 0o660)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.rival = _read(fd)
            os.close(fd)
            return False
        self.rival = None
        os.ftruncate(fd, 0)
        os.pwrite(fd, json.dumps(asdict(holder)).encode(), 0)
        self._fd = fd
        return True

    def is_held(self) -> bool:
        """Whether the file that is locked is still the one that others would try."""
        if self._fd is None:
            return False
        try:
            if os.path.samestat(os.fstat(self._fd), self._path.stat()):
                return True
        except OSError:
            pass  # it is gone
        os.close(self._fd)
        self._fd = None
        return False

    def release(self) -> None:
        """Let it go and say that nobody holds it."""
        if self._fd is None:
            return
        os.ftruncate(self._fd, 0)
        os.close(self._fd)
        self._fd = None

    def holder(self) -> Holder | None:
        """Read the file, but believe it only while the lock is taken."""
        try:
            fd = os.open(self._path, os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            return None
        try:
            if self._fd is None:
                with suppress(BlockingIOError):
                    fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    return None
            return _read(fd)
        finally:
            os.close(fd)


class AdvisoryLease:
    """A PostgreSQL advisory lock, keyed by zone; psycopg is imported only here and by storage."""

    _SPACE = 0x6F777475  # "owtu": the first half of the key, so that other programs' locks differ

    def __init__(self, url: str, zone: str) -> None:
        self._url = url.replace("postgresql+psycopg://", "postgresql://")
        self._zone = zlib.crc32(zone.encode()) & 0x7FFFFFFF
        self._connection: Any = None
        self.rival: Holder | None = None

    def _connect(self, holder: Holder | None = None) -> Any:
        import psycopg  # 40 ms, wanted on PostgreSQL alone

        label = f"owtui {holder.operator}@{holder.host}" if holder else "owtui"
        return psycopg.connect(
            self._url,
            autocommit=True,
            connect_timeout=5,
            tcp_user_timeout=10_000,
            # A machine that lost its power closes nothing: by its own defaults the server would
            # keep the lock of the dead for two hours.
            options="-c tcp_keepalives_idle=15 -c tcp_keepalives_interval=5"
            " -c tcp_keepalives_count=3",
            application_name=label.encode("ascii", "replace")[:63].decode(),
        )

    def acquire(self, holder: Holder) -> bool:
        """Try once on a connection that is kept while the lease is held."""
        if self._connection is not None and not self._connection.closed:
            return True
        connection = self._connect(holder)
        taken = connection.execute(
            "SELECT pg_try_advisory_lock(%s, %s)", (self._SPACE, self._zone)
        ).fetchone()[0]
        if not taken:
            self.rival = self._named(connection)
            connection.close()
            return False
        self.rival = None
        self._connection = connection
        return True

    def is_held(self) -> bool:
        """Whether its connection still answers: the lock ends with it."""
        import psycopg

        if self._connection is None:
            return False
        try:
            self._connection.execute("SELECT 1")
        except psycopg.Error:
            self.release()
            return False
        return True

    def release(self) -> None:
        """Closing the connection releases the lock."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def holder(self) -> Holder | None:
        """Ask the server whose connection holds the lock."""
        with self._connect() as connection:
            return self._named(connection)

    def _named(self, connection: Any) -> Holder | None:
        found = connection.execute(
            "SELECT a.application_name, a.usename, coalesce(host(a.client_addr), ''),"
            " a.backend_start FROM pg_locks l JOIN pg_stat_activity a USING (pid)"
            " WHERE l.locktype = 'advisory' AND l.granted AND l.classid = %s AND l.objid = %s"
            # Locks belong to a database, and the list of them to the whole server.
            " AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())",
            (self._SPACE, self._zone),
        ).fetchone()
        if found is None:
            return None
        name, user, host, since = found
        told = name.removeprefix("owtui ").partition("@")
        return Holder(told[0] or user, told[2] or host, 0, since.isoformat())


def _read(fd: int) -> Holder | None:
    return _from_json(os.pread(fd, 4096, 0).decode("utf-8", "replace"))


def _from_json(text: str) -> Holder | None:
    try:
        return Holder(**json.loads(text))
    except (json.JSONDecodeError, TypeError):
        return None
