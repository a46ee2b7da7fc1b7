"""What a batch came to, and how long the rest of it takes: figures, without any device."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from owtui.engine.firmware import pace
from owtui.engine.firmware.figures import batch_status, figures
from owtui.engine.jobs.progress import shape
from owtui.engine.jobs.result import Result
from owtui.engine.jobs.state import ResultState
from storage.joblines import Line

S = ResultState
BEGAN = datetime(2026, 11, 27, 1, 0, tzinfo=UTC)
# When each step begins, seconds after the device's; the last is its end.
STEPS = (0, 10, 20, 60, 65, 70, 130)


def at(seconds: float) -> datetime:
    return BEGAN + timedelta(seconds=seconds)


def device(number: int, state: ResultState, *, end: float | None = None, **more: object) -> Result:
    started = None if state is S.PENDING else BEGAN
    finished = at(end) if end is not None else None
    return Result(
        UUID(int=number),
        f"ap-{number}",
        state,
        changed=True if state is S.SUCCESS else None,
        started=started,
        finished=finished,
        **more,  # type: ignore[arg-type]
    )


def lines(number: int, *seconds: float) -> list[Line]:
    """The device began its steps then."""
    return [
        Line(UUID(int=number), at(second), f"{step}/7 a step")
        for step, second in enumerate(seconds, 1)
    ]


@pytest.mark.parametrize(
    ("states", "status"),
    [
        ((S.SUCCESS, S.FAILED, S.CANCELLED), "failed"),  # operations.md §11, 14 (g)
        ((S.SUCCESS, S.CANCELLED), "cancelled"),
        ((S.FAILED, S.CANCELLED, S.IN_PROGRESS), "in-progress"),
        ((S.SUCCESS, S.PENDING), "in-progress"),
        ((S.SUCCESS, S.ABORTED), "failed"),
        ((S.SUCCESS, S.UNKNOWN), "failed"),
        ((S.SUCCESS, S.SUCCESS), "success"),
        ((), "idle"),
    ],
)
def test_the_status_of_a_batch_is_openwisps(states: tuple[S, ...], status: str) -> None:
    assert batch_status(states) == status


def test_rates_are_per_cent_of_all_with_two_decimals() -> None:
    told = figures(
        (S.SUCCESS, S.FAILED, S.ABORTED, S.CANCELLED, S.IN_PROGRESS, S.SUCCESS, S.FAILED)
    )
    assert told.as_dict() == {
        "batch_status": "in-progress",
        "total": 7,
        "completed": 6,
        "success_rate": 28.57,
        "failed_rate": 28.57,
        "aborted_rate": 14.29,
        "cancelled_rate": 14.29,
        "progress_report": "6 out of 7",
    }
    assert figures(()).success_rate == 0.0


@given(st.lists(st.sampled_from(S), max_size=30))
def test_a_batch_is_over_exactly_when_all_its_devices_are(states: list[S]) -> None:
    told = figures(states)
    assert (told.completed == told.total) == (told.batch_status != "in-progress")


def test_what_is_typical_is_the_median_of_those_that_ended_well() -> None:
    told = pace.begins([*lines(1, *STEPS), *lines(2, 0, 30), *lines(3, *(2 * s for s in STEPS))])
    done = [
        device(1, S.SUCCESS, end=190),
        device(2, S.FAILED, end=1000),
        device(3, S.SUCCESS, end=380),
    ]
    usual = pace.typical(done, told)
    assert usual == {1: 15, 2: 15, 3: 60, 4: 7.5, 5: 7.5, 6: 90, 7: 90}
    assert pace.typical(done[1:2], told) == {}


def test_a_device_that_was_put_off_is_measured_by_its_last_try_alone() -> None:
    """It was away for a day; what its first try said last may be written after that."""
    away = Line(UUID(int=1), at(500), "pending, try 2 after 11-28 01:00")
    late = Line(UUID(int=1), at(499), "1/7 image check: Detected a recoverable failure")
    day = 86_400
    again = lines(1, *(day + second for second in STEPS[:3]))
    told = pace.begins([*lines(1, *STEPS[:4]), away, late, *again])
    assert told == {UUID(int=1): {step: at(day + s) for step, s in enumerate(STEPS[:3], 1)}}
    usual = {1: 10.0, 2: 10.0, 3: 40.0, 4: 5.0}
    assert pace.left_s(device(1, S.IN_PROGRESS), told[UUID(int=1)], usual, at(day + 30)) == 35


def test_nothing_is_foretold_before_a_device_has_shown_how_long_it_takes() -> None:
    running = [device(1, S.IN_PROGRESS), device(2, S.PENDING)]
    assert pace.eta_s(running, pace.begins(lines(1, 0, 10)), (1, 1), 10, at(20)) is None


def test_the_rest_is_what_runs_has_left_and_then_the_waves_in_rounds() -> None:
    results = [
        device(1, S.SUCCESS, end=190),  # the canary: 190 s in all
        device(2, S.IN_PROGRESS),  # 100 s in: 30 s of its return and 60 s of step 7 are left
        *(device(number, S.PENDING) for number in (3, 4, 5)),
        device(6, S.PENDING),
    ]
    told = pace.begins([*lines(1, *STEPS), *lines(2, *STEPS[:6])])
    # Two at once: 3 begins now, 4 when 2 is over after 90 s, 5 when 3 is; then the last wave.
    expected = max(90 + 190, 190 + 190) + 190
    assert pace.eta_s(results, told, (1, 4, 1), 2, at(100)) == expected


def test_what_is_held_is_left_out_since_nobody_knows_how_long_it_takes() -> None:
    results = [device(1, S.SUCCESS, end=190), device(2, S.PENDING, step="held until Mon 01:00")]
    told = pace.begins(lines(1, *STEPS))
    assert pace.eta_s(results, told, (1, 1), 2, at(200)) == 0
    assert pace.eta_s([results[0], device(2, S.PENDING)], told, (1, 1), 2, at(200)) == 190


def test_a_step_that_takes_longer_than_usual_has_nothing_left_rather_than_less() -> None:
    usual = {1: 5.0, 2: 7.0}
    steps = {1: at(0)}
    assert pace.left_s(device(1, S.IN_PROGRESS), steps, usual, at(500)) == 7.0
    assert pace.left_s(device(1, S.FAILED, end=1), steps, usual, at(2)) == 0.0


@given(
    st.lists(st.sampled_from((S.SUCCESS, S.FAILED, S.PENDING, S.IN_PROGRESS)), max_size=12),
    st.integers(1, 5),
)
def test_more_hands_never_take_longer(states: list[S], hands: int) -> None:
    results = [device(0, S.SUCCESS, end=190)]
    results += [device(n, one, end=9 if one.is_over else None) for n, one in enumerate(states, 1)]
    told = pace.begins(lines(0, *STEPS))
    waves = (1, len(states))
    few = pace.eta_s(results, told, waves, hands, at(200))
    more = pace.eta_s(results, told, waves, hands + 1, at(200))
    assert few is not None
    assert more is not None
    assert 0 <= more <= few


def test_figures_that_run_on_are_one_line_and_steps_are_not() -> None:
    assert shape("3/7 upload: 1.25 MiB of 9 MiB") == shape("3/7 upload: 7.50 MiB of 9 MiB")
    assert shape("6/7 return: 5 s, attempt n.1") == shape("6/7 return: 125 s, attempt n.25")
    assert shape("3/7 upload") != shape("4/7 upload")
