"""When a mail goes: OpenWISP's batching (operations.md §8.3), pure.

The first goes at once. What comes within the interval after a mail is gathered, and one mail goes
an interval after the first of those.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

LATE = 1.25
"""A batch that did not go after so many intervals was forgotten: it goes at once."""


class Place(StrEnum):
    """Where a notification goes."""

    AT_ONCE = "at once"  # a mail of its own
    START = "start"  # the first of a batch
    APPEND = "append"
    OVERDUE = "overdue"  # into the batch, which is sent now


@dataclass(frozen=True, slots=True)
class Mailbox:
    """How somebody stands: when the last mail went, and since when a batch gathers."""

    last_email_at: datetime | None = None
    batch_start: datetime | None = None


def put(box: Mailbox, at: datetime, interval_s: float) -> tuple[Place, Mailbox]:
    """Where a notification of this time goes, and how the mailbox stands after it."""
    interval = timedelta(seconds=interval_s)
    if interval_s <= 0:
        return Place.AT_ONCE, replace(box, last_email_at=at)
    if box.batch_start is not None:
        late = at - box.batch_start > interval * LATE
        return (Place.OVERDUE if late else Place.APPEND), box
    if box.last_email_at is None or at - box.last_email_at > interval:
        return Place.AT_ONCE, Mailbox(at)
    return Place.START, replace(box, batch_start=at)


def due(box: Mailbox, interval_s: float) -> datetime | None:
    """When the batch goes, None while none gathers."""
    return box.batch_start + timedelta(seconds=interval_s) if box.batch_start else None
