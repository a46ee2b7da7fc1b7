"""Snooze ranges, against a calendar that is walked minute by minute."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from owtui.engine.monitoring.checks.snooze import asleep

LEAP_YEAR = datetime(2028, 1, 1, tzinfo=UTC)
MINUTES = 366 * 24 * 60
moments = st.integers(0, MINUTES - 1).map(lambda nth: LEAP_YEAR + timedelta(minutes=nth))
FORMS = ("%H:%M", "%m-%d", "%m-%d %H:%M")


def _minute(moment: datetime) -> int:
    return moment.hour * 60 + moment.minute


@given(start=moments, end=moments, at=moments, form=st.sampled_from(FORMS))
def test_a_moment_is_asleep_when_going_on_from_the_start_comes_to_it_before_the_end(
    start: datetime, end: datetime, at: datetime, form: str
) -> None:
    if form == "%H:%M":
        size, begun, until, now = 24 * 60, _minute(start), _minute(end), _minute(at)
    else:
        size = MINUTES
        if form == "%m-%d":
            start, end = start.replace(hour=0, minute=0), end.replace(hour=23, minute=59)
        begun, until, now = ((one - LEAP_YEAR) // timedelta(minutes=1) for one in (start, end, at))
    expected = (now - begun) % size <= (until - begun) % size
    assert asleep([(start.strftime(form), end.strftime(form))], at) is expected


@given(at=moments, second=st.integers(0, 59))
def test_both_ends_are_within_to_their_last_second(at: datetime, second: int) -> None:
    for form in FORMS:
        text = at.strftime(form)
        assert asleep([(text, text)], at.replace(second=second))


@given(at=moments)
def test_without_a_pair_nobody_sleeps(at: datetime) -> None:
    assert not asleep([], at)


def test_a_range_may_go_over_new_year() -> None:
    pair = [("12-24", "01-06")]
    told = [(12, 23, False), (12, 24, True), (1, 1, True), (1, 6, True), (1, 7, False)]
    for month, day, expected in told:
        moment = datetime(2027, month, day, 23, 59, tzinfo=UTC)
        assert asleep(pair, moment) is expected
