"""One difference for all devices that have the same one: 1,000 devices, three kinds of change."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from owtui.engine.configs import difftext
from owtui.engine.configs.diff import ConfigDiff

Key = TypeVar("Key", bound=Hashable)

SHORTEST = 4  # a value of a variable shorter than this is replaced only where it is a whole value


@dataclass(frozen=True, slots=True)
class Group(Generic[Key]):
    """Devices with one change, in the order given; `diff` and `text` are the first one's.

    `variables` names those by whose values the changes still differ: a face must tell it.
    """

    keys: tuple[Key, ...]
    diff: ConfigDiff
    text: str
    variables: tuple[str, ...] = ()


def group(
    diffs: Mapping[Key, ConfigDiff],
    variables: Mapping[Key, Mapping[str, object]] | None = None,
) -> tuple[Group[Key], ...]:
    """Partition devices by identical change, the largest group first.

    What is compared is the change with its secrets: two devices that get different keys are two
    groups, though both show as "•••". With `variables` (a device's own, by key) a value that is
    what a variable says counts as the variable: changes that differ only so come together.
    """
    found: dict[str, list[Key]] = {}
    used: dict[str, dict[Key, set[str]]] = {}
    for key, diff in diffs.items():
        plain = "\n".join(map(str, difftext.lines(diff, masked=False)))
        names: set[str] = set()
        if variables:
            plain, names = _with_names(plain, variables.get(key, {}))
        found.setdefault(plain, []).append(key)
        used.setdefault(plain, {})[key] = names
    groups = [_group(keys, diffs, used[plain], variables or {}) for plain, keys in found.items()]
    return tuple(sorted(groups, key=lambda one: -len(one.keys)))


def _group(
    keys: list[Key],
    diffs: Mapping[Key, ConfigDiff],
    used: Mapping[Key, set[str]],
    variables: Mapping[Key, Mapping[str, object]],
) -> Group[Key]:
    differing = {
        name
        for key in keys
        for name in used[key]
        if variables[key].get(name) != variables[keys[0]].get(name)
    }
    first = diffs[keys[0]]
    return Group(tuple(keys), first, difftext.text(first), tuple(sorted(differing)))


def _with_names(text: str, values: Mapping[str, object]) -> tuple[str, set[str]]:
    """A change with variables in the place of their values, and the variables found."""
    named: dict[str, str] = {}
    for name, value in sorted(values.items()):
        said = difftext.printable(str(value))
        if said and not isinstance(value, bool | list | dict):
            named.setdefault(said, name)
    if not named:
        return text, set()
    patterns = [
        re.escape(said) if len(said) >= SHORTEST else f"(?<=')(?:{re.escape(said)})(?=')"
        for said in sorted(named, key=len, reverse=True)
    ]
    used: set[str] = set()

    def replaced(found: re.Match[str]) -> str:
        used.add(named[found[0]])
        return f"{{{{ {named[found[0]]} }}}}"

    return re.sub("|".join(patterns), replaced, text), used
