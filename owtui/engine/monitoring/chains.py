"""The counters of each device's document before: what the next one's are compared with.

Kept small in memory, and read from the latest document once after a start. Buffered documents come
oldest first and make a chain of their own; one that comes out of order tells no increment, since
what it grew by is in the next one already.

An interface that one document does not tell (netifd did not answer, a radio restarts) is compared
with what it had counted before: upstream takes its whole counter for traffic.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from owtui.engine.monitoring.readings import Reading, readings
from owtui.engine.monitoring.verdicts import Observation
from storage.documents import Kept

Last = tuple[datetime, Mapping[str, Any]]

BOTH = ("rx_bytes", "tx_bytes")

MOST = 128
"""Interfaces remembered of a device; names of tunnels and containers may be new each time."""


class Chains:
    """The last document of each device, cut down to its counters."""

    def __init__(self) -> None:
        self._last: dict[UUID, Last | None] = {}
        self._counted: set[UUID] = set()  # no document is left, but what came of them is

    def unknown(self, ids: Collection[UUID]) -> set[UUID]:
        """Devices whose document was not looked for yet."""
        return {id_ for id_ in ids if id_ not in self._last}

    def start(
        self, ids: Collection[UUID], kept: Mapping[UUID, Kept], counted: Collection[UUID] = ()
    ) -> None:
        """Begin with what is stored of these; there may be nothing.

        counted: those whose counters went into the series before: their document is only too old
        """
        self._counted.update(counted)
        for id_ in ids:
            one = kept.get(id_)
            self._last[id_] = (one.at, counters(one.document())) if one else None

    def readings(self, batch: Sequence[Observation]) -> list[tuple[Reading, ...]]:
        """All readings of observations that are in the order of time: their own, and those of
        their documents, each compared with the one before it, which may be in this batch."""
        walked: dict[UUID, Last] = {}
        found = []
        for one in batch:
            if one.document is None:
                found.append(one.readings)
                continue
            last = walked.get(one.device_id) or self._last.get(one.device_id)
            told = readings(one.document, last and last[1], one.at.timestamp())
            again = last is None and one.device_id in self._counted
            if again or (last is not None and one.at <= last[0]):
                told = [reading for reading in told if reading.configuration != "traffic"]
            if last is None or one.at > last[0]:
                walked[one.device_id] = (one.at, counters(one.document, last and last[1]))
            found.append((*one.readings, *told))
        return found

    def move(self, device_id: UUID, at: datetime, document: Mapping[str, Any]) -> None:
        """The device's last document is this one, unless a newer one is known."""
        last = self._last.get(device_id)
        if last is None or at > last[0]:
            self._last[device_id] = (at, counters(document, last and last[1]))

    def forget(self, present: Collection[UUID]) -> None:
        """Drop devices that are no longer there."""
        self._counted.intersection_update(present)
        for gone in self._last.keys() - set(present):
            del self._last[gone]


def counters(
    document: Mapping[str, Any], before: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """A document with nothing but the counters of its interfaces.

    before: what was made of the one before; interfaces that are missing now stay, the last told
        first
    """
    kept = []
    for interface in document.get("interfaces") or ():
        if isinstance(interface, dict) and isinstance(interface.get("statistics"), dict):
            told = interface["statistics"]
            both = {name: told[name] for name in BOTH if name in told}
            if len(both) == len(BOTH):
                kept.append({"name": interface.get("name"), "statistics": both})
    names = {one["name"] for one in kept}
    kept += [one for one in (before or {}).get("interfaces", ()) if one["name"] not in names]
    return {"interfaces": kept[:MOST]}
