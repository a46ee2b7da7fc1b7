"""Keeps what every screen says of health true: the open alerts, and what fails on which device.

Asked of the database when alerts moved or a device fell ill or recovered, so that an attached
console sees what the holder found.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from owtui.console.session import Session

if TYPE_CHECKING:
    from owtui.engine.engine import Engine
    from owtui.engine.events import Event
    from owtui.engine.monitoring.alerts.entries import Counts
    from owtui.engine.monitoring.failing import Failing

_ILL = frozenset({"problem", "critical"})


def concerns(session: Session, events: Sequence[Event]) -> bool:
    """Whether any of the events may have changed it."""
    return any(
        event.topic == "alerts" or (event.topic == "devices" and _moved(session, event.key))
        for event in events
    )


def _moved(session: Session, key: str) -> bool:
    """Whether the status of a device is another than when its metrics were read last."""
    id_ = UUID(key)
    row = session.rows.get(id_)
    now = row.status if row is not None and row.status in _ILL else ""
    return now != session.ill.get(id_, "")


async def look(session: Session) -> None:
    """Renew the session's counts, and what fails."""

    async def ask(engine: Engine) -> tuple[Counts, Mapping[UUID, tuple[Failing, ...]]]:
        from owtui.engine.monitoring.failing import failing

        rows = dict(engine.fleet.rows)
        counts = await engine.alerts.counts()
        return counts, await engine.database.aread(lambda session: failing(session, rows))

    session.ill = {id_: row.status for id_, row in session.rows.items() if row.status in _ILL}
    session.alerts, session.fails = await session.bridge.call(ask)
