"""What a person asked of a running job, as its runner waits for it.

The job's row is the truth, so that any process may ask; `follow` brings a row's state in here.
"""

from __future__ import annotations

import asyncio

from owtui.engine.jobs.state import JobState


class Control:
    """Pause, resume and cancel of one job, within one event loop."""

    def __init__(self) -> None:
        self._go = asyncio.Event()
        self._go.set()
        self._cancelled = asyncio.Event()
        self._moved = asyncio.Event()
        self.moves = 0  # how often something happened to the job
        self.is_closing = False  # nothing more may start; what runs may finish

    @property
    def is_cancelled(self) -> bool:
        """True from the moment somebody cancelled."""
        return self._cancelled.is_set()

    def drain(self) -> None:
        """Start nothing more, paused or not."""
        self.is_closing = True
        self._go.set()
        self.poke()

    def follow(self, state: JobState) -> None:
        """Take over the state of the job's row; a cancelled job stays cancelled."""
        if state is JobState.CANCELLED:
            self._cancelled.set()
            self.drain()
        elif state is JobState.PAUSED:
            self._go.clear()
        else:
            self._go.set()
        self.poke()

    def poke(self) -> None:
        """Wake whoever waits in `moved`: a device of this job is over."""
        self.moves += 1
        self._moved.set()
        self._moved = asyncio.Event()

    async def open(self) -> bool:
        """Wait while paused; False when nothing more may start."""
        await self._go.wait()
        return not self.is_closing

    async def cancelled(self) -> None:
        """Wait until somebody cancels."""
        await self._cancelled.wait()

    async def moved(self, since: int, within_s: float) -> None:
        """Wait until `moves` is beyond `since`, at most so long."""
        if self.moves != since:
            return
        try:
            async with asyncio.timeout(within_s):
                await self._moved.wait()
        except TimeoutError:
            pass
