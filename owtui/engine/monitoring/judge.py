"""Is a value a problem, and for how long: OpenWISP's two flags (operations.md §1.5), pure.

The immediate flag follows every value and drives the device's status. The tolerant one waits until
all values within the tolerance are on the new side and drives alerts, so that a flap wakes nobody.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from owtui.engine.monitoring.metrics import Threshold

TOLERANCE_INTERVAL_S = 300.0
"""Tolerances below this are none: a value comes only so often."""

HISTORICAL_S = 300.0
"""A point older than this is history: stored, never judged (§1.5.1)."""

REACH = 1.25
"""How far back points count: the tolerance and a quarter, since rounds have jitter.

Upstream looks so far back only up to 600 s; above it its rule needs a point exactly at the edge.
"""

PAUSE_S = 1_000.0
"""Or as far as the longest pause between values, where that is more: a device that does not answer
is polled every quarter of an hour (`rota.Pace`), and a tolerance of five minutes never had two."""


def reach_s(tolerance_s: float, pause_s: float = PAUSE_S) -> float:
    """How far back the points of a metric matter, in seconds."""
    if tolerance_s < TOLERANCE_INTERVAL_S:
        return tolerance_s * REACH
    return max(tolerance_s * REACH, pause_s)


@dataclass(frozen=True, slots=True)
class Flags:
    """is_healthy and is_healthy_tolerant; None: never judged."""

    healthy: bool | None = None
    tolerant: bool | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of the flags. `notify`: the tolerant flag moved in a way that people are told.

    The first evaluation of a healthy metric tells nobody; that of an unhealthy one does (§1.5.5).
    """

    flags: Flags
    crossed: bool
    immediate_moved: bool
    tolerant_moved: bool
    notify: bool


@dataclass(slots=True)
class Memory:
    """The recent points of one metric, as far back as its tolerance looks: time and side."""

    points: deque[tuple[float, bool]] = field(default_factory=deque)

    def add(self, at: float, crossed: bool, reach_s: float) -> None:
        """Take a point in, in the order of time, and forget what lies too far back."""
        points = self.points
        later: list[tuple[float, bool]] = []
        while points and points[-1][0] > at:
            later.append(points.pop())
        if points and points[-1][0] == at:
            points.pop()
        points.append((at, crossed))
        points.extend(reversed(later))
        newest = points[-1][0]
        while points[0][0] < newest - reach_s:
            points.popleft()

    def held(self, at: float, crossed: bool, tolerance_s: float, pause_s: float = PAUSE_S) -> bool:
        """Whether the metric has been on this side throughout the tolerance.

        Two points or more in a row, the oldest of them within reach as old as the tolerance. A
        point against them before that does not matter: the tolerance is covered without it.
        """
        run = 0
        oldest = at
        for then, side in reversed(self.points):
            if then > at:
                continue
            if side is not crossed or then < at - reach_s(tolerance_s, pause_s):
                break
            run, oldest = run + 1, then
        return run >= 2 and at - oldest >= tolerance_s

    @classmethod
    def of(cls, points: Iterable[tuple[float, float]], threshold: Threshold) -> Memory:
        """From stored points (time, value), oldest first: after a restart."""
        return cls(deque((at, threshold.crossed(value)) for at, value in points))


def judge(
    flags: Flags,
    threshold: Threshold,
    value: float,
    at: float,
    now: float,
    memory: Memory,
    pause_s: float = PAUSE_S,
) -> Verdict | None:
    """Judge one value; None when it is history. `memory` takes it in.

    at, now: UTC epoch seconds of the point and of its arrival. pause_s: the longest between values
    """
    if now - at > HISTORICAL_S:
        return None
    crossed = threshold.crossed(value)
    tolerance_s = threshold.tolerance * 60.0
    memory.add(at, crossed, reach_s(tolerance_s, pause_s))
    healthy = not crossed
    tolerant = _tolerant(flags, tolerance_s, crossed, at, memory, pause_s)
    moved = tolerant is not flags.tolerant
    first = flags.tolerant is None
    return Verdict(
        flags=Flags(healthy, tolerant),
        crossed=crossed,
        immediate_moved=healthy is not flags.healthy,
        tolerant_moved=moved,
        notify=moved and not (first and tolerant is True),
    )


def _tolerant(
    flags: Flags, tolerance_s: float, crossed: bool, at: float, memory: Memory, pause_s: float
) -> bool | None:
    if tolerance_s < TOLERANCE_INTERVAL_S:
        return not crossed
    if flags.tolerant is None and not crossed:
        return True
    if flags.tolerant is (not crossed):
        return flags.tolerant
    held = memory.held(at, crossed, tolerance_s, pause_s)
    return (not crossed) if held else flags.tolerant
