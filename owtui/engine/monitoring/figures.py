"""What a DeviceMonitoring document comes to, by openwisp-monitoring's rules (its device/writer.py).

None where the document does not tell. A document may come from an agent: what a device sent is
trusted no further than `check` looks.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from owtui.engine.monitoring.document import Document


def memory_used(document: Document) -> float | None:
    """Percent: what is available counts where it is more than what is free, as before 3.14."""
    memory = document.get("resources", {}).get("memory")
    if not memory or memory["total"] <= 0:
        return None
    spare = max(memory["free"], memory.get("available", 0)) + memory["buffered"]
    return float(100 * (1 - spare / memory["total"]))


def disk_used(document: Document) -> float | None:
    """Percent of all disks together; disks without size are full."""
    disks = document.get("resources", {}).get("disk")
    if not disks:
        return None
    size = sum(disk["size_bytes"] for disk in disks)
    return float(100 * sum(disk["used_bytes"] for disk in disks) / size) if size else 100.0


def load(document: Document) -> float | None:
    """The load of the last minute."""
    loads = document.get("resources", {}).get("load")
    return float(loads[0]) if loads else None


def clients(document: Document) -> int | None:
    """Associated stations, each once; None where there is no radio."""
    radios = [one["wireless"] for one in _interfaces(document) if "wireless" in one]
    if not radios:
        return None
    return len({client["mac"].lower() for radio in radios for client in radio.get("clients") or ()})


def counted(document: Document) -> list[str]:
    """The interfaces whose traffic is counted, in the document's order."""
    return [one["name"] for one in _interfaces(document) if one.get("statistics")]


def _interfaces(document: Document) -> Iterator[dict[str, Any]]:
    yield from document.get("interfaces", ())
