"""Where devices are said to be behind each other: jump hosts, and the latest documents."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from uuid import UUID

from sqlmodel import Session

from owtui.engine.monitoring.alerts.uplinks import Edge, Strength
from owtui.engine.transport.jump import HopSpec
from owtui.errors import InputError
from storage import alertcauses, documents
from storage.rows import DeviceRow

ACCESS_POINT, STATION = "access_point", "station"
MESH = ("802.11s", "adhoc")


class Jumps:
    """Jump hosts of connections, where they are devices of ours: by name, or by an address."""

    def edges(self, session: Session, rows: Mapping[UUID, DeviceRow]) -> Iterator[Edge]:
        """Each device is behind every hop of its chain."""
        named: dict[str, UUID] = {}
        for row in rows.values():
            for name in (row.last_ip, row.management_ip, row.address, row.name):
                if name:
                    named[name.casefold()] = row.id
        for device_id, hops in alertcauses.jumps(session):
            for hop in hops if device_id in rows else ():
                found = named.get(hop.casefold()) or named.get(_host(hop).casefold())
                if found is not None:
                    yield Edge(device_id, found, Strength.JUMP)


def _host(hop: str) -> str:
    try:
        return HopSpec.parse(hop).host
    except InputError:
        return ""


class Documents:
    """Leases, bridges and Wi-Fi of the latest DeviceMonitoring documents.

    A device that was not seen for a day has no document: what its last one said is remembered as
    long as this lives, since just then it may be needed.
    """

    def __init__(self) -> None:
        self._said: dict[UUID, dict[str, Strength]] = {}  # what is behind it, by MAC
        self._over: dict[UUID, set[str]] = {}  # the MACs of access points that serve it
        self._own: dict[UUID, set[str]] = {}  # its own MACs

    def edges(self, session: Session, rows: Mapping[UUID, DeviceRow]) -> Iterable[Edge]:
        """Whose MAC a device names is behind it, of the access point it is a station of, before."""
        for kept in documents.load(session, rows.keys()).values():
            self._learn(kept.device_id, kept.document())
        for known in (self._said, self._over, self._own):
            for gone in known.keys() - rows.keys():
                known.pop(gone, None)
        owners = self._owners(rows)
        found = [
            Edge(owners[mac], above, strength)
            for above, said in self._said.items()
            for mac, strength in said.items()
            if mac in owners
        ]
        found += [
            Edge(below, owners[mac], Strength.ACCESS)
            for below, macs in self._over.items()
            for mac in macs
            if mac in owners
        ]
        return found

    def _learn(self, device_id: UUID, document: Mapping[str, Any]) -> None:
        said: dict[str, Strength] = {}
        over: set[str] = set()
        bridges = {
            one.get("name") for one in _dicts(document, "interfaces") if one.get("type") == "bridge"
        }
        for neighbour in _dicts(document, "neighbors"):
            if neighbour.get("interface") in bridges:
                said[_mac(neighbour)] = Strength.NEIGHBOUR
        for interface in _dicts(document, "interfaces"):
            wireless = interface.get("wireless") or {}
            for mac in map(_mac, _dicts(wireless, "clients")):
                if wireless.get("mode") == ACCESS_POINT:
                    said[mac] = Strength.ACCESS
                elif wireless.get("mode") == STATION:
                    over.add(mac)
                elif wireless.get("mode") in MESH:
                    said.setdefault(mac, Strength.NEIGHBOUR)
        for lease in _dicts(document, "dhcp_leases"):
            said[_mac(lease)] = Strength.ACCESS
        self._said[device_id], self._over[device_id] = said, over
        self._own[device_id] = {_mac(one) for one in _dicts(document, "interfaces")}

    def _owners(self, rows: Mapping[UUID, DeviceRow]) -> dict[str, UUID]:
        """Devices by their MACs; a MAC that two interfaces of different devices share is none's."""
        owners: dict[str, UUID] = {}
        shared: set[str] = {""}
        for device_id, macs in self._own.items():
            for mac in macs:
                if owners.setdefault(mac, device_id) != device_id:
                    shared.add(mac)
        owners |= {row.mac.upper(): row.id for row in rows.values() if row.mac}
        return {mac: id_ for mac, id_ in owners.items() if mac not in shared}


def _mac(entry: Mapping[str, Any]) -> str:
    return str(entry.get("mac") or "").upper()


def _dicts(document: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    """The objects of a list; devices send `{}` where they have none (operations.md §1.8)."""
    found = document.get(key)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
