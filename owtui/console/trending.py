"""The last day of some devices, kept for a minute: for the preview and for the rows in sight."""

from __future__ import annotations

from collections.abc import Iterable
from time import monotonic
from typing import TYPE_CHECKING
from uuid import UUID

from owtui.console.session import Session

if TYPE_CHECKING:
    from owtui.engine.engine import Engine
    from owtui.engine.monitoring.trends import Trend

FRESH_S = 60.0
MOST = 500  # devices


class Trends:
    """Asks for what is not known or too old, in one question; the rest costs nothing."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._kept: dict[UUID, tuple[float, Trend]] = {}

    def forget(self) -> None:
        """Another time is shown."""
        self._kept.clear()

    def get(self, id_: UUID) -> Trend | None:
        """What is known of a device, however old."""
        found = self._kept.get(id_)
        return found[1] if found is not None else None

    def stale(self, ids: Iterable[UUID]) -> list[UUID]:
        """Of which devices something is to be asked."""
        soonest = monotonic() - FRESH_S
        return [id_ for id_ in ids if id_ not in self._kept or self._kept[id_][0] < soonest]

    async def look(self, ids: Iterable[UUID]) -> None:
        """Ask for these devices, if they are not known well enough."""
        wanted = self.stale(ids)
        if not wanted:
            return
        now_s = self._session.now().timestamp()

        async def ask(engine: Engine) -> dict[UUID, Trend]:
            from owtui.engine.monitoring.trends import trends

            return await trends(engine.series, wanted, now_s)

        found = await self._session.bridge.call(ask)
        if len(self._kept) + len(found) > MOST:
            self._kept.clear()
        self._kept |= {id_: (monotonic(), trend) for id_, trend in found.items()}
