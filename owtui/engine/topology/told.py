"""What a device told last, as the pure sources of topologies take it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Told:
    """A device with its latest DeviceMonitoring document, and when that was made (aware)."""

    device_id: UUID
    name: str
    mac: str
    at: datetime
    document: Mapping[str, Any] = field(default_factory=dict, hash=False)


def mac_of(entry: Mapping[str, Any]) -> str:
    """A MAC as OpenWISP keeps it, in capitals; "" for none and for all zeros."""
    mac = str(entry.get("mac") or "").upper()
    return "" if mac == "00:00:00:00:00:00" else mac
