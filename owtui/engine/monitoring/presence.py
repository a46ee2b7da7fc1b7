"""Which Wi-Fi clients are on each device, so that only who comes and goes is written."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from owtui.engine.monitoring.stays import stays
from owtui.engine.monitoring.verdicts import Observation
from storage.wifi import Client, Stay


@dataclass(slots=True)
class Moves:
    """Who came and who left, by device, with the time of the device's document."""

    came: dict[UUID, set[Stay]] = field(default_factory=dict)
    left: dict[UUID, set[Stay]] = field(default_factory=dict)
    clients: list[Client] = field(default_factory=list)
    at: dict[UUID, datetime] = field(default_factory=dict)


class Presence:
    """The open sessions of the devices that were seen."""

    def __init__(self) -> None:
        self._there: dict[UUID, set[Stay]] = {}

    def start(self, there: Mapping[UUID, set[Stay]]) -> None:
        """Begin with the sessions that are open in the database."""
        self._there.update(there)

    def moves(self, latest: Iterable[Observation]) -> Moves:
        """What the newest document of each device changes."""
        moves = Moves()
        for one in latest:
            now = stays(one.document or {})
            before = self._there.get(one.device_id, set())
            came, left = now.keys() - before, before - now.keys()
            if came or left:
                moves.came[one.device_id], moves.left[one.device_id] = set(came), left
                moves.clients.extend(now[stay] for stay in came)
                moves.at[one.device_id] = one.at
        return moves

    def keep(self, batch: Iterable[Observation]) -> None:
        """Take over what was written."""
        for one in batch:
            self._there[one.device_id] = set(stays(one.document or {}))

    def close(self, ids: Iterable[UUID]) -> None:
        """Every session of these was closed: the devices are offline."""
        for id_ in ids:
            self._there[id_] = set()

    def forget(self, present: Collection[UUID]) -> None:
        """Drop devices that are no longer there."""
        for gone in self._there.keys() - set(present):
            del self._there[gone]
