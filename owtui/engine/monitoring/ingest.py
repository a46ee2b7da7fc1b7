"""From what was seen of devices to one batched write a second and one event a device.

Polls, jobs and `owtui facts` all come in here, so that a device's state has one writer. A batch
is written when its first entry is a second old: no timer runs while nothing happens.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Generic, Protocol, TypeVar
from uuid import UUID

from owtui.engine.monitoring.document import Document
from owtui.engine.monitoring.readings import Reading
from owtui.engine.openwrt.facts import Facts
from owtui.engine.openwrt.sums import Fingerprint
from owtui.errors import Failure, Kind
from storage.errors import StorageError

_log = logging.getLogger(__name__)

# The device did not answer at all; with any other failure something is wrong that it can tell us.
AWAY = frozenset({Kind.UNREACHABLE, Kind.REFUSED, Kind.TIMEOUT, Kind.LOST})


EARLIER = 4
"""Sightings with a document that a newer one of the same device takes along at most.

A database that is away for hours must not fill the memory with the documents of a whole fleet;
their counters only grow, so what is left out costs resolution and no traffic.
"""


LONGEST_S = 30.0
"""Between attempts while the database is away: each writes all its points into the series again,
whose batches would grow by a fleet's documents a second."""


def pause_s(batch_s: float, failures: int) -> float:
    """How long to wait before the next batch, after so many failures in a row."""
    return max(batch_s, min(LONGEST_S, batch_s * 2.0 ** min(failures, 10)))


@dataclass(frozen=True, slots=True)
class Sighting:
    """One attempt to see a device: its facts, or why there are none. `at` is aware UTC.

    No fingerprint: the session tells nothing of the configuration, or it was not asked for. No
    document: nothing was collected. `readings`: of checks that the look itself caused. `earlier`
    are sightings with a document that this one replaced before they were written, oldest first.
    """

    device_id: UUID
    at: datetime
    facts: Facts | None = None
    failure: Failure | None = None
    fingerprint: Fingerprint | None = None
    document: Document | None = None
    readings: tuple[Reading, ...] = ()
    took_s: float = 0.0
    earlier: tuple[Sighting, ...] = ()

    @property
    def status(self) -> str:
        """OpenWISP's health word for it: ok, problem or critical."""
        if self.failure is None:
            return "ok"
        return "critical" if self.failure.kind in AWAY else "problem"


def following(older: Sighting, newer: Sighting) -> Sighting:
    """The newer sighting with the documents of the older one.

    States want the newest alone, series want every document: two may come within a batch (a poll
    and `owtui poll`), and a batch that could not be written waits while the next ones come. So
    the newest goes on as before, and carries the others with their own times in `earlier`.
    """
    before = older.earlier
    if older.document is not None:
        before += (replace(older, earlier=()),)
    return replace(newer, earlier=(before + newer.earlier)[-EARLIER:])


class OfDevice(Protocol):
    """Anything that was seen of one device."""

    @property
    def device_id(self) -> UUID:
        """The device."""
        ...


T = TypeVar("T", bound=OfDevice)


def _newer(older: T, newer: T) -> T:
    return newer


class Ingest(Generic[T]):
    """Collects what was seen, newest per device, and hands it on in batches.

    join: makes one of two of the same device, the older first; the newer alone unless told
    """

    def __init__(
        self,
        write: Callable[[Sequence[T]], Awaitable[None]],
        *,
        join: Callable[[T, T], T] = _newer,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        batch_s: float = 1.0,
    ) -> None:
        self._write = write
        self._join = join
        self._sleep = sleep
        self._batch_s = batch_s
        self._waiting: dict[UUID, T] = {}
        self._failures = 0
        self._some = asyncio.Event()
        self._flushing = asyncio.Lock()

    def offer(self, sighting: T) -> None:
        """Take one; an older unwritten one of the same device is joined with it."""
        older = self._waiting.get(sighting.device_id)
        joined = sighting if older is None else self._join(older, sighting)
        self._waiting[sighting.device_id] = joined
        self._some.set()

    async def run(self) -> None:
        """Write batches until cancelled; what is left then is written by `flush`."""
        while True:
            await self._some.wait()
            await self._sleep(pause_s(self._batch_s, self._failures))
            await self.flush()

    async def flush(self) -> None:
        """Write what waits, now; what another flush has taken is written as well when it ends."""
        async with self._flushing:
            await self._flush()

    async def _flush(self) -> None:
        self._some.clear()
        batch = list(self._waiting.values())
        self._waiting.clear()
        try:
            if batch:
                await self._write(batch)
            self._failures = 0
        except StorageError as error:
            self._failures += 1
            _log.warning("%d sightings wait for the database: %s", len(batch), error)
            for sighting in batch:
                newer = self._waiting.get(sighting.device_id)
                joined = sighting if newer is None else self._join(sighting, newer)
                self._waiting[sighting.device_id] = joined
            self._some.set()
