"""Where a time axis has its ticks and what they read, in the local zone: pure, free of Textual.

ticks(start_s, end_s, width)     (column, label) pairs that do not touch
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_MINUTES = (1, 2, 5, 10, 15, 30, 60, 120, 180, 240, 360, 720)
_DAYS = (1, 2, 7, 14, 30, 61, 91, 182)
_CLOCK_S = 2 * 86_400  # a longer time has days for labels
_APART = 5  # cells between two labels, at least


def ticks(start_s: float, end_s: float, width: int) -> list[tuple[int, str]]:
    """Round times between two moments, UTC epoch seconds, with the column each stands at.

    Under two days clock times, at midnight the day; beyond them days.
    """
    length = end_s - start_s
    if length <= 0 or width < 10:
        return []
    found: list[tuple[int, str]] = []
    for at_s, moment in _round(start_s, end_s, width):
        at = int((at_s - start_s) / length * width)
        label = _label(moment, length)
        free = not found or at - found[-1][0] >= len(found[-1][1]) + _APART
        if 0 <= at < width and free:
            found.append((at, label))
    return found


def clock(at_s: float) -> str:
    """A moment as people here read it: "11-23 16:02"."""
    return f"{_local(at_s):%m-%d %H:%M}"


def _round(start_s: float, end_s: float, width: int) -> list[tuple[float, datetime]]:
    """Local moments at whole steps from a midnight on, in their order; naive, so that they stay at
    the same time of day when the clock changes (DST)."""
    step = _step((end_s - start_s) / max(1, width // 10), by_day=end_s - start_s > _CLOCK_S)
    local = _local(start_s)
    moment = local.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    found = []
    while moment.timestamp() <= end_s:
        found += [(at_s, moment) for at_s in _when(moment) if start_s <= at_s <= end_s]
        moment += step
    return sorted(found)


def _when(moment: datetime) -> list[float]:
    """When clocks here show a time: once; twice where they are put back, and never where they skip
    it. A day is told once, and begins where its midnight is skipped, too."""
    first, second = moment.timestamp(), moment.replace(fold=1).timestamp()
    if first == second or (moment.hour, moment.minute) == (0, 0):
        return [first]
    return [first, second] if first < second else []


def _step(least_s: float, *, by_day: bool) -> timedelta:
    """The least round step; whole days where the labels are days, or two would read the same."""
    for minutes in () if by_day else _MINUTES:
        if minutes * 60 >= least_s:
            return timedelta(minutes=minutes)
    days = next((days for days in _DAYS if days * 86_400 >= least_s), _DAYS[-1])
    return timedelta(days=days)


def _label(moment: datetime, length_s: float) -> str:
    if length_s > _CLOCK_S or (moment.hour, moment.minute) == (0, 0):
        return f"{moment:%m-%d}"
    return f"{moment:%H:%M}"


def _local(at_s: float) -> datetime:
    return datetime.fromtimestamp(at_s, UTC).astimezone()
