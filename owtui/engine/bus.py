"""In-process publish and subscribe, coalesced by key.

Back-pressure by replacement: a subscription holds at most one unread event a (topic, key), so it is
bounded by what exists and a slow reader sees the newest state, never a backlog.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

from owtui.engine.events import Event


class Subscription:
    """What one listener has not read yet; `wake` is called, on any thread, once there is some."""

    def __init__(self, topics: frozenset[str], wake: Callable[[], None]) -> None:
        self._topics = topics
        self._wake = wake
        self._lock = threading.Lock()
        self._unread: dict[tuple[str, str], Event] = {}

    def offer(self, event: Event) -> None:
        """Take an event if it is of our topics."""
        if self._topics and event.topic not in self._topics:
            return
        with self._lock:
            was_empty = not self._unread
            self._unread.pop((event.topic, event.key), None)
            self._unread[(event.topic, event.key)] = event
        if was_empty:
            self._wake()

    def take(self) -> list[Event]:
        """Return and forget what is unread, oldest first."""
        with self._lock:
            events = list(self._unread.values())
            self._unread.clear()
        return events


class Bus:
    """Publishers and listeners of one process; safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._subscriptions: tuple[Subscription, ...] = ()

    def subscribe(self, topics: Iterable[str], wake: Callable[[], None]) -> Subscription:
        """Listen to these topics; none means all."""
        subscription = Subscription(frozenset(topics), wake)
        with self._lock:
            self._subscriptions = (*self._subscriptions, subscription)
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """Stop listening; unknown ones are ignored."""
        with self._lock:
            self._subscriptions = tuple(s for s in self._subscriptions if s is not subscription)

    def publish(self, *events: Event) -> None:
        """Tell everybody."""
        for subscription in self._subscriptions:
            for event in events:
                subscription.offer(event)
