"""When alerts are quiet: once, weekly, across nights and changes of the clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from owtui.engine.monitoring.alerts import words
from owtui.engine.monitoring.alerts.quiet import FOREVER, Hush, Quiet, check, weekdays
from owtui.errors import OwtuiError
from storage.rows import DeviceRow

ROME = ZoneInfo("Europe/Rome")
START = datetime(2026, 1, 1, tzinfo=UTC)


def weekly(**fields: Any) -> Quiet:
    usual = {
        "weekdays": tuple(range(7)),
        "at": "02:30",
        "minutes": 60,
        "timezone": "Europe/Rome",
    }
    return Quiet("n", "maintenance", START, **(usual | fields))


def rome(*when: int) -> datetime:
    return datetime(*when, tzinfo=ROME).astimezone(UTC)  # type: ignore[misc]


def test_once_it_lasts_from_its_beginning_up_to_its_end() -> None:
    end = START + timedelta(hours=1)
    one = Quiet("n", "silence", START, end)
    second = timedelta(seconds=1)
    assert [one.until(at) for at in (START - second, START, end - second, end)] == [
        *(None, end, end, None)
    ]
    assert one.following(START - second) == START
    assert one.following(START) is None
    assert Quiet("n", "maintenance", START).until(START) == FOREVER


def test_a_weekly_one_reaches_over_midnight_and_the_week() -> None:
    one = weekly(weekdays=(6,), at="23:00", minutes=120)
    sunday = rome(2026, 6, 14, 23, 0)
    assert one.until(sunday - timedelta(seconds=1)) is None
    assert one.until(rome(2026, 6, 15, 0, 59)) == rome(2026, 6, 15, 1, 0)
    assert one.until(rome(2026, 6, 15, 1, 0)) is None
    assert one.following(rome(2026, 6, 15, 1, 0)) == rome(2026, 6, 21, 23, 0)


def test_in_spring_what_begins_in_the_hour_that_is_skipped_begins_an_hour_later() -> None:
    # On 29 March 2026 Rome goes from 02:00 to 03:00.
    begins = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    one = weekly()
    assert one.until(begins - timedelta(seconds=1)) is None
    assert one.until(begins) == begins + timedelta(minutes=60)
    assert begins.astimezone(ROME).strftime("%H:%M") == "03:30"
    assert one.following(begins - timedelta(days=1)) == begins


def test_in_autumn_it_lasts_its_minutes_and_comes_once() -> None:
    # On 25 October 2026 Rome goes from 03:00 back to 02:00: 02:30 is there twice.
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    one = weekly()
    assert one.until(first) == first + timedelta(minutes=60)
    assert one.until(first + timedelta(minutes=60)) is None
    long = weekly(at="01:00", minutes=180)
    begins = datetime(2026, 10, 24, 23, 0, tzinfo=UTC)
    end = long.until(begins)
    assert end == begins + timedelta(minutes=180)
    assert end.astimezone(ROME).strftime("%H:%M") == "03:00"  # not 04:00: an hour came twice


def test_the_wall_clock_holds_through_the_year() -> None:
    one = weekly(at="08:00")
    for month in (1, 7):
        assert one.until(rome(2026, month, 15, 8, 30)) == rome(2026, month, 15, 9, 0)


@given(st.integers(9 * 24 * 60, 700 * 24 * 60))
def test_what_follows_is_quiet_and_what_was_before_is_not(minutes: int) -> None:
    at = START + timedelta(minutes=minutes)
    one = weekly(weekdays=(0, 3), minutes=45)
    begins = one.following(at)
    assert begins is not None
    assert timedelta(0) < begins - at <= timedelta(days=7, hours=1)
    assert one.until(begins) == begins + timedelta(minutes=45)
    assert one.until(begins - timedelta(seconds=1)) is None


def test_it_covers_kinds_and_devices_of_its_filter() -> None:
    row = DeviceRow(uuid4(), "ap-1", "org", uuid4(), tags=("roof",))
    once = {"starts_at": START, "ends_at": START + timedelta(hours=1)}
    roofs = Quiet("roofs", "maintenance", filter="tag=roof", kinds=("ping",), **once)  # type: ignore[arg-type]
    hush = Hush([roofs], START)
    assert hush.over("ping", row) == (roofs, roofs.ends_at)
    assert hush.over("disk", row) is None
    assert hush.over("ping", None) is None
    assert Hush([Quiet("all", "silence", **once)], START).over("series", None) is not None  # type: ignore[arg-type]
    gone = Quiet("gone", "silence", filter="view:gone", **once)  # type: ignore[arg-type]
    assert Hush([gone], START, lambda name: None).over("ping", row) is None


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"timezone": "Europe/Rom"}, "no time zone Europe/Rom"),
        ({"timezone": "../etc/passwd"}, "no time zone"),
        ({"at": "25:00"}, "no time of a day"),
        ({"minutes": 0}, "from a minute to a week"),
        ({"weekdays": (7,)}, "Weekdays"),
        ({"kinds": ("pong",)}, "no alerts of the kind pong"),
        ({"mode": "loud"}, "no mode loud"),
        ({"ends_at": START}, "end before it begins"),
        ({"filter": "nokey=1"}, "no key"),
    ],
)
def test_what_means_nothing_is_refused(fields: dict[str, Any], said: str) -> None:
    made = weekly(**{k: v for k, v in fields.items() if k != "mode"})
    if "mode" in fields:
        made = Quiet("n", fields["mode"], START)
    with pytest.raises(OwtuiError, match=said):
        check(made, words.kinds())


def test_weekdays_are_read_as_people_write_them() -> None:
    assert weekdays("mon, Wednesday") == (0, 2)
    assert weekdays("weekend,weekdays") == weekdays("daily") == tuple(range(7))
    with pytest.raises(OwtuiError, match="no weekday"):
        weekdays("someday")
