"""Tunnels from the console: opened, used, copied, lost, made anew, listed and closed."""

from __future__ import annotations

import asyncio
import json
import urllib.error
import urllib.request
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
from owtui.console.screens.device import DeviceScreen
from owtui.console.screens.tunnels import TunnelsScreen
from owtui.simulator import FleetSpec
from tests.cli.conftest import CommandLine, bare  # noqa: F401 — fixtures
from tests.console.driving import DEADLINE_S, driven, press, shown, type_text, until
from tests.routers import Routers, running

pytestmark = pytest.mark.slow
SIZE = (160, 40)


@pytest.fixture
def routers() -> Iterator[Routers]:
    """One router of our own."""
    with running(FleetSpec(devices=1, seed=3, speed=0.05, boot_s=4.0)) as made:
        yield made


@pytest.fixture
def owtui(
    bare: CommandLine,  # noqa: F811 — the fixture
    routers: Routers,
    tmp_path: Path,
) -> CommandLine:
    """The command line on an inventory of that router."""
    assert bare("devices", "import", routers.write_inventory(tmp_path / "fleet.csv")).code == 0
    return bare


@asynccontextmanager
async def opened() -> AsyncIterator[Pilot[Any]]:
    """A console on the inventory, with the router in its list."""
    app = ConsoleApp(settings.load(), partial(Bridge, role="auto"))
    try:
        async with app.run_test(size=SIZE, notifications=True) as pilot:
            await until(pilot, lambda: app.bridge.engine and app.session.rows)
            yield pilot
    finally:
        assert await asyncio.to_thread(app.bridge.stop, DEADLINE_S), "the engine did not end"


def says(pilot: Pilot[Any], *words: str) -> bool:
    """Whether all the words are on the screen."""
    screen = "\n".join(shown(pilot.app))
    return all(word in screen for word in words)


def visit(url: str) -> int:
    """The status with which uhttpd answers a GET of /ubus, or 0 when nobody is there."""
    try:
        with urllib.request.urlopen(url + "ubus", timeout=DEADLINE_S) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code
    except (urllib.error.URLError, OSError):
        return 0


async def beside(owtui: CommandLine, *argv: object) -> str:
    """What a command line prints that runs while the console does."""
    process = owtui.start(*argv)
    out, err = await asyncio.to_thread(process.communicate, None, DEADLINE_S)
    assert process.returncode == 0, err
    return out


async def audited(owtui: CommandLine) -> list[tuple[str, str]]:
    entries = json.loads(await beside(owtui, "audit", "--json"))
    return [(one["action"], one["face"]) for one in entries if "tunnel" in one["action"]]


async def test_a_tunnel_is_opened_used_lost_found_again_and_closed(
    owtui: CommandLine, routers: Routers
) -> None:
    name = routers.names[0]
    [host] = [device.host for device in routers.fleet.devices]

    async def cut() -> None:
        host.cut()

    async with opened() as pilot:
        app = pilot.app
        assert isinstance(app, ConsoleApp)
        await pilot.press("t")
        await until(pilot, lambda: says(pilot, "leads to", "tunnels 1"))
        [tunnel] = app.bridge.engine.tunnels  # type: ignore[union-attr]  # it runs
        assert says(pilot, tunnel.url) and tunnel.url.startswith("http://127.0.0.1:")
        assert await asyncio.to_thread(visit, tunnel.url) == 404  # uhttpd's answer to a GET
        await pilot.press("t")
        await until(pilot, lambda: says(pilot, "leads already to"))

        sent: list[str] = []
        app.write_raw = sent.append  # type: ignore[method-assign]  # what the terminal would get
        await press(pilot, "y")
        assert says(pilot, "Tunnel", tunnel.url)
        await press(pilot, "t")
        assert len(sent) == 1

        await type_text(pilot, ":tunnels")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, TunnelsScreen))
        assert says(pilot, "ADDRESS HERE", name, tunnel.url, "C close")
        await asyncio.to_thread(routers.do, cut())
        await until(pilot, lambda: says(pilot, "connection lost") and says(pilot, "went away"))
        assert await asyncio.to_thread(visit, tunnel.url) == 404
        await until(pilot, lambda: not says(pilot, "connection lost"))
        assert (tunnel.visits, tunnel.bytes_in > 0) == (2, True)

        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, DeviceScreen))
        await press(pilot, "escape")
        await pilot.press("C")
        await until(pilot, lambda: says(pilot, "No tunnels.", f"Closed: {tunnel.url}"))
        assert await asyncio.to_thread(visit, tunnel.url) == 0
        await press(pilot, "y")
        assert isinstance(app.screen, TunnelsScreen), "there is nothing to copy"
    assert await audited(owtui) == [("close_tunnel", "console"), ("open_tunnel", "console")]


async def test_tunnels_end_with_the_console_and_with_the_device_in_the_inventory(
    owtui: CommandLine, routers: Routers
) -> None:
    name = routers.names[0]
    async with opened() as pilot:
        app = pilot.app
        assert isinstance(app, ConsoleApp) and app.bridge.engine is not None
        await type_text(pilot, f":tunnel {name} 70000")
        await press(pilot, "enter")
        assert says(pilot, "“70000” is no port.")
        await pilot.press("escape")
        for line in (f":tunnel {name} 9", f":tunnel {name} 80"):
            await type_text(pilot, line)
            await pilot.press("enter")
        await until(pilot, lambda: says(pilot, "nothing answers at its", "leads to"))
        [first] = app.bridge.engine.tunnels
        await beside(owtui, "devices", "remove", name, "--force", "--yes")
        await until(pilot, lambda: says(pilot, "was removed: its tunnel", "No devices yet."))
        assert await asyncio.to_thread(visit, first.url) == 0
    await beside(owtui, "devices", "import", routers.write_inventory(owtui.home / "again.csv"))
    async with opened() as pilot:
        await pilot.press("t")
        await until(pilot, lambda: says(pilot, "leads to", "tunnels 1"))
        [second] = pilot.app.bridge.engine.tunnels  # type: ignore[attr-defined]  # ConsoleApp
        assert await asyncio.to_thread(visit, second.url) == 404
    assert await asyncio.to_thread(visit, second.url) == 0
    assert [action for action, _ in await audited(owtui)][:2] == ["close_tunnel", "open_tunnel"]


async def test_a_tunnel_is_offered_only_where_changes_are_allowed(folder: Path) -> None:
    async with driven(folder, SIZE, read_only=True) as pilot:
        await press(pilot, "t")
        assert not says(pilot, "Opening a tunnel")
        await type_text(pilot, ":tunnel ap-hall-04")
        await press(pilot, "enter")
        assert says(pilot, "This fleet is read-only here.")
