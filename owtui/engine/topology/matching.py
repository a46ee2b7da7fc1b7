"""Which device a node is: by what both are known by; pure, from rows and documents.

OpenWISP matches by the format (operations.md §4.4); here whatever a node says is asked of one
index, the surest first. What several devices have (192.168.1.1) says nothing of any of them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_interface
from typing import Any, Protocol
from uuid import UUID

from sqlmodel import Session

from owtui.engine.monitoring.transform import dicts
from storage import documents
from storage.rows import DeviceRow
from storage.topologies import NodeRow

_MAC = re.compile(r"(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}")


class VpnClients(Protocol):
    """What devices are called within VPNs. The certificates of clients come with the PKI; until
    then nobody knows any."""

    def names(self, session: Session) -> Mapping[str, UUID]:
        """Devices by the common name of a certificate, the address in a WireGuard tunnel, or the
        member id of a ZeroTier network."""
        ...


class NoVpnClients:
    """Nobody is a client of a VPN."""

    def names(self, session: Session) -> Mapping[str, UUID]:
        """None."""
        return {}


@dataclass(frozen=True, slots=True)
class Identity:
    """A device, with all that it may be called in a network."""

    device_id: UUID
    organization_id: UUID
    name: str
    macs: frozenset[str] = frozenset()
    addresses: frozenset[str] = frozenset()

    @classmethod
    def of(cls, row: DeviceRow, document: Mapping[str, Any] | None) -> Identity:
        """From what is known of a device and what it reported last."""
        macs = {row.mac} if row.mac else set()
        addresses = {row.address, row.management_ip, row.last_ip} - {""}
        for interface in dicts(document or {}, "interfaces"):
            macs.add(str(interface.get("mac") or ""))
            addresses |= {str(one.get("address") or "") for one in dicts(interface, "addresses")}
        return cls(
            *(row.id, row.organization_id, row.name),
            frozenset(mac for one in macs if (mac := mac_of(one)) and mac != _NO_MAC),
            frozenset(host for one in addresses if (host := host_of(one)) and _tells(row, host)),
        )


_NO_MAC = "00:00:00:00:00:00"


@dataclass(slots=True)
class Identities:
    """An index of devices. `clients`: those of VPNs, see VpnClients."""

    clients: Mapping[str, UUID] = field(default_factory=dict)
    _owners: dict[UUID, UUID] = field(default_factory=dict)
    _known: dict[str, set[UUID]] = field(default_factory=lambda: defaultdict(set))

    @classmethod
    def build(
        cls, people: Iterable[Identity], clients: Mapping[str, UUID] | None = None
    ) -> Identities:
        """Index them."""
        found = cls({name.casefold(): id_ for name, id_ in (clients or {}).items()})
        for one in people:
            found._owners[one.device_id] = one.organization_id
            for word in _words(one):
                found._known[word].add(one.device_id)
        return found

    @classmethod
    def load(
        cls, session: Session, rows: Mapping[UUID, DeviceRow], clients: VpnClients
    ) -> Identities:
        """Index the fleet, with what each device reported last."""
        reported = documents.load(session, rows.keys())
        people = (
            Identity.of(row, reported[id_].document() if id_ in reported else None)
            for id_, row in rows.items()
        )
        return cls.build(people, clients.names(session))

    def match(self, node: NodeRow, organization_id: UUID | None) -> UUID | None:
        """The device of a node; of this organization only, unless that is None (shared)."""
        for word in candidates(node):
            owner = self.clients.get(word)
            found = {owner} if owner else self._known.get(word, set())
            mine = {one for one in found if self._is_of(one, organization_id)}
            if len(mine) == 1:
                return next(iter(mine))
        return None

    def device(self, word: str) -> UUID | None:
        """The one device that is called so."""
        found = self._known.get(normal(word), set())
        return next(iter(found)) if len(found) == 1 else None

    def _is_of(self, device_id: UUID, organization_id: UUID | None) -> bool:
        return organization_id is None or self._owners.get(device_id) == organization_id


def candidates(node: NodeRow) -> Iterator[str]:
    """What a node may be found by, the surest first: common name, addresses and MACs (also those
    of "MAC@channel"), hosts that a WireGuard peer may be, at last its name."""
    told = node.properties
    common = told.get("common_name")
    if isinstance(common, str) and common:
        yield normal(common)
    for address in node.addresses:
        yield normal(address)
        if "," in address or "@" in address:
            yield normal(re.split("[,@]", address)[0])
    allowed = told.get("allowed_ips")
    for one in allowed if isinstance(allowed, list) else ():
        if isinstance(one, str) and (host := _single(one)):
            yield host
    if node.label:
        yield normal(node.label)


def normal(word: str) -> str:
    """A MAC, an address or a name, spelled in one way."""
    return mac_of(word) or host_of(word) or word.strip().casefold()


def mac_of(word: str) -> str:
    """A MAC upper-case with colons, "" for what is none."""
    word = word.strip()
    return word.replace("-", ":").upper() if _MAC.fullmatch(word) else ""


def host_of(word: str) -> str:
    """An IP address in its shortest form, "" for what is none."""
    try:
        return str(ip_address(word.strip()))
    except ValueError:
        return ""


def _single(network: str) -> str:
    """The one host of 10.0.0.5/32, "" for a network of many."""
    try:
        found = ip_interface(network.strip())
    except ValueError:
        return ""
    return str(found.ip) if found.network.num_addresses == 1 else ""


def _words(one: Identity) -> set[str]:
    """OpenWISP's common names are "MAC-name" unless somebody sets another form."""
    name = one.name.casefold()
    return {*one.macs, *one.addresses, name, *(f"{mac}-{name}".casefold() for mac in one.macs)}


def _tells(row: DeviceRow, host: str) -> bool:
    """Whether an address says anything: a loopback's own is everybody's, unless the device is
    reached there (simulated ones are)."""
    return not ip_address(host).is_loopback or host in (row.address, row.management_ip)
