"""Whose turn it is: pure, with clock and randomness given, so that a fleet's week runs in seconds.

A device that answers is due every interval, spread by jitter so that a fleet never polls as one.
One that fails backs off by doubling; after `trip` failures in a row its circuit is open and it is
tried only at the longest interval, until it answers once.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds between turns, and how failures stretch them."""

    every_s: float = 60.0
    jitter: float = 0.1  # ± this share of an interval
    longest_s: float = 900.0
    trip: int = 5


@dataclass(slots=True)
class _Turn:
    due: float
    failures: int = 0
    running: bool = False


class Rota:
    """Keys and when each is due. Not thread-safe: it belongs to one loop."""

    def __init__(self, pace: Pace, random: Random) -> None:
        self.pace = pace
        self._random = random
        self._turns: dict[str, _Turn] = {}
        self._heap: list[tuple[float, str]] = []

    def __len__(self) -> int:
        return len(self._turns)

    def sync(self, keys: Iterable[str], now: float) -> None:
        """Take in new keys, spread over one interval, and forget those that are gone."""
        wanted = set(keys)
        for gone in self._turns.keys() - wanted:
            del self._turns[gone]
        for new in sorted(wanted - self._turns.keys()):
            self._put(new, _Turn(now + self._random.random() * self.pace.every_s))

    def hasten(self, key: str, now: float) -> None:
        """Make a key due at once; somebody is looking at it."""
        turn = self._turns.get(key)
        if turn and not turn.running:
            turn.due = now
            heapq.heappush(self._heap, (now, key))

    def next_due(self) -> float | None:
        """When the earliest turn comes; None when there is none."""
        self._drop_stale()
        return self._heap[0][0] if self._heap else None

    def take(self, now: float, most: int) -> list[str]:
        """Take up to `most` keys that are due; each is running until `done`."""
        taken: list[str] = []
        while len(taken) < most:
            self._drop_stale()
            if not self._heap or self._heap[0][0] > now:
                break
            _, key = heapq.heappop(self._heap)
            self._turns[key].running = True
            taken.append(key)
        return taken

    def done(self, key: str, now: float, *, ok: bool) -> None:
        """Give the turn back; how it went decides when the next one comes."""
        turn = self._turns.get(key)
        if turn is None:
            return
        turn.failures = 0 if ok else turn.failures + 1
        turn.running = False
        turn.due = now + self._interval(turn.failures)
        self._put(key, turn)

    def failures(self, key: str) -> int:
        """How often in a row this key failed."""
        turn = self._turns.get(key)
        return turn.failures if turn else 0

    def open_circuits(self) -> int:
        """How many keys are given up on for now."""
        return sum(turn.failures >= self.pace.trip for turn in self._turns.values())

    def _interval(self, failures: int) -> float:
        pace = self.pace
        if failures >= pace.trip:
            base = pace.longest_s
        else:
            base = min(pace.every_s * 2**failures, pace.longest_s)
        return base * (1 + pace.jitter * (2 * self._random.random() - 1))

    def _put(self, key: str, turn: _Turn) -> None:
        self._turns[key] = turn
        heapq.heappush(self._heap, (turn.due, key))

    def _drop_stale(self) -> None:
        while self._heap:
            due, key = self._heap[0]
            turn = self._turns.get(key)
            if turn is not None and not turn.running and turn.due == due:
                return
            heapq.heappop(self._heap)
