"""How long a device that is away is put off, when it is woken, when people are reminded; pure.

OpenWISP's persistent upgrades (operations.md §6.4): 600 s, twice as long each time, 12 hours at
most, a quarter more or less by chance; within two minutes once its health is ok again; a reminder
every 60 days. `dice` is 0 to 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from storage.jobdelays import Delay, woken

FIRST_S = 600.0
MOST_S = 43_200.0
SPREAD = 0.25
WAKE_WITHIN_S = 120.0
REMIND_EVERY = timedelta(seconds=5_184_000)


def wait_s(retries: int, dice: float) -> float:
    """The wait after it was put off for the first, second … time."""
    longest = min(FIRST_S * 2.0 ** min(retries - 1, 30), MOST_S)
    return longest * (1.0 + SPREAD * (2.0 * dice - 1.0))


def put_off(before: Delay | None, device_id: UUID, now: datetime, dice: float) -> Delay:
    """The delay of a device that was just not reached."""
    retries = 1 if before is None else before.retries + 1
    at = now + timedelta(seconds=wait_s(retries, dice))
    if before is None:
        return Delay(device_id, retries, now, at, now)
    return replace(before, retries=retries, retry_at=at)


@dataclass(frozen=True, slots=True)
class Tended:
    """What became of delays: those to be written, and those whom people are reminded of."""

    changed: tuple[Delay, ...] = ()
    reminded: tuple[Delay, ...] = ()


def tend(
    delays: Mapping[UUID, Delay], is_ok: Mapping[UUID, bool], now: datetime, dice: float
) -> Tended:
    """Wake who has become ok, notice who is not, remind of who waits for 60 days more."""
    changed, reminded = [], []
    for id_, before in delays.items():
        delay = before
        ok = is_ok.get(id_, False)
        if ok and delay.unwell and delay.retry_at > now:
            delay = woken(delay, now + timedelta(seconds=WAKE_WITHIN_S * dice))
        elif not ok and not delay.unwell:
            delay = replace(delay, unwell=True)
        if now - delay.reminded >= REMIND_EVERY:
            delay = replace(delay, reminded=now)
            reminded.append(delay)
        if delay is not before:
            changed.append(delay)
    return Tended(tuple(changed), tuple(reminded))


def words(delay: Delay) -> str:
    """What is said of a device that waits: "pending, try 2 after 12:10"."""
    return f"pending, try {delay.retries + 1} after {delay.retry_at.astimezone():%m-%d %H:%M}"
