"""The book of host keys in the database, as logins see it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import asyncssh
import pytest

from owtui.engine.transport.base import Deadlines, HostKeyPolicy, Target
from owtui.engine.transport.dial import Dialer
from owtui.engine.transport.hostkeys import DatabaseHostKeys
from owtui.errors import HostKeyError
from storage import devices, hostkeys
from storage.db import Database
from tests.engine.transport.sshserver import Server, public

OLD, NEW = (public(asyncssh.generate_private_key("ssh-ed25519")) for _ in range(2))


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database.open(f"sqlite:///{tmp_path}/owtui.db")
    yield opened
    opened.close()


@pytest.fixture
def device(database: Database) -> UUID:
    return database.write(lambda s: devices.create(s, "ap-1")).id


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


async def test_what_is_trusted_is_read_again_only_when_it_may_have_changed(
    database: Database, device: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, reads = Clock(), 0
    book = DatabaseHostKeys(database, clock)
    read = database.read

    def counted(*args: object) -> object:
        nonlocal reads
        reads += 1
        return read(*args)  # type: ignore[arg-type]  # passed on as it came

    monkeypatch.setattr(database, "read", counted)
    assert [await book.trusted(device) for _ in range(50)] == [()] * 50
    assert reads == 1
    database.write(lambda s: hostkeys.record(s, device, OLD))  # as another process would
    assert await book.trusted(device) == ()
    assert await book.trusted(device, fresh=True) == (OLD,)
    database.write(lambda s: hostkeys.record(s, "jump:22", NEW))
    clock.now += 2
    assert await book.trusted("jump:22") == (NEW,)


async def test_a_key_recorded_here_is_known_at_once(database: Database, device: UUID) -> None:
    book = DatabaseHostKeys(database)
    assert await book.trusted(device) == ()
    await book.trust(device, OLD, "ada")
    assert await book.trusted(device) == (OLD,)


async def test_keys_of_many_are_recorded_together_whatever_became_of_one(
    database: Database, device: UUID
) -> None:
    book = DatabaseHostKeys(database)
    removed = uuid4()
    await asyncio.gather(
        book.trust(removed, OLD, "first use"), book.trust(device, NEW, "first use")
    )
    assert await book.trusted(device, fresh=True) == (NEW,)
    assert await book.trusted(removed) == ()


async def test_a_key_accepted_a_moment_ago_lets_the_login_go_on(
    database: Database, device: UUID
) -> None:
    book = DatabaseHostKeys(database, Clock())
    async with Server() as server:
        where = Target(device, "ap-1", (server.address,), (server.login(),), HostKeyPolicy.ASK)
        dialer = Dialer(book, Deadlines())
        with pytest.raises(HostKeyError):
            await dialer.connect(where)
        database.write(lambda s: hostkeys.accept(s, device, "ada"))
        connection = await dialer.connect(where)
        assert (await connection.run("x")).ok
        connection.abort()
        await connection.wait_closed()
