"""The rules of a rollout, whatever the devices do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from owtui.engine.jobs.run import Rollout, final_state, next_move, waves
from owtui.engine.jobs.state import JobState, ResultState

PENDING, RUNNING = ResultState.PENDING, ResultState.IN_PROGRESS
GOOD, BAD = ResultState.SUCCESS, ResultState.FAILED


@pytest.mark.parametrize(
    ("devices", "sizes"),
    [(0, ()), (1, (1,)), (2, (1, 1)), (20, (1, 19)), (21, (1, 3, 17)), (500, (1, 50, 449))],
)
def test_one_device_goes_first_then_a_tenth_then_the_rest(
    devices: int, sizes: tuple[int, ...]
) -> None:
    assert waves(devices) == sizes


@given(st.integers(0, 2000), st.booleans())
def test_waves_add_up_to_the_devices(devices: int, at_once: bool) -> None:
    assert sum(waves(devices, at_once=at_once)) == devices
    assert all(size > 0 for size in waves(devices, at_once=at_once))


def test_the_second_wave_waits_for_the_canary() -> None:
    rollout = Rollout((1, 2), 10, 2)
    assert next_move(rollout, [PENDING] * 3, JobState.RUNNING).start == (0,)
    assert next_move(rollout, [RUNNING, PENDING, PENDING], JobState.RUNNING).start == ()
    assert next_move(rollout, [GOOD, PENDING, PENDING], JobState.RUNNING).start == (1, 2)


def test_a_failed_canary_stops_before_the_stop_rule_does() -> None:
    move = next_move(Rollout((1, 2), 10, 2), [BAD, PENDING, PENDING], JobState.RUNNING)
    assert (move.start, move.done, move.stop) == ((), True, "stopped: the first device failed")


def test_the_stop_rule_lets_running_devices_finish() -> None:
    rollout = Rollout((1, 5), 3, 2)
    states = [GOOD, BAD, BAD, RUNNING, PENDING, PENDING]
    move = next_move(rollout, states, JobState.RUNNING)
    assert (move.start, move.done, move.stop) == ((), False, "stopped after 2 failures")


def test_without_a_stop_rule_everything_is_tried() -> None:
    move = next_move(Rollout((3,), 3, 0), [BAD, BAD, PENDING], JobState.RUNNING)
    assert move.start == (2,)


def test_a_paused_job_waits_and_is_not_over() -> None:
    move = next_move(Rollout((2,), 2, 2), [GOOD, PENDING], JobState.PAUSED)
    assert (move.start, move.done) == ((), False)


@st.composite
def histories(draw: st.DrawFn) -> tuple[Rollout, list[ResultState], list[JobState]]:
    """A rollout, how each device will end, and what people ask meanwhile."""
    devices = draw(st.integers(1, 40))
    rollout = Rollout(waves(devices), draw(st.integers(1, 8)), draw(st.integers(0, 4)))
    ends = draw(
        st.lists(
            st.sampled_from([GOOD, GOOD, GOOD, BAD, ResultState.UNKNOWN]),
            min_size=devices,
            max_size=devices,
        )
    )
    asked = draw(
        st.lists(st.sampled_from([JobState.RUNNING, JobState.PAUSED]), max_size=20).map(
            lambda states: [*states, JobState.RUNNING]
        )
    )
    return rollout, ends, asked


@given(histories(), st.randoms(use_true_random=False), st.booleans())
def test_every_rollout_ends_and_keeps_its_limits(
    history: tuple[Rollout, list[ResultState], list[JobState]], dice: object, cancels: bool
) -> None:
    rollout, ends, asked = history
    states = [PENDING] * len(ends)
    for turn in range(10_000):
        job = asked[min(turn, len(asked) - 1)]
        if cancels and turn > len(asked):
            job = JobState.CANCELLED
        bad_before = sum(state.is_bad for state in states)
        move = next_move(rollout, states, job)
        for at in move.start:
            assert states[at] is PENDING
            states[at] = RUNNING
        assert states.count(RUNNING) <= rollout.parallel
        assert not (move.start and job is not JobState.RUNNING)
        if rollout.stop_after and bad_before >= rollout.stop_after:
            assert not move.start
        if move.done:
            break
        running = [at for at, state in enumerate(states) if state is RUNNING]
        if running:
            at = dice.choice(running)  # type: ignore[attr-defined]  # a random.Random
            states[at] = ends[at]
    else:
        pytest.fail("it never ended")
    first_waiting = states.index(PENDING) if PENDING in states else len(states)
    assert all(state.is_over for state in states[:first_waiting])
    if first_waiting < len(states):
        assert move.stop
    expected = JobState.FAILED if any(state.is_bad for state in states) else JobState.SUCCESS
    assert final_state(JobState.RUNNING, states) is expected
    assert final_state(JobState.CANCELLED, states) is JobState.CANCELLED


def test_what_is_held_waits_and_the_others_of_its_wave_go() -> None:
    rollout = Rollout((1, 3), 10, 2)
    states = [GOOD, PENDING, PENDING, PENDING]
    assert next_move(rollout, states, JobState.RUNNING, held={2}).start == (1, 3)
    only = next_move(rollout, [GOOD, GOOD, PENDING, GOOD], JobState.RUNNING, held={2})
    assert (only.start, only.done) == ((), False)
    cancelled = next_move(rollout, states, JobState.CANCELLED, held={1, 2, 3})
    assert cancelled.done


def test_no_wave_waits_for_what_is_put_off_and_one_goes_first_all_the_same() -> None:
    rollout = Rollout((1, 3), 10, 2)
    states = [PENDING] * 4  # the canary was away
    away = {"held": {0}, "put_off": {0}}
    assert next_move(rollout, states, JobState.RUNNING, **away).start == (1,)
    states[1] = RUNNING
    assert next_move(rollout, states, JobState.RUNNING, **away).start == ()
    states[1] = GOOD
    assert next_move(rollout, states, JobState.RUNNING, **away).start == (2, 3)
    assert next_move(rollout, states, JobState.RUNNING, put_off={0}).start == (0, 2, 3)
    left = next_move(rollout, [PENDING, GOOD, GOOD, GOOD], JobState.RUNNING, **away)
    assert (left.start, left.done) == ((), False)


@given(
    st.lists(st.sampled_from((PENDING, RUNNING, GOOD, BAD)), min_size=1, max_size=9),
    st.sets(st.integers(0, 8)),
    st.sets(st.integers(0, 8)),
)
def test_nothing_held_begins_and_a_job_is_over_only_when_nothing_waits(
    states: list[ResultState], held: set[int], put_off: set[int]
) -> None:
    rollout = Rollout(waves(len(states)), 3, 2)
    move = next_move(rollout, states, JobState.RUNNING, held, put_off)
    assert not held & set(move.start)
    assert all(states[at] is PENDING for at in move.start)
    if move.done and not move.stop:
        assert all(state.is_over for state in states)
