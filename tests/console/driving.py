"""Drive the console on the seeded fleet: a real engine that only looks, and a clock that stands."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from textual import events
from textual.keys import _character_to_key
from textual.pilot import Pilot

from owtui.console.app import ConsoleApp
from owtui.console.bridge import Bridge
from owtui.console.frame import Frame
from owtui.console.preview import REST_S, Preview
from owtui.settings import Loaded, Paths, Settings
from tests.console.seed import NOW
from tests.console.watchseed import stand_still
from tests.widgets.screen import text_of

DEADLINE_S = 60.0


def loaded(folder: Path, **chosen: Any) -> Loaded:
    """Settings for a fleet called lab, whose database is in this folder."""
    paths = Paths(folder, folder, folder, folder, folder)
    settings = Settings(
        fleet="lab",
        database=f"sqlite:///{folder / 'owtui.db'}",
        facts_every_s=0,
        host_keys="strict",
        operator="eva",
    )
    return Loaded(replace(settings, **chosen), paths)


def console(folder: Path, **chosen: Any) -> ConsoleApp:
    """A console with a standing clock on an engine that polls nothing and runs no jobs."""
    os.environ["TZ"] = "UTC"
    time.tzset()
    app = ConsoleApp(loaded(folder, **chosen), partial(Bridge, role="attach"))
    app.session.now = lambda: NOW
    app.recovers = False
    return app


async def until(pilot: Pilot[Any], holds: Callable[[], object]) -> None:
    """Wait until something is so, for as long as the console has something to do."""
    deadline = time.monotonic() + DEADLINE_S
    while not holds():
        assert time.monotonic() < deadline, "\n".join(shown(pilot.app))
        await pilot.pause(0.01)


async def ready(pilot: Pilot[Any]) -> None:
    """Wait for the fleet and its jobs to be on the screen, with the clock of the engine frozen."""
    app = pilot.app
    assert isinstance(app, ConsoleApp)
    await until(pilot, lambda: app.session.rows and app.session.jobs)
    engine = app.bridge.engine
    assert engine is not None
    engine.holds = True  # the pictures are those of the console that runs the engine
    engine.operator = replace(engine.operator, name="eva", host="noc-1")
    engine.jobs.means = replace(engine.jobs.means, clock=NOW.timestamp)
    stand_still(engine)
    await settled(pilot)


async def settled(pilot: Pilot[Any]) -> None:
    """Wait until nothing is asked of the engine any more and all is drawn."""
    app = pilot.app
    await until(pilot, lambda: not [w for w in app.workers if not w.is_finished])
    screen = app.screen
    if isinstance(screen, Frame):
        screen.refresh_frame()
    if any(one.display for one in screen.query(Preview)):
        await pilot.pause(2 * REST_S)  # the preview follows a cursor that rests
    await pilot.pause()


async def press(pilot: Pilot[Any], *keys: str) -> None:
    """Press keys and wait for what comes of them."""
    await pilot.press(*keys)
    await settled(pilot)


async def type_text(pilot: Pilot[Any], text: str) -> None:
    """Type text: its first letter may open a line, the others are typed ahead into it."""
    await pilot.press(text[0])
    for letter in text[1:]:
        pilot.app.post_message(events.Key(_character_to_key(letter), letter))
    await pilot.pause()


def shown(app: Any) -> list[str]:
    """The lines on the screen."""
    return text_of(app)


@asynccontextmanager
async def driven(
    folder: Path, size: tuple[int, int] = (80, 24), **chosen: Any
) -> AsyncIterator[Pilot[Any]]:
    """A console that is ready, and ended in order afterwards."""
    app = console(folder, **chosen)
    try:
        async with app.run_test(size=size, notifications=True) as pilot:
            await ready(pilot)
            yield pilot
    finally:
        assert app.bridge.stop(DEADLINE_S), "the engine did not end"
