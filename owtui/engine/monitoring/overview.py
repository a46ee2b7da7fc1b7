"""The dashboard's general figures (operations.md §1.11): traffic and Wi-Fi clients of all devices
over a day, and how many Wi-Fi sessions are open now.

Traffic counts the uplinks alone, as OpenWISP's dashboard does, so that nothing counts twice.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from math import isnan
from uuid import UUID

from owtui.engine.monitoring.charts.kinds import DASHBOARD_INTERFACES
from storage import wifi
from storage.db import Database
from storage.series import How, Key, Series
from storage.series.model import RESOLUTION_S

DAY_S = 86_400.0
STEP_S = 900.0
KNOWN_S = 600.0
"""How long the names of a device's series are taken for known."""

Values = tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Overview:
    """One value a quarter of an hour, the last one not over yet; None where nobody reported.

    received, sent: bytes a bucket. clients: Wi-Fi clients, each once. sessions: open now.
    """

    received: Values
    sent: Values
    clients: Values
    sessions: int


class Overviews:
    """Asks for them; remembers which series there are."""

    def __init__(self, series: Series, database: Database) -> None:
        self._series = series
        self._database = database
        self._known: dict[UUID, tuple[float, list[Key]]] = {}

    async def look(
        self, ids: Collection[UUID], now_s: float, then: datetime | None = None
    ) -> Overview:
        """The day that ends at `now_s`, of these devices; then: the same, where it is not now."""
        sessions = await self._database.aread(lambda session: wifi.active(session, then))
        keys = [key for id_ in ids for key in await self._keys(id_, now_s)]
        uplinks = [
            key
            for key in keys
            if key.metric == "traffic" and dict(key.tags).get("ifname") in DASHBOARD_INTERFACES
        ]
        received = [key for key in uplinks if key.field == "rx_bytes"]
        sent = [key for key in uplinks if key.field == "tx_bytes"]
        clients = [key for key in keys if key.metric == "wifi_clients"]
        return Overview(
            await self._pooled(received, now_s, How.SUM),
            await self._pooled(sent, now_s, How.SUM),
            await self._pooled(clients, now_s, How.DISTINCT),
            sessions,
        )

    async def _keys(self, id_: UUID, now_s: float) -> list[Key]:
        until, known = self._known.get(id_, (0.0, []))
        if now_s >= until:
            known = await self._series.series_of(id_)
            self._known[id_] = now_s + KNOWN_S, known
        return known

    async def _pooled(self, keys: list[Key], now_s: float, how: How) -> Values:
        if not keys:
            return ()
        start_s = (now_s // STEP_S + 1) * STEP_S - DAY_S
        return plain(await self._series.pooled(keys, start_s, now_s + RESOLUTION_S, STEP_S, how))


def plain(values: Iterable[float]) -> Values:
    """As faces take them: None where there is nothing."""
    return tuple(None if isnan(value) else float(value) for value in values)
