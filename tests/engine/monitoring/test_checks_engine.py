"""Checks of a whole engine: what one process sets the other follows, and with what they work."""

from __future__ import annotations

import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from owtui import settings
from owtui.engine.engine import Engine, Role
from owtui.engine.monitoring.checkdesk import Wish
from owtui.errors import InputError
from owtui.operator import Operator
from storage import devices, revisions
from storage.checks import Doors
from storage.db import Database
from storage.series import Key

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


@pytest.mark.slow
async def test_checks_run_from_another_process_are_kept_and_judged_by_who_holds_the_engine(
    sqlite_url: str, tmp_path: Path
) -> None:
    environ = {**os.environ, "OWTUI_DATABASE": sqlite_url, "XDG_DATA_HOME": str(tmp_path)}
    quiet = {"ping": "tcp", "facts_every_s": 0, "checks_every_s": 0, "read_only": True}
    loaded = settings.load(environ, overrides=quiet)
    database = Database.open(sqlite_url)
    with socket.socket() as closed:  # bound and not listening: refused
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        database.write(lambda s: devices.create(s, "ap-1", address="127.0.0.1"))
        database.close()
        holder = await Engine.start(loaded, Operator("a", "h", "test"), Role.HOLD)
        other = await Engine.start(loaded, Operator("b", "h", "test"), Role.ATTACH)
        try:
            row = other.device("ap-1")
            holder.checking._means = replace(holder.checking._means, doors=_at(port))
            plan = await other.plan("run_checks", other.select("ap-1"), {"types": "ping"})
            assert (plan.confirm.value, plan.changes) == ("none", False)
            job = await other.jobs.submit(plan)
            done = await other.jobs.wait(job.id)
            (result,) = await other.jobs.results(job.id)
            assert (done.state, result.output) == (
                "success",
                "ping: reachable 0, loss 100, by tcp\n",
            )
            key = Key(row.id, "ping", "reachable")
            assert (await other.series.last([key]))[key].value == 0.0
            told = {one.type: one for one in await other.checks.rows([row.id])}
            assert told["ping"].healthy is False
            await other.fleet.load()
            assert other.fleet.rows[row.id].status == "problem"
            with pytest.raises(InputError, match="no check “pong”"):
                await other.plan("run_checks", other.select("ap-1"), {"types": "pong"})
        finally:
            await other.close()
            await holder.close()


def _at(port: int) -> Callable[[UUID], Awaitable[Doors]]:
    async def doors(device_id: UUID) -> Doors:
        return Doors((port,), False)

    return doors


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
