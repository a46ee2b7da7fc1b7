"""Configurations as a running engine keeps them: whoever writes, somebody renders."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from owtui import settings
from owtui.engine.engine import Engine, Role
from owtui.engine.events import ConfigsChanged, DeviceChanged
from owtui.engine.inventory.desk import draft
from owtui.operator import Operator
from storage import configs

DEADLINE_S = 60.0


@pytest.fixture
async def site(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Callable[..., object]]:
    environ = {**os.environ, "OWTUI_DATABASE": sqlite_url, "XDG_DATA_HOME": str(tmp_path)}
    loaded = settings.load(environ, overrides={"facts_every_s": 0})
    async with AsyncExitStack() as stack:

        async def start(role: Role) -> Engine:
            engine = await Engine.start(loaded, Operator("ada", "jump", "test"), role)
            stack.push_async_callback(engine.close)
            return engine

        yield start


async def until(engine: Engine, true: Callable[[], bool]) -> None:
    """Wait on the engine's own events until something holds."""
    loop, moved = asyncio.get_running_loop(), asyncio.Event()
    heard = engine.bus.subscribe([], lambda: loop.call_soon_threadsafe(moved.set))
    async with asyncio.timeout(DEADLINE_S):
        while not true():
            await moved.wait()
            moved.clear()
            heard.take()
    engine.bus.unsubscribe(heard)


async def test_a_holder_renders_what_another_process_left(site: Callable[..., object]) -> None:
    holder: Engine = await site(Role.HOLD)  # type: ignore[misc]
    other: Engine = await site(Role.ATTACH)  # type: ignore[misc]
    row = await other.inventory.add(draft("ap-1", "ap.example"))
    heard = holder.bus.subscribe([ConfigsChanged.topic], lambda: None)
    other.database.write(lambda s: configs.ensure(s, row.id).id)  # and no more

    def rendered() -> bool:
        return bool(holder.database.read(lambda s: configs.get(s, row.id)).checksum)

    await until(holder, rendered)
    assert ConfigsChanged("configs") in heard.take()
    await until(holder, lambda: holder.fleet.rows[row.id].config_status == "modified")


async def test_a_face_that_is_only_attached_sees_its_own_writes_through(
    site: Callable[..., object],
) -> None:
    engine: Engine = await site(Role.ATTACH)  # type: ignore[misc]
    await engine.owners.add_group("roofs")
    row = await engine.inventory.add(draft("ap-1", "ap.example", group="roofs"))
    await engine.configs.variables.set("group:roofs", {"place": "quay"})
    config = {"general": {"description": "{{ place }}"}}
    await engine.configs.devices.set_config(row.id, config)
    before = engine.database.read(lambda s: configs.get(s, row.id))
    heard = engine.bus.subscribe([DeviceChanged.topic], lambda: None)
    await engine.owners.remove_group("roofs")
    after = engine.database.read(lambda s: configs.get(s, row.id))
    assert after.checksum != before.checksum
    await engine.inventory.edit(row, {"name": "ap-2"})
    assert engine.fleet.rows[row.id].config_status == "modified"
    assert engine.database.read(configs.out_of_date) == []
    assert DeviceChanged(str(row.id)) in heard.take()


async def test_a_job_that_changes_records_is_rendered_before_it_is_told(
    site: Callable[..., object],
) -> None:
    engine: Engine = await site(Role.ATTACH)  # type: ignore[misc]
    row = await engine.inventory.add(draft("ap-1", "ap.example"))
    await engine.configs.devices.set_config(row.id, {"general": {"description": "x"}})
    plan = await engine.plan("deactivate", engine.select("name=ap-1"), {})
    await engine.jobs.submit(plan)
    assert engine.database.read(configs.out_of_date) == []
    await engine.fleet.load()
    assert engine.fleet.rows[row.id].config_status == "deactivating"
    removing = await engine.plan("remove_device", engine.select("name=ap-1"), {"force": False})
    assert [each.verdict for each in removing.rows] == ["blocked"]
    assert "empty configuration" in removing.rows[0].reason
