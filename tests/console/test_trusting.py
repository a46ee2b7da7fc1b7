"""A host key that nobody trusts: the console asks, goes on meanwhile, and the answer is audited."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from textual.pilot import Pilot

from owtui.console.app import ConsoleApp
from owtui.console.screens.job import JobScreen
from owtui.console.screens.log import LogScreen
from owtui.console.screens.plan import PlanScreen
from owtui.console.trusting import WAITING
from owtui.engine.inventory.desk import draft
from owtui.simulator import FleetSpec
from tests.console.driving import driven, press, settled, shown, type_text, until
from tests.routers import Routers, running
from widgets.dialog import ConfirmDialog


@pytest.fixture(scope="module")
def routers() -> Iterator[Routers]:
    """Two routers that nobody has seen."""
    with running(FleetSpec(devices=2, seed=5, speed=0.05)) as made:
        yield made


@asynccontextmanager
async def stranger(
    folder: Path, routers: Routers, number: int = 1, **chosen: Any
) -> AsyncIterator[Pilot[Any]]:
    """The seeded console and unknown routers in it; the list shows only them."""
    async with driven(folder, host_keys="ask", **chosen) as pilot:
        app = pilot.app
        assert isinstance(app, ConsoleApp)
        for count, one in enumerate(routers.fleet.devices[:number], 1):
            made = draft(f"new-{count}", one.address, password=one.password, port=one.port)
            await app.bridge.call(lambda engine, made=made: engine.inventory.add(made))  # type: ignore[misc]
        await type_text(pilot, "/new-")
        await press(pilot, "enter")
        await until(pilot, lambda: len(app.screen.query_one("#list").order) == number)  # type: ignore[attr-defined]
        yield pilot


def says(pilot: Pilot[Any], words: str) -> bool:
    text = " ".join(line.replace("│", " ").strip() for line in shown(pilot.app))
    return words in " ".join(text.split())


def told(pilot: Pilot[Any], words: str) -> bool:
    return any(words in one.message for one in pilot.app._notifications)


async def asked(pilot: Pilot[Any]) -> None:
    await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmDialog))
    await until(pilot, lambda: says(pilot, "Trust the host key of new-1?"))


async def audited(pilot: Pilot[Any]) -> list[str]:
    entries = await pilot.app.bridge.call(lambda engine: engine.audit(limit=50))  # type: ignore[attr-defined]
    return [f"{one['action']} {one['outcome']}" for one in entries]


def host_key(pilot: Pilot[Any]) -> str:
    rows = pilot.app.session.rows.values()  # type: ignore[attr-defined]
    return next(row.host_key for row in rows if row.name == "new-1")


async def test_a_look_at_an_unknown_device_asks_with_its_fingerprint_and_no_is_the_default(
    folder: Path, routers: Routers
) -> None:
    async with stranger(folder, routers) as pilot:
        await pilot.press("r")
        await asked(pilot)
        assert says(pilot, "+ssh-ed25519 SHA256:") and says(pilot, "No credential was sent.")
        await press(pilot, "enter")
        assert host_key(pilot) == "offered"
        assert "2 host keys to trust" in shown(pilot.app)[-2]  # with the seeded one that changed
        assert not [line for line in await audited(pilot) if line.startswith("accept")]
        await pilot.press("r")
        await asked(pilot)
        await pilot.press("y")
        await until(pilot, lambda: host_key(pilot) == "trusted")
        await until(pilot, lambda: "▲ new-1" in "\n".join(shown(pilot.app)))
        assert "accept_host_key success" in await audited(pilot)


async def test_a_command_that_an_unknown_key_stopped_asks_and_is_planned_again(
    folder: Path, routers: Routers
) -> None:
    async with stranger(folder, routers) as pilot:
        await type_text(pilot, ":run uptime @name=new-1")
        await press(pilot, "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, PlanScreen))
        await pilot.press("y", "enter")
        await asked(pilot)
        assert any(isinstance(one, JobScreen) for one in pilot.app.screen_stack)
        await pilot.press("y")
        await until(pilot, lambda: isinstance(pilot.app.screen, PlanScreen))
        assert host_key(pilot) == "trusted"
        await pilot.press("y", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, JobScreen))
        await until(pilot, lambda: says(pilot, "ok 1"))


async def test_a_log_is_followed_once_the_key_is_trusted(folder: Path, routers: Routers) -> None:
    async with stranger(folder, routers) as pilot:
        await pilot.press("l")
        await asked(pilot)
        await pilot.press("y")
        await until(pilot, lambda: isinstance(pilot.app.screen, LogScreen))
        await until(pilot, lambda: "following" in shown(pilot.app)[0])
        await until(pilot, lambda: any("new-1" in line for line in shown(pilot.app)))
        await until(pilot, lambda: host_key(pilot) == "trusted")


async def test_several_unknown_devices_are_told_once_with_the_way_to_see_them_all(
    folder: Path, routers: Routers
) -> None:
    async with stranger(folder, routers, 2) as pilot:
        await pilot.press("R")
        await until(pilot, lambda: told(pilot, "2 devices show host keys that are not trusted."))
        await settled(pilot)
        assert not isinstance(pilot.app.screen, ConfirmDialog)
        await press(pilot, "slash", "ctrl+u")
        await type_text(pilot, WAITING)
        await press(pilot, "enter")
        assert len(pilot.app.screen.query_one("#list").order) == 3  # type: ignore[attr-defined]
        await press(pilot, "asterisk", "a", "k")
        await until(pilot, lambda: isinstance(pilot.app.screen, PlanScreen))
        assert "will change 3" in shown(pilot.app)[1]


@pytest.mark.parametrize("chosen", [{"read_only": True}, {"host_keys": "strict"}], ids=str)
async def test_where_nobody_may_trust_it_it_is_told_and_not_asked(
    folder: Path, routers: Routers, chosen: dict[str, Any]
) -> None:
    async with driven(folder) as pilot:  # the inventory is filled where it may be
        made = draft("new-1", routers.fleet.devices[0].address, port=routers.fleet.devices[0].port)
        row = await pilot.app.bridge.call(lambda engine: engine.inventory.add(made))
    async with driven(folder, **{"host_keys": "ask", **chosen}) as pilot:
        app = pilot.app
        assert isinstance(app, ConsoleApp)
        app.look_at([UUID(str(row.id))])
        await until(pilot, lambda: told(pilot, "is not known yet: ssh-ed25519 SHA256:"))
        assert not isinstance(app.screen, ConfirmDialog)
