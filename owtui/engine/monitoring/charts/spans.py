"""Over which time a chart is drawn, and in which buckets (operations.md §1.4): pure.

Buckets begin at whole steps, or at the midnight of the reader's zone for ranges over three days, so
that a chart drawn again a minute later has the same bars.

A zone of None is this machine's. The offset that it has now would not do: a time of last summer is
written in the summer's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from owtui.errors import InputError

MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0

RANGES: dict[str, tuple[float, float]] = {
    "1h": (HOUR, MINUTE),
    "6h": (6 * HOUR, 5 * MINUTE),
    "1d": (DAY, 10 * MINUTE),
    "3d": (3 * DAY, 20 * MINUTE),
    "7d": (7 * DAY, HOUR),
    "30d": (30 * DAY, DAY),
    "365d": (365 * DAY, 7 * DAY),
}
"""Length and bucket in seconds, by name; the first two are owtui's, for what happens now."""

USUAL = "7d"
LONGEST_DAYS = 365


@dataclass(frozen=True, slots=True)
class Span:
    """From `start_s` to `end_s`, UTC epoch seconds, in buckets of `step_s`. `name` "" is custom."""

    start_s: float
    end_s: float
    step_s: float
    name: str = ""

    @property
    def count(self) -> int:
        """How many buckets there are."""
        return -int((self.start_s - self.end_s) // self.step_s)

    @property
    def times_s(self) -> list[float]:
        """Where each bucket begins."""
        return [self.start_s + n * self.step_s for n in range(self.count)]


def named(name: str, now: datetime, zone: tzinfo | None = None) -> Span:
    """A range that ends now. Raises InputError for a name that is none.

    Over three days it begins at midnight, and the week has today as its seventh day.
    """
    if name not in RANGES:
        raise InputError(f"“{name}” is no range.", f"One of: {', '.join(RANGES)}.")
    length, step = RANGES[name]
    start = now - timedelta(seconds=length)
    if length > 3 * DAY:
        start = _midnight(start + timedelta(days=1) if name == "7d" else start, zone)
        return Span(start.timestamp(), now.timestamp(), step, name)
    first = start.timestamp() // step * step
    return Span(first, now.timestamp(), step, name)


def custom(start: datetime, end: datetime, now: datetime, zone: tzinfo | None = None) -> Span:
    """A range of one's own. Raises InputError where it is empty, in the future or over a year."""
    if start >= end:
        raise InputError("The range ends before it begins.", "Give the earlier time first.")
    if end > now or start > now:
        raise InputError("The range reaches into the future.", "It may end now at the latest.")
    days = (end - start).total_seconds() / DAY
    if days > LONGEST_DAYS:
        raise InputError("The range is longer than a year.", "365 days are the most.")
    step = step_s(days)
    if days > 3:
        return Span(_midnight(start, zone).timestamp(), end.timestamp(), step)
    return Span(start.timestamp() // step * step, end.timestamp(), step)


def step_s(days: float) -> float:
    """The bucket of a range of one's own. OpenWISP names none for the days between its rows (7,
    28 and 29); they get the next row's. Under six hours a minute: owtui zooms in further."""
    if days <= 0.25:
        return MINUTE if days <= 1 / 24 else 5 * MINUTE
    if days < 3:
        return 10 * MINUTE
    if days < 7:
        return 5 * round(days / 3 * 20 / 5) * MINUTE
    if days < 30:
        return max(1, round(days / 7)) * HOUR
    return DAY if days <= 210 else 7 * DAY


def parse(text: str, now: datetime, zone: tzinfo | None = None) -> Span:
    """A range as people write it: "7d", or "2026-11-01 10:00:00/2026-11-03" (to now without end).

    Raises InputError with the form that is wanted.
    """
    if text in RANGES:
        return named(text, now, zone)
    first, slash, last = text.partition("/")
    if not slash:
        raise InputError(
            f"“{text}” is no range.", f"One of {', '.join(RANGES)}, or START/END as YYYY-MM-DD."
        )
    return custom(_time(first, zone), _time(last, zone) if last else now, now, zone)


def placed(moment: datetime, zone: tzinfo | None) -> datetime:
    """A time as it was written, in the zone, where it names none itself."""
    if moment.tzinfo is not None:
        return moment
    return moment.replace(tzinfo=zone) if zone is not None else moment.astimezone()


def _time(text: str, zone: tzinfo | None) -> datetime:
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        raise InputError(
            f"“{text}” is no time.", "Write YYYY-MM-DD or YYYY-MM-DD HH:MM:SS."
        ) from None
    return placed(found, zone)


def _midnight(moment: datetime, zone: tzinfo | None) -> datetime:
    local = moment.astimezone(zone).replace(tzinfo=None)
    return placed(local.replace(hour=0, minute=0, second=0, microsecond=0), zone)
