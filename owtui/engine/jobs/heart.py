"""This process's heartbeat row, and the eye on those of others.

Who sees one go stale removes it, which one process alone can, and takes up what its owner left.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Awaitable, Callable, Sequence

from sqlmodel import Session

from owtui.engine.events import EngineChanged, Notice
from owtui.engine.jobs import book
from owtui.engine.jobs.means import Means
from owtui.log import incident
from storage import engines
from storage.errors import StorageError
from storage.tables import EngineBeat

EVERY_S = 10.0
ATTACHED = "~"  # the zone of a process that serves none; no device can be in it

Died = Callable[[Sequence[str]], Awaitable[None]]  # gets the zones of engines that died

log = logging.getLogger(__name__)


class Heart:
    """Beats between `start` and `stop`. `died` is given for processes that hold an engine.

    trouble: why nothing can be written now, "" while it can
    """

    def __init__(self, means: Means, died: Died | None) -> None:
        self._means = means
        self._died = died
        self.trouble = ""
        self._task: asyncio.Task[None] | None = None
        self._owed: set[str] = set()  # zones of the dead whose work is not taken up yet

    async def start(self) -> None:
        """Beat once, then every ten seconds."""
        if self._task is None:
            await self._beat()
            self._task = asyncio.create_task(self._run(), name="heartbeat")

    async def stop(self) -> None:
        """Leave in good order: the row goes, or says that others may take up what is open.

        Without that the work of a zone would wait for the next engine of that zone alone.
        """
        if self._task is None:
            return
        self._task.cancel()
        await asyncio.wait([self._task])
        self._task = None
        engine_id, holds = self._means.engine_id, self._died is not None

        def leave(session: Session) -> None:
            if holds and book.unfinished(session):
                engines.abandon(session, engine_id)
            else:
                engines.remove(session, engine_id)

        try:
            await self._means.database.awrite(leave)
        except StorageError as error:  # others see by the age of the beat that it is over
            log.warning("the heartbeat could not be ended: %s", error)

    async def _run(self) -> None:
        # Real time, not the injected clock: it tells other machines that we live.
        while True:
            await asyncio.sleep(EVERY_S)
            await self.once()

    async def once(self) -> None:
        """Beat, and look at the others; tell when nothing can be written, and when it can again."""
        try:
            await self._beat()
            self._tell(None)
            await self.look()
        except StorageError as error:
            log.warning("the heartbeat could not be written: %s", error)
            self._tell(error)
        except Exception:  # noqa: BLE001  # without a beat others take us for dead
            incident(log, "what a dead engine left could not be taken up yet")

    def _tell(self, error: StorageError | None) -> None:
        sentence = error.sentence if error is not None else ""
        if bool(sentence) == bool(self.trouble) or self._died is None:
            return
        self.trouble = sentence
        if error is not None:
            said = f"This engine cannot record anything, its jobs wait. {sentence}"
            notice = Notice("database", said, error.hint, "error")
        else:
            notice = Notice("database", "This engine can write its database again; jobs go on.")
        self._means.bus.publish(notice, EngineChanged("holder"))

    async def _beat(self) -> None:
        means = self._means
        row = EngineBeat(
            engine_id=means.engine_id,
            zone=means.zone if self._died else ATTACHED,
            host=socket.gethostname()[:120],
            pid=os.getpid(),
            operator=means.operator.name,
        )
        at = means.now()
        await means.database.awrite(lambda session: engines.beat(session, row, at))

    async def look(self) -> None:
        """Bury engines whose beat is stale and tell of the zones that nobody serves now."""
        if self._died is None:
            return
        at = self._means.now()

        def bury(session: Session) -> tuple[int, set[str]]:
            dead = [
                beat
                for beat in engines.stale(session, at)
                if engines.remove(session, beat.engine_id)
            ]
            living = {beat.zone for beat in engines.alive(session, at)}
            return len(dead), {beat.zone for beat in dead} - living - {ATTACHED}

        stale = await self._means.database.aread(lambda session: engines.stale(session, at))
        if not stale and not self._owed:
            return
        buried, zones = await self._means.database.awrite(bury)
        self._owed |= zones
        if buried or self._owed:
            await self._died(sorted(self._owed))
            self._owed.clear()
