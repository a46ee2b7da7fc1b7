"""What is owed to people of an alert, pure: one word when it opens, one when it ends.

An alert that comes back within the hold after its end is the same alert, flapping once more. From
the third flap on people are told once that it flaps; then nothing until it has kept still for the
hold, open or ended, when they are told in which of the two it came to rest. Who was told of a
problem is told of its end, also in a quiet time and of what is acknowledged: it ends the matter.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

HOLD = timedelta(minutes=30)
FLAPS = 3


class Told(StrEnum):
    """The last that people were told of an alert; `Alert.told` keeps it."""

    NOTHING = ""
    QUIET = "quiet"  # nothing, since it was in a quiet time when it was due
    COVERED = "covered"  # nothing ever: another notice covers it, or it is told by nobody
    PROBLEM = "problem"
    FLAPPING = "flapping"


class Say(StrEnum):
    """What to tell now."""

    PROBLEM = "problem"
    FLAPPING = "flapping"
    RECOVERY = "recovery"


@dataclass(frozen=True, slots=True)
class Standing:
    """How an alert stands. `since`: when it opened, came back, was unfolded, or ended.

    held: folded under its cause, acknowledged, or its cause may still be found. recovering: its
    last values are good, though not yet for the tolerance.
    """

    open: bool
    told: Told
    flaps: int
    since: datetime
    held: bool = False
    quiet: bool = False
    recovering: bool = False


@dataclass(frozen=True, slots=True)
class Owed:
    """What to tell, None for nothing, and what is told then."""

    say: Say | None
    told: Told


def returns(ended: datetime, at: datetime, hold: timedelta = HOLD) -> bool:
    """Whether an alert that opens now is the one that ended then."""
    return at - ended < hold


def told_on_return(told: Told, flaps: int) -> Told:
    """What counts as told when an alert comes back for this many times.

    Who was told the problem but not yet its end need not be told again, until it flaps.
    """
    return Told.NOTHING if told is Told.PROBLEM and flaps >= FLAPS else told


def owed(one: Standing, now: datetime, hold: timedelta = HOLD) -> Owed:
    """What people are to be told of it now."""
    if one.told is Told.COVERED:
        return Owed(None, one.told)
    return _while_open(one, now, hold) if one.open else _once_ended(one, now, hold)


def _while_open(one: Standing, now: datetime, hold: timedelta) -> Owed:
    nothing = Owed(None, one.told)
    if one.told is Told.PROBLEM or one.held:
        return nothing
    if one.quiet:
        return nothing if one.told is Told.FLAPPING else Owed(None, Told.QUIET)
    if one.told is Told.FLAPPING:
        return Owed(Say.PROBLEM, Told.PROBLEM) if now - one.since >= hold else nothing
    if one.told is Told.QUIET and one.recovering:
        return nothing
    if one.flaps >= FLAPS:
        return Owed(Say.FLAPPING, Told.FLAPPING)
    return Owed(Say.PROBLEM, Told.PROBLEM)


def _once_ended(one: Standing, now: datetime, hold: timedelta) -> Owed:
    if one.told is Told.PROBLEM:
        return Owed(Say.RECOVERY, Told.NOTHING)
    if one.told is Told.FLAPPING:
        settled = now - one.since >= hold
        return Owed(Say.RECOVERY, Told.NOTHING) if settled else Owed(None, one.told)
    return Owed(None, Told.NOTHING)
