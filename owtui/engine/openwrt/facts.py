"""What is known of a device after one round trip.

Sizes in bytes, times in seconds, MACs upper-case with colons. Stored as JSON in DeviceState.facts.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Interface:
    """A network device with its addresses ("192.0.2.1/24") and the UCI interface it serves."""

    name: str
    mac: str = ""
    up: bool = False
    addresses: tuple[str, ...] = ()
    network: str = ""
    rx_bytes: int = 0
    tx_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Facts:
    """Board, release, resources and interfaces; absent values are "", 0 or None, never guesses."""

    hostname: str = ""
    model: str = ""
    board: str = ""  # "tplink,archer-c6-v3"
    system: str = ""  # SoC / CPU
    kernel: str = ""
    distribution: str = ""
    version: str = ""  # "24.10.6"
    revision: str = ""
    target: str = ""
    description: str = ""  # "OpenWrt 24.10.6 r29141-81be8a8869", OpenWISP's `os`
    mac: str = ""  # the one that names it, see Reading
    label_mac: str = ""  # printed on its case, where board.json tells it and the session may read
    boot_id: str = ""
    uptime_s: float = 0.0
    load: tuple[float, float, float] = (0.0, 0.0, 0.0)
    cpus: int = 1
    memory_total: int = 0
    memory_available: int = 0
    flash_total: int = 0
    flash_available: int = 0
    tmp_total: int = 0
    tmp_available: int = 0
    clients: int | None = None  # associated stations, None where nothing tells
    local_time: int = 0  # the device's own clock, Unix seconds
    agent: str = ""  # version of openwisp-config where one runs
    factory: bool = False  # root has no password, so that any is let in (over SSH only told)
    interfaces: tuple[Interface, ...] = field(default=())
    via: str = ""  # transport that read it
    rights: tuple[str, ...] | None = None  # over ubus: openwrt.rights of its session, None: unknown

    @property
    def macs(self) -> frozenset[str]:
        """Every MAC that people or programs may know the device by, in capitals."""
        told = (self.mac, self.label_mac, *(one.mac for one in self.interfaces))
        return frozenset(mac.upper() for mac in told if mac)

    def as_dict(self) -> dict[str, Any]:
        """The stored JSON form."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Facts:
        """Read the stored form; unknown keys of a newer version are left out."""
        known = {k: v for k, v in data.items() if k in cls.__dataclass_fields__}
        if (rights := known.get("rights")) is not None:
            known["rights"] = tuple(rights)
        known["load"] = tuple(known.get("load", (0.0, 0.0, 0.0)))
        known["interfaces"] = tuple(
            Interface(**{**i, "addresses": tuple(i.get("addresses", ()))})
            for i in known.get("interfaces", ())
        )
        return cls(**known)
