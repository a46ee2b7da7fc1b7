"""What faces ask of the latest documents and of Wi-Fi sessions. It only reads."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session

from owtui.engine.fleet import Fleet
from owtui.engine.monitoring.around import WIFI, Around, around
from storage import documents, wifi
from storage.db import Database
from storage.wifi import WifiStay

MOST = 500
_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A Wi-Fi session as lists show it; `stop` is None while it is open."""

    device_id: UUID
    device: str
    mac: str
    vendor: str
    ssid: str
    interface: str
    start: datetime
    stop: datetime | None

    @property
    def key(self) -> str:
        """What tells it apart from others."""
        return f"{self.device_id}/{self.mac}/{self.interface}/{self.start.timestamp()}"

    def lasted_s(self, now: datetime) -> float:
        """How long it lasted, or lasts so far."""
        return ((self.stop or now) - self.start).total_seconds()

    def as_dict(self) -> dict[str, Any]:
        """The JSON of the command line's contract."""
        return {**asdict(self), "is_open": self.stop is None}


@dataclass(frozen=True, slots=True)
class Told:
    """The latest document of a device, and when it was taken."""

    at: datetime
    document: Mapping[str, Any]


class Latest:
    """The desk for them. Everything raises StorageError."""

    def __init__(self, database: Database, fleet: Fleet) -> None:
        self._database = database
        self._fleet = fleet

    async def document(self, device_id: UUID, then: datetime | None = None) -> Told | None:
        """What a device told last; None where it told nothing for a day.

        then: what it had told by then; None where a newer document has taken its place.
        """
        found = await self._database.aread(lambda session: documents.load(session, [device_id]))
        kept = found.get(device_id)
        if kept is None or (then is not None and not then - _A_DAY < kept.at <= then):
            return None
        return Told(kept.at, kept.document())

    async def clients(self, ids: Collection[UUID], then: datetime | None = None) -> list[Around]:
        """Who is around these devices, by the names of these.

        then: who was on their Wi-Fi at that moment, by the sessions: nothing else is kept.
        """
        rows = dict(self._fleet.rows)
        if then is not None:
            return await self._clients_then([id_ for id_ in ids if id_ in rows], then)

        def read(session: Session) -> list[Around]:
            found = documents.load(session, [id_ for id_ in ids if id_ in rows])
            named = sorted(found.values(), key=lambda kept: rows[kept.device_id].name)
            return [
                one
                for kept in named
                for one in around(
                    kept.device_id, rows[kept.device_id].name, kept.at, kept.document()
                )
            ]

        return await self._database.aread(read)

    async def _clients_then(self, ids: Collection[UUID], then: datetime) -> list[Around]:
        rows = dict(self._fleet.rows)
        found = await self._database.aread(
            lambda session: wifi.sessions(session, ids, limit=None, only_open=True, then=then)
        )
        told = [_there(one, rows[one.device_id].name, then) for one in found]
        return sorted(told, key=lambda one: (one.device, one.mac))

    async def sessions(
        self,
        ids: Collection[UUID],
        *,
        only_open: bool = False,
        limit: int = MOST,
        then: datetime | None = None,
    ) -> list[SessionRow]:
        """The Wi-Fi sessions of these devices, the open ones first, then the newest.

        then: those that had begun by then; one that ended later was open.
        """
        rows = dict(self._fleet.rows)
        found = await self._database.aread(
            lambda session: wifi.sessions(session, ids, limit=limit, only_open=only_open, then=then)
        )
        return [_session(one, rows[one.device_id].name) for one in found if one.device_id in rows]


def _session(one: WifiStay, device: str) -> SessionRow:
    stay, client = one.stay, one.client
    return SessionRow(
        one.device_id,
        device,
        stay.mac,
        client.vendor,
        stay.ssid,
        stay.interface,
        one.start,
        one.stop,
    )


def _there(one: WifiStay, device: str, then: datetime) -> Around:
    can = {name: getattr(one.client, name) for name in ("ht", "vht", "he", "wmm", "wds", "wps")}
    return Around(
        one.device_id,
        device,
        then,
        one.stay.mac,
        (WIFI,),
        interface=one.stay.interface,
        ssid=one.stay.ssid,
        vendor=one.client.vendor,
        **can,
    )
