"""The whole way: routers that tell what they run, a library that was there before, and the duty."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from owtui import settings
from owtui.engine.engine import Engine, Role
from owtui.engine.events import FirmwareChanged
from owtui.engine.firmware.entries import BuildDraft
from owtui.operator import Operator
from owtui.simulator import Fleet, FleetSpec
from tests.engine.firmware.images import image

DEADLINE_S = 60.0


@pytest.mark.slow
async def test_devices_are_recognised_when_they_are_read_first(tmp_path: Path) -> None:
    async with Fleet(FleetSpec(devices=2, seed=5)) as fleet:
        told = fleet.devices[0].device.system.board()
        environ = {**os.environ, "XDG_DATA_HOME": str(tmp_path / "data")}
        environ["OWTUI_DATABASE"] = f"sqlite:///{tmp_path / 'owtui.db'}"
        loaded = settings.load(environ, overrides={"ping": "tcp", "facts_every_s": 0.5})
        fleet.write_inventory(tmp_path / "fleet.csv")
        file = tmp_path / "openwrt-x.bin"
        file.write_bytes(image(told["board_name"]))
        engine = await Engine.start(loaded, Operator("rosa", "jump", "test"), Role.HOLD)
        try:
            desk, woken = engine.firmware, asyncio.Event()
            loop = asyncio.get_running_loop()

            def wake() -> None:
                loop.call_soon_threadsafe(woken.set)

            heard = engine.bus.subscribe([FirmwareChanged.topic], wake)
            category = await desk.add_category("APs")
            build = await desk.add_build(
                category.id, BuildDraft("1.0", os=told["release"]["description"])
            )
            added = await desk.add_image(build.id, file, force="a test")
            assert not (await desk.library()).assigned
            plan = await engine.inventory.plan_import(tmp_path / "fleet.csv")
            await engine.inventory.apply(plan)
            [device] = engine.fleet.by_name(fleet.devices[0].name)
            async with asyncio.timeout(DEADLINE_S):
                while device.id not in (await desk.library()).assigned:
                    await woken.wait()
                    woken.clear()
                    heard.take()
            found = (await desk.library()).assigned[device.id]
            assert (found.image_id, found.installed) == (added.id, True)
            [row] = await desk.overview([device.id])
            assert (row.build, row.builds_behind, row.installed) == ("1.0", 0, True)
            assert desk.store.folder == tmp_path / "firmware"
        finally:
            await engine.close()
