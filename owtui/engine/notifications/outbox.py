"""The holder's duty to send what is due: each sink in a loop of its own.

At most once unless a sink repeats: "sending" is committed before the first byte leaves, and what
may have arrived is not sent again. What provably did not go is tried again, ever more rarely.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from owtui.engine.bus import Bus
from owtui.engine.events import Event, Notice
from owtui.engine.notifications.parcels import Packer
from owtui.engine.notifications.sink import Parcel, Sink, SinkError, Sinks
from owtui.engine.notifications.teller import Teller
from owtui.engine.notifications.telling import Telling
from owtui.engine.notifications.types import TYPES
from owtui.errors import PROBLEMS, failure_of
from owtui.log import incident
from storage import deliveries
from storage.db import Database
from storage.errors import MissingError, StorageError
from storage.rules import storable
from storage.secrets import Secret, Vault
from storage.tables.base import now

_log = logging.getLogger(__name__)

FIRST_S, LONGEST_S = 15.0, 1800.0  # between attempts; doubles each time
MOST_ATTEMPTS = 50  # a day, by then
SAY_AFTER = 3  # attempts that fail in a row
LOOK_S = 60.0  # how long a loop sleeps at most: another process may have written
CUT_S = 120.0  # at least: who began so long ago has died
GRACE_S = 5.0  # for what is being sent while the engine is closed
PATIENCE_S = 2.0  # between attempts to write down what came of a sending


@dataclass(slots=True)
class _Standing:
    """How a sink does. `rests_till`: after a failure nothing is tried before."""

    wake: asyncio.Event = field(default_factory=asyncio.Event)
    failures: int = 0
    rests_till: datetime | None = None
    said: bool = False


@dataclass(slots=True)
class Outbox:
    """Sends. Belongs to the engine's loop; `nudge` says that something new may be due."""

    database: Database
    sinks: Sinks
    packer: Packer
    teller: Teller
    bus: Bus
    vault: Callable[[], Vault]
    present: Callable[[], datetime] = now
    dice: Callable[[], float] = random.random
    _standings: dict[str, _Standing] = field(default_factory=dict)

    def nudge(self) -> None:
        """Look now, not when the next one was due."""
        for standing in self._standings.values():
            standing.wake.set()

    async def run(self) -> None:
        """Send until cancelled."""
        async with asyncio.TaskGroup() as group:
            for sink in self.sinks.on.values():
                group.create_task(self._serve(sink), name=f"sink {sink.name}")

    async def _serve(self, sink: Sink) -> None:
        standing = self._standing(sink)
        while True:
            try:
                await self._mend(sink)
                pause_s = await self.drain(sink)
            except StorageError as error:
                _log.warning("the outbox waits for the database: %s", error)
                pause_s = LOOK_S
            with suppress(TimeoutError):
                async with asyncio.timeout(min(max(pause_s, 1.0), LOOK_S)):
                    await standing.wake.wait()
            standing.wake.clear()

    async def drain(self, sink: Sink) -> float:
        """Send all that is due by one sink; return the seconds until there is more to do."""
        standing = self._standing(sink)
        while True:
            at = self.present()
            if standing.rests_till is not None and at < standing.rests_till:
                return (standing.rests_till - at).total_seconds()
            parcel = await self._claim(sink, at)
            if parcel is None:
                due = await self.database.aread(lambda s: deliveries.next_due(s, sink.name))
                return (due - at).total_seconds() if due else LOOK_S
            await self._finish(self._deliver(sink, parcel), f"send by {sink.name}")

    async def _claim(self, sink: Sink, at: datetime) -> Parcel | None:
        return await self.database.awrite(lambda s: self.packer.claim(s, sink.name, at))

    async def _finish(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Do it to its end; when the engine closes meanwhile, for some seconds still."""
        task: asyncio.Task[None] = asyncio.create_task(work, name=name)
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            _, late = await asyncio.wait([task], timeout=GRACE_S)
            if late:
                task.cancel()
                await asyncio.wait([task])
            raise

    async def _deliver(self, sink: Sink, parcel: Parcel) -> None:
        try:
            async with asyncio.timeout(sink.deadline_s):
                await sink.send(parcel, await self.secret(sink.name))
        except SinkError as error:
            await self._failed(sink, parcel, error)
        except TimeoutError:
            late = f"The sink {sink.name} did not end within {sink.deadline_s:g} s."
            await self._failed(sink, parcel, SinkError(late, perhaps=True))
        except PROBLEMS as error:  # the secret cannot be read: nothing has left yet
            failure = failure_of(error)
            await self._failed(sink, parcel, SinkError(failure.sentence, failure.hint))
        except Exception:  # noqa: BLE001 — a plug-in's bug is told and logged, the others go on
            number = incident(_log, f"the sink {sink.name}")
            said = f"The sink {sink.name} broke (incident {number})."
            await self._failed(sink, parcel, SinkError(said, perhaps=True))
        else:
            await self._sent(sink, parcel)

    async def secret(self, sink: str) -> Secret | None:
        """The secret of a sink, None where it has none; the vault opens for no other."""
        if sink not in await self.database.aread(deliveries.secrets):
            return None
        vault = await asyncio.to_thread(self.vault)
        try:
            return await self.database.aread(lambda s: deliveries.secret(s, vault, sink))
        except MissingError:  # taken away just now
            return None

    # -- what came of it ------------------------------------------------------------------------

    async def _sent(self, sink: Sink, parcel: Parcel) -> None:
        standing = self._standing(sink)
        standing.failures, standing.rests_till = 0, None
        at = self.present()

        def write(session: Session) -> list[Event]:
            self.packer.sent(session, parcel, at)
            return self._recovered(session, sink, at) if standing.said else []

        events = await self._write(write)
        if standing.said:
            self.bus.publish(Notice(f"sink:{sink.name}", f"The sink {sink.name} works again."))
        standing.said = False
        self.bus.publish(*events)

    async def _failed(self, sink: Sink, parcel: Parcel, error: SinkError) -> None:
        standing, at = self._standing(sink), self.present()
        standing.failures += 1
        lost = error.lasting or (error.perhaps and not sink.repeats)
        lost = lost or parcel.attempt >= MOST_ATTEMPTS
        pause = pause_s(standing.failures, self.dice())
        rests = at + timedelta(seconds=pause)
        if not error.lasting:  # the next one may be for somebody whom the server does know
            standing.rests_till = rests
        say = lost or (standing.failures >= SAY_AFTER and not standing.said)
        _log.warning("sink %s: %s %s", sink.name, storable(error.sentence), error.hint)

        def write(session: Session) -> list[Event]:
            state = deliveries.FAILED if lost else deliveries.WAITING
            more = {} if lost else {"due_at": rests}
            deliveries.settle(session, parcel.id, state, at, error=error.sentence, **more)
            return self._troubled(session, sink, error, lost, at) if say else []

        events = await self._write(write)
        if say:
            standing.said = standing.said or not error.lasting
            hint = _lost(error) if lost else error.hint
            notice = Notice(f"sink:{sink.name}", error.sentence, hint, level="error")
            self.bus.publish(notice, *events)

    async def _mend(self, sink: Sink) -> None:
        """What an engine that died was sending: again where that is agreed, else said."""
        at = self.present()
        # A program of the settings may be given longer: another zone's engine may be at it.
        before = at - timedelta(seconds=max(CUT_S, 2 * sink.deadline_s))

        def write(session: Session) -> list[Event]:
            found = deliveries.cut(session, sink.name, before)
            for one in found:
                if sink.repeats:
                    deliveries.settle(session, one.id, deliveries.WAITING, at, due_at=at)
                else:
                    deliveries.settle(session, one.id, deliveries.FAILED, at, error=CUT)
            if not found or sink.repeats:
                return []
            return self._troubled(session, sink, SinkError(CUT, perhaps=True), True, at)

        if not await self.database.aread(lambda s: deliveries.cut(s, sink.name, before)):
            return
        events = await self.database.awrite(write)
        if events:
            self.bus.publish(Notice(f"sink:{sink.name}", CUT, CUT_HINT, "warning"), *events)

    async def _write(self, write: Callable[[Session], list[Event]]) -> list[Event]:
        """Write down what came of a sending, however long the database is away."""
        while True:
            try:
                return await self.database.awrite(write)
            except StorageError as error:
                _log.warning("what was sent waits for the database: %s", error)
                await asyncio.sleep(PATIENCE_S)

    # -- what is said of it, in the console's list alone ------------------------------------------

    def _troubled(
        self, session: Session, sink: Sink, error: SinkError, lost: bool, at: datetime
    ) -> list[Event]:
        after = _lost(error) if lost else "It is tried again."
        text = f"{sink.name}: {error.sentence} {after}"
        return self._tell(session, "sink_problem", text, sink, at)

    def _recovered(self, session: Session, sink: Sink, at: datetime) -> list[Event]:
        return self._tell(session, "sink_recovery", f"{sink.name} works again.", sink, at)

    def _tell(
        self, session: Session, type: str, text: str, sink: Sink, at: datetime
    ) -> list[Event]:
        level = TYPES.get(type).level
        told = Telling(type, level, text, at, data={"sink": sink.name})
        return list(self.teller.tell(session, [told]))

    def _standing(self, sink: Sink) -> _Standing:
        return self._standings.setdefault(sink.name, _Standing())


CUT = "The engine ended while something was sent: it may have arrived or not."
CUT_HINT = "It is not sent again; the console's list has all of it."


def pause_s(failures: int, dice: float) -> float:
    """How long a sink rests after so many failures in a row; `dice` is 0 to 1."""
    return min(FIRST_S * 2.0 ** (failures - 1), LONGEST_S) * (0.75 + dice / 2)


def _lost(error: SinkError) -> str:
    if error.perhaps:
        return "It may have arrived, and is not sent again."
    return "It is not tried again."
