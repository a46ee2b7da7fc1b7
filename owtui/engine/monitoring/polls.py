"""The facts loop: every device in its turn, one round trip each, into one batched write a second.

Polling runs where the lease is held; `sight` serves everybody who wants to look now.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from random import Random
from typing import TYPE_CHECKING
from uuid import UUID
from weakref import WeakValueDictionary

from owtui.engine.bus import Bus
from owtui.engine.configs.running import RunningBook
from owtui.engine.events import DeviceChanged
from owtui.engine.fleet import Fleet
from owtui.engine.monitoring.ingest import AWAY, Ingest, Sighting, following
from owtui.engine.monitoring.readings import Reading
from owtui.engine.monitoring.record import observed, record
from owtui.engine.monitoring.rota import Pace, Rota
from owtui.engine.monitoring.scheduler import Scheduler
from owtui.engine.openwrt.collect import Report
from owtui.engine.openwrt.facts import Facts
from owtui.engine.openwrt.reach import Reach
from owtui.errors import PROBLEMS, DeadlineError, DeviceError, Failure, failure_of
from owtui.settings import Settings
from storage.db import Database
from storage.errors import MissingError
from storage.secrets import Vault
from storage.tables import now

if TYPE_CHECKING:
    from owtui.engine.monitoring.monitor import Monitor

_log = logging.getLogger(__name__)

LOOK_S = 80.0
"""All addresses, logins and ways of a device together. What ended a look from outside would tell
nobody that the device does not answer; its ping has the rest of `DEADLINE_S`."""
DEADLINE_S = 120.0

Reachable = Callable[[UUID, bool], Awaitable[tuple[Reading, ...]]]
"""Checks whether a device is reachable; told whether the look that asks got an answer."""


@dataclass(slots=True, weakref_slot=True)
class _Look:
    """Those who look at one device now: one looks, the others wait."""

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    began: float = 0.0
    found: Sighting | None = None


async def unproven(device_id: UUID, answered: bool) -> tuple[Reading, ...]:
    """Where nothing pings: the look itself is what is known."""
    values = {"reachable": 1.0, "loss": 0.0} if answered else {"reachable": 0.0, "loss": 100.0}
    return (Reading("ping", now().timestamp(), values),)


class Polls:
    """Sees devices, by turns or on request, and tells what became of them."""

    def __init__(
        self,
        reach: Reach,
        fleet: Fleet,
        bus: Bus,
        database: Database,
        chosen: Settings,
        vault: Callable[[], Vault],
        *,
        clock: Callable[[], float] = time.monotonic,
        present: Callable[[], datetime] = now,
        random: Random | None = None,
    ) -> None:
        self._reach = reach
        self._fleet = fleet
        self._bus = bus
        self._database = database
        self._settings = chosen
        self._clock = clock
        self._present = present
        self.monitor: Callable[[], Monitor | None] = lambda: None  # judges, where the engine is
        self.reach: Reachable = unproven
        self.counts: Callable[[UUID], bool] = lambda device_id: True  # is "data collected" judged?
        self._looks: WeakValueDictionary[UUID, _Look] = WeakValueDictionary()
        self.ingest: Ingest[Sighting] = Ingest(self._write, join=following)
        self.running = RunningBook(reach, fleet, bus, database, vault, clock=clock)
        self.rota = Rota(Pace(every_s=chosen.facts_every_s or 60.0), random or Random())
        self.scheduler = Scheduler(
            self.rota, self._poll, parallel=chosen.parallel, clock=clock, deadline_s=DEADLINE_S
        )

    def sync(self) -> None:
        """Take the fleet's devices of this zone into the rota; deactivated ones rest."""
        if not self._settings.facts_every_s:
            return
        self.rota.sync(map(str, self.wanted()), self._clock())
        self.scheduler.nudge()

    def wanted(self) -> tuple[UUID, ...]:
        """The devices that this engine polls: those of its zone that may be and can be reached."""
        zone = self._settings.zone
        return tuple(
            row.id
            for row in self._fleet.rows.values()
            if not row.is_deactivated and row.connections and (not zone or row.zone == zone)
        )

    def hasten(self, ids: Collection[UUID]) -> None:
        """Poll these next."""
        for device_id in ids:
            self.rota.hasten(str(device_id), self._clock())
        self.scheduler.nudge()

    async def sight(self, device_id: UUID) -> Sighting:
        """Look at one device now; never raises for what the device does.

        One look at a time: of two the one that began first might end last, and its smaller
        counters would read as if the router had counted anew. Who waited is given what another
        one found, if that began after he had asked.
        """
        asked = self._clock()
        look = self._looks.setdefault(device_id, _Look())
        async with look.turn:
            if look.found is None or look.began < asked:
                look.began = self._clock()
                look.found = await self._look(device_id)
            return look.found

    async def _look(self, device_id: UUID) -> Sighting:
        report: Report | None = None
        failure = None
        began = self._clock()
        try:
            async with asyncio.timeout(LOOK_S), self._reach.router(device_id) as router:
                paths = self.running.further(device_id)
                report = await router.collect(paths)
                if report.fingerprint is None and self.running.asks(device_id):
                    with suppress(DeviceError):
                        report = replace(report, fingerprint=await router.fingerprint(paths))
        except MissingError:
            pass  # removed meanwhile: the batch leaves it out
        except TimeoutError:
            failure = failure_of(DeadlineError(f"A look at it took longer than {LOOK_S:g} s."))
        except PROBLEMS as error:
            failure = failure_of(error)
        sighting = Sighting(
            device_id,
            self._present(),
            report.facts if report else None,
            failure,
            report.fingerprint if report else None,
            report.document if report else None,
            await self._reachable(device_id, failure),
            took_s=self._clock() - began,
        )
        self.ingest.offer(sighting)
        return sighting

    async def _reachable(self, device_id: UUID, failure: Failure | None) -> tuple[Reading, ...]:
        """Check at once what a look makes doubtful: a device that did not answer, and one that
        does and was held for unreachable (OpenWISP's recovery detection, operations.md §1.7)."""
        monitor = self.monitor()
        if monitor is None:
            return ()
        known = monitor.book.flag(device_id, "ping")
        if failure is None:
            return await self.reach(device_id, True) if known is False else ()
        return await self.reach(device_id, False) if failure.kind in AWAY else ()

    async def saw(self, device_id: UUID, facts: Facts) -> None:
        """Keep the facts of a device that was read on another way than ours, as adopting does."""
        self.ingest.offer(Sighting(device_id, self._present(), facts))
        await self.ingest.flush()

    async def sight_all(
        self,
        ids: Sequence[UUID],
        parallel: int | None = None,
        each: Callable[[Sighting], None] = lambda sighting: None,
    ) -> list[Sighting]:
        """Look at many, so many at once, and write what was seen; in the order of `ids`.

        `each` is told of every one as it ends; what it raises ends the looking and is raised.
        """
        gate = asyncio.Semaphore(parallel or self._settings.parallel)

        async def one(device_id: UUID) -> Sighting:
            async with gate:
                sighting = await self.sight(device_id)
            each(sighting)
            return sighting

        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(one(id_), name=f"sight {id_}") for id_ in ids]
        except ExceptionGroup as several:
            raise several.exceptions[0] from None
        await self.ingest.flush()
        return [task.result() for task in tasks]

    async def flush(self) -> None:
        """Write what was seen and read, now."""
        await self.ingest.flush()
        await self.running.ingest.flush()

    async def _poll(self, key: str) -> bool:
        return (await self.sight(UUID(key))).failure is None

    async def _write(self, batch: Sequence[Sighting]) -> None:
        known = self._fleet.rows
        monitor = self.monitor()
        if monitor is not None:
            observations = [
                one for s in batch for one in observed(s, counts=self.counts(s.device_id))
            ]
            await monitor.take(
                observations, lambda session, statuses: record(session, batch, known, statuses)
            )
        else:
            await self._database.awrite(lambda session: record(session, batch, known))
            moved = await self._fleet.refresh({sighting.device_id for sighting in batch})
            self._bus.publish(*(DeviceChanged(str(id_)) for id_ in moved))
        await self.running.saw(
            ((s.device_id, s.fingerprint) for s in batch if s.fingerprint is not None),
            lambda id_: row.last_seen if (row := known.get(id_)) else None,
        )
