"""Opening, reading and writing, on both databases."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import socket
import stat
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import func
from sqlalchemy.exc import InternalError
from sqlmodel import Session, select

from storage import connect, revisions
from storage.db import Database
from storage.errors import BusyError, StorageError
from storage.tables import Organization, SavedView
from tests.storage_fixtures import END_OTHERS, PgServer


def add(session: Session, name: str) -> Organization:
    organization = Organization(name=name, slug=name)
    session.add(organization)
    revisions.touch(session, revisions.ORGANIZATIONS)
    return organization


def names(session: Session) -> list[str]:
    return list(session.exec(select(Organization.name).order_by(Organization.name)))


def test_what_is_written_is_read_and_detached(database: Database) -> None:
    written = database.write(lambda s: add(s, "harbour"))
    assert written.name == "harbour"  # usable after its session
    assert database.read(names) == ["harbour"]


def test_a_write_that_fails_leaves_nothing(database: Database) -> None:
    def fail(session: Session) -> None:
        add(session, "lost")
        session.flush()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        database.write(fail)
    assert database.read(names) == []
    assert database.revisions() == {}


def test_a_read_cannot_write(database: Database) -> None:
    def sneak(session: Session) -> None:
        add(session, "sneaked")
        session.flush()

    with pytest.raises((StorageError, InternalError)):
        database.read(sneak)
    assert database.read(names) == []


def test_a_read_sees_one_snapshot(database: Database) -> None:
    def look_twice(session: Session) -> tuple[list[str], list[str]]:
        before = names(session)
        writer = threading.Thread(target=lambda: database.write(lambda s: add(s, "new")))
        writer.start()
        writer.join()
        return before, names(session)

    assert database.read(look_twice) == ([], [])
    assert database.read(names) == ["new"]


def test_revisions_count_each_transaction_once(database: Database) -> None:
    def twice(session: Session) -> None:
        add(session, "a")
        add(session, "b")
        revisions.touch(session, "jobs", "audit")

    database.write(twice)
    database.write(lambda s: add(s, "c"))
    assert database.revisions() == {"audit": 1, "jobs": 1, "organizations": 2}


def test_write_inside_write_is_refused_at_once(database: Database) -> None:
    with pytest.raises(RuntimeError, match="hand the session on"):
        database.write(lambda s: database.write(lambda inner: add(inner, "x")))


def test_many_threads_write_without_losing_one(database: Database) -> None:
    threads = [
        threading.Thread(target=lambda n=n: database.write(lambda s: add(s, f"t{n:02}")))
        for n in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert database.read(names) == [f"t{n:02}" for n in range(20)]
    assert database.revisions()["organizations"] == 20


async def test_async_calls_leave_the_loop_free(database: Database) -> None:
    held = threading.Event()

    def slow(session: Session) -> str:
        assert held.wait(5)
        return add(session, "slow").name

    writing = asyncio.create_task(database.awrite(slow))
    assert await database.aread(names) == []  # the loop and the readers go on meanwhile
    held.set()
    assert await writing == "slow"
    assert await database.aread(names) == ["slow"]


def test_times_come_back_aware_and_json_as_it_was(database: Database) -> None:
    view = SavedView(name="late", filter="age>1d", columns=["name", "model"])
    database.write(lambda s: s.add(view))
    back = database.read(lambda s: s.exec(select(SavedView)).one())
    assert back.created == view.created
    assert back.created.utcoffset() is not None
    assert back.columns == ["name", "model"]


def test_close_may_be_called_twice(database: Database) -> None:
    database.close()
    database.close()


def _writer(url: str, name: str, count: int) -> None:
    database = Database.open(url)
    for number in range(count):
        database.write(lambda s, n=number: add(s, f"{name}{n}"))
    database.close()


def test_two_processes_write_to_one_database(database: Database, database_url: str) -> None:
    spawn = multiprocessing.get_context("spawn")
    writers = [spawn.Process(target=_writer, args=(database_url, n, 25)) for n in "ab"]
    for writer in writers:
        writer.start()
    for number in range(25):
        database.write(lambda s, n=number: add(s, f"c{n}"))
    for writer in writers:
        writer.join(60)
        assert writer.exitcode == 0
    assert database.read(lambda s: s.exec(select(func.count(Organization.id))).one()) == 75
    assert database.revisions()["organizations"] == 75


def test_a_new_file_is_private_and_a_shared_one_stays_shared(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "owtui.db"
    Database.open(f"sqlite:///{path}").close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    path.chmod(0o660)
    database = Database.open(f"sqlite:///{path}")
    database.write(lambda s: add(s, "x"))
    side_file = path.with_name("owtui.db-wal")
    assert stat.S_IMODE(path.stat().st_mode) == 0o660
    assert stat.S_IMODE(side_file.stat().st_mode) == 0o660  # the group can use it too
    database.close()


def test_a_folder_in_the_way_is_told(tmp_path: Path) -> None:
    (tmp_path / "owtui.db").mkdir()
    with pytest.raises(StorageError, match=r"cannot be opened for writing: Is a directory\.") as e:
        Database.open(f"sqlite:///{tmp_path / 'owtui.db'}")
    assert e.value.hint


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_file_that_may_not_be_written_is_told(tmp_path: Path) -> None:
    path = tmp_path / "owtui.db"
    path.touch(mode=0o400)
    with pytest.raises(StorageError, match="Permission denied"):
        Database.open(f"sqlite:///{path}")


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    path = tmp_path / "owtui.db"
    path.write_text("name,mac\n" * 500)
    with pytest.raises(StorageError, match="file is not a database"):
        Database.open(f"sqlite:///{path}")


@pytest.mark.parametrize("url", ["", "mysql://x/y", "sqlite://", "owtui.db", "postgres"])
def test_an_address_of_another_kind_is_told(url: str) -> None:
    with pytest.raises(StorageError, match="neither sqlite"):
        Database.open(url)


def test_a_server_that_does_not_answer_is_told_without_its_password(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot be used") as caught:
        Database.open(f"postgresql://owtui:canary@/owtui?host={tmp_path}")
    assert "canary" not in str(caught.value)
    assert "canary" not in caught.value.hint


@pytest.mark.slow
def test_a_server_that_accepts_and_says_nothing_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connect, "CONNECT_DEADLINE_S", 2)  # the least that libpq takes
    with socket.create_server(("127.0.0.1", 0)) as silent:
        began = time.monotonic()
        with pytest.raises(StorageError, match=r"cannot be used: .*timeout"):
            Database.open(f"postgresql://owtui@127.0.0.1:{silent.getsockname()[1]}/owtui")
    assert time.monotonic() - began < 10


def test_a_server_that_was_restarted_is_met_with_a_new_connection(
    pg_url: str, pg_server: PgServer
) -> None:
    database = Database.open(pg_url)
    database.write(lambda s: add(s, "before"))
    pg_server.run(END_OTHERS, pg_url)
    assert database.read(names) == ["before"]
    database.close()


def test_a_password_is_shown_to_nobody_but_the_driver(pg_url: str) -> None:
    url = pg_url.replace("postgres:@", "postgres:canary@")
    database = Database.open(url)
    assert "canary" not in database.url
    assert "canary" in database.connection_url
    assert "canary" not in repr(database)
    database.close()


def test_a_database_that_stays_locked_is_told(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connect, "BUSY_TIMEOUT_MS", 10)
    monkeypatch.setattr("storage.db.FIRST_PAUSE_S", 0.001)
    impatient = Database.open(sqlite_database.url)

    def hold(session: Session) -> None:
        session.connection()
        with pytest.raises(BusyError, match="locked for too long"):
            impatient.write(lambda s: add(s, "never"))

    sqlite_database.write(hold)
    impatient.close()
