"""The fleet as the faces see it: every device's row, in memory, by id.

Loaded once, then refreshed row by row when the bus or another process says that something moved. A
face reads `rows` from any thread: it is replaced whole, never changed in place.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType
from uuid import UUID

from storage import devicelist
from storage.db import Database
from storage.rows import DeviceRow


class Fleet:
    """A snapshot that can be renewed in part. `version` rises with every renewal that differs."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._rows: Mapping[UUID, DeviceRow] = MappingProxyType({})
        self.version = 0

    @property
    def rows(self) -> Mapping[UUID, DeviceRow]:
        """All devices by id, in the order of their names."""
        return self._rows

    async def load(self) -> set[UUID]:
        """Read everything; returns the ids that appeared, went or differ."""
        fresh = {row.id: row for row in await self._database.aread(devicelist.rows)}
        old = self._rows
        moved = {id_ for id_, row in fresh.items() if old.get(id_) != row} | (old.keys() - fresh)
        if moved or len(old) != len(fresh):
            self._replace(fresh)
        return moved

    async def refresh(self, ids: Collection[UUID]) -> set[UUID]:
        """Read these again; returns those that differ. One that is gone is dropped."""
        wanted = set(ids)
        found = {
            row.id: row
            for row in await self._database.aread(lambda s: devicelist.rows(s, ids=wanted))
        }
        moved = {id_ for id_ in wanted if self._rows.get(id_) != found.get(id_)}
        if not moved:
            return moved
        fresh = {**self._rows, **found}
        for gone in wanted - found.keys():
            fresh.pop(gone, None)
        if moved - self._rows.keys():
            fresh = dict(sorted(fresh.items(), key=lambda item: item[1].name))
        self._replace(fresh)
        return moved

    def by_name(self, name: str) -> tuple[DeviceRow, ...]:
        """Devices of this name, ignoring case; several where organizations share it."""
        wanted = name.casefold()
        return tuple(row for row in self._rows.values() if row.name.casefold() == wanted)

    def _replace(self, rows: dict[UUID, DeviceRow]) -> None:
        self._rows = MappingProxyType(rows)
        self.version += 1
