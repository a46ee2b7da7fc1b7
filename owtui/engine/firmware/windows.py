"""When a group's devices may be flashed, and when a batch may begin; pure, the moment is given.

A window is written as people say it, "weekdays 01:00-05:00 Europe/Rome", and kept as that: days
(mon,tue … daily weekdays weekend), from when to when by the clock of the zone, UTC without one.
Its weekly rules, and what clocks put forward or back do to them, are those of quiet times.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from owtui.engine.monitoring.alerts import quiet
from owtui.engine.monitoring.alerts.quiet import Quiet
from owtui.errors import InputError

EARLIEST_S = 600.0
LATEST_S = 15_552_000.0  # 180 days
EXAMPLE = "For example: weekdays 01:00-05:00 Europe/Rome"

_DAY_MIN = 24 * 60


def parse(text: str) -> Quiet | None:
    """Read a window; None for "", which is any time. Raises InputError."""
    words = text.split()
    if not words:
        return None
    if len(words) not in (2, 3):
        raise InputError(f"“{text}” is no window.", EXAMPLE)
    begins, dash, ends = words[1].partition("-")
    if not dash:
        raise InputError(f"“{words[1]}” says not from when to when.", EXAMPLE)
    start, end = quiet.clock_time(begins), quiet.clock_time(ends)
    minutes = (end.hour - start.hour) * 60 + end.minute - start.minute
    window = Quiet(
        name="upgrades",
        mode=quiet.MAINTENANCE,
        starts_at=datetime.min.replace(tzinfo=UTC),
        weekdays=quiet.weekdays(words[0]),
        at=begins,
        minutes=minutes if minutes > 0 else minutes + _DAY_MIN,
        timezone=words[2] if len(words) == 3 else "UTC",
    )
    quiet.check(window, ())
    return window


def opens(text: str, now: datetime) -> datetime | None:
    """When a window opens next; None while it is open, or where there is none."""
    window = parse(text)
    if window is None or window.until(now) is not None:
        return None
    return window.following(now)


def may_begin(text: str, now: datetime) -> str:
    """What a plan says of a window: "may begin Mon 01:00 Europe/Rome"; "" while it is open."""
    at = opens(text, now)
    return f"may begin {_when(text, at)}" if at is not None else ""


def held(text: str, opens_at: datetime) -> str:
    """What is said of a device that waits: "held until Sat 01:00 Europe/Rome"."""
    return f"held until {_when(text, opens_at)}"


def moment(text: str, now: datetime) -> datetime:
    """Read when a batch is to begin, by the clock of this machine where it names no zone.

    "01:00" is the next time that it is so. Raises InputError for what is no time, sooner than in
    600 s or later than in 180 days (OpenWISP's limits).
    """
    try:
        found = datetime.fromisoformat(text.strip()) if len(text.strip()) > 5 else None
    except ValueError:
        raise InputError(
            f"“{text}” is no time.", "Write 01:00, 2026-11-28T01:00 or 2026-11-28T01:00+01:00."
        ) from None
    if found is None:
        here, clock = now.astimezone(), quiet.clock_time(text.strip())
        found = datetime.combine(here.date(), clock)
        if found.astimezone(UTC) < now + timedelta(seconds=EARLIEST_S):
            found += timedelta(days=1)
    ahead = (found.astimezone(UTC) - now).total_seconds()
    if ahead < EARLIEST_S:
        raise InputError(
            "An upgrade is scheduled for 10 minutes from now or later.",
            "Leave the time out to begin at once.",
        )
    if ahead > LATEST_S:
        raise InputError("An upgrade is scheduled for the next 180 days at most.")
    return found.astimezone(UTC)


def _when(text: str, opens_at: datetime) -> str:
    window = parse(text)
    zone = window.timezone if window is not None else "UTC"
    return f"{opens_at.astimezone(ZoneInfo(zone)):%a %H:%M} {zone}"
