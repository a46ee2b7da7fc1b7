"""Checks of a whole engine: what one process sets the other follows, and with what they work."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from owtui import settings
from owtui.engine.engine import Engine, Role
from owtui.engine.monitoring.checkdesk import Wish
from owtui.operator import Operator
from storage import devices, revisions
from storage.db import Database

Pair = tuple[Engine, Engine]


@pytest.fixture
async def pair(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Pair]:
    """Two engines on one inventory with a device."""
    environ = {**os.environ, "OWTUI_DATABASE": sqlite_url, "XDG_DATA_HOME": str(tmp_path)}
    loaded = settings.load(environ, overrides={"ping": "tcp"})
    database = Database.open(sqlite_url)
    database.write(lambda session: devices.create(session, "ap-1", address="127.0.0.1"))
    database.close()
    made = [await Engine.start(loaded, Operator(n, "h", "test"), Role.ATTACH) for n in "ab"]
    yield made[0], made[1]
    for engine in made:
        await engine.close()


async def test_what_another_process_sets_is_followed(pair: Pair) -> None:
    first, second = pair
    device = first.device("ap-1").id
    await first.checking.load()
    assert first.checking.active(device, "ping")
    await second.checks.set("ap-1", "ping", Wish(active=False))
    await first._checks_moved(frozenset({revisions.DEVICES}))
    assert first.checking.active(device, "ping")
    await first._checks_moved(frozenset({revisions.CHECKS}))
    assert not first.checking.active(device, "ping")
    assert not first.checking.active(device, "pong")


async def test_a_device_without_connections_is_watched_and_pinged_at_the_port_of_ssh(
    pair: Pair,
) -> None:
    engine, _ = pair
    row = engine.device("ap-1")
    assert row.connections == 0
    means = engine.checking._means
    assert not means.polled(row.id)
    assert (await means.doors(row.id)).ports == (22,)
    assert await means.modified(row.id) is not None
    told = {ran.type: ran.note for ran in await engine.checks.run([row.id])}
    assert told["ping"] == "tcp"
    assert told["data_collected"] == "skipped"  # only the holder has a history
