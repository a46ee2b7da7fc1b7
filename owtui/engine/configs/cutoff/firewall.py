"""/etc/config/firewall as firewall3 and firewall4 read it: is our packet let in?

[firewall4 fw4.uc, ruleset.uc] First the rules of any zone, then the first zone that has the
interface: its rules in their order, then its policy; else the policy of `defaults`. A section with
a value that fw4 does not know is skipped whole, be it a rule or a zone. Without `defaults`: drop.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from owtui.engine.configs.cutoff.model import Ip, ip_of
from owtui.engine.configs.cutoff.routes import network_of
from owtui.engine.configs.cutoff.scene import Side, flag, is_flag
from owtui.engine.openwrt.uci import Section

_POLICIES = ("accept", "reject", "drop")
_ENDING = ("accept", "reject", "drop")
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*\Z")
_LONGEST = 14  # of a zone's name [firewall3 zones.h]; a longer one is ignored, its zone with it
# Conditions that cannot be decided from a configuration.
_OPEN = (
    "src_mac",
    "src_port",
    "ipset",
    "mark",
    "dscp",
    "helper",
    "limit",
    "start_date",
    "stop_date",
    "start_time",
    "stop_time",
    "weekdays",
    "monthdays",
    "extra",
)


class Match(Enum):
    """Whether a condition holds for our packet."""

    NO = 0
    MAYBE = 1
    YES = 2


@dataclass(frozen=True, slots=True)
class Packet:
    """The first packet of our connection, as it comes to the firewall."""

    device: str  # by which it comes in
    client: Ip | None
    server: Ip
    port: int
    proto: str = "tcp"

    @property
    def version(self) -> int:
        """4 or 6."""
        return self.server.version


@dataclass(frozen=True, slots=True)
class Ruling:
    """What becomes of a packet and the section that decides; `open_` might decide otherwise."""

    verdict: str  # accept reject drop
    section: Section | None
    option: str = ""
    zone: str = ""
    open_: tuple[Section, ...] = ()

    @property
    def accepted(self) -> bool:
        """True when it is let in."""
        return self.verdict == "accept"

    @property
    def refusing(self) -> tuple[Section, ...]:
        """The undecided rules that would keep it out."""
        return tuple(s for s in self.open_ if s.get("target").lower() != "accept")

    @property
    def perhaps(self) -> frozenset[str]:
        """The undecided rules that would let it in, as comparable text."""
        accepting = (s for s in self.open_ if s.get("target").lower() == "accept")
        return frozenset(repr(sorted(s.options.items())) for s in accepting)


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone with the devices of its networks, and those it takes all but."""

    name: str
    section: Section
    devices: frozenset[str]
    but: frozenset[str]
    input: str


class Firewall:
    """The firewall of one side. `devices` maps each UCI interface to its device."""

    def __init__(self, side: Side, devices: dict[str, str], fw3: bool) -> None:
        self.package = side.package("firewall")
        self._devices = devices
        self._fw3 = fw3
        defaults = self.package.typed("defaults")
        self._defaults = defaults[0] if defaults else None
        self.zones = list(self._read_zones())
        self._names = {z.name for z in self.zones}

    def zone_of(self, packet: Packet) -> Zone | None:
        """Return the first zone that takes the packet."""
        return next((z for z in self.zones if self._takes(z, packet)), None)

    def rule(self, packet: Packet) -> Ruling:
        """Decide what becomes of a packet to the device itself."""
        open_: list[Section] = []
        zone = self.zone_of(packet)
        for source in ("*", zone.name if zone else None):
            for section, target in self._rules(source):
                matched = self._matches(section, packet)
                if matched is Match.YES:
                    name = zone.name if zone else ""
                    return Ruling(target, section, "target", name, tuple(open_))
                if matched is Match.MAYBE:
                    open_.append(section)
        if zone is not None:
            return Ruling(zone.input, zone.section, "input", zone.name, tuple(open_))
        return Ruling(self.policy, self._defaults, "input", "", tuple(open_))

    @property
    def policy(self) -> str:
        """The policy for what comes in and belongs to no zone."""
        text = self._defaults.get("input", "drop") if self._defaults is not None else "drop"
        return _policy(text) or "drop"

    def redirect(self, packet: Packet) -> Section | None:
        """Return the port forwarding that takes the packet, if one does."""
        zone = self.zone_of(packet)
        for section in self.package.typed("redirect"):
            if not flag(section, "enabled", True) or zone is None:
                continue
            if section.get("target", "dnat").lower() != "dnat" or section.get("src") != zone.name:
                continue
            if self._forwards(section, packet):
                return section
        return None

    # -- zones ------------------------------------------------------------------------------------

    def _read_zones(self) -> Iterator[Zone]:
        for section in self.package.typed("zone"):
            policy = section.get("input")
            known = _policy(policy) if policy else self.policy
            name = section.get("name")
            values = [section.get(o) for o in ("output", "forward")]
            long = self._fw3 and len(name) > _LONGEST
            wrong = (
                not _NAME.match(name)
                or long
                or known is None
                or any(v and not _policy(v) for v in values)
            )
            enabled = section.get("enabled")
            if wrong or (enabled and not is_flag(enabled)) or not flag(section, "enabled", True):
                continue
            devices: set[str] = set(section.words("device"))
            but: set[str] = set()
            for word in section.words("network"):
                device = self._devices.get(word.lstrip("! "))
                if device is not None:
                    (but if word.startswith("!") else devices).add(device)
            but |= {w.lstrip("! ") for w in devices if w.startswith("!")}
            devices = {w for w in devices if not w.startswith("!")}
            yield Zone(name, section, frozenset(devices), frozenset(but), known or "drop")

    def _takes(self, zone: Zone, packet: Packet) -> bool:
        family = zone.section.get("family")
        if not _of_family(family, packet.version):
            return False
        subnets = zone.section.words("subnet")
        if subnets and _address(subnets, packet.client) is not Match.YES:
            return False
        if any(_device(word, packet.device) for word in zone.but):
            return False
        if not zone.devices:
            return bool(subnets or zone.but)
        return any(_device(word, packet.device) for word in zone.devices)

    # -- rules ------------------------------------------------------------------------------------

    def _rules(self, source: str | None) -> Iterator[tuple[Section, str]]:
        """The rules for packets to the device itself that come from a zone."""
        for section in self.package.typed("rule"):
            if section.get("src") != source or section.get("dest") or self._skipped(section):
                continue
            target = section.get("target").lower()
            if not target and self._fw3:
                target = "reject"  # [firewall3 rules.c]
            if target in _ENDING:
                yield section, target

    def _skipped(self, section: Section) -> bool:
        enabled = section.get("enabled")
        if (enabled and not is_flag(enabled)) or not flag(section, "enabled", True):
            return True
        source = section.get("src")
        return bool(source) and source != "*" and source not in self._names

    def _matches(self, section: Section, packet: Packet) -> Match:
        if not _of_family(section.get("family"), packet.version):
            return Match.NO
        found = [
            _proto(section.words("proto") or ["tcp", "udp"], packet.proto),
            _address(section.words("src_ip"), packet.client),
            _address(section.words("dest_ip"), packet.server),
            _port(section.words("dest_port"), packet.port),
        ]
        device = section.get("device")
        if device:
            inward = section.get("direction", "in") == "in"
            found.append(Match.YES if inward and _device(device, packet.device) else Match.NO)
        if any(section.get(option) for option in _OPEN):
            found.append(Match.MAYBE)
        return min(found, key=lambda m: m.value)

    def _forwards(self, section: Section, packet: Packet) -> bool:
        found = [
            _proto(section.words("proto") or ["tcp", "udp"], packet.proto),
            _address(section.words("src_ip"), packet.client),
            _address(section.words("src_dip"), packet.server),
            _port(section.words("src_dport"), packet.port),
        ]
        return Match.NO not in found and _of_family(section.get("family"), packet.version)


def name_of(section: Section) -> str:
    """How a person knows a section: its name option, or its own name."""
    name = section.get("name") or section.name
    return f"“{name}”" if name else "without a name"


def _policy(text: str) -> str | None:
    """Read a policy as fw4 does: letters of any case, as many as make it unique."""
    word = text.lower()
    return next((p for p in _POLICIES if word and p.startswith(word)), None)


def _of_family(family: str, version: int) -> bool:
    if family in ("", "any", "*"):
        return True
    return ("6" in family) == (version == 6)


def _device(word: str, device: str) -> bool:
    return device.startswith(word[:-1]) if word.endswith("+") else word == device


def _proto(words: list[str], proto: str) -> Match:
    numbers = {"tcp": "6", "udp": "17"}
    named = (proto, numbers.get(proto, ""), "all", "any", "*", "tcpudp", "0")
    positive = [w for w in words if not w.startswith("!")]
    if any(w.lower() in named for w in positive):
        return Match.YES
    negative = [w[1:].lower() for w in words if w.startswith("!")]
    return Match.YES if negative and not any(w in named for w in negative) else Match.NO


def _address(words: list[str], ip: Ip | None) -> Match:
    """Match an address against networks, ranges and their negations."""
    if not words:
        return Match.YES
    if ip is None:
        return Match.MAYBE
    positive = [w for w in words if not w.startswith("!")]
    negative = [w[1:].strip() for w in words if w.startswith("!")]
    if any(_covers(w, ip) for w in negative):
        return Match.NO
    return Match.YES if not positive or any(_covers(w, ip) for w in positive) else Match.NO


def _covers(word: str, ip: Ip) -> bool:
    low, dash, high = word.partition("-")
    if dash:
        first, last = ip_of(low), ip_of(high)
        return (
            first is not None
            and last is not None
            and first.version == last.version == ip.version
            and int(first) <= int(ip) <= int(last)
        )
    net = network_of(word)
    return net is not None and net.version == ip.version and ip in net


def _port(words: list[str], port: int) -> Match:
    if not words:
        return Match.YES
    positive = [w for w in words if not w.startswith("!")]
    negative = [w[1:].strip() for w in words if w.startswith("!")]
    if any(_in_range(w, port) for w in negative):
        return Match.NO
    return Match.YES if not positive or any(_in_range(w, port) for w in positive) else Match.NO


def _in_range(word: str, port: int) -> bool:
    low, dash, high = word.replace(":", "-").partition("-")
    if not low.isdigit() or (dash and not high.isdigit()):
        return False
    return int(low) <= port <= int(high or low)
