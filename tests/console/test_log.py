"""The log screen: shown in batches, held still, searched, ended with the screen."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from textual.pilot import Pilot

from owtui.console.app import ConsoleApp
from owtui.console.screens import log
from owtui.console.screens.log import LogScreen
from owtui.engine.openwrt.logtail import LogLine
from owtui.errors import UnreachableError
from tests.console.driving import driven, shown, until
from tests.console.seed import id_of
from widgets.textview import TextView


class Device:
    """A device whose log the test writes; in the place of the engine's sessions."""

    def __init__(self, *lines: LogLine, failure: Exception | None = None) -> None:
        self.lines = list(lines)
        self.failure = failure
        self.ended = False
        self.asked: list[tuple[UUID, int]] = []

    @asynccontextmanager
    async def log(self, device_id: UUID, *, lines: int) -> AsyncIterator[AsyncIterator[LogLine]]:
        self.asked.append((device_id, lines))
        try:
            yield self._tell()
        finally:
            self.ended = True

    async def _tell(self) -> AsyncIterator[LogLine]:
        if self.failure is not None:
            raise self.failure
        while True:
            while self.lines:
                yield self.lines.pop(0)
            await asyncio.sleep(0.01)

    def tunnels(self) -> tuple[object, ...]:
        """None: this is about logs."""
        return ()

    async def close(self) -> None:
        """End nothing."""


async def opened(pilot: Pilot[Any], device: Device, patch: pytest.MonkeyPatch) -> None:
    assert isinstance(pilot.app, ConsoleApp)
    patch.setattr(pilot.app.bridge.engine, "sessions", device)
    await pilot.press("l")
    await until(pilot, lambda: isinstance(pilot.app.screen, LogScreen))


async def test_a_log_is_followed_and_ended_with_its_screen(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = Device(LogLine("daemon.info one"), LogLine("It has rebooted.", marker=True))
    async with driven(folder, read_only=True) as pilot:
        await opened(pilot, device, monkeypatch)
        await until(pilot, lambda: any("daemon.info one" in line for line in shown(pilot.app)))
        assert any("-- It has rebooted. --" in line for line in shown(pilot.app))
        assert device.asked == [(id_of("ap-hall-04"), log.FIRST)]
        device.lines.append(LogLine("a later one"))
        await until(pilot, lambda: any("a later one" in line for line in shown(pilot.app)))
        assert not device.ended
        await pilot.press("escape")
        await until(pilot, lambda: device.ended)


async def test_a_paused_log_stands_still_and_loses_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = Device(LogLine("one"))
    async with driven(folder) as pilot:
        await opened(pilot, device, monkeypatch)
        await until(pilot, lambda: any("one" in line for line in shown(pilot.app)[1:-2]))
        await pilot.press("p")
        device.lines.append(LogLine("two"))
        screen = pilot.app.screen
        assert isinstance(screen, LogScreen)
        await until(pilot, lambda: screen._news)
        assert not any("two" in line for line in shown(pilot.app))
        await pilot.press("p")
        await until(pilot, lambda: any("two" in line for line in shown(pilot.app)))


async def test_f_leaves_only_the_lines_that_were_searched_and_w_breaks_long_ones(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = "daemon.info dnsmasq: " + "x" * 90 + " the end"
    device = Device(LogLine("kern.warn one"), LogLine(long), LogLine("auth.info DROPBEAR: two"))
    async with driven(folder) as pilot:
        await opened(pilot, device, monkeypatch)
        await until(pilot, lambda: any("DROPBEAR" in line for line in shown(pilot.app)))
        screen = pilot.app.screen
        assert screen.check_action("text_only", ()) is False  # nothing was searched
        await pilot.press("slash", *"dropbear", "enter", "f")
        await until(pilot, lambda: "1 of 3 lines" in shown(pilot.app)[0])
        assert not any("kern.warn" in line for line in shown(pilot.app))
        device.lines += [LogLine("auth.info dropbear: three"), LogLine("kern.warn four")]
        await until(pilot, lambda: any("three" in line for line in shown(pilot.app)))
        await until(pilot, lambda: "2 of 5 lines" in shown(pilot.app)[0])
        assert not any("four" in line for line in shown(pilot.app))
        await pilot.press("f")
        await until(pilot, lambda: any("kern.warn four" in line for line in shown(pilot.app)))
        assert not any("the end" in line for line in shown(pilot.app))
        await pilot.press("w")
        await until(pilot, lambda: any("the end" in line for line in shown(pilot.app)))


async def test_a_flood_keeps_only_the_last_lines_and_their_end_in_view(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "KEEP", 50)
    device = Device(*(LogLine(f"line {n}") for n in range(40)))
    async with driven(folder) as pilot:
        await opened(pilot, device, monkeypatch)
        await until(pilot, lambda: any("line 39" in line for line in shown(pilot.app)))
        device.lines += [LogLine(f"line {n}") for n in range(40, 70)]
        await until(pilot, lambda: any("line 69" in line for line in shown(pilot.app)))
        view = pilot.app.screen.query_one(TextView)
        assert (view._lines[0], len(view._lines)) == ("line 20", 50)
        await pilot.press("/", *"line", "space", *"21", "enter")
        await until(pilot, lambda: any("line 21" in line for line in shown(pilot.app)))


async def test_a_device_that_cannot_be_followed_is_told(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = Device(failure=UnreachableError("10.8.7.17:22 does not answer."))
    async with driven(folder) as pilot:
        await opened(pilot, device, monkeypatch)
        await until(pilot, lambda: any("does not answer" in line for line in shown(pilot.app)))
        assert "not followed" in shown(pilot.app)[0]
