"""From the answers of a device to its NetJSON DeviceMonitoring document; pure.

The rules are those of openwrt-openwisp-monitoring, so that a router owtui reads and one that runs
the agent look alike. A section that nothing told of is left out.
"""

from __future__ import annotations

import re
from typing import Any

from owtui.engine.monitoring.document import TYPE, Document
from owtui.engine.openwrt.answer import Answer, printable
from owtui.engine.openwrt.facts import Facts
from owtui.engine.openwrt.links import interfaces
from owtui.engine.openwrt.neighbours import leases, neighbours
from owtui.engine.openwrt.parts import Parts
from owtui.engine.openwrt.reading import Reading

_KIB = 1024
_MEMORY = {
    "total": "MemTotal",
    "free": "MemFree",
    "buffered": "Buffers",
    "shared": "Shmem",
    "cached": "Cached",
    "available": "MemAvailable",
}
_SWAP = {"total": "SwapTotal", "free": "SwapFree"}
_NEEDED = ("total", "free", "buffered", "shared")
_DF_ROW = re.compile(r"(\S+)\s+(\d{1,15})\s+(\d{1,15})\s+(\d{1,15})\s+(\d{1,3})%\s+(/.*)\Z")
_NO_DISKS = ("tmpfs", "overlayfs")


def document(parts: Parts, facts: Facts) -> Document:
    """Put the document together; `facts` are those of the same reading.

    It always passes `check`, whatever a device said.
    """
    reading = parts.reading
    sections: Document = {
        "general": _general(reading, facts),
        "resources": _resources(reading, facts),
        "interfaces": interfaces(parts),
        "dhcp_leases": leases(parts.leases),
        "neighbors": neighbours(parts.neighbours),
        "dns_servers": _names(reading.interfaces, "dns-server"),
        "dns_search": _names(reading.interfaces, "dns-search"),
    }
    return {"type": TYPE} | {name: told for name, told in sections.items() if told}


def _general(reading: Reading, facts: Facts) -> dict[str, Any]:
    """`local_time` is the device's clock in its own zone, as the agent reads it."""
    made: dict[str, Any] = {}
    if facts.hostname:
        made["hostname"] = facts.hostname
    if clock := reading.info["localtime"].number or facts.local_time:
        made["local_time"] = clock
    if facts.uptime_s:
        made["uptime"] = int(facts.uptime_s)
    return made


def _resources(reading: Reading, facts: Facts) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if reading.loadavg.strip() or reading.info["load"]:
        made["load"] = list(facts.load)
    if cpus := reading.processors():
        made["cpus"] = cpus
    if memory := _memory(reading):
        made["memory"] = memory
    if swap := _amounts(reading, "swap", _SWAP):
        made["swap"] = swap
    if disk := _disks(reading):
        made["disk"] = disk
    return made


def _memory(reading: Reading) -> dict[str, int]:
    told = _amounts(reading, "memory", _MEMORY)
    return told if told.get("total") and all(name in told for name in _NEEDED) else {}


def _amounts(reading: Reading, section: str, names: dict[str, str]) -> dict[str, int]:
    """Bytes: `system info` tells them, else /proc/meminfo in KiB."""
    if told := reading.info[section]:
        return {name: told[name].number for name in names if told[name].value is not None}
    kib = reading.kib()
    return {name: kib[key] * _KIB for name, key in names.items() if key in kib}


def _disks(reading: Reading) -> list[dict[str, Any]]:
    """`df -P` without what is memory or seen twice; where it may not be run, procd's root."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for line in reading.df.splitlines():
        row = _DF_ROW.match(line.strip())
        if row is None or row[1].startswith(_NO_DISKS):
            continue
        name, mount = printable(row[1]), printable(row[6])
        found[name, mount] = {
            "filesystem": name,
            "mount_point": mount,
            "size_bytes": int(row[2]) * _KIB,
            "used_bytes": int(row[3]) * _KIB,
            "available_bytes": int(row[4]) * _KIB,
            "used_percent": int(row[5]),
        }
    root = reading.info["root"]
    if found or reading.df.strip() or not root["total"].number:
        return list(found.values())
    used, available = root["used"].number, root["avail"].number
    return [
        {
            "filesystem": "rootfs",
            "mount_point": "/",
            "size_bytes": root["total"].number * _KIB,
            "used_bytes": used * _KIB,
            "available_bytes": available * _KIB,
            "used_percent": -(-used * 100 // (used + available)) if used + available > 0 else 0,
        }
    ]


def _names(dump: Answer, key: str) -> list[str]:
    """What the interfaces that are up were told of DNS, each once."""
    return list(
        dict.fromkeys(
            entry.text
            for interface in dump["interface"]
            if interface["up"].flag
            for entry in interface[key]
            if entry.text
        )
    )
