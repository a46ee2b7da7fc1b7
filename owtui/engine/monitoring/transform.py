"""A document as people read it: OpenWISP's display transforms (operations.md §1.9), pure.

A document is a moment that has passed: clocks go on (`advanced`), the rest stays as it was told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

_GENERATIONS = (
    # Before HT, of which its name holds the letters: upstream shows EHT80 as Wi-Fi 4.
    ("NOHT", "Legacy Mode"),
    ("EHT", "WiFi 7 (802.11be)"),
    ("HE", "WiFi 6 (802.11ax)"),
    ("VHT", "WiFi 5 (802.11ac)"),
    ("HT", "WiFi 4 (802.11n)"),
)
_FEW = 2  # keys: an interface that tells no more is not worth a place


def htmode_label(htmode: str) -> str:
    """The generation of a radio's mode: "WiFi 6 (802.11ax): HE40"."""
    if not htmode:
        return ""
    name = next((name for begins, name in _GENERATIONS if htmode.startswith(begins)), "Other")
    return f"{name}: {htmode}"


def mbit(kbit: float | None) -> float | None:
    """kbit/s as Mbit/s with one decimal: 1100 is 1.1."""
    return None if kbit is None else round(kbit / 1000, 1)


def ghz(mhz: float | None) -> float | None:
    """MHz as GHz: 2437 is 2.437."""
    return mhz / 1000 if mhz else None


def uptime_words(seconds: float) -> str:
    """As OpenWISP says it: "1 days, 2 hours and 3 minutes"."""
    minutes = max(0, int(seconds)) // 60
    days, rest = divmod(minutes, 1440)
    return f"{days} days, {rest // 60} hours and {rest % 60} minutes"


def advanced(
    document: Mapping[str, Any], at: datetime, now: datetime
) -> tuple[datetime | None, float | None]:
    """The device's clock and its uptime in seconds now, if both went on since `at`.

    The clock is the device's own, in its zone: it is given as if it were UTC.
    """
    passed = max(0.0, (now - at).total_seconds())
    general = document.get("general")
    told: Mapping[str, Any] = general if isinstance(general, dict) else {}
    clock, uptime = _number(told.get("local_time")), _number(told.get("uptime"))
    there = None
    if clock is not None:
        try:
            there = datetime.fromtimestamp(clock + passed, UTC)
        except (OverflowError, ValueError, OSError):
            there = None  # a clock beyond any calendar
    return there, None if uptime is None else uptime + passed


def interfaces(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The interfaces worth showing, by name."""
    shown = [one for one in dicts(document, "interfaces") if len(one) > _FEW and one.get("name")]
    return sorted(shown, key=lambda one: str(one["name"]))


def radios(document: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The wireless interfaces: name and what is told of the radio."""
    for one in dicts(document, "interfaces"):
        if isinstance(one.get("wireless"), dict):
            yield str(one.get("name", "")), one["wireless"]


def dicts(parent: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    """The objects of a list; agents send `{}` where they have none (operations.md §1.8)."""
    found = parent.get(key)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _number(value: object) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
