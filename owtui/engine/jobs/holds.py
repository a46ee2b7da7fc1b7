"""Devices of a job that may not begin yet: scheduled for later, or outside their group's window.

Only who has not begun is held: what is being flashed is never stopped by the end of a window.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session

from owtui.engine.actions.base import Action, Change
from owtui.engine.jobs import book
from owtui.engine.jobs.plan import Plan
from storage.core import DEVICE, DEVICE_GROUP, among

RARELY_S = 5.0  # while all that is left is held, so often is looked


@dataclass(frozen=True, slots=True)
class Hold:
    """Until when a device waits, and what is said of it."""

    until: datetime
    words: str


@dataclass(slots=True)
class Holds:
    """The holds of one job."""

    plan: Plan
    action: Action | None
    _said: dict[UUID, str] | None = None  # what stands on the rows, whoever wrote it

    @property
    def scheduled(self) -> datetime | None:
        """When the whole of it may begin."""
        return self.action.not_before(self.plan.params) if self.action is not None else None

    def read(self, session: Session, ids: Collection[UUID], now: datetime) -> dict[UUID, Hold]:
        """Those of these devices that may not begin now."""
        if self._said is None:
            self._said = book.said_pending(session, self.plan.id)
        begins = self.scheduled
        if begins is not None and begins > now:
            hold = Hold(begins, f"scheduled for {begins.astimezone():%Y-%m-%d %H:%M %Z}")
            return dict.fromkeys(ids, hold)
        if not isinstance(self.action, Change) or not self.action.windowed or not ids:
            return {}
        return _outside(windows_of(session, ids), now)

    def say(self, session: Session, held: Mapping[UUID, Hold]) -> None:
        """Write on the rows of devices why they wait, where that is news."""
        words = {id_: hold.words for id_, hold in held.items()}
        said = self._said or {}
        ids = [id_ for id_ in {**said, **words} if said.get(id_) != words.get(id_)]
        for text in {words.get(id_, "") for id_ in ids}:
            concerned = [id_ for id_ in ids if words.get(id_, "") == text]
            book.say_pending(session, self.plan.id, concerned, text)
        self._said = words

    def is_news(self, held: Mapping[UUID, Hold]) -> bool:
        """Whether `say` would write anything."""
        return {id_: hold.words for id_, hold in held.items()} != (self._said or {})


def windows_of(session: Session, ids: Collection[UUID]) -> dict[UUID, str]:
    """The window of each device whose group has one."""
    query = (
        select(DEVICE.c.id, DEVICE_GROUP.c.upgrade_window)
        .join(DEVICE_GROUP, DEVICE_GROUP.c.id == DEVICE.c.group_id)
        .where(among(session, DEVICE.c.id, ids), DEVICE_GROUP.c.upgrade_window != "")
    )
    return {row[0]: row[1] for row in session.execute(query)}


def hold_of(session: Session, action: Change, device_id: UUID, now: datetime) -> Hold | None:
    """The window that keeps a device from beginning now: it may have closed since it was sent."""
    if not action.windowed:
        return None
    return _outside(windows_of(session, [device_id]), now).get(device_id)


def rest_s(held: Sequence[Hold], now: datetime, soon_s: float) -> float:
    """How long nobody need look, where all that is left is held."""
    first = min((hold.until for hold in held), default=now)
    left = (first - now) / timedelta(seconds=1)
    return min(RARELY_S, max(soon_s, left))


def _outside(windows: Mapping[UUID, str], now: datetime) -> dict[UUID, Hold]:
    from owtui.engine.firmware.windows import held, opens

    known = {text: opens(text, now) for text in set(windows.values())}
    return {
        id_: Hold(at, held(text, at))
        for id_, text in windows.items()
        if (at := known[text]) is not None
    }
