"""What tells the sections of a UCI package apart, and files of /etc/config as sections and back.

Comparing, landing and adopting all have to find a section again that has no name, or has another
one: OpenWISP's agent names every anonymous section before it merges, netjsonconfig names all it
renders, a router out of its box has half of them anonymous.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache

from owtui.engine.configs.model import File
from owtui.engine.openwrt import uci
from owtui.engine.openwrt.uci import Package, Section
from owtui.errors import ProtocolError

FOLDER = "/etc/config/"
KEPT = 256  # files: what a few devices have, before and after
_PACKAGE = re.compile(rf"{FOLDER}([A-Za-z0-9_-]+)\Z")

# Of these there is one in a package, whatever its name.
SINGLETONS = frozenset(
    {
        ("dhcp", "dnsmasq"),
        ("dhcp", "odhcpd"),
        ("firewall", "defaults"),
        ("network", "globals"),
        ("rpcd", "rpcd"),
        ("system", "system"),
    }
)
# The options by which the program that reads a package tells its sections apart.
_IDENTITIES: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("dhcp", "host"): ("mac",),
    ("firewall", "forwarding"): ("src", "dest"),
    ("firewall", "include"): ("path",),
    ("firewall", "ipset"): ("name",),
    ("firewall", "redirect"): ("name",),
    ("firewall", "rule"): ("name",),
    ("firewall", "zone"): ("name",),
    ("network", "bridge-vlan"): ("device", "vlan"),
    ("network", "device"): ("name",),
    ("network", "switch"): ("name",),
    ("network", "switch_port"): ("device", "port"),
    ("network", "switch_vlan"): ("device", "vlan"),
    ("rpcd", "login"): ("username",),
    ("system", "led"): ("sysfs",),
}
# Types whose sections may stand in any order; of all others it is kept.
_UNORDERED: Mapping[str, frozenset[str]] = {
    "dhcp": frozenset({"dhcp", "dnsmasq", "odhcpd", "host"}),
    "firewall": frozenset({"defaults", "zone", "forwarding"}),
    "network": frozenset(
        {
            "bridge-vlan",
            "device",
            "globals",
            "interface",
            "route",
            "route6",
            "switch",
            "switch_port",
            "switch_vlan",
        }
    ),
    "system": frozenset({"system", "timeserver", "led"}),
    "wireless": frozenset({"wifi-device"}),
}


def package_name(path: str) -> str | None:
    """The UCI package that a path is the file of, None for other files."""
    found = _PACKAGE.match(path)
    return found[1] if found else None


def package_path(name: str) -> str:
    """The file of a package."""
    return FOLDER + name


@lru_cache(maxsize=KEPT)
def parsed(data: bytes, name: str) -> Package:
    """A package from its file. Raises ProtocolError. Shared: nobody may change what is in it.

    Landing, verdict and difference each read the same files of a device; reading them once makes
    the plan of a fleet more than twice as quick.
    """
    return uci.parse(data, name)


def read(path: str, file: File | None) -> Package | None:
    """The sections of a file; None where it is no UCI. An absent file is an empty package."""
    name = package_name(path)
    if name is None:
        return None
    try:
        return parsed(file.data if file else b"", name)
    except ProtocolError:
        return None


def written(package: Package) -> bytes:
    """The bytes that `uci commit` would write: a later no-op commit leaves them as they are."""
    text = uci.export(Package("x", package.sections)).removeprefix("package x\n")
    return text.encode("utf-8", "surrogateescape")


def order_counts(package: str, kind: str) -> bool:
    """Whether the order among the sections of a type means something."""
    return kind not in _UNORDERED.get(package, ())


def identity(package: str, section: Section) -> tuple[str, ...] | None:
    """What makes a section the one it is for the program that reads it; None where nothing does."""
    names = _IDENTITIES.get((package, section.type))
    if not names:
        return None
    values = [section.get(name) for name in names]
    return (section.type, *values) if all(values) else None


def label(section: Section) -> str:
    """What a person calls an anonymous section, "" where it says nothing of the kind."""
    for option in ("name", "ssid", "interface", "username", "mac", "target"):
        if found := section.get(option):
            return found
    if section.get("src") or section.get("dest"):
        return f"{section.get('src', '*')} to {section.get('dest', '*')}"
    return ""


# -- the agent's names -----------------------------------------------------------------------


def agent_names(package: Package) -> tuple[str, ...]:
    """The name of each section after OpenWISP's agent has named the anonymous ones.

    Unlike the agent, which also avoids names of other packages in whatever order it reads them,
    this looks at one package: a `firewall.defaults` stays one beside a `uhttpd.defaults`.
    """
    taken = {section.name for section in package.sections if section.name is not None}
    names = []
    for section in package.sections:
        name = section.name
        if name is None:
            name = _agent_name(package.name, section, taken)
            taken.add(name)
        names.append(name)
    return tuple(names)


def telling_name(package: str, section: Section) -> str:
    """The name that an anonymous section gets for what it says, "" where it only gets a number.

    Such a name holds whatever stands before the section.
    """
    rule = _NAMED.get((package, section.type))
    return _valid(rule(section)) if rule else ""


def _agent_name(package: str, section: Section, taken: set[str]) -> str:
    wanted = telling_name(package, section)
    if not wanted:
        return _numbered(_NUMBERED.get((package, section.type), _valid(section.type)), taken)
    return wanted if wanted not in taken else _numbered(f"{wanted}_", taken)


def _numbered(stem: str, taken: set[str]) -> str:
    number = 1
    while f"{stem}{number}" in taken:
        number += 1
    return f"{stem}{number}"


def _valid(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_]", "_", name)


def _of(*options: str, form: str) -> Callable[[Section], str]:
    def name(section: Section) -> str:
        values = [section.get(option) for option in options]
        return form.format(*values) if all(values) else ""

    return name


_NAMED: Mapping[tuple[str, str], Callable[[Section], str]] = {
    ("firewall", "defaults"): lambda _: "defaults",
    ("network", "globals"): lambda _: "globals",
    ("network", "device"): lambda section: _of("name", form="device_{}")(section).replace(
        "br-", ""
    ),
    ("network", "switch"): _of("name", form="{}"),
    ("network", "switch_vlan"): _of("device", "vlan", form="{}_vlan{}"),
    ("network", "switch_port"): _of("device", "port", form="{}_port{}"),
    ("system", "system"): lambda _: "system",
    ("system", "led"): lambda section: _of("name", form="led_{}")(section).lower(),
    ("wireless", "wifi-iface"): _of("ifname", form="wifi_{}"),
}
_NUMBERED = {("network", "route"): "route", ("network", "route6"): "route"}
