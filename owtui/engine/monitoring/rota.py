"""Whose turn it is: pure, with clock and randomness given, so that a fleet's week runs in seconds.

A device that answers is due every interval, spread by jitter so that a fleet never polls as one.
One that fails backs off by doubling; after `trip` failures in a row its circuit is open and it is
tried only at the longest interval, until it answers once. Who is overdue is taken in the order of
being due, those somebody looks at before all others; how late turns begin is remembered.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from random import Random

Every = Callable[[str], float]

_FIRST, _LATER = 0, 1
_REMEMBERED = 512  # turns that the lag is told of
WORTH_TELLING_S = 5.0


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds between turns, and how failures stretch them."""

    every_s: float = 60.0
    jitter: float = 0.1  # ± this share of an interval
    longest_s: float = 900.0
    trip: int = 5


@dataclass(frozen=True, slots=True)
class Lag:
    """How many seconds late the last turns began, and how many keys are overdue now."""

    p50_s: float = 0.0
    p99_s: float = 0.0
    overdue: int = 0

    @property
    def is_late(self) -> bool:
        """Whether somebody should know."""
        return bool(self.overdue) or self.p99_s >= WORTH_TELLING_S

    def words(self) -> str:
        """For people: "in time", or how late the last turns began and how many wait now."""
        if not self.is_late:
            return "in time"
        late = f"begin {self.p50_s:.0f} s late, 1 in 100 {self.p99_s:.0f} s"
        return f"{late}; {self.overdue} overdue" if self.overdue else late


@dataclass(slots=True)
class _Turn:
    due: float
    failures: int = 0
    running: bool = False
    again: float | None = None  # when the next turn is, if its end is not to decide


class Rota:
    """Keys and when each is due. Not thread-safe: it belongs to one loop.

    every: seconds between the turns of a key, where keys differ; else the pace's for all
    """

    def __init__(self, pace: Pace, random: Random, every: Every | None = None) -> None:
        self.pace = pace
        self._random = random
        self._every = every or (lambda key: pace.every_s)
        self._turns: dict[str, _Turn] = {}
        self._waiting: list[tuple[float, str]] = []
        self._ready: list[tuple[int, float, str]] = []  # due, those looked at before the others
        self._first: frozenset[str] = frozenset()
        self._lags: deque[float] = deque(maxlen=_REMEMBERED)

    def __len__(self) -> int:
        return len(self._turns)

    def sync(self, keys: Iterable[str], now: float) -> None:
        """Take in new keys, spread over one interval, and forget those that are gone.

        One whose interval became shorter than it would still wait is spread over the new one.
        """
        wanted = set(keys)
        for gone in self._turns.keys() - wanted:
            del self._turns[gone]
        for key, turn in self._turns.items():
            longest_s = self._base(key, turn.failures) * (1 + self.pace.jitter)
            if not turn.running and turn.due - now > longest_s:
                turn.due = now + self._random.random() * self._every(key)
                heapq.heappush(self._waiting, (turn.due, key))
        for new in sorted(wanted - self._turns.keys()):
            self._put(new, _Turn(now + self._random.random() * self._every(new)))

    def hasten(self, key: str, now: float) -> None:
        """Make a key due at once and before all others; somebody waits for it."""
        turn = self._turns.get(key)
        if turn and not turn.running:
            turn.due = now
            heapq.heappush(self._ready, (_FIRST, now, key))

    def prefer(self, keys: Collection[str]) -> None:
        """Take these before others when they are overdue, until other ones are preferred."""
        self._first = frozenset(keys)
        for key in self._first & self._turns.keys():
            turn = self._turns[key]
            if not turn.running:
                self._put(key, turn)

    def again(self, key: str, due: float) -> None:
        """Set when a key's next turn is, whatever its interval; one that is running ends first."""
        turn = self._turns.get(key)
        if turn is None:
            return
        if turn.running:
            turn.again = due
        else:
            turn.due = due
            self._put(key, turn)

    def spread(self, now: float) -> int:
        """Spread who is overdue over one interval each: the process stood still (a laptop slept),
        and all at once would be a storm. Returns how many there were.
        """
        overdue = [key for key, turn in self._turns.items() if not turn.running and turn.due < now]
        for key in sorted(overdue):
            turn = self._turns[key]
            share = 0.1 if key in self._first else 1.0
            turn.due = now + self._random.random() * self._every(key) * share
            self._put(key, turn)
        return len(overdue)

    def next_due(self) -> float | None:
        """When the earliest turn comes; None when there is none."""
        self._drop_stale()
        if self._ready:
            return self._ready[0][1]
        return self._waiting[0][0] if self._waiting else None

    def take(self, now: float, most: int) -> list[str]:
        """Take up to `most` keys that are due; each is running until `done`."""
        taken: list[str] = []
        self._ripen(now)
        while len(taken) < most:
            self._drop_stale()
            if not self._ready or self._ready[0][1] > now:
                break
            _, due, key = heapq.heappop(self._ready)
            self._turns[key].running = True
            self._lags.append(now - due)
            taken.append(key)
        return taken

    def done(self, key: str, now: float, *, ok: bool) -> None:
        """Give the turn back; how it went decides when the next one comes."""
        turn = self._turns.get(key)
        if turn is None:
            return
        turn.failures = 0 if ok else turn.failures + 1
        turn.running = False
        usual = now + self._interval(key, turn.failures)
        turn.due, turn.again = usual if turn.again is None else turn.again, None
        self._put(key, turn)

    def due(self, key: str) -> float | None:
        """When a key's turn is, or was to be; None for one that runs, or is none."""
        turn = self._turns.get(key)
        return turn.due if turn is not None and not turn.running else None

    def is_running(self, key: str) -> bool:
        """Whether its turn was taken and is not done."""
        turn = self._turns.get(key)
        return turn is not None and turn.running

    def failures(self, key: str) -> int:
        """How often in a row this key failed."""
        turn = self._turns.get(key)
        return turn.failures if turn else 0

    def open_circuits(self) -> int:
        """How many keys are given up on for now."""
        return sum(turn.failures >= self.pace.trip for turn in self._turns.values())

    def lag(self, now: float) -> Lag:
        """How far behind it is: of the last turns, and of those that wait beyond their time."""
        waiting = [now - turn.due for turn in self._turns.values() if not turn.running]
        overdue = sum(late > 0 for late in waiting)
        late = sorted(self._lags)
        if not late:
            return Lag(overdue=overdue)
        return Lag(late[len(late) // 2], late[min(len(late) - 1, len(late) * 99 // 100)], overdue)

    def _interval(self, key: str, failures: int) -> float:
        return self._base(key, failures) * (1 + self.pace.jitter * (2 * self._random.random() - 1))

    def _base(self, key: str, failures: int) -> float:
        pace, every_s = self.pace, self._every(key)
        longest_s = max(pace.longest_s, every_s)
        return longest_s if failures >= pace.trip else min(every_s * 2**failures, longest_s)

    def _put(self, key: str, turn: _Turn) -> None:
        self._turns[key] = turn
        heapq.heappush(self._waiting, (turn.due, key))

    def _ripen(self, now: float) -> None:
        """Move who is due to those that are ready, by rank."""
        while self._waiting and self._waiting[0][0] <= now:
            due, key = heapq.heappop(self._waiting)
            if self._holds(key, due):
                rank = _FIRST if key in self._first else _LATER
                heapq.heappush(self._ready, (rank, due, key))

    def _holds(self, key: str, due: float) -> bool:
        turn = self._turns.get(key)
        return turn is not None and not turn.running and turn.due == due

    def _drop_stale(self) -> None:
        while self._ready and not self._holds(self._ready[0][2], self._ready[0][1]):
            heapq.heappop(self._ready)
        while self._waiting and not self._holds(self._waiting[0][1], self._waiting[0][0]):
            heapq.heappop(self._waiting)
