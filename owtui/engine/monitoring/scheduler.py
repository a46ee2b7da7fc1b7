"""Runs a rota: takes who is due, polls him with a deadline, gives the turn back.

Bounded by `parallel`; stops by cancellation and leaves no task behind. The facts loop and the
checks have one each, with a rota of their own.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from owtui.engine.monitoring.rota import Lag, Rota
from owtui.log import incident

_log = logging.getLogger(__name__)

Poll = Callable[[str], Awaitable[bool]]

BEAT_S = 10.0
"""It looks at the clock at least so often, to notice that it stood still."""
STOOD_S = 30.0
"""A look that comes so much too late says that the process slept, not that it was busy."""


class Scheduler:
    """One rota and the coroutine that serves a key; `poll` returns whether the device answered."""

    def __init__(
        self,
        rota: Rota,
        poll: Poll,
        *,
        parallel: int,
        clock: Callable[[], float],
        deadline_s: float = 120.0,
    ) -> None:
        self.rota = rota
        self._poll = poll
        self._parallel = parallel
        self._clock = clock
        self._deadline_s = deadline_s
        self._running: set[asyncio.Task[None]] = set()
        self._nudge = asyncio.Event()
        self._paused = False

    @property
    def lag(self) -> Lag:
        """How far behind its plan it is."""
        return self.rota.lag(self._clock())

    def nudge(self) -> None:
        """Look at the rota again: keys were added or hastened."""
        self._nudge.set()

    def pause(self, paused: bool = True) -> None:
        """Start no new poll while paused; running ones end."""
        self._paused = paused
        self.nudge()

    async def run(self) -> None:
        """Serve the rota until cancelled; running polls are cancelled with it."""
        seen = self._clock()
        try:
            while True:
                self._nudge.clear()
                if self._clock() - seen > BEAT_S + STOOD_S:
                    self._stood_still(self._clock() - seen)
                seen = self._clock()
                self._start_due()
                await self._wait()
        finally:
            for task in self._running:
                task.cancel()
            await asyncio.gather(*self._running, return_exceptions=True)

    def _stood_still(self, for_s: float) -> None:
        """Resumed from sleep: what is overdue begins one after the other, not all at once."""
        if overdue := self.rota.spread(self._clock()):
            _log.info("stood still for %.0f s; %s overdue turns are spread", for_s, overdue)

    def _start_due(self) -> None:
        room = 0 if self._paused else self._parallel - len(self._running)
        for key in self.rota.take(self._clock(), room):
            task = asyncio.create_task(self._serve(key), name=f"poll {key}")
            self._running.add(task)
            task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self.nudge()

    async def _serve(self, key: str) -> None:
        ok = False
        try:
            async with asyncio.timeout(self._deadline_s):
                ok = await self._poll(key)
        except TimeoutError:
            _log.warning("the poll of %s passed its deadline of %s s", key, self._deadline_s)
        except Exception:  # noqa: BLE001 — the supervisor: one poll's bug never stops the others
            incident(_log, f"poll of {key}")
        finally:
            self.rota.done(key, self._clock(), ok=ok)

    async def _wait(self) -> None:
        due = self.rota.next_due()
        full = len(self._running) >= self._parallel or self._paused
        wait_s = BEAT_S if due is None or full else min(BEAT_S, max(0.0, due - self._clock()))
        try:
            async with asyncio.timeout(wait_s):
                await self._nudge.wait()
        except TimeoutError:
            return
