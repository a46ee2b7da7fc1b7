"""What devices run: kept as it moves, held against what was applied, looked at on request.

A poll brings a fingerprint; when it is another one than was recorded, the whole configuration is
read once, beside the polls and a few at a time, and written in batches as sightings are. A process
that only attaches reads on request alone: what moved is the business of whoever polls.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import UUID

from sqlmodel import Session

from owtui.engine.bus import Bus
from owtui.engine.configs import drift, keeping
from owtui.engine.configs.drift import DriftRow, Expectation
from owtui.engine.configs.keeping import Read
from owtui.engine.configs.model import Running
from owtui.engine.configs.reader import Reader
from owtui.engine.events import DeviceChanged, DriftChanged, Notice
from owtui.engine.fleet import Fleet
from owtui.engine.inventory.owners import note
from owtui.engine.monitoring.ingest import Ingest
from owtui.engine.openwrt.reach import Reach
from owtui.engine.openwrt.sums import Fingerprint
from owtui.errors import PROBLEMS, Failure, failure_of
from owtui.log import incident
from owtui.operator import Operator
from storage import running as store
from storage.db import Database
from storage.errors import StorageError
from storage.running import Known, Shown
from storage.secrets import Vault
from storage.tables import DeviceRunning

_log = logging.getLogger(__name__)

READERS = 4
"""Configurations that are read at once, beside the polls."""

REST_S = 600.0
"""A configuration that could not be read, or written, is not tried again sooner while it stays."""


ASK_S = 600.0
"""Over plain ubus the values of all packages cost as much as the facts: so often will do."""


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a device's configuration; `packages` are those that drifted."""

    device_id: UUID
    running: Running | None = None
    failure: Failure | None = None
    packages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Moved:
    """A fingerprint that is not as recorded, and when the device was last seen before it."""

    fingerprint: Fingerprint
    seen_before: datetime | None


class RunningBook:
    """The configurations that devices run. Belongs to one event loop.

    vault: opens it, and may block; asked for only when something is written or unsealed
    """

    def __init__(
        self,
        reach: Reach,
        fleet: Fleet,
        bus: Bus,
        database: Database,
        vault: Callable[[], Vault],
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._fleet = fleet
        self._bus = bus
        self._database = database
        self._vault = vault
        self._clock = clock
        self._reader = Reader(reach, database, vault)
        self._known: dict[UUID, Known] | None = None
        self._moved: dict[UUID, _Moved] = {}
        self._reading: set[UUID] = set()
        self._resting: dict[UUID, tuple[str, float]] = {}  # a mark not to be read again, until
        self._next_ask: dict[UUID, float] = {}
        self._some = asyncio.Event()
        self.ingest: Ingest[Read] = Ingest(self._write, sleep=sleep)

    # -- what polls bring ---------------------------------------------------------------------

    def further(self, device_id: UUID) -> tuple[str, ...]:
        """The paths that a fingerprint of this device has to ask for."""
        known = (self._known or {}).get(device_id)
        return known.further if known else ()

    def asks(self, device_id: UUID) -> bool:
        """Whether it is time to ask a device that tells its fingerprint only by itself."""
        due = self._clock() >= self._next_ask.get(device_id, 0.0)
        if due:
            self._next_ask[device_id] = self._clock() + ASK_S
        return due

    async def saw(
        self, seen: Iterable[tuple[UUID, Fingerprint]], before: Callable[[UUID], datetime | None]
    ) -> None:
        """Take fingerprints; those that moved are read by `run`.

        before: when a device was last seen before that
        """
        try:
            if self._known is None:
                self._known = await self._database.aread(store.known)
            moved = {id_: found for id_, found in seen if self._is_new(id_, found)}
            if not moved:
                return
            # A push, or another process, may have recorded it meanwhile.
            fresh = await self._database.aread(lambda session: store.known(session, moved.keys()))
        except StorageError as error:
            _log.warning("fingerprints wait for the next poll: %s", error)
            return
        for id_, found in moved.items():
            asked = self.further(id_)
            self._known[id_] = fresh.get(id_, Known())
            if asked != self.further(id_):
                continue  # other paths count by now: the next fingerprint asks for them
            if self._is_new(id_, found) and not self._rests(id_, found):
                self._moved[id_] = _Moved(found, before(id_))
                self._some.set()

    def _is_new(self, device_id: UUID, found: Fingerprint) -> bool:
        assert self._known is not None
        return self._known.get(device_id, Known()).mark != drift.mark_of(found)

    def _rests(self, device_id: UUID, found: Fingerprint) -> bool:
        mark, until = self._resting.get(device_id, ("", 0.0))
        return mark == drift.mark_of(found) and self._clock() < until

    async def run(self) -> None:
        """Read what moved, and write it, until cancelled."""
        self._known = None  # another process may have been at it until now
        async with asyncio.TaskGroup() as group:
            group.create_task(self.ingest.run(), name="running ingest")
            for number in range(READERS):
                group.create_task(self._serve(), name=f"running {number}")

    async def _serve(self) -> None:
        while True:
            device_id = next((id_ for id_ in self._moved if id_ not in self._reading), None)
            if device_id is None:
                self._some.clear()
                await self._some.wait()
                continue
            await self._catch_up(device_id, self._moved.pop(device_id))

    async def _catch_up(self, device_id: UUID, moved: _Moved) -> None:
        self._reading.add(device_id)
        self._resting[device_id] = (drift.mark_of(moved.fingerprint), self._clock() + REST_S)
        try:
            read = await self._reader.read(device_id, moved.fingerprint, moved.seen_before)
        except PROBLEMS as error:
            _log.info("the configuration of %s was not read: %s", device_id, error)
        except Exception:  # noqa: BLE001 — the supervisor: one device's bug never stops the others
            incident(_log, f"configuration of {device_id}")
        else:
            self.ingest.offer(read)  # it rests until that is written
        finally:
            self._reading.discard(device_id)
            if self._moved:
                self._some.set()

    # -- writing ------------------------------------------------------------------------------

    async def _write(self, batch: Sequence[Read]) -> None:
        vault = await asyncio.to_thread(self._open_vault)
        changes = await self._database.awrite(lambda s: keeping.record(s, vault, batch))
        if self._known is not None:
            self._known |= await self._database.aread(lambda s: store.known(s, changes.keys()))
        for read in batch:
            self._resting.pop(read.device_id, None)
        await self.tell(changes)

    def _open_vault(self) -> Vault | None:
        """The vault; None where it cannot be opened: then the sums are kept, and no files."""
        try:
            return self._vault()
        except PROBLEMS as error:
            _log.warning("configurations are kept without their files: %s", error)
            return None

    async def tell(self, changes: Shown) -> None:
        """Renew the rows of these devices, and tell which began and which ceased to drift.

        changes: how drift was shown of each, before and after, as keeping and store return it
        """
        moved = await self._fleet.refresh(changes.keys())
        self._bus.publish(*(DeviceChanged(str(id_)) for id_ in moved))
        turned = {id_: now for id_, (was, now) in changes.items() if bool(was) != bool(now)}
        self._bus.publish(*(DriftChanged(str(id_), bool(now)) for id_, now in turned.items()))
        rows = self._fleet.rows
        began = {rows[id_].name: now for id_, now in turned.items() if now and id_ in rows}
        if began:
            names = sorted(began)
            some = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
            have = f"has drifted: {began[names[0]]}" if len(names) == 1 else "have drifted"
            self._bus.publish(
                Notice(
                    "drift",
                    f"{some} {have}.",
                    "`owtui config drift drifted=yes` says what and who.",
                    "warning",
                )
            )

    # -- asking -------------------------------------------------------------------------------

    async def running(self, device_id: UUID) -> Running | None:
        """What a device ran when it was read last, from the record; None when it never was.

        Raises SealError while the vault does not open.
        """
        vault = await asyncio.to_thread(self._vault)
        return await self._database.aread(lambda s: keeping.running(s, vault, device_id))

    async def look(
        self,
        ids: Sequence[UUID],
        parallel: int = 32,
        each: Callable[[Look], None] = lambda look: None,
    ) -> list[Look]:
        """Read the configurations of many now, so many at once; in the order of `ids`.

        `each` is told of every one as it ends.
        """
        gate = asyncio.Semaphore(parallel)

        async def one(device_id: UUID) -> Look:
            async with gate:
                try:
                    read = await self._reader.read(device_id)
                except PROBLEMS as error:
                    look = Look(device_id, failure=failure_of(error))
                else:
                    self.ingest.offer(read)
                    look = Look(device_id, read.running)
            each(look)
            return look

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(id_), name=f"look {id_}") for id_ in ids]
        await self.ingest.flush()
        drifted = {row.device_id: row.packages for row in await self.drift(ids)}
        return [replace(t.result(), packages=drifted.get(t.result().device_id, ())) for t in tasks]

    async def drift(self, ids: Sequence[UUID]) -> list[DriftRow]:
        """How devices stand to what was applied to them, from the record; in the order of `ids`."""
        rows = await self._database.aread(lambda session: store.rows(session, ids))
        names = {id_: row.name for id_ in ids if (row := self._fleet.rows.get(id_))}
        return [_drift_row(id_, name, rows.get(id_)) for id_, name in names.items()]

    async def expect(self, device_id: UUID, files: Expectation) -> None:
        """Say what a device is to run from now on; see keeping.expect."""
        changes = await self._database.awrite(lambda s: keeping.expect(s, device_id, files))
        if self._known is not None:
            self._known |= await self._database.aread(lambda s: store.known(s, [device_id]))
        await self.tell(changes)

    async def ignore(self, device_id: UUID, operator: Operator) -> tuple[str, ...]:
        """Leave a device as it has drifted until it moves again; returns what drifted. Audited.

        Raises MissingError where its configuration was never read.
        """
        device = self._fleet.rows.get(device_id)

        def write(session: Session) -> tuple[tuple[str, ...], Shown]:
            packages, changes = store.ignore(session, device_id)
            note(session, operator, "ignore_drift", {"packages": list(packages)}, device)
            return packages, changes

        packages, changes = await self._database.awrite(write)
        await self.tell(changes)
        return packages


def _drift_row(device_id: UUID, name: str, row: DeviceRunning | None) -> DriftRow:
    if row is None:
        return DriftRow(device_id, name)
    return DriftRow(
        device_id,
        name,
        drifted=bool(row.drift),
        packages=tuple(row.drift),
        who=row.drift_who if row.drift else "",
        since=row.drift_since.astimezone(UTC) if row.drift_since else None,
        ignored=bool(row.drift) and row.ignored == row.drift_mark,
        expected=bool(row.expected),
        read_at=row.read_at,
    )
