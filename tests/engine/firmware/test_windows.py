"""When devices may be flashed and when a batch may begin: clocks, zones, limits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from owtui.engine.firmware import windows
from owtui.errors import InputError

ROME = "weekdays 01:00-05:00 Europe/Rome"
FRIDAY = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)


def test_a_window_opens_by_the_clock_of_its_zone() -> None:
    opens = windows.opens(ROME, FRIDAY)
    assert opens == datetime(2026, 11, 30, 0, 0, tzinfo=UTC)  # Monday, 01:00 in Rome
    assert windows.opens(ROME, opens) is None
    assert windows.opens(ROME, opens + timedelta(hours=3, minutes=59)) is None
    assert windows.opens(ROME, opens + timedelta(hours=4)) == opens + timedelta(days=1)
    assert windows.held(ROME, opens) == "held until Mon 01:00 Europe/Rome"


def test_one_over_midnight_belongs_to_the_day_on_which_it_begins() -> None:
    window = "sat 22:00-02:00"
    assert windows.opens(window, datetime(2026, 11, 29, 1, 59, tzinfo=UTC)) is None  # a Sunday
    assert windows.opens(window, datetime(2026, 11, 28, 1, 0, tzinfo=UTC)) == datetime(
        2026, 11, 28, 22, 0, tzinfo=UTC
    )


def test_no_window_is_always_open() -> None:
    assert windows.parse("") is None
    assert windows.opens(" ", FRIDAY) is None


@given(st.integers(0, 2 * 365 * 24 * 60).map(lambda minutes: FRIDAY + timedelta(minutes=minutes)))
def test_it_opens_within_a_week_at_its_hour_whatever_the_clocks_do(now: datetime) -> None:
    opens = windows.opens("sun,wed 01:30-04:00 Europe/Rome", now)
    if opens is not None:
        local = opens.astimezone(ZoneInfo("Europe/Rome"))
        assert now < opens <= now + timedelta(days=5, hours=1)
        assert (local.hour, local.minute) == (1, 30)
        assert local.weekday() in (2, 6)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("weekdays", "is no window"),
        ("weekdays 01:00", "from when to when"),
        ("someday 01:00-02:00", "is no weekday"),
        ("daily 25:00-02:00", "is no time of a day"),
        ("daily 01:00-02:00 Mars/Base", "no time zone"),
        ("daily 01:00-02:00 UTC more", "is no window"),
    ],
)
def test_what_is_no_window_is_said(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        windows.parse(text)


def test_a_schedule_is_ten_minutes_to_180_days_ahead() -> None:
    def at(seconds: float) -> str:
        return (FRIDAY + timedelta(seconds=seconds)).isoformat()

    assert windows.moment(at(600), FRIDAY) == FRIDAY + timedelta(minutes=10)
    assert windows.moment(at(15_552_000), FRIDAY) == FRIDAY + timedelta(days=180)
    with pytest.raises(InputError, match="10 minutes from now"):
        windows.moment(at(599), FRIDAY)
    with pytest.raises(InputError, match="180 days"):
        windows.moment(at(15_552_001), FRIDAY)
    with pytest.raises(InputError, match="is no time"):
        windows.moment("tomorrow", FRIDAY)


def test_an_hour_alone_is_the_next_time_that_it_is_so() -> None:
    now = FRIDAY.astimezone()
    for ahead in (11, 9):
        clock = (now + timedelta(minutes=ahead)).strftime("%H:%M")
        found = windows.moment(clock, FRIDAY)
        assert found.astimezone().strftime("%H:%M") == clock
        assert timedelta(minutes=10) <= found - FRIDAY <= timedelta(days=1, minutes=10)
