"""Times at which a check does not run: pairs of wall-clock times that recur each day or year.

[OpenWISP WIFI_CLIENTS_CHECK_SNOOZE_SCHEDULE] Both ends are written alike, as "HH:MM", "MM-DD" or
"MM-DD HH:MM", both are inclusive to their minute, and an end before its start goes over midnight or
new year. A date alone begins at 00:00 and ends at 23:59.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from owtui.errors import InputError

PATTERN = r"^(\d\d-\d\d( \d\d:\d\d)?|\d\d:\d\d)$"
_PARTS = re.compile(r"(?:(\d\d)-(\d\d))?\s?(?:(\d\d):(\d\d))?")
_LEAP = 2000  # so that 02-29 is a date

_Moment = tuple[int, ...]  # (month, day, hour, minute) or (hour, minute)


def check(pairs: Iterable[Sequence[str]]) -> None:
    """Refuse what is no schedule. Raises InputError with the pair."""
    for pair in pairs:
        _range(pair)


def asleep(pairs: Iterable[Sequence[str]], local: datetime) -> bool:
    """Whether a wall-clock time is within any of the pairs."""
    return any(_within(*_range(pair), local) for pair in pairs)


def _within(start: _Moment, end: _Moment, local: datetime) -> bool:
    whole = (local.month, local.day, local.hour, local.minute)
    at = whole[-len(start) :]
    return start <= at <= end if start <= end else at >= start or at <= end


def _range(pair: Sequence[str]) -> tuple[_Moment, _Moment]:
    if len(pair) != 2:
        raise InputError(f"{list(pair)} is no pair of a start and an end.", _HINT)
    start, end = _moment(pair[0], (0, 0)), _moment(pair[1], (23, 59))
    if len(start) != len(end) or len(pair[0]) != len(pair[1]):
        raise InputError(f"“{pair[0]}” and “{pair[1]}” are not written alike.", _HINT)
    return start, end


def _moment(text: str, missing: tuple[int, int]) -> _Moment:
    found = _PARTS.fullmatch(text)
    if not text or found is None:
        raise InputError(f"“{text}” is neither a time nor a date.", _HINT)
    month, day, hour, minute = (int(part) if part else None for part in found.groups())
    clock = missing if hour is None or minute is None else (hour, minute)
    try:
        datetime(
            _LEAP, month or 1, day or 1, *clock, tzinfo=UTC
        )  # only to see whether there is such a time
    except ValueError:
        raise InputError(f"There is no “{text}” on any day.", _HINT) from None
    if month is None or day is None:
        return clock
    return (month, day, *clock)


_HINT = "Write both as HH:MM, as MM-DD or as MM-DD HH:MM."
