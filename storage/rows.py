"""The device as lists, filters and plans see it: one flat, frozen value.

Joined once from eight tables by a Core query, so that 50,000 of them load without the ORM.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class DeviceRow:
    """A device with its organization, group and last seen state. Times are aware, UTC."""

    id: UUID
    name: str
    organization: str
    organization_id: UUID
    group: str = ""
    address: str = ""
    management_ip: str = ""
    last_ip: str = ""
    mac: str = ""
    model: str = ""
    os: str = ""
    system: str = ""
    tags: tuple[str, ...] = ()
    zone: str = ""
    notes: str = ""
    is_deactivated: bool = False
    status: str = "unknown"  # unknown ok problem critical deactivated
    failure_kind: str = ""
    failure_sentence: str = ""
    drift: str = ""  # packages that are not as they were applied: "network, wireless"
    config_status: str = ""  # "" without one; modified applied error deactivating deactivated
    config_error: str = ""  # what the device said, or why there is nothing to send
    backend: str = ""
    templates: tuple[str, ...] = ()  # in their order
    last_seen: datetime | None = None
    facts_at: datetime | None = None
    facts: dict[str, Any] | None = None  # engine.openwrt.facts.Facts.as_dict()
    host_key: str = ""  # "", trusted, offered (unknown, waits for trust), changed
    connections: int = 0  # enabled ones
    created: datetime | None = None

    @property
    def best_address(self) -> str:
        """The address a person wants to see: the operator's, else a learned one."""
        return self.address or self.management_ip or self.last_ip
