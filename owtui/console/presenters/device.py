"""One device as sections of facts: pure, every age and unit said here."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from owtui import units
from widgets.factview import Fact, Section
from widgets.oneline import Piece

if TYPE_CHECKING:
    from owtui.engine.monitoring.failing import Failing
    from storage.rows import DeviceRow
    from widgets.glyphs import Glyphs

HOST_KEYS = {
    "": ("none recorded yet", "unknown"),
    "trusted": ("trusted", "ok"),
    "offered": ("seen, not trusted yet: press a, then Accept host key", "problem"),
    "changed": ("CHANGED, the device is blocked: press a, then Accept host key", "critical"),
}


def sections(row: DeviceRow, now: datetime, failing: Sequence[Failing] = ()) -> list[Section]:
    """What an operator asks first: what is it, how is it, where is it, whose is it."""
    facts = row.facts or {}
    return [
        Section("DEVICE", tuple(_identity(row, facts))),
        Section("STATE", tuple(_state(row, facts, now, failing))),
        Section("REACH", tuple(_reach(row, now))),
        Section("RESOURCES", tuple(_resources(facts))),
        Section("INVENTORY", tuple(_inventory(row))),
        Section("INTERFACES", tuple(_interfaces(facts))),
    ]


def preview(row: DeviceRow, now: datetime, failing: Sequence[Failing] = ()) -> list[Section]:
    """The same for a narrow pane: the name first, what is wrong before what is known."""
    facts = row.facts or {}
    return [
        Section(row.name, tuple(_state(row, facts, now, failing))),
        Section("DEVICE", tuple(_identity(row, facts))),
        Section("REACH", tuple(_reach(row, now))),
        Section("RESOURCES", tuple(_resources(facts))),
        Section("INVENTORY", tuple(_inventory(row))),
        Section("INTERFACES", tuple(_interfaces(facts))),
    ]


def raw(row: DeviceRow) -> str:
    """The recorded facts as JSON, for people who know what they look for."""
    if not row.facts:
        return "No facts have been read yet. Press r to read them now."
    return json.dumps(row.facts, indent=2, ensure_ascii=False)


def tabs(names: Sequence[str], current: int) -> list[Piece]:
    """The pages of the screen; the one that is shown stands in brackets."""
    return [
        Piece(
            name,
            f"[{name}]" if number == current else name,
            _tab_role(number == current),
            len(names) - abs(number - current),  # where there is no room, those far away go
        )
        for number, name in enumerate(names)
    ]


def state(row: DeviceRow, glyphs: Glyphs) -> list[Piece]:
    """Its sign and the word for it."""
    status = "deactivated" if row.is_deactivated else row.status
    return [Piece("state", f"{glyphs.state(status)} {status}", status, 50)]


def _tab_role(current: bool) -> str:
    return "strong" if current else "muted"


def head(row: DeviceRow) -> str:
    """Model, release and uptime on one line, for the title."""
    facts = row.facts or {}
    uptime = facts.get("uptime_s")
    parts = [
        row.model,
        facts.get("version", ""),
        f"up {units.uptime_text(uptime)}" if uptime else "",
    ]
    return " · ".join(part for part in parts if part)


def _identity(row: DeviceRow, facts: dict[str, Any]) -> Iterator[Fact]:
    yield Fact("Model", row.model or units.NONE)
    yield Fact("Board", facts.get("board") or units.NONE)
    yield Fact("System", row.system or units.NONE)
    yield Fact("Release", row.os or units.NONE)
    yield Fact("Target", facts.get("target") or units.NONE)
    yield Fact("Kernel", facts.get("kernel") or units.NONE)
    yield Fact("Hostname", facts.get("hostname") or units.NONE)
    yield Fact("MAC", row.mac or units.NONE)
    if facts.get("agent"):
        yield Fact("Agent", f"openwisp-config {facts['agent']}")


def _state(
    row: DeviceRow, facts: dict[str, Any], now: datetime, failing: Sequence[Failing]
) -> Iterator[Fact]:
    status = "deactivated" if row.is_deactivated else row.status
    yield Fact("Status", status, status)
    if row.failure_sentence:
        yield Fact("Why", row.failure_sentence, "problem")
    for one in failing:
        yield Fact("Problem", one.words, "critical" if one.is_critical else "problem")
    yield Fact("Seen", _ago(row.last_seen, now))
    yield Fact("Facts", _ago(row.facts_at, now))
    if facts.get("uptime_s"):
        yield Fact("Uptime", units.uptime_text(facts["uptime_s"]))
    if facts.get("load"):
        yield Fact("Load", "  ".join(f"{value:.2f}" for value in facts["load"]))
    if facts.get("clients") is not None:
        yield Fact("Clients", str(facts["clients"]))


def _reach(row: DeviceRow, now: datetime) -> Iterator[Fact]:
    yield Fact("Address", row.address or units.NONE)
    yield Fact("Management", row.management_ip or units.NONE)
    yield Fact("Last IP", row.last_ip or units.NONE)
    yield Fact("Connections", str(row.connections), "" if row.connections else "problem")
    words, role = HOST_KEYS.get(row.host_key, (row.host_key, ""))
    yield Fact("Host key", words, role)
    if row.facts and row.facts.get("factory"):
        yield Fact("Password", "root has none: anybody is let in", "problem")
    if row.facts and row.facts.get("via"):
        yield Fact("Read over", "SSH" if row.facts["via"] == "ssh" else "ubus, HTTP")


def _resources(facts: dict[str, Any]) -> Iterator[Fact]:
    for name, title in (("memory", "Memory"), ("flash", "Flash"), ("tmp", "tmpfs")):
        total, free = facts.get(f"{name}_total"), facts.get(f"{name}_available", 0)
        if total:
            used = units.percent_text(100 * (total - free) / total)
            text = f"{used} of {units.bytes_text(total)}, {units.bytes_text(free)} free"
            yield Fact(title, text, "problem" if free < total / 10 else "")
    if facts.get("cpus"):
        yield Fact("Cores", str(facts["cpus"]))


def _inventory(row: DeviceRow) -> Iterator[Fact]:
    yield Fact("Organization", row.organization)
    yield Fact("Group", row.group or units.NONE)
    yield Fact("Tags", ", ".join(row.tags) or units.NONE)
    yield Fact("Zone", row.zone or units.NONE)
    yield Fact("Notes", row.notes or units.NONE)


def _interfaces(facts: dict[str, Any]) -> Iterator[Fact]:
    for one in facts.get("interfaces", ()):
        if one.get("name") == "lo":
            continue
        addresses = ", ".join(one.get("addresses", ())) or one.get("mac", "")
        state = "up" if one.get("up") else "down"
        yield Fact(one["name"], f"{state}  {addresses}".rstrip(), "" if one.get("up") else "muted")


def _ago(moment: datetime | None, now: datetime) -> str:
    if moment is None:
        return "never"
    return f"{units.age_text((now - moment).total_seconds())} ago"
