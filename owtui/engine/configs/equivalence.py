"""Whether two configurations are the same to a router, whatever they look like."""

from __future__ import annotations

from collections.abc import Mapping

from owtui.engine.configs.sections import order_counts, telling_name
from owtui.engine.openwrt.uci import Package, Section

Key = tuple[str, int]  # a name, or a type and which of its nameless sections it is


def equivalent(a: Mapping[str, Package], b: Mapping[str, Package]) -> list[str]:
    """What differs, in sentences that hold no value; none when a router would see no difference.

    An anonymous section is the same as one that has the name which tells the same of it; the order
    of sections counts where it means something, that of options never.
    """
    found = []
    for name in sorted({*a, *b}):
        empty = Package(name)
        found += differences(a.get(name, empty), b.get(name, empty))
    return found


def differences(a: Package, b: Package) -> list[str]:
    """The same for one package."""
    ours, theirs = keyed(a), keyed(b)
    found = []
    for key in {**ours, **theirs}:
        if key not in theirs:
            found.append(f"{place(a.name, key)} is missing.")
        elif key not in ours:
            found.append(f"{place(a.name, key)} is too much.")
        elif ours[key].type != theirs[key].type:
            found.append(f"{place(a.name, key)} has another type.")
        elif options := differing(ours[key], theirs[key]):
            found.append(f"{place(a.name, key)} differs in {', '.join(options)}.")
    if not found:
        kinds = sorted({section.type for section in a.sections})
        wrong = [
            kind for kind in kinds if not _same_order(a.name, kind, list(ours), list(theirs), ours)
        ]
        found = [f"{a.name}: sections of type {kind} stand in another order." for kind in wrong]
    return found


def keyed(package: Package) -> dict[Key, Section]:
    """The sections of a package by what they are found by, in their order."""
    result: dict[Key, Section] = {}
    counts: dict[str, int] = {}
    given = {section.name for section in package.sections}
    for section in package.sections:
        told = telling_name(package.name, section)
        name = section.name or (told if told not in given else "")
        key = (name, 0)
        if not name or key in result:
            kind = f"@{section.type}"
            counts[kind] = counts.get(kind, 0) + 1
            key = (kind, counts[kind])
        result[key] = section
    return result


def differing(a: Section, b: Section) -> list[str]:
    """The options in which two sections differ."""
    names = sorted({*a.options, *b.options})
    return [name for name in names if a.options.get(name) != b.options.get(name)]


def place(package: str, key: Key) -> str:
    """A section as `uci` calls it: network.lan, firewall.@rule[0]."""
    name, number = key
    return f"{package}.{name}[{number - 1}]" if number else f"{package}.{name}"


def _same_order(
    package: str, kind: str, a: list[Key], b: list[Key], sections: Mapping[Key, Section]
) -> bool:
    if not order_counts(package, kind):
        return True
    return [key for key in a if sections[key].type == kind] == [
        key for key in b if sections[key].type == kind
    ]
