"""From what was seen of devices to one batched write a second and one event a device.

Polls, jobs and `owtui facts` all come in here, so that a device's state has one writer. A batch
is written when its first entry is a second old: no timer runs while nothing happens.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar
from uuid import UUID

from owtui.engine.openwrt.facts import Facts
from owtui.engine.openwrt.sums import Fingerprint
from owtui.errors import Failure, Kind
from storage.errors import StorageError

_log = logging.getLogger(__name__)

# The device did not answer at all; with any other failure something is wrong that it can tell us.
_AWAY = frozenset({Kind.UNREACHABLE, Kind.REFUSED, Kind.TIMEOUT, Kind.LOST})


@dataclass(frozen=True, slots=True)
class Sighting:
    """One attempt to see a device: its facts, or why there are none. `at` is aware UTC.

    No fingerprint: the session tells nothing of the configuration, or it was not asked for.
    """

    device_id: UUID
    at: datetime
    facts: Facts | None = None
    failure: Failure | None = None
    fingerprint: Fingerprint | None = None

    @property
    def status(self) -> str:
        """OpenWISP's health word for it: ok, problem or critical."""
        if self.failure is None:
            return "ok"
        return "critical" if self.failure.kind in _AWAY else "problem"


class OfDevice(Protocol):
    """Anything that was seen of one device."""

    @property
    def device_id(self) -> UUID:
        """The device."""
        ...


T = TypeVar("T", bound=OfDevice)


class Ingest(Generic[T]):
    """Collects what was seen, newest per device, and hands it on in batches."""

    def __init__(
        self,
        write: Callable[[Sequence[T]], Awaitable[None]],
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        batch_s: float = 1.0,
    ) -> None:
        self._write = write
        self._sleep = sleep
        self._batch_s = batch_s
        self._waiting: dict[UUID, T] = {}
        self._some = asyncio.Event()

    def offer(self, sighting: T) -> None:
        """Take one; an older unwritten one of the same device is replaced."""
        self._waiting[sighting.device_id] = sighting
        self._some.set()

    async def run(self) -> None:
        """Write batches until cancelled; what is left then is written by `flush`."""
        while True:
            await self._some.wait()
            await self._sleep(self._batch_s)
            await self.flush()

    async def flush(self) -> None:
        """Write what waits, now."""
        self._some.clear()
        batch = list(self._waiting.values())
        self._waiting.clear()
        try:
            if batch:
                await self._write(batch)
        except StorageError as error:
            _log.warning("%d sightings wait for the database: %s", len(batch), error)
            for sighting in batch:
                self._waiting.setdefault(sighting.device_id, sighting)
            self._some.set()
