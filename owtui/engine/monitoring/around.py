"""Who is around a device, out of its document: associated clients, DHCP leases and neighbours, each
address once with all that is told of it; pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from owtui.engine.monitoring.stays import capable
from owtui.engine.monitoring.transform import dicts, mbit, radios

WIFI, LEASE, NEIGHBOUR = "wifi", "lease", "neighbour"
_CAN = ("ht", "vht", "he", "wmm", "wds", "wps")


@dataclass(frozen=True, slots=True)
class Around:
    """Somebody around a device. `sources`: what tells of them: wifi, lease, neighbour.

    ht, vht, he: None where the radio does not offer it (not applicable, which is not False).
    signal: dBm. bitrate: Mbit/s. expires: of the lease. state: of the neighbour's entry.
    """

    device_id: UUID
    device: str
    at: datetime
    mac: str
    sources: tuple[str, ...]
    interface: str = ""
    ssid: str = ""
    vendor: str = ""
    ht: bool | None = None
    vht: bool | None = None
    he: bool | None = None
    wmm: bool = False
    wds: bool = False
    wps: bool = False
    signal: float | None = None
    bitrate: float | None = None
    ips: tuple[str, ...] = ()
    name: str = ""
    expires: datetime | None = None
    state: str = ""

    @property
    def key(self) -> str:
        """What tells it apart from others."""
        return f"{self.device_id}/{self.mac or self.ips[0]}/{self.interface}"

    @property
    def can(self) -> str:
        """Its capabilities in words: "ht vht !he": it lacks what its radio offers."""
        told = {name: getattr(self, name) for name in _CAN}
        lacks = [f"!{name}" for name in ("ht", "vht", "he") if told[name] is False]
        has = [name for name in _CAN if told[name]]
        return " ".join((*has, *lacks)) if WIFI in self.sources else ""

    def as_dict(self) -> dict[str, Any]:
        """The JSON of the command line's contract."""
        return asdict(self)


def around(device_id: UUID, device: str, at: datetime, document: Mapping[str, Any]) -> list[Around]:
    """Everybody whom the document names: the associated first, then leases, then the others."""
    leases = {_mac(one): one for one in dicts(document, "dhcp_leases") if _mac(one)}
    beside: dict[str, list[Mapping[str, Any]]] = {}
    for one in dicts(document, "neighbors"):
        beside.setdefault(_mac(one) or str(one.get("ip", "")), []).append(one)
    found: list[Around] = []

    def tell(mac: str, told: Mapping[str, Any]) -> None:
        lease, near = leases.get(mac, {}), beside.get(mac, [])
        extra = {LEASE: bool(lease), NEIGHBOUR: bool(near)}
        sources = [*told.get("sources", ()), *(name for name, there in extra.items() if there)]
        addresses = [str(lease.get("ip") or ""), *(str(one.get("ip") or "") for one in near)]
        values: dict[str, Any] = {
            "interface": str(near[0].get("interface") or "") if near else "",
            **{name: value for name, value in told.items() if name != "sources"},
            "ips": tuple(dict.fromkeys(filter(None, addresses))),
            "name": str(lease.get("client_name") or ""),
            "expires": _moment(lease.get("expiry")),
            "state": str(near[0].get("state") or "") if near else "",
        }
        shown = mac if ":" in mac and len(mac) == _MAC_LENGTH else ""
        found.append(Around(device_id, device, at, shown, tuple(sources), **values))

    associated = set()
    for interface, radio in radios(document):
        for client in dicts(radio, "clients"):
            if _mac(client):
                associated.add(_mac(client))
                tell(_mac(client), _station(interface, radio, client))
    for mac in (*leases, *(key for key in beside if key not in leases)):
        if mac and mac not in associated:
            tell(mac, {})
    return found


_MAC_LENGTH = 17


def _station(interface: str, radio: Mapping[str, Any], client: Mapping[str, Any]) -> dict[str, Any]:
    known = capable(client, str(radio.get("htmode") or ""))
    return {
        "sources": (WIFI,),
        "interface": interface,
        "ssid": str(radio.get("ssid") or ""),
        "vendor": known.vendor,
        **{name: getattr(known, name) for name in _CAN},
        "signal": _number(client.get("signal")),
        "bitrate": mbit(_number(client.get("bitrate"))),
    }


def _mac(entry: Mapping[str, Any]) -> str:
    return str(entry.get("mac") or "").upper()


def _number(value: object) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _moment(stamp: object) -> datetime | None:
    number = _number(stamp)
    try:
        return datetime.fromtimestamp(number, UTC) if number else None
    except (OverflowError, ValueError, OSError):
        return None  # an expiry beyond any calendar
