"""When alerts wake nobody: silences and maintenance windows, once or weekly, pure.

A weekly window begins at a wall clock time of its zone and lasts so many real minutes: through the
night when clocks are put back it ends an hour earlier by the clock. A beginning that the clocks
skip (02:30 in spring) is an hour later by the clock, as zoneinfo has it (PEP 495, fold 0).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from owtui.engine.selection import Filter, FilterError, parse
from owtui.errors import InputError
from storage.rows import DeviceRow
from storage.tables import QuietTime

SILENCE, MAINTENANCE = "silence", "maintenance"
MODES = (SILENCE, MAINTENANCE)
LONGEST_MIN = 7 * 24 * 60
FOREVER = datetime.max.replace(tzinfo=UTC)

Views = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class Quiet:
    """A quiet time as a value; the fields are those of storage.tables.QuietTime."""

    name: str
    mode: str
    starts_at: datetime
    ends_at: datetime | None = None
    filter: str = ""
    kinds: tuple[str, ...] = ()
    weekdays: tuple[int, ...] = ()
    at: str = ""
    minutes: int = 0
    timezone: str = "UTC"
    operator: str = ""
    reason: str = ""
    id: UUID | None = None

    @classmethod
    def of(cls, row: QuietTime) -> Quiet:
        """The value of a row."""
        lists = {"kinds": tuple(row.kinds), "weekdays": tuple(row.weekdays)}
        return cls(**{**{name: getattr(row, name) for name in _FIELDS}, **lists})

    def row(self) -> QuietTime:
        """A new row of it."""
        told = {name: getattr(self, name) for name in _FIELDS if name != "id"}
        return QuietTime(**{**told, "kinds": list(self.kinds), "weekdays": list(self.weekdays)})

    @property
    def weekly(self) -> bool:
        """Whether it comes back."""
        return bool(self.weekdays)

    def until(self, moment: datetime) -> datetime | None:
        """When the quiet that lasts at this moment ends; None where it does not last."""
        if moment < self.starts_at or (self.ends_at is not None and moment >= self.ends_at):
            return None
        if not self.weekly:
            return self.ends_at or FOREVER
        ends = [end for start, end in self._around(moment) if start <= moment < end]
        if not ends:
            return None
        return min(max(ends), self.ends_at) if self.ends_at else max(ends)

    def following(self, moment: datetime) -> datetime | None:
        """When it begins next, after this moment; None where it never does."""
        if not self.weekly:
            return self.starts_at if self.starts_at > moment else None
        base = max(moment, self.starts_at)
        later = [start for start, _ in self._around(base, ahead=8) if start > moment]
        later = [start for start in later if start >= self.starts_at]
        found = min(later, default=None)
        return None if found and self.ends_at and found >= self.ends_at else found

    def _around(self, moment: datetime, ahead: int = 1) -> Iterable[tuple[datetime, datetime]]:
        """The windows that begin within a week before the moment and some days after."""
        zone = ZoneInfo(self.timezone)
        start = clock_time(self.at)
        day = moment.astimezone(zone).date()
        for offset in range(-8, ahead + 1):
            when = day + timedelta(days=offset)
            if when.weekday() in self.weekdays:
                begins = _at(when, start, zone)
                yield begins, begins + timedelta(minutes=self.minutes)


def _at(day: date, clock: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, clock, tzinfo=zone).astimezone(UTC)


_FIELDS = tuple(Quiet.__dataclass_fields__)


class Hush:
    """All quiet times at a moment, asked for each alert."""

    def __init__(
        self, quiet: Iterable[Quiet], moment: datetime, views: Views | None = None
    ) -> None:
        self._moment = moment
        self._lasting: list[tuple[Quiet, datetime, Filter]] = []
        for one in quiet:
            until = one.until(moment)
            found = _filter(one, views)
            if until is not None and found is not None:
                self._lasting.append((one, until, found))

    def over(self, kind: str, row: DeviceRow | None) -> tuple[Quiet, datetime] | None:
        """The quiet time that covers this kind of alert of a device, the longest one, and its end.

        row: None for an alert of the engine itself, which only a quiet time of all devices covers
        """
        found = [
            (one, until)
            for one, until, chosen in self._lasting
            if (not one.kinds or kind in one.kinds) and self._covers(chosen, row)
        ]
        return max(found, key=lambda pair: pair[1], default=None)

    def _covers(self, chosen: Filter, row: DeviceRow | None) -> bool:
        if chosen.is_empty:
            return True
        return row is not None and chosen.matches(row, self._moment)


def _filter(one: Quiet, views: Views | None) -> Filter | None:
    """Its filter; None where it names what is gone, a view: then it keeps nobody quiet."""
    try:
        return parse(one.filter, views)
    except FilterError:
        return None


def clock_time(text: str) -> time:
    """Read "HH:MM". Raises InputError."""
    hour, colon, minute = text.partition(":")
    digits = colon and hour.isdecimal() and minute.isdecimal() and len(minute) == 2
    if digits and int(hour) < 24 and int(minute) < 60:
        return time(int(hour), int(minute))
    raise InputError(f"“{text}” is no time of a day.", "Write HH:MM, for example 02:30.")


def check(one: Quiet, kinds: Collection[str], views: Views | None = None) -> None:
    """Raise InputError or FilterError for a quiet time that means nothing."""
    parse(one.filter, views)
    if one.mode not in MODES:
        raise InputError(f"There is no mode {one.mode}.", f"Known: {', '.join(MODES)}.")
    if unknown := sorted(set(one.kinds) - set(kinds)):
        raise InputError(
            f"There are no alerts of the kind {unknown[0]}.", f"Known: {', '.join(sorted(kinds))}."
        )
    if one.ends_at is not None and one.ends_at <= one.starts_at:
        raise InputError("It would end before it begins.", "Give a later end.")
    if one.weekly:
        _check_weekly(one)
    elif one.ends_at is None and one.mode == SILENCE:
        raise InputError("A silence needs an end.", "For example: 4h.")


def _check_weekly(one: Quiet) -> None:
    clock_time(one.at)
    try:
        ZoneInfo(one.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InputError(
            f"There is no time zone {one.timezone}.", "For example: Europe/Rome, or UTC."
        ) from error
    if not set(one.weekdays) <= set(range(7)):
        raise InputError("Weekdays are 0, Monday, to 6, Sunday.")
    if not 0 < one.minutes <= LONGEST_MIN:
        raise InputError("A weekly window lasts from a minute to a week.", "For example: 90m.")


WEEKDAYS: Sequence[str] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def weekdays(text: str) -> tuple[int, ...]:
    """Read "mon,wed", "daily" or "weekdays". Raises InputError."""
    named = {"daily": tuple(range(7)), "weekdays": tuple(range(5)), "weekend": (5, 6)}
    found: set[int] = set()
    for word in filter(None, (part.strip().lower() for part in text.split(","))):
        if word in named:
            found.update(named[word])
        elif word[:3] in WEEKDAYS:
            found.add(WEEKDAYS.index(word[:3]))
        else:
            raise InputError(f"“{word}” is no weekday.", f"Known: {', '.join(WEEKDAYS)}, daily.")
    return tuple(sorted(found))
