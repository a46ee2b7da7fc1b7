"""Notices which image devices run, as they report it: at work where the engine is held.

OpenWISP does so when a device gets a connection or an image is uploaded (operations.md §6.1); here
it is whenever a device reports another OS, board or model, and when the library changes.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from uuid import UUID

from owtui.engine.bus import Bus
from owtui.engine.events import DeviceChanged, FirmwareChanged
from owtui.engine.fleet import Fleet
from owtui.errors import PROBLEMS, failure_of
from storage.rows import DeviceRow

_log = logging.getLogger(__name__)

Recognise = Callable[[Collection[UUID] | None], Awaitable[int]]
"""See FirmwareDesk.recognise."""


class Recognising:
    """Asks for devices whose report differs from the one before; belongs to one loop."""

    def __init__(self, fleet: Fleet, bus: Bus, recognise: Recognise) -> None:
        self._fleet = fleet
        self._bus = bus
        self._recognise = recognise
        self._seen: dict[UUID, tuple[str, ...]] = {}

    async def run(self) -> None:
        """Until it is cancelled; the first round is over all devices."""
        loop, woken = asyncio.get_running_loop(), asyncio.Event()
        woken.set()

        def wake() -> None:
            loop.call_soon_threadsafe(woken.set)

        told = self._bus.subscribe((DeviceChanged.topic, FirmwareChanged.topic), wake)
        try:
            while True:
                await woken.wait()
                woken.clear()
                everything = any(isinstance(one, FirmwareChanged) for one in told.take())
                await self._round(everything=everything)
        finally:
            self._bus.unsubscribe(told)

    async def _round(self, *, everything: bool) -> None:
        reports = {id_: _report(row) for id_, row in self._fleet.rows.items()}
        moved = [id_ for id_, report in reports.items() if self._seen.get(id_) != report]
        self._seen = reports
        if not (moved or everything):
            return
        try:
            found = await self._recognise(None if everything else moved)
        except PROBLEMS as error:  # a board map that is none: said where somebody asks for it
            _log.warning("Devices are not recognised: %s", failure_of(error).sentence)
            return
        if found:
            _log.info("%d devices turned out to run images of the library.", found)


def _report(row: DeviceRow) -> tuple[str, ...]:
    facts = row.facts or {}
    return (row.os, row.model, str(facts.get("board", "")), str(facts.get("target", "")))
