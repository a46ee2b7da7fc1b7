"""From a NetJSON DeviceMonitoring document to values (operations.md §1.9): pure.

Counters become increments against the document before; what a document does not say makes nothing.
A document that was checked (document.py) fits; one that an old version stored is read leniently.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from owtui.engine.monitoring.metrics import Tags

TECHNOLOGIES = ("gsm", "cdma1x", "evdo", "umts", "lte", "5g")
"""By generation; the place is the code that access_tech stores (§1.4)."""

LONGEST_NAME = 64

_MAC = re.compile(r"(?:[0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}\Z")


@dataclass(frozen=True, slots=True)
class Reading:
    """The values of one metric at one time; a field without a value is left out.

    at: UTC epoch seconds. `members`: for what is counted distinct, Wi-Fi clients by MAC; then
    `values` is empty. `tell` False: judged, but nobody is told (another notice covers it).
    """

    configuration: str
    at: float
    values: Mapping[str, float] = field(default_factory=dict)
    tags: Tags = ()
    members: tuple[str, ...] = ()
    tell: bool = True


def readings(
    document: Mapping[str, Any], before: Mapping[str, Any] | None, at: float
) -> list[Reading]:
    """The values of a document that was taken at `at`.

    before: the latest document stored, whose counters the new ones are compared with; None for the
        first, whose whole counters count.
    """
    resources = _part(document, "resources")
    found: list[Reading] = []
    for one in (_cpu(resources, at), _memory(resources, at), _disk(resources, at)):
        if one is not None:
            found.append(one)
    counters = _counters(before or {})
    for interface in _interfaces(document):
        found.extend(_of_interface(interface, counters, at))
    return found


def clients_of(interface: Mapping[str, Any]) -> tuple[str, ...]:
    """The MACs of the stations of a wireless interface, upper case, each once.

    What is no MAC address is left out: the schema takes any text for one.
    """
    listed = _part(interface, "wireless").get("clients") or ()
    told = (str(one.get("mac", "")) for one in listed if isinstance(one, dict))
    return tuple(dict.fromkeys(mac.upper() for mac in told if is_mac(mac)))


def is_mac(text: str) -> bool:
    """Whether this is a MAC address with colons."""
    return _MAC.match(text) is not None


def ifname(interface: Mapping[str, Any]) -> str:
    """The name of an interface as a tag: without spaces and control characters, "" for none.

    Linux allows 15 bytes without spaces; a document may say anything.
    """
    name = "".join(c if c.isprintable() else "_" for c in str(interface.get("name") or ""))
    return "_".join(name.split())[:LONGEST_NAME]


def increment(now: float, before: float | None) -> float:
    """What a counter grew by; one that fell was reset and begins anew (§1.9)."""
    return now - before if before is not None and now >= before else now


def _of_interface(
    interface: Mapping[str, Any], counters: Mapping[str, tuple[float, float]], at: float
) -> Iterator[Reading]:
    name = ifname(interface)
    tags = (("ifname", name),)
    if (told := _told(interface)) is not None:
        rx, tx = told
        rx_before, tx_before = counters.get(name, (None, None))
        grown = {"rx_bytes": increment(rx, rx_before), "tx_bytes": increment(tx, tx_before)}
        yield Reading("traffic", at, grown, tags)
    if macs := clients_of(interface):
        yield Reading("clients", at, tags=tags, members=macs)
    yield from _signal(_part(_part(interface, "mobile"), "signal"), tags, at)


def _cpu(resources: Mapping[str, Any], at: float) -> Reading | None:
    load, cpus = resources.get("load"), resources.get("cpus")
    if not load or len(load) < 3 or not cpus:
        return None
    one, five, fifteen = (float(value) for value in load[:3])
    values = {"cpu_usage": 100 * one / cpus, "load_1": one, "load_5": five, "load_15": fifteen}
    return Reading("cpu", at, values)


def _memory(resources: Mapping[str, Any], at: float) -> Reading | None:
    """`available` counts only where it is more than `free`: older kernels tell nonsense."""
    memory = _part(resources, "memory")
    total = memory.get("total")
    if not total or "free" not in memory:
        return None
    free, buffered = memory["free"], memory.get("buffered", 0)
    available = memory.get("available", 0)
    unused = available if available > free else free
    values = {"percent_used": 100 * (1 - (unused + buffered) / total)}
    for name in ("total", "free", "buffered", "shared", "cached", "available"):
        if name in memory:
            values[f"{name}_memory"] = float(memory[name])
    return Reading("memory", at, values)


def _disk(resources: Mapping[str, Any], at: float) -> Reading | None:
    disks = [one for one in resources.get("disk") or () if isinstance(one, dict)]
    if not disks:
        return None
    size = sum(one.get("size_bytes", 0) for one in disks)
    used = sum(one.get("used_bytes", 0) for one in disks)
    return Reading("disk", at, {"used_disk": 100 * used / size if size else 100.0})


def _signal(signal: Mapping[str, Any], tags: Tags, at: float) -> Iterator[Reading]:
    """The most evolved technology that tells anything is the one in use."""
    used = [name for name in TECHNOLOGIES if _part(signal, name)]
    if not used:
        return
    told = _part(signal, used[-1])
    strength = _named(
        {"signal_strength": _first(told, "rssi"), "signal_power": _first(told, "rsrp", "rscp")}
    )
    quality = _named(
        {"signal_quality": _first(told, "rsrq"), "snr": _first(told, "snr", "ecio", "sinr")}
    )
    if strength:
        yield Reading("signal_strength", at, strength, tags)
    if quality:
        yield Reading("signal_quality", at, quality, tags)
    yield Reading("access_tech", at, {"access_tech": float(TECHNOLOGIES.index(used[-1]))}, tags)


def _first(told: Mapping[str, Any], *names: str) -> float | None:
    return next((float(told[name]) for name in names if told.get(name) is not None), None)


def _named(values: Mapping[str, float | None]) -> dict[str, float]:
    return {name: value for name, value in values.items() if value is not None}


def _counters(document: Mapping[str, Any]) -> dict[str, tuple[float, float]]:
    told = ((ifname(one), _told(one)) for one in _interfaces(document))
    return {name: counters for name, counters in told if counters is not None}


def _told(interface: Mapping[str, Any]) -> tuple[float, float] | None:
    statistics = _part(interface, "statistics")
    if "rx_bytes" not in statistics or "tx_bytes" not in statistics:
        return None
    return float(statistics["rx_bytes"]), float(statistics["tx_bytes"])


def _interfaces(document: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    listed = document.get("interfaces") or ()
    return (one for one in listed if isinstance(one, dict) and ifname(one))


def _part(parent: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A section, empty where there is none: `clients` and others come as [] or null, too."""
    part = parent.get(name)
    return part if isinstance(part, dict) else {}
