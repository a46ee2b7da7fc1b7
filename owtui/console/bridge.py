"""Between the screen and the engine: calls go down, events come up, no loop waits for the other.

The engine runs in a thread and event loop of its own, and is imported there, after the first frame.
Events are collected for up to half a second and arrive as one message, so that a busy fleet costs
the screen two repaints a second at the most.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from textual.message import Message

from owtui.log import incident
from owtui.settings import Loaded

if TYPE_CHECKING:
    from owtui.engine.bus import Subscription
    from owtui.engine.engine import Engine
    from owtui.engine.events import Event

T = TypeVar("T")
_log = logging.getLogger(__name__)

COLLECT_S = 0.5
COLLECT_SLOWLY_S = 2.0  # --low-bandwidth


class EngineEvents(Message):
    """What moved since the last one; a newer message carries on where this one ends."""

    def __init__(self, events: Sequence[Event]) -> None:
        super().__init__()
        self.events = events


class EngineReady(Message):
    """The engine runs or is attached; before this nothing can be asked."""


class EngineFailed(Message):
    """The engine could not start; the sentence and hint are for the screen."""

    def __init__(self, sentence: str, hint: str = "") -> None:
        super().__init__()
        self.sentence = sentence
        self.hint = hint


class Bridge:
    """Owns the engine's thread. `post` is Textual's thread-safe post_message.

    `role` is one of engine.Role, by name: importing it here would cost the first frame.
    """

    def __init__(
        self, loaded: Loaded, post: Callable[[Message], object], role: str = "auto"
    ) -> None:
        self._loaded = loaded
        self._role = role
        self._post = post
        self._collect_s = COLLECT_SLOWLY_S if loaded.settings.low_bandwidth else COLLECT_S
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
        self._ready: Future[Engine] = Future()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._left = threading.Event()  # told to stop, perhaps before there was a loop to tell
        self._delivery: asyncio.TimerHandle | None = None
        self._last = float("-inf")

    @property
    def engine(self) -> Engine | None:
        """The engine once it is ready: for its in-memory snapshots, never for awaiting."""
        done = self._ready.done() and not self._ready.cancelled()
        return None if not done or self._ready.exception() else self._ready.result()

    def start(self) -> None:
        """Start the thread; call it once the first frame is out."""
        self._thread.start()

    async def call(self, ask: Callable[[Engine], Awaitable[T]]) -> T:
        """Run `ask(engine)` on the engine's loop and await its result here.

        Cancelling this call cancels it there. Raises what it raises.
        """
        engine = await asyncio.wrap_future(self._ready)
        assert self._loop is not None  # set before _ready is

        async def asked() -> T:
            return await ask(engine)

        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(asked(), self._loop))

    def stop(self, timeout_s: float = 30.0) -> bool:
        """Drain and end the engine; True when it ended within the time."""
        self._left.set()
        if self._loop is not None and self._stop is not None:
            with suppress(RuntimeError):  # its loop has ended by itself
                self._loop.call_soon_threadsafe(self._stop.set)
        if self._thread.is_alive():
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except Exception as error:  # noqa: BLE001 — the thread's supervisor: the screen must hear
            number = incident(_log, "the engine's thread")
            if not self._ready.done():
                self._ready.set_exception(error)
            self._post(EngineFailed(f"The engine stopped: see the log, incident {number}."))

    async def _serve(self) -> None:
        from owtui.engine.engine import Engine, Role  # half a second: after the first frame
        from owtui.errors import PROBLEMS, failure_of
        from owtui.operator import whoami

        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        if self._left.is_set():
            return
        try:
            private = not self._loaded.settings.database  # a shared one believes the login alone
            operator = whoami("console", private=private)
            engine = await Engine.start(self._loaded, operator, Role(self._role))
        except PROBLEMS as error:
            failure = failure_of(error)
            self._ready.set_exception(error)
            self._post(EngineFailed(failure.sentence, failure.hint))
            return
        subscription = engine.bus.subscribe((), lambda: self._wake(subscription))
        self._ready.set_result(engine)
        self._post(EngineReady())
        try:
            await self._stop.wait()
        finally:
            engine.bus.unsubscribe(subscription)
            await engine.close()

    def _wake(self, subscription: Subscription) -> None:
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._schedule, subscription)

    def _schedule(self, subscription: Subscription) -> None:
        """The first event after a quiet time goes at once; the ones behind it wait for company."""
        assert self._loop is not None
        if self._delivery is not None:
            return
        due = max(self._loop.time(), self._last + self._collect_s)
        self._delivery = self._loop.call_at(due, self._deliver, subscription)

    def _deliver(self, subscription: Subscription) -> None:
        assert self._loop is not None
        self._delivery = None
        self._last = self._loop.time()
        events = subscription.take()
        if events:
            self._post(EngineEvents(events))
