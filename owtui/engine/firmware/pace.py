"""How long the rest of a batch takes, from what its devices have needed so far; pure.

A device's lines say when each of its seven steps began. What is typical is the median of those that
ended well: one that was retried for ten minutes is no measure for the others. Before the first
has ended, nothing is told.
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from owtui.engine.firmware.stages import SEVEN
from owtui.engine.jobs.state import ResultState

if TYPE_CHECKING:
    from owtui.engine.jobs.result import Result
    from storage.joblines import Line

Begins = Mapping[int, datetime]  # of each step of a device, by its number
Typical = Mapping[int, float]  # seconds

_STEP = re.compile(rf"([1-{SEVEN}])/{SEVEN}(?: |$)")


def step_of(text: str) -> int:
    """The number of the step that a line is of: 3 of "3/7 upload"; 0 where it tells none."""
    found = _STEP.match(text)
    return int(found[1]) if found else 0


def begins(lines: Iterable[Line]) -> dict[UUID, dict[int, datetime]]:
    """When each step of each device began; the first time counts, whoever died in between.

    A line of no step says that the device was put off: only what came later is of its last try.
    """
    told = list(lines)
    put_off = {line.device_id: line.at for line in told if not step_of(line.text)}
    found: dict[UUID, dict[int, datetime]] = {}
    for line in told:
        if line.device_id in put_off and line.at <= put_off[line.device_id]:
            continue
        if step := step_of(line.text):
            found.setdefault(line.device_id, {}).setdefault(step, line.at)
    return found


def typical(results: Iterable[Result], told: Mapping[UUID, Begins]) -> dict[int, float]:
    """Seconds that each step takes, of devices that were flashed and ended well; {} for none."""
    measured: dict[int, list[float]] = {}
    for one in results:
        if one.state is not ResultState.SUCCESS or not one.changed or one.finished is None:
            continue
        steps = told.get(one.device_id)
        if not steps:
            continue
        ends = [*sorted(steps.values())[1:], one.finished]
        for (step, began), end in zip(sorted(steps.items()), ends, strict=True):
            measured.setdefault(step, []).append(max(0.0, (end - began).total_seconds()))
    return {step: _median(seconds) for step, seconds in sorted(measured.items())}


def left_s(one: Result, steps: Begins, usual: Typical, now: datetime) -> float:
    """Seconds until this device is over: what its step has left, and the steps behind it.

    Of one that is held or was away nothing: when it begins is no matter of pace. Its row says why.
    """
    if one.state.is_over or is_held(one):
        return 0.0
    if one.state is ResultState.PENDING or not steps:
        return sum(usual.values())
    step = max(steps)
    spent = (now - steps[step]).total_seconds()
    rest = max(0.0, usual.get(step, 0.0) - spent)
    return rest + sum(seconds for number, seconds in usual.items() if number > step)


def is_held(one: Result) -> bool:
    """Whether a device that waits does so for more than its turn."""
    return one.state is ResultState.PENDING and bool(one.step)


def eta_s(
    results: Sequence[Result],
    told: Mapping[UUID, Begins],
    waves: Sequence[int],
    parallel: int,
    now: datetime,
) -> float | None:
    """Seconds until the last device is over; None before one has shown how long that takes.

    `results` are those of the changing devices, in the order of the plan. A wave begins when the
    one before it is over; within it, `parallel` at once, the next one in the place of who ends.
    """
    usual = typical(results, told)
    if not usual:
        return None
    over_at, first = 0.0, 0
    for size in waves:
        wave = results[first : first + size]
        first += size
        left = [left_s(one, told.get(one.device_id, {}), usual, now) for one in wave]
        running = [s for one, s in zip(wave, left, strict=True) if _runs(one)]
        waiting = [s for one, s in zip(wave, left, strict=True) if one.state is ResultState.PENDING]
        over_at = _rounds([over_at + s for s in running], waiting, max(1, parallel), over_at)
    return over_at


def _median(values: Sequence[float]) -> float:
    """The middle one, or the mean of the two; `statistics` takes 10 ms to import."""
    found, middle = sorted(values), len(values) // 2
    return found[middle] if len(found) % 2 else (found[middle - 1] + found[middle]) / 2


def _runs(one: Result) -> bool:
    return one.state is ResultState.IN_PROGRESS


def _rounds(busy: list[float], waiting: Sequence[float], hands: int, start: float) -> float:
    """When the last is over, with so many hands; `busy` ones are let go at those times."""
    free = sorted([*busy, *[start] * max(0, hands - len(busy))])
    heapq.heapify(free)
    last = max([start, *busy])
    for seconds in waiting:
        end = heapq.heappop(free) + seconds
        last = max(last, end)
        heapq.heappush(free, end)
    return last
