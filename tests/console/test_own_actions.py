"""Own actions and aliases of the settings in the console: key, menu, palette, help, `:` line."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from owtui import settings
from owtui.console.app import ConsoleApp
from owtui.console.bridge import Bridge
from owtui.console.frame import Frame
from owtui.console.screens.help import help_for
from owtui.console.screens.plan import PlanScreen
from tests.console import driving
from tests.console.driving import DEADLINE_S, press, ready, shown, type_text, until
from tests.console.seed import NOW

SETTINGS = """
[alias]
roofs = "filter tag=roof"

[action.ping]
title = "Ping from here"
command = "ping {host}"
key = "i"
changes = false
params = [{name = "host", default = "gw"}]

[action.wipe]
title = "Wipe the cache"
command = "rm -rf /tmp/cache"
key = "f6"

[action.reboot]
title = "Mine"
command = "true"
"""


@asynccontextmanager
async def driven(folder: Path, **chosen: Any) -> AsyncIterator[Pilot[Any]]:
    """A console whose settings file holds own actions."""
    file = folder / "config.toml"
    file.write_text(SETTINGS)
    own = settings.load({"HOME": str(folder)}, config=file)
    loaded = driving.loaded(folder, **chosen)
    app = ConsoleApp(
        replace(loaded, actions=own.actions, aliases=own.aliases), partial(Bridge, role="attach")
    )
    app.session.now = lambda: NOW
    app.recovers = False
    try:
        async with app.run_test(size=(100, 30), notifications=True) as pilot:
            await ready(pilot)
            yield pilot
    finally:
        assert app.bridge.stop(DEADLINE_S), "the engine did not end"


async def test_a_key_asks_and_shows_the_plan(folder: Path) -> None:
    async with driven(folder) as pilot:
        await press(pilot, "i")
        assert any("Ping from here" in line for line in shown(pilot.app))
        await press(pilot, "f5")
        await until(pilot, lambda: isinstance(pilot.app.screen, PlanScreen))
        assert any("Ping from here on 1 device" in line for line in shown(pilot.app))


async def test_menu_palette_help_and_line_have_them(folder: Path) -> None:
    async with driven(folder) as pilot:
        await press(pilot, "a", "end")  # there are more than are shown at once
        assert any("Wipe the cache" in line for line in shown(pilot.app))
        await press(pilot, "escape", "f2")
        await type_text(pilot, "wipe")
        await until(pilot, lambda: any("F6" in line for line in shown(pilot.app)))
        await press(pilot, "escape")
        frame = pilot.app.screen
        assert isinstance(frame, Frame)
        text = help_for(frame, frame.session)._text
        assert "Wipe the cache; shows a plan first" in text
        assert re.search(r":roofs +filter tag=roof", text)
        await type_text(pilot, ":roofs")
        await press(pilot, "enter")
        assert "/tag=roof" in shown(pilot.app)[0]


async def test_one_that_cannot_be_is_told_at_start(folder: Path) -> None:
    async with driven(folder) as pilot:
        told = [one.message for one in pilot.app._notifications]
        assert any("reboot of the settings is left out" in one for one in told)


async def test_read_only_keeps_what_changes_nothing(folder: Path) -> None:
    async with driven(folder, read_only=True) as pilot:
        await press(pilot, "f6")
        assert pilot.app.screen is pilot.app.screen_stack[1]
        await press(pilot, "a")
        lines = "\n".join(shown(pilot.app))
        assert "Ping from here" in lines and "Wipe" not in lines and "Reboot" not in lines


async def test_without_one_of_those_the_menu_is_gone_in_read_only(folder: Path) -> None:
    async with driving.driven(folder, read_only=True) as pilot:
        await press(pilot, "a")
        assert pilot.app.screen is pilot.app.screen_stack[1]
