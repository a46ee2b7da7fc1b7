"""The life of engines: hold, attach, take over; what one writes the others see."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from owtui import settings
from owtui.engine.engine import Engine, Role
from owtui.engine.events import AuditChanged, DeviceChanged, EngineChanged, JobChanged
from owtui.errors import BlockedError
from owtui.operator import Operator
from owtui.settings import Loaded
from owtui.simulator import Fleet, FleetSpec
from storage import revisions
from storage.rows import DeviceRow

DEADLINE_S = 60.0


@pytest.fixture
async def fleet() -> AsyncIterator[Fleet]:
    async with Fleet(FleetSpec(devices=3, seed=5, speed=0.05, boot_s=4.0)) as made:
        yield made


class Site:
    """One database, the routers in it, and the engines that a test starts."""

    def __init__(self, loaded: Loaded, stack: AsyncExitStack) -> None:
        self.loaded = loaded
        self._stack = stack

    async def start(self, role: Role, name: str = "rosa", **values: object) -> Engine:
        """An engine that is closed at the end of the test, at the latest."""
        chosen = replace(self.loaded.settings, **values)  # type: ignore[arg-type]  # by name
        loaded = replace(self.loaded, settings=chosen)
        engine = await Engine.start(loaded, Operator(name, "jump", "test"), role)
        self._stack.push_async_callback(engine.close)
        return engine


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.pg)])
def url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "pg_url"))


@pytest.fixture
async def site(url: str, fleet: Fleet, tmp_path: Path) -> AsyncIterator[Site]:
    """An inventory of the three routers, zones and all; the loop looks every 0.2 s."""
    environ = {**os.environ, "OWTUI_DATABASE": url, "XDG_DATA_HOME": str(tmp_path / "data")}
    loaded = settings.load(environ, overrides={"facts_every_s": 0.2})
    fleet.write_inventory(tmp_path / "fleet.csv")
    async with AsyncExitStack() as stack:
        made = Site(loaded, stack)
        engine = await made.start(Role.ATTACH)
        await engine.inventory.apply(await engine.inventory.plan_import(tmp_path / "fleet.csv"))
        await engine.close()
        yield made


async def until(engine: Engine, true: Callable[[], object], *topics: str) -> None:
    """Wait on the engine's own events until something holds."""
    loop, moved = asyncio.get_running_loop(), asyncio.Event()

    def wake() -> None:
        loop.call_soon_threadsafe(moved.set)

    heard = engine.bus.subscribe(topics, wake)
    async with asyncio.timeout(DEADLINE_S):
        while not true():
            await moved.wait()
            moved.clear()
            heard.take()
    engine.bus.unsubscribe(heard)


def rows(engine: Engine) -> Iterator[DeviceRow]:
    return iter(engine.fleet.rows.values())


def all_seen(engine: Engine) -> Callable[[], bool]:
    return lambda: all(row.status == "ok" for row in rows(engine))


async def test_the_holder_polls_and_those_attached_see_it(site: Site) -> None:
    holder = await site.start(Role.HOLD)
    assert holder.holds
    other = await site.start(Role.AUTO, "ivo")
    assert not other.holds
    await until(holder, all_seen(holder), DeviceChanged.topic)
    await until(other, all_seen(other), DeviceChanged.topic)
    assert {row.mac for row in rows(other)} == {row.mac for row in rows(holder)}
    assert "rosa" in other.holder_words()
    with pytest.raises(BlockedError, match="held by rosa"):
        await site.start(Role.HOLD, "ivo")


async def test_what_one_writes_reaches_the_holder_which_does_not_read_its_own_writes_again(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    holder = await site.start(Role.HOLD, facts_every_s=0.0)
    guest = await site.start(Role.ATTACH, "ivo")
    first = next(rows(guest))
    audited = holder.bus.subscribe((AuditChanged.topic,), lambda: None)
    await guest.inventory.edit(first, {"zone": "attic"})
    await until(holder, lambda: holder.fleet.rows[first.id].zone == "attic", DeviceChanged.topic)
    await until(holder, lambda: audited.take(), AuditChanged.topic)
    await holder.polls.sight_all([first.id])
    seen = holder.fleet.rows[first.id]
    assert seen.status == "ok"
    loads: list[None] = []
    monkeypatch.setattr(type(holder.fleet), "load", lambda fleet: loads.append(None))
    await holder._moved(frozenset({revisions.STATES}))
    assert loads == [] and holder.fleet.rows[first.id] is seen


async def test_facts_do_not_fight_the_imported_mac(site: Site, fleet: Fleet) -> None:
    engine = await site.start(Role.ATTACH)
    await engine.polls.sight_all(list(engine.fleet.rows))
    wanted = {device.name: device.identity.mac.upper() for device in fleet.devices}
    assert {row.name: row.mac for row in rows(engine)} == wanted
    first = next(rows(engine))
    await engine.inventory.edit(first, {"mac": "02:00:00:00:00:01"})
    await engine.polls.sight_all([first.id])
    assert engine.fleet.rows[first.id].mac == "02:00:00:00:00:01"


@pytest.mark.slow
async def test_zones_and_deactivated_devices_are_left_out(site: Site, fleet: Fleet) -> None:
    guest = await site.start(Role.ATTACH)
    here, there, resting = rows(guest)
    await guest.inventory.edit(here, {"zone": "attic"})
    await guest.inventory.edit(there, {"zone": "cellar"})
    await guest.inventory.edit(resting, {"zone": "attic", "deactivated": "yes"})
    # One after the other: a process is one engine, DBOS knows no second.
    for zone, device in (("attic", here), ("cellar", there)):
        before = [other.effects.logins for other in fleet.devices if other.name != device.name]
        engine = await site.start(Role.HOLD, zone=zone)
        assert engine.holds and len(engine.polls.rota) == 1
        await until(engine, _is_ok(engine, device), DeviceChanged.topic)
        await engine.close()
        after = [other.effects.logins for other in fleet.devices if other.name != device.name]
        assert after == before
    assert fleet[resting.name].effects.logins == 0


@pytest.mark.slow
async def test_the_next_takes_over_and_finishes_the_job(site: Site, fleet: Fleet) -> None:
    first = await site.start(Role.HOLD, facts_every_s=0.0)
    second = await site.start(Role.AUTO, "ivo", facts_every_s=0.0)
    third = await site.start(Role.ATTACH, "eva", facts_every_s=0.0)
    before = {device.name: device.effects.boots for device in fleet.devices}
    plan = await third.plan("reboot", third.select(""), {}, parallel=1)
    job = await third.jobs.submit(plan)
    await until(first, lambda: _boots(fleet) > sum(before.values()), JobChanged.topic, "results")
    await first.close()
    await until(second, lambda: second.holds, EngineChanged.topic)
    async with asyncio.timeout(60):
        done = await third.jobs.wait(job.id)
    assert done.state == "success"
    assert {d.name: d.effects.boots for d in fleet.devices} == {k: v + 1 for k, v in before.items()}


def _is_ok(engine: Engine, device: DeviceRow) -> Callable[[], bool]:
    return lambda: engine.fleet.rows[device.id].status == "ok"


def _boots(fleet: Fleet) -> int:
    return sum(device.effects.boots for device in fleet.devices)


async def test_closing_twice_and_failing_to_start_leave_nothing_behind(site: Site) -> None:
    holder = await site.start(Role.HOLD)
    with pytest.raises(BlockedError):
        await site.start(Role.HOLD)
    await holder.close()
    await holder.close()
    again = await site.start(Role.HOLD)
    assert again.holds
