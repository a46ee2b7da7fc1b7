"""The whole way: routers that tell, the holder's duty, memory, checks that follow, in an engine."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from owtui import settings
from owtui.engine.engine import Engine, Role
from owtui.engine.topology.entries import TopologyDraft
from owtui.engine.topology.picture import ChangeKind
from owtui.operator import Operator
from owtui.simulator import Fleet, FleetSpec

DEADLINE_S = 60.0


async def until(engine: Engine, true: Callable[[], Awaitable[bool]], *topics: str) -> None:
    """Wait on the engine's own events until something holds."""
    loop, moved = asyncio.get_running_loop(), asyncio.Event()

    def wake() -> None:
        loop.call_soon_threadsafe(moved.set)

    heard = engine.bus.subscribe(topics, wake)
    async with asyncio.timeout(DEADLINE_S):
        while not await true():
            await moved.wait()
            moved.clear()
            heard.take()


@pytest.mark.slow
async def test_the_holder_reads_devices_in_turn_and_remembers_who_fell(tmp_path: Path) -> None:
    async with Fleet(FleetSpec(devices=4, seed=5)) as fleet:
        environ = {**os.environ, "XDG_DATA_HOME": str(tmp_path / "data")}
        environ["OWTUI_DATABASE"] = f"sqlite:///{tmp_path / 'owtui.db'}"
        loaded = settings.load(environ, overrides={"ping": "tcp", "connect_timeout_s": 1.0})
        fleet.write_inventory(tmp_path / "fleet.csv")
        engine = await Engine.start(loaded, Operator("rosa", "jump", "test"), Role.HOLD)
        try:
            plan = await engine.inventory.plan_import(tmp_path / "fleet.csv")
            await engine.inventory.apply(plan)
            row = await engine.topologies.add(
                TopologyDraft("cables", "lldp", "device", interval_s=10)
            )

            async def read() -> bool:
                return (await engine.topologies.find("cables")).updated_at is not None

            await until(engine, read, "topologies")
            picture = await engine.topologies.picture(row.id)
            assert len(picture.nodes) == 4
            assert len(picture.links) == 3
            assert all(link.is_up for link in picture.links.values())
            matched = {node.device_id for node in picture.nodes.values()}
            assert matched == set(engine.fleet.rows)
            leaf = fleet.devices[-1].name
            await fleet[leaf].fault(unreachable=True)

            async def fell() -> bool:
                return (await engine.topologies.find("cables")).down == 1

            await until(engine, fell, "topologies")
            changes = await engine.topologies.changes(row.id, picture.at)
            assert [one.kind for one in changes] == [ChangeKind.LINK_DOWN]
            assert leaf in (await engine.topologies.find("cables")).failure
        finally:
            await engine.close()
