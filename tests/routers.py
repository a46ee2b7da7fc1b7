"""A simulated fleet on a thread of its own, for tests that are not asynchronous themselves."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from owtui.simulator import Fleet, FleetSpec

T = TypeVar("T")
DEADLINE_S = 30.0


class Routers:
    """The running fleet; `do` runs a coroutine where it lives."""

    def __init__(self, fleet: Fleet, loop: asyncio.AbstractEventLoop) -> None:
        self.fleet = fleet
        self._loop = loop

    @property
    def names(self) -> list[str]:
        """Names of the devices, sorted as the inventory lists them."""
        return sorted(device.name for device in self.fleet.devices)

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Run to the end, from any thread."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(DEADLINE_S)

    def write_inventory(self, path: Path) -> Path:
        """A file for `devices import`."""
        self.fleet.write_inventory(path)
        return path


@contextmanager
def running(spec: FleetSpec) -> Iterator[Routers]:
    """Start a fleet and stop it again."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="routers")
    thread.start()
    routers = Routers(Fleet(spec), loop)
    try:
        routers.do(routers.fleet.start())
        yield routers
    finally:
        routers.do(routers.fleet.stop())
        loop.call_soon_threadsafe(loop.stop)
        thread.join(DEADLINE_S)
        loop.close()
