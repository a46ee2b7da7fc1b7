"""The snapshot that faces read: replaced whole, renewed in part."""

from __future__ import annotations

from uuid import uuid4

import pytest

from owtui.engine.fleet import Fleet
from storage import devices, service
from storage.db import Database


@pytest.fixture
async def fleet(sqlite_database: Database) -> Fleet:
    sqlite_database.write(lambda session: devices.create(session, "b"))
    sqlite_database.write(lambda session: devices.create(session, "a"))
    made = Fleet(sqlite_database)
    await made.load()
    return made


def names(fleet: Fleet) -> list[str]:
    return [row.name for row in fleet.rows.values()]


async def test_what_is_the_same_is_no_news(fleet: Fleet) -> None:
    before, version = fleet.rows, fleet.version
    assert await fleet.load() == set()
    assert await fleet.refresh(list(before)) == set()
    assert fleet.rows is before and fleet.version == version


async def test_changed_new_and_gone_rows_are_told_and_a_reader_keeps_its_snapshot(
    fleet: Fleet, sqlite_database: Database
) -> None:
    before = fleet.rows
    [a] = fleet.by_name("A")
    [b] = fleet.by_name("b")
    made = sqlite_database.write(lambda session: devices.create(session, "aa"))
    sqlite_database.write(lambda session: devices.update(session, a.id, notes="x"))
    sqlite_database.write(lambda session: service.remove(session, b.id, force=True))
    assert await fleet.refresh([a.id, b.id, made.id, uuid4()]) == {a.id, b.id, made.id}
    assert names(fleet) == ["a", "aa"]
    assert [row.name for row in before.values()] == ["a", "b"]
    other = Fleet(sqlite_database)
    assert await other.load() == {a.id, made.id}
    assert other.rows == fleet.rows
