"""The interfaces and radios of a device's latest document, as sections of facts: pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from owtui import units
from owtui.console.presenters.measured import rate_text
from widgets.factview import Fact, Section

if TYPE_CHECKING:
    from owtui.engine.monitoring.latest import Told
    from owtui.engine.monitoring.past import InterfaceThen

STALE_S = 900.0


def sections(told: Told | None, now: datetime) -> list[Section]:
    """What the device told last, with its age; its clock and uptime have gone on since."""
    if told is None:
        words = "It has told nothing for a day: monitoring data is collected with each poll."
        return [Section("INTERFACES", (Fact("", words),))]
    from owtui.engine.monitoring import transform  # the engine is imported after the first frame

    found = [Section("REPORT", tuple(_report(told, now)))]
    for one in transform.interfaces(told.document):
        found.append(Section(str(one["name"]), tuple(_interface(one))))
    return found


def then(found: Sequence[InterfaceThen], at: datetime) -> list[Section]:
    """What the points tell of a moment for which there is no report any more."""
    words = "Of reports the newest alone is kept; this is what was measured until then."
    if not found:
        words = "Nothing was recorded then. Of reports the newest alone is kept."
    sections = [Section("REPORT", (Fact("", words),))]
    return [*sections, *(Section(one.name, tuple(_measured(one, at))) for one in found)]


def _measured(one: InterfaceThen, at: datetime) -> Iterator[Fact]:
    yield Fact("Measured", f"{units.age_text((at - one.at).total_seconds())} before")
    for title, rate in (("Down", one.received), ("Up", one.sent)):
        if rate is not None:
            yield Fact(title, rate_text(rate))
    if one.clients is not None:
        yield Fact("Clients", str(one.clients))
    for (_, field), value in sorted(one.other.items()):
        yield Fact(field.replace("_", " ").capitalize(), f"{value:g}")


def _report(told: Told, now: datetime) -> Iterator[Fact]:
    from owtui.engine.monitoring import transform

    age = (now - told.at).total_seconds()
    stale = " STALE" if age > STALE_S else ""
    yield Fact("Told", f"{units.age_text(age)} ago{stale}", "problem" if stale else "")
    clock, uptime = transform.advanced(told.document, told.at, now)
    if clock is not None:
        yield Fact("Local time", f"{clock:%Y-%m-%d %H:%M}")
    if uptime is not None:
        yield Fact("Uptime", transform.uptime_words(uptime))
    for key, title in (("dns_servers", "DNS"), ("dns_search", "Search")):
        names = told.document.get(key)
        if isinstance(names, list) and names:
            yield Fact(title, " ".join(map(str, names)))


def _interface(one: Mapping[str, Any]) -> Iterator[Fact]:
    from owtui.engine.monitoring import transform

    up = one.get("up")
    if up is not None:
        yield Fact("State", "up" if up else "down", "ok" if up else "muted")
    yield from _named(one, (("type", "Type"), ("mac", "MAC"), ("mtu", "MTU"), ("speed", "Speed")))
    for address in transform.dicts(one, "addresses"):
        mask = f"/{address['mask']}" if address.get("mask") is not None else ""
        yield Fact("Address", f"{address.get('address', '')}{mask}")
    members = one.get("bridge_members")
    if isinstance(members, list) and members:
        yield Fact("Members", " ".join(map(str, members)))
    statistics = one.get("statistics")
    if isinstance(statistics, dict):
        yield from _traffic(statistics)
    if isinstance(one.get("wireless"), dict):
        yield from _radio(one["wireless"])
    if isinstance(one.get("mobile"), dict):
        yield from _mobile(one["mobile"])


def _traffic(statistics: Mapping[str, Any]) -> Iterator[Fact]:
    received, sent = statistics.get("rx_bytes"), statistics.get("tx_bytes")
    if received is not None and sent is not None:
        text = f"{units.bytes_text(received)} down, {units.bytes_text(sent)} up"
        yield Fact("Traffic", text)
    wrong = {
        name: statistics[name]
        for name in ("rx_errors", "tx_errors", "rx_dropped", "tx_dropped")
        if statistics.get(name)
    }
    if wrong:
        told = ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in wrong.items())
        yield Fact("Errors", told, "problem")


def _radio(wireless: Mapping[str, Any]) -> Iterator[Fact]:
    from owtui.engine.monitoring import transform

    yield from _named(wireless, (("ssid", "SSID"), ("mode", "Mode")))
    if wireless.get("htmode"):
        yield Fact("Standard", transform.htmode_label(str(wireless["htmode"])))
    frequency = transform.ghz(_number(wireless.get("frequency")))
    channel = wireless.get("channel")
    if channel:
        yield Fact("Channel", f"{channel}" + (f", {frequency:g} GHz" if frequency else ""))
    for key, title, unit in (
        ("signal", "Signal", "dBm"),
        ("noise", "Noise", "dBm"),
        ("tx_power", "Tx power", "dBm"),
    ):
        if wireless.get(key):
            yield Fact(title, f"{wireless[key]} {unit}")
    rate = transform.mbit(_number(wireless.get("bitrate")))
    if rate:
        yield Fact("Bit rate", f"{rate:g} Mbit/s")
    if _number(wireless.get("quality_max")):
        yield Fact("Quality", f"{wireless.get('quality', 0)}/{wireless['quality_max']}")
    yield from _named(wireless, (("country", "Country"),))
    yield Fact("Clients", str(len(transform.dicts(wireless, "clients"))))


def _mobile(mobile: Mapping[str, Any]) -> Iterator[Fact]:
    named = (("operator_name", "Operator"), ("model", "Modem"), ("connection_status", "Status"))
    yield from _named(mobile, (*named, ("power_status", "Power")))
    signal = mobile.get("signal")
    for technology, told in signal.items() if isinstance(signal, dict) else ():
        values = [
            f"{name} {float(value):g}"
            for name, value in (told.items() if isinstance(told, dict) else ())
            if _number(value) is not None
        ]
        if values:
            yield Fact(str(technology).upper(), ", ".join(values))


def _named(told: Mapping[str, Any], names: tuple[tuple[str, str], ...]) -> Iterator[Fact]:
    for key, title in names:
        if told.get(key):
            yield Fact(title, str(told[key]))


def _number(value: object) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
