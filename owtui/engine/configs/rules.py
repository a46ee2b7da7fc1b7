"""What a schema lets through and no router can use, and what one should know of a configuration.

libuci reads no file with a name that it does not know as one: a single bad option takes the whole
package away, and a package network takes the device away. So names are looked at before.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from ipaddress import ip_interface
from typing import Any

from owtui.engine.configs.library import schema
from owtui.engine.configs.model import Json, Problem
from owtui.engine.configs.steps import section_names

_NAME = re.compile(r"[A-Za-z0-9_]+")  # libuci's rule for sections and options, of files as well -
_PACKAGE = re.compile(r"[A-Za-z0-9_-]+")
_TYPE = re.compile(r"[!-~]+")
_QUOTES = re.compile(r"""['"#;\\]""")  # printed in types without quotes around them
_LONGEST = {"ipv4": 32, "ipv6": 128}
_OPEN = "{{"  # a variable that nothing defines yet: told as such
NO_SECTIONS = ("type", "$schema")  # NetJSON's own


def errors(config: Json) -> Iterator[Problem]:
    """What makes a configuration that fits the schema useless. Raises nothing."""
    for at, route in enumerate(config.get("routes", ())):
        if not _is_network(route["destination"]):
            yield Problem("This is no network: write 10.0.0.0/8.", f"#/routes/{at}/destination")
    for at, interface in enumerate(config.get("interfaces", ())):
        for number, address in enumerate(interface.get("addresses") or ()):
            most, mask = _LONGEST.get(address.get("family"), 128), address.get("mask")
            if isinstance(mask, int | float) and mask > most:
                where = f"#/interfaces/{at}/addresses/{number}/mask"
                yield Problem(f"A mask has {most} bits at most.", where)


def own_packages(config: Any) -> Iterator[Problem]:
    """What is wrong with the UCI packages beside NetJSON's keys."""
    known = schema().get("properties", {})
    for key, value in config.items() if isinstance(config, Mapping) else ():
        if key in known or not isinstance(value, list):
            continue
        place = f"#/{key.replace('~', '~0').replace('/', '~1')}"
        if not _PACKAGE.fullmatch(key):
            yield Problem(f"“{key}” is no name of a UCI package.", place)
        for at, block in enumerate(value):
            yield from _own_section(key, block, f"{place}/{at}")


def doubts(config: Json, *, dsa: bool) -> Iterator[Problem]:
    """What is not refused and is hardly meant: parts that are left out or lost."""
    known = schema().get("properties", {})
    for key, value in config.items():
        if key not in known and key not in NO_SECTIONS and not isinstance(value, list):
            yield _doubt(f"“{key}” is no list of UCI sections: it is left out.", f"#/{key}")
    interfaces: Sequence[Json] = config.get("interfaces") or ()
    yield from _shared_sections(interfaces)
    for at, one in enumerate(interfaces):
        if one.get("vlan_filtering") and not dsa:
            where = f"#/interfaces/{at}/vlan_filtering"
            yield _doubt("VLANs of a bridge need OpenWrt 21: they are left out.", where)


def names(packages: Mapping[str, Iterable[Json]]) -> Iterator[Problem]:
    """Names of sections and options that libuci would stop at."""
    for package, sections in packages.items():
        for section in sections:
            name = str(section[".name"])
            if not _is_type(str(section[".type"])):
                yield Problem(f"“{section['.type']}” is no type of a section ({package}).")
            if name and not _NAME.fullmatch(name):
                yield Problem(f"“{name}” is no name of a UCI section ({package}).")
            for option in section:
                if not option.startswith(".") and not _NAME.fullmatch(option):
                    yield Problem(f"“{option}” is no name of a UCI option ({package}, {name}).")


def _own_section(package: str, block: Any, place: str) -> Iterator[Problem]:
    if not isinstance(block, Mapping) or "config_name" not in block:
        yield Problem(
            f"A section of the UCI package {package} needs a “config_name”, its type.", place
        )
        return
    for key in ("config_name", "config_value"):
        if not isinstance(block.get(key, ""), str):
            yield Problem(f"“{key}” is a text.", f"{place}/{key}")
    if isinstance(kind := block["config_name"], str) and _OPEN not in kind and not _is_type(kind):
        yield Problem(f"“{kind}” is no type of a section.", f"{place}/config_name")
    for name, value in block.items():
        if name in ("config_name", "config_value"):
            continue
        if not _NAME.fullmatch(name):
            yield Problem(f"“{name}” is no name of a UCI option.", f"{place}/{name}")
        if any(isinstance(one, Mapping | list) for one in _items(value)):
            said = "An option of UCI is a text, a number, true or false, or a list of these."
            yield Problem(said, f"{place}/{name}")


def _items(value: Any) -> Iterable[Any]:
    return value if isinstance(value, list) else (value,)


def _shared_sections(interfaces: Sequence[Json]) -> Iterator[Problem]:
    """Interfaces that would be one section of network: the later one takes the other's place."""
    owners: dict[str, str] = {}
    for at, one in enumerate(interfaces):
        for name in section_names(one)[:1]:
            if name in owners:
                both = f"Interfaces {owners[name]} and {one['name']}"
                said = f"{both} are both section “{name}” of network: the later one is left."
                yield _doubt(f"{said} Give one another “network”.", f"#/interfaces/{at}")
            owners.setdefault(name, one["name"])


def _is_network(text: str) -> bool:
    try:
        ip_interface(text)
    except ValueError:
        return _OPEN in text
    return True


def _is_type(text: str) -> bool:
    return _TYPE.fullmatch(text) is not None and not _QUOTES.search(text)


def _doubt(sentence: str, path: str) -> Problem:
    return Problem(sentence, path, level="warning")
