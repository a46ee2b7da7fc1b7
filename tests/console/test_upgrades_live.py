"""An upgrade from the console on simulated devices: U, the plan, the batch, what devices run."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from owtui import settings
from owtui.console.app import ConsoleApp
from owtui.console.bridge import Bridge
from owtui.console.screens.batch import BatchScreen
from owtui.console.screens.plan import PlanScreen
from owtui.simulator import FleetSpec
from tests.cli.conftest import CommandLine, bare  # noqa: F401 — fixtures
from tests.console.driving import DEADLINE_S, press, shown, type_text, until
from tests.engine.firmware.images import image
from tests.routers import Routers, running
from widgets.finddialog import FindDialog
from widgets.form import FormDialog

pytestmark = pytest.mark.slow
SIZE = (120, 40)
VERSION = "24.10.8"


@pytest.fixture
def routers() -> Iterator[Routers]:
    """Two routers."""
    with running(FleetSpec(devices=2, seed=5, speed=0.05, boot_s=2.0)) as made:
        yield made


@pytest.fixture
def owtui(
    bare: CommandLine,  # noqa: F811 — the fixture
    routers: Routers,
    tmp_path: Path,
) -> CommandLine:
    """The command line on their inventory, with a build for their boards."""
    assert bare("devices", "import", routers.write_inventory(tmp_path / "fleet.csv")).code == 0
    assert bare("poll").code == 0
    boards = sorted({one.device.model.board for one in routers.fleet.devices})
    file = tmp_path / f"openwrt-{VERSION}-lab-squashfs-sysupgrade.bin"
    file.write_bytes(image(*boards))
    assert bare("firmware", "add-category", "APs").code == 0
    assert bare("firmware", "add-build", "APs", VERSION).code == 0
    assert bare("firmware", "add-image", VERSION, file).code == 0
    return bare


@asynccontextmanager
async def opened() -> AsyncIterator[Pilot[Any]]:
    """A console that runs the engine."""
    app = ConsoleApp(settings.load(), partial(Bridge, role="auto"))
    try:
        async with app.run_test(size=SIZE, notifications=True) as pilot:
            await until(pilot, lambda: app.bridge.engine and app.session.rows)
            yield pilot
    finally:
        assert await asyncio.to_thread(app.bridge.stop, DEADLINE_S), "the engine did not end"


async def test_two_devices_are_upgraded_from_the_console_one_after_the_other(
    owtui: CommandLine, routers: Routers
) -> None:
    async with opened() as pilot:
        app = pilot.app
        assert isinstance(app, ConsoleApp)
        await press(pilot, "*", "U")
        await until(pilot, lambda: isinstance(app.screen, FindDialog))
        assert any(f"APs/{VERSION}" in line and "0 run it" in line for line in shown(app))
        await press(pilot, "enter")
        assert isinstance(app.screen, FormDialog)
        assert app.screen.values()["build"] == f"APs/{VERSION}"
        await press(pilot, "f5")
        await until(pilot, lambda: isinstance(app.screen, PlanScreen))
        assert f"Upgrade to APs/{VERSION} on 2 devices" in shown(app)[0]
        await type_text(pilot, app.session.settings.fleet)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, BatchScreen))
        await until(pilot, lambda: any("canary 1/1" in line for line in shown(app)))
        await until(pilot, lambda: any("eta" in line for line in shown(app)))
        await until(pilot, lambda: app.screen.job() and app.screen.job()["finished"])  # type: ignore[attr-defined]
        await until(pilot, lambda: "2/2" in shown(app)[2])
        assert "success" in shown(app)[2]
        assert sum("verified" in line for line in shown(app)) == 2
        await press(pilot, "enter")
        text = "\n".join(shown(app))
        assert "1/7 image check: Connection successful, starting upgrade..." in text
        assert "3/7 upload: " in text
    devices = [one.device for one in routers.fleet.devices]
    assert {one.release.version for one in devices} == {VERSION}
    assert [one.effects.upgrades for one in devices] == [1, 1]
