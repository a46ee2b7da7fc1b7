"""A shell from the console in a real terminal: it takes the screen, and gives it back."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from owtui.console.screens.fleet import FleetScreen
from owtui.simulator import FleetSpec
from tests.cli.conftest import CommandLine, bare  # noqa: F401 — fixtures
from tests.console.driving import driven, press, shown
from tests.engine.transport.localtty import local_tty
from tests.routers import Routers, running

DEADLINE_S = 30.0


@pytest.fixture
def routers() -> Iterator[Routers]:
    """One router of our own."""
    with running(FleetSpec(devices=1, seed=3, speed=0.05, boot_s=4.0)) as made:
        yield made


@pytest.mark.slow
@pytest.mark.parametrize(
    ("line", "end"),
    [("exit", "ended"), ("reboot", "lost"), ("~.", "left")],  # words: notices wrap
)
def test_a_shell_takes_the_screen_and_gives_it_back(
    bare: CommandLine,  # noqa: F811 — the fixture
    routers: Routers,
    tmp_path: Path,
    line: str,
    end: str,
) -> None:
    assert bare("devices", "import", routers.write_inventory(tmp_path / "fleet.csv")).code == 0
    name = routers.names[0]

    def until(*marks: str) -> None:
        for mark in marks:
            asyncio.run(tty.until(mark.encode()))

    with local_tty(90, 25) as tty:
        before = tty.modes
        process = subprocess.Popen(
            [sys.executable, "-m", "owtui"],
            stdin=tty.fd,
            stdout=tty.fd,
            stderr=tty.fd,
            env={**os.environ, "TERM": "xterm-256color"},
            start_new_session=True,
        )
        try:
            until(name, "RW")
            tty.type("s")
            until("\x1b[?1049l", ":~# ")
            tty.type("uname\r")
            until("Linux", ":~# ")
            tty.type(line + "\r" * (line != "~."))
            until("\x1b[?1049h", name, end)
            assert tty.modes != before
            tty.type("q")
            assert process.wait(DEADLINE_S) == 0
            assert tty.modes == before
        finally:
            process.kill()
            process.wait(DEADLINE_S)


async def test_a_shell_is_offered_only_where_changes_are_allowed(folder: Path) -> None:
    async with driven(folder, (160, 40), read_only=True) as pilot:
        assert isinstance(pilot.app.screen, FleetScreen)
        await press(pilot, "s")
        assert "s shell" not in shown(pilot.app)[-1]
    async with driven(folder, (160, 40)) as pilot:
        assert "s shell" in shown(pilot.app)[-1]
