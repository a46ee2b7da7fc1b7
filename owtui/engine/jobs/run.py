"""The rules of a rollout: who is next, when to stop, what the whole came to.

Pure: from the states of the devices alone, so that a killed engine goes on from its rows and a test
replays any history.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from owtui.engine.jobs.state import JobState, ResultState

CANARY_ALONE = 20  # up to here: one, then the rest
SHARE = 0.1  # of the second wave above it


def waves(devices: int, *, at_once: bool = False) -> tuple[int, ...]:
    """Sizes of the waves: one device first, then a tenth, then the rest."""
    if devices <= 0:
        return ()
    if at_once or devices == 1:
        return (devices,)
    if devices <= CANARY_ALONE:
        return (1, devices - 1)
    second = math.ceil(devices * SHARE)
    return (1, second, devices - 1 - second)


@dataclass(frozen=True, slots=True)
class Rollout:
    """The part of a plan that the rules need; see Plan for the meaning of the fields."""

    waves: tuple[int, ...]
    parallel: int
    stop_after: int


@dataclass(frozen=True, slots=True)
class Move:
    """What to do now: start these positions, or end with a reason, or wait (neither)."""

    start: tuple[int, ...] = ()
    wave: int = 0
    stop: str = ""  # no further device is started, and why
    done: bool = False  # nothing runs and nothing more will start


def next_move(
    rollout: Rollout,
    states: Sequence[ResultState],
    job: JobState,
    held: Collection[int] = (),
    put_off: Collection[int] = (),
) -> Move:
    """Decide from the states of all changing devices, in the plan's order.

    A wave begins when the one before it is over; the canary must have gone well. `held` may not
    begin yet. `put_off` were begun and wait to be tried again: no wave waits for them, and until
    one device has gone well the others go one by one, as the canary would have.
    """
    running = sum(state is ResultState.IN_PROGRESS for state in states)
    stop = "cancelled" if job is JobState.CANCELLED else _stop(rollout, states)
    wave, first, end = _current_wave(rollout, states, put_off)
    pending = [at for at, state in enumerate(states) if state is ResultState.PENDING]
    waiting = [at for at in pending if at in put_off or first <= at < end]
    if stop or not waiting:
        return Move(wave=wave, stop=stop, done=running == 0)
    if job is JobState.PAUSED:
        return Move(wave=wave)
    room = max(0, rollout.parallel - running)
    if put_off and len(rollout.waves) > 1 and ResultState.SUCCESS not in states:
        room = min(room, max(0, 1 - running))
    return Move(start=tuple([at for at in waiting if at not in held][:room]), wave=wave)


def final_state(job: JobState, states: Sequence[ResultState]) -> JobState:
    """What the job came to, once every device is over."""
    if job is JobState.CANCELLED:
        return JobState.CANCELLED
    return JobState.FAILED if any(state.is_bad for state in states) else JobState.SUCCESS


def _stop(rollout: Rollout, states: Sequence[ResultState]) -> str:
    bad = sum(state.is_bad for state in states)
    if not rollout.stop_after or not bad:
        return ""
    if bad >= rollout.stop_after:
        return f"stopped after {bad} failure{'s' * (bad > 1)}"
    if len(rollout.waves) > 1 and any(state.is_bad for state in states[: rollout.waves[0]]):
        return "stopped: the first device failed"
    return ""


def _current_wave(
    rollout: Rollout, states: Sequence[ResultState], put_off: Collection[int]
) -> tuple[int, int, int]:
    first = 0
    for wave, size in enumerate(rollout.waves):
        if not all(states[at].is_over or at in put_off for at in range(first, first + size)):
            return wave, first, first + size
        first += size
    return max(0, len(rollout.waves) - 1), first, first
