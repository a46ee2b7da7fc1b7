"""Looking at the fleet as it was: `,` goes back in time, `.` forward, to now.

All screens see devices through the session, so one picture there is all that travels. What changes
devices is off meanwhile: nobody decides today by yesterday's picture.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from owtui.errors import InputError

if TYPE_CHECKING:
    from owtui.console.frame import Frame
    from owtui.engine.monitoring.past import Picture

STEPS = (
    (timedelta(minutes=10), timedelta(minutes=1)),
    (timedelta(hours=2), timedelta(minutes=10)),
    (timedelta(days=1), timedelta(hours=1)),
    (timedelta(days=14), timedelta(hours=6)),
)
FARTHEST_STEP = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Past:
    """The picture that is shown, and the clock that tells today's time."""

    picture: Picture
    clock: Callable[[], datetime]

    def words(self) -> str:
        """As the status line says it."""
        local = self.picture.at.astimezone()
        away = self.clock() - self.picture.at
        form = "%H:%M" if away < timedelta(hours=20) else "%Y-%m-%d %H:%M"
        return f"AS OF {local.strftime(form)}"


def step(away: timedelta) -> timedelta:
    """How far one key goes when the picture is so old: a minute at first, a day far back."""
    return next((size for limit, size in STEPS if away < limit), FARTHEST_STEP)


def earlier(at: datetime, now: datetime) -> datetime:
    """The moment before, at a whole step."""
    size = step(now - at)
    return _whole(at - timedelta(seconds=1), size)


def later(at: datetime, now: datetime) -> datetime | None:
    """The moment after; None when that is now."""
    size = step(now - at - timedelta(seconds=1))
    after = _whole(at, size) + size
    return after if after < now - timedelta(seconds=30) else None


def _whole(at: datetime, size: timedelta) -> datetime:
    seconds = size.total_seconds()
    return datetime.fromtimestamp(at.timestamp() // seconds * seconds, at.tzinfo)


async def travel(frame: Frame, to: datetime | None) -> None:
    """Show the fleet as it was then; None goes back to now. Raises PROBLEMS."""
    session = frame.session
    if to is None:
        session.come_back()
    else:
        if session.bridge.engine is None:
            raise InputError("The engine does not run yet.", "Try again in a moment.")
        found = await session.bridge.call(lambda engine: engine.picture(to))
        if not found.known:
            frame.notify("Nothing was recorded then.", severity="warning", timeout=5, markup=False)
        session.go_back(found)
    frame.console.time_moved()
