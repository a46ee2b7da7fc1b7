"""Keeps what every screen says of alerts true: how many are open, by severity.

Asked of the database after alert events, so that an attached console sees those of the holder.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from owtui.console.session import Session

if TYPE_CHECKING:
    from owtui.engine.events import Event


def concerns(events: Sequence[Event]) -> bool:
    """Whether any of the events is about alerts."""
    return any(event.topic == "alerts" for event in events)


async def look(session: Session) -> None:
    """Renew the session's counts."""
    session.alerts = await session.bridge.call(lambda engine: engine.alerts.counts())
