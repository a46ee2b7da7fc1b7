"""The options of an upgrade: OpenWISP's names, sysupgrade's letters.

Every one that is true becomes a flag in the order given, then come the defaults of those that are
not named. `-n` saves nothing, so the default `-c` goes away with it (OpenWISP builds `-n -c`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from owtui.errors import InputError

SYSUPGRADE = "/sbin/sysupgrade"

MEANINGS: Mapping[str, str] = {
    "c": "keep changed files in /etc",
    "o": "keep changed files in /, except those of packages",
    "n": "do not save the configuration",
    "u": "skip files that are equal to those in /rom",
    "p": "do not restore the partition table",
    "k": "include the list of installed packages",
    "F": "flash even if the image check fails",
}
DEFAULTS: Mapping[str, bool] = {"c": True}

SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        letter: {
            "type": "boolean",
            "title": f"{meaning} (-{letter})",
            "default": DEFAULTS.get(letter, False),
        }
        for letter, meaning in MEANINGS.items()
    },
    "additionalProperties": False,
}
"""A JSON schema of the options as OpenWISP stores them, `{"c": true, "F": false}`."""


def check(options: Mapping[str, Any]) -> None:
    """Refuse unknown letters, values that are no booleans, -n beside -o or -c. InputError."""
    for letter, value in options.items():
        if letter not in MEANINGS:
            known = ", ".join(MEANINGS)
            raise InputError(f"There is no upgrade option “{letter}”.", f"There are {known}.")
        if not isinstance(value, bool):
            raise InputError(f"The upgrade option “{letter}” is true or false, not {value!r}.")
    for other in ("o", "c"):
        if options.get("n") and options.get(other):
            raise InputError(
                f'The "-n" and "-{other}" options cannot be used together',
                "Leave one of them out.",
            )


def parse(text: str) -> dict[str, bool]:
    """Read "c,F" or "-n -u"; a letter after "no-" is off: "no-c". Raises InputError."""
    found: dict[str, bool] = {}
    for word in text.replace(",", " ").split():
        off = word.startswith("no-")
        letter = word.removeprefix("no-").lstrip("-")
        if letter in found:
            raise InputError(f"The upgrade option “{letter}” is named twice.")
        found[letter] = not off
    check(found)
    return found


def flags(options: Mapping[str, bool]) -> tuple[str, ...]:
    """The flags of sysupgrade, `("-c", "-F")`."""
    chosen = [letter for letter, wanted in options.items() if wanted]
    if not options.get("n"):
        chosen += [one for one, on in DEFAULTS.items() if on and one not in options]
    return tuple(f"-{letter}" for letter in chosen)


def command(options: Mapping[str, bool], path: str) -> str:
    """The command line that flashes `path`, which must need no quoting."""
    return " ".join((SYSUPGRADE, "-v", *flags(options), path))


def keeps(options: Mapping[str, bool]) -> bool:
    """Whether the device comes back with its configuration."""
    return not options.get("n")
