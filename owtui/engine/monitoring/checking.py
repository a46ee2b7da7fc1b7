"""The checks of all devices, each in its turn: what they find goes to the monitor.

A rota of its own, a key a device and check. A check that fails to find out (no permission, no
program, a bug) is told and writes nothing; a device that does not answer is a finding.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from random import Random
from uuid import UUID

from owtui.engine.fleet import Fleet
from owtui.engine.monitoring.checks.base import Asked, Check, Later, Means
from owtui.engine.monitoring.checks.registry import Checks
from owtui.engine.monitoring.metrics import CRITICAL
from owtui.engine.monitoring.monitor import Monitor
from owtui.engine.monitoring.readings import Reading
from owtui.engine.monitoring.rota import Lag, Pace, Rota
from owtui.engine.monitoring.scheduler import Scheduler
from owtui.engine.monitoring.terms import Terms, TermsBook
from owtui.engine.monitoring.verdicts import Observation
from owtui.errors import PROBLEMS, Failure, Kind, failure_of
from owtui.settings import Settings
from storage import checks as stored
from storage.db import Database
from storage.rows import DeviceRow

_log = logging.getLogger(__name__)

SPARE_S = 60.0  # the scheduler's deadline is beyond that of the slowest check


@dataclass(frozen=True, slots=True)
class Ran:
    """One run: what it found, or why it found nothing. `note`: how (icmp, tcp), or "skipped"."""

    device_id: UUID
    type: str
    at: datetime
    readings: tuple[Reading, ...] = ()
    note: str = ""
    failure: Failure | None = None


class Checking:
    """Runs checks: in their turns where the lease is held, on request everywhere.

    Without a monitor, which only the holder has, what is found goes to who asked alone.
    """

    def __init__(
        self,
        fleet: Fleet,
        database: Database,
        means: Means,
        chosen: Settings,
        *,
        checks: Checks | None = None,
        clock: Callable[[], float] = time.monotonic,
        random: Random | None = None,
    ) -> None:
        self.checks = checks or Checks.load()
        self.last: dict[tuple[UUID, str], Ran] = {}
        self.terms = TermsBook(self.checks, chosen)
        self.on_ran: Callable[[Ran], None] = lambda ran: None
        self._fleet = fleet
        self._database = database
        self._means = means
        self._chosen = chosen
        self._clock = clock
        self._monitor: Monitor | None = None
        self._gate = asyncio.Semaphore(chosen.parallel)
        self._keys: dict[str, float] = {}  # how often, of what is active
        self.rota = Rota(Pace(), random or Random(), lambda key: self._keys.get(key, 300.0))
        slowest_s = max((check.deadline_s for check in self.checks), default=0.0)
        self.scheduler = Scheduler(
            self.rota,
            self._turn,
            parallel=chosen.parallel,
            clock=clock,
            deadline_s=slowest_s + SPARE_S,
        )

    @property
    def lag(self) -> Lag:
        """How far behind its plan it is."""
        return self.scheduler.lag

    def due_in_s(self, device_id: UUID, type_: str) -> float | None:
        """Seconds until the next turn of a check, negative where it is overdue; None where it has
        no turns in this process."""
        due = self.rota.due(_key(device_id, type_)) if self._monitor is not None else None
        return None if due is None else due - self._clock()

    def is_running(self, device_id: UUID, type_: str) -> bool:
        """Whether its turn is now."""
        return self.rota.is_running(_key(device_id, type_))

    def attach(self, monitor: Monitor) -> None:
        """Hand what is found to this monitor from now on, and look at its history."""
        self._monitor = monitor
        self._means = replace(self._means, series=monitor.series)

    async def load(self) -> None:
        """Read where checks deviate from the settings, anew after a change (topic CHECKS)."""
        found = await self._database.aread(stored.deviations)
        self.terms = TermsBook(self.checks, self._chosen, found)
        self.sync()
        await self._forget_switched_off()

    def sync(self) -> None:
        """Take devices and their active checks into the rota."""
        self._keys = {}
        if self._chosen.checks_every_s and self._chosen.facts_every_s:
            for row in self._rows():
                for check, terms in self._active(row):
                    self._keys[_key(row.id, check.type)] = terms.every_s
        present = {id_ for id_, _ in self.last} - self._fleet.rows.keys()
        self.last = {key: ran for key, ran in self.last.items() if key[0] not in present}
        self.rota.sync(self._keys, self._clock())
        self.scheduler.nudge()

    def active(self, device_id: UUID, type_: str) -> bool:
        """Whether a check runs on a device: one that is off must not write by another way."""
        row, check = self._fleet.rows.get(device_id), self.checks.find(type_)
        return row is not None and check is not None and self.terms.of(row, check).active

    def hasten(self, ids: Collection[UUID]) -> None:
        """Somebody looks at these: when they are overdue they go before all others."""
        self.rota.prefer(
            [key for id_ in ids for type_ in self.checks.types if (key := _key(id_, type_))]
        )
        self.scheduler.nudge()

    def soon(self, device_id: UUID, type_: str = "ping") -> None:
        """Run a check next, in its own turn: whoever asks does not wait, as for `reach`."""
        self.rota.hasten(_key(device_id, type_), self._clock())
        self.scheduler.nudge()

    async def reach(self, device_id: UUID) -> tuple[Reading, ...]:
        """Ping a device now, for a poll that failed. Nothing where it is not to be pinged."""
        row = self._fleet.rows.get(device_id)
        check = self.checks.find("ping")
        if row is None or check is None or row.is_deactivated:
            return ()
        terms = self.terms.of(row, check)
        if not terms.active:
            return ()
        return (await self._run(row, check, terms)).readings

    async def run_now(
        self,
        ids: Iterable[UUID],
        types: Collection[str] = (),
        each: Callable[[Ran], None] = lambda ran: None,
    ) -> list[Ran]:
        """Run checks at once and keep what they find: those named, else what is active.

        Deactivated devices are left out. Raises InputError for a type that is none.
        """
        named = [self.checks.get(type_) for type_ in types]
        wanted = [
            (row, check, terms)
            for id_ in ids
            if (row := self._fleet.rows.get(id_)) is not None and not row.is_deactivated
            for check, terms in (
                [(check, self.terms.of(row, check)) for check in named]
                if types
                else self._active(row)
            )
        ]

        async def one(row: DeviceRow, check: Check, terms: Terms) -> Ran:
            async with self._gate:
                ran = await self._run(row, check, terms)
            self._keep(ran)
            each(ran)
            return ran

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(*asked), name="check now") for asked in wanted]
        return [task.result() for task in tasks]

    async def config_changed(self, ids: Collection[UUID]) -> list[Ran]:
        """The status of their configurations moved: look at once, as OpenWISP does."""
        return await self.run_now(
            [id_ for id_ in ids if self.active(id_, "config_applied")], ["config_applied"]
        )

    async def recover(self, device_id: UUID) -> list[Ran]:
        """A critical device was heard of: look at once whether it is well (operations.md §1.7).

        Its status follows what its metrics say by now before the checks have run: problem, where
        not all critical ones are bad any more. Where no critical check is left to say that it is
        well, hearing of it does.
        """
        row = self._fleet.rows.get(device_id)
        if row is None or row.status != "critical" or self._monitor is None:
            return []
        if not self._is_mine(row):
            return []
        types = [check.type for check, _ in self._active(row) if _critical(check)]
        if not types:
            await self._monitor.reset([device_id])
        self._monitor.offer(Observation(device_id, self._means.present()))
        return await self.run_now([device_id], types) if types else []

    async def suspect(self, device_id: UUID) -> list[Ran]:
        """Something says that a device may be gone: run its critical checks at once."""
        row = self._fleet.rows.get(device_id)
        if row is None or row.is_deactivated or row.status == "critical":
            return []
        if not self._is_mine(row):  # out of our reach it would be found down; its own engine looks
            return []
        types = [check.type for check, _ in self._active(row) if _critical(check)]
        return await self.run_now([device_id], types) if types else []

    # -- one run --------------------------------------------------------------------------------

    async def _turn(self, key: str) -> bool:
        """True however it went: a device that is down is asked as often as one that is up."""
        device_id, _, type_ = key.partition("/")
        row, check = self._fleet.rows.get(UUID(device_id)), self.checks.find(type_)
        if row is None or check is None or row.is_deactivated:
            return True
        self._keep(await self._run(row, check, self.terms.of(row, check)))
        return True

    async def _run(self, row: DeviceRow, check: Check, terms: Terms) -> Ran:
        at = self._means.present()
        try:
            async with asyncio.timeout(check.deadline_s):
                result = await check.run(Asked(row, terms.params, at, self._means))
        except Later as later:
            self.rota.again(_key(row.id, check.type), self._clock() + later.after_s)
            return Ran(row.id, check.type, at, note=f"waits {later.after_s:g} s for its server")
        except TimeoutError:
            sentence = f"{check.title} of {row.name} took longer than {check.deadline_s:g} s."
            failure = Failure(Kind.TIMEOUT, sentence)
        except PROBLEMS as error:
            failure = failure_of(error)
        else:
            return Ran(row.id, check.type, at, result.readings or (), result.note)
        known = self.last.get((row.id, check.type))
        if known is None or known.failure != failure:
            _log.warning("%s of %s: %s", check.title, row.name, failure.sentence)
        return Ran(row.id, check.type, at, failure=failure)

    def _keep(self, ran: Ran) -> None:
        self.last[ran.device_id, ran.type] = ran
        if self._monitor is not None and ran.readings:
            self._monitor.offer(Observation(ran.device_id, ran.at, ran.readings))
        self.on_ran(ran)

    # -- who ------------------------------------------------------------------------------------

    def _rows(self) -> Iterable[DeviceRow]:
        rows = self._fleet.rows.values()
        return (row for row in rows if not row.is_deactivated and self._is_mine(row))

    def _is_mine(self, row: DeviceRow) -> bool:
        return self._chosen.zone in ("", row.zone)

    def _active(self, row: DeviceRow) -> Sequence[tuple[Check, Terms]]:
        asked = ((check, self.terms.of(row, check)) for check in self.checks)
        return [(check, terms) for check, terms in asked if terms.active]

    async def _forget_switched_off(self) -> None:
        """A critical check that is off leaves its device unknown, until others judge (§1.6)."""
        if self._monitor is None:
            return
        critical = [check for check in self.checks if _critical(check)]
        ids = [
            row.id
            for row in self._rows()
            for check in critical
            if any(self._monitor.book.flag(row.id, one) is not None for one in check.metrics)
            and not self.terms.of(row, check).active
        ]
        if ids:
            await self._monitor.reset(set(ids))
            for id_ in set(ids):
                self._monitor.offer(Observation(id_, self._means.present()))


def _critical(check: Check) -> bool:
    return not set(CRITICAL).isdisjoint(check.metrics)


def _key(device_id: UUID, type_: str) -> str:
    return f"{device_id}/{type_}"
