"""Where a time axis has its ticks and what they read, in the local zone: pure, free of Textual.

ticks(start_s, end_s, width)     (column, label) pairs that do not touch
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

_MINUTES = (1, 2, 5, 10, 15, 30, 60, 120, 180, 240, 360, 720)
_DAYS = (1, 2, 7, 14, 30, 61, 91, 182)
_APART = 5  # cells between two labels, at least


def ticks(start_s: float, end_s: float, width: int) -> list[tuple[int, str]]:
    """Round times between two moments, UTC epoch seconds, with the column each stands at.

    Under two days clock times, at midnight the day; beyond them days.
    """
    length = end_s - start_s
    if length <= 0 or width < 10:
        return []
    found: list[tuple[int, str]] = []
    for moment in _round(start_s, end_s, width):
        at = int((moment.timestamp() - start_s) / length * width)
        label = _label(moment, length)
        free = not found or at - found[-1][0] >= len(found[-1][1]) + _APART
        if 0 <= at < width and free:
            found.append((at, label))
    return found


def clock(at_s: float) -> str:
    """A moment as people here read it: "11-23 16:02"."""
    return f"{_local(at_s):%m-%d %H:%M}"


def _round(start_s: float, end_s: float, width: int) -> Iterator[datetime]:
    """Local moments at whole steps from a midnight on; naive, so that a change of the clock (DST)
    leaves them at the same time of day."""
    step = _step((end_s - start_s) / max(1, width // 10))
    local = _local(start_s)
    moment = local.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    while moment.timestamp() <= end_s:
        if moment.timestamp() >= start_s:
            yield moment
        moment += step


def _step(least_s: float) -> timedelta:
    for minutes in _MINUTES:
        if minutes * 60 >= least_s:
            return timedelta(minutes=minutes)
    days = next((days for days in _DAYS if days * 86_400 >= least_s), _DAYS[-1])
    return timedelta(days=days)


def _label(moment: datetime, length_s: float) -> str:
    if length_s > 2 * 86_400 or (moment.hour, moment.minute) == (0, 0):
        return f"{moment:%m-%d}"
    return f"{moment:%H:%M}"


def _local(at_s: float) -> datetime:
    return datetime.fromtimestamp(at_s, UTC).astimezone()
