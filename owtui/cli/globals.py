"""Options that are accepted anywhere on the line, before or after the command.

They are taken off before Click sees the rest; `--` ends the search, so that a command line meant
for a device may hold anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from owtui import settings
from owtui.errors import InputError


@dataclass(frozen=True, slots=True)
class Globals:
    """What every command may be told."""

    database: str = ""
    fleet: str = ""
    config: str = ""
    log_level: str = ""
    read_only: bool = False
    write: bool = False
    debug: bool = False
    no_color: bool = False
    ascii: bool = False
    no_mouse: bool = False
    low_bandwidth: bool = False
    json: bool = False
    json_lines: bool = False
    version: bool = False

    @property
    def config_file(self) -> Path | None:
        """The settings file named on the line."""
        return Path(self.config).expanduser() if self.config else None

    def overrides(self) -> dict[str, Any]:
        """The settings that these options set."""
        found: dict[str, Any] = {}
        if self.database:
            found["database"] = self.database
        if self.read_only or self.write:
            found["read_only"] = self.read_only and not self.write
        if self.no_color:
            found["color"] = False
        if self.no_mouse:
            found["mouse"] = False
        if self.ascii:
            found["ascii"] = True
        if self.low_bandwidth:
            found["low_bandwidth"] = True
        if self.debug or self.log_level:
            found["log_level"] = self.log_level or "debug"
        return found

    def load(self) -> settings.Loaded:
        """The settings as these options have them. Raises InputError."""
        return settings.load(
            config=self.config_file, fleet=self.fleet or None, overrides=self.overrides()
        )

    def over(self, other: Globals) -> Globals:
        """These options, and where one is not given that of `other`."""
        given = {f.name: value for f in fields(self) if (value := getattr(self, f.name))}
        return replace(other, **given)


# what stands behind an option, and what it does
OPTIONS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "database": ("URL", "The inventory's database instead of the settings' one."),
        "fleet": ("NAME", "A fleet of the settings."),
        "config": ("FILE", "The settings file."),
        "log_level": ("LEVEL", "debug, info, warning or error."),
        "read_only": ("", "Refuse everything that changes something."),
        "write": ("", "Allow changes where the settings say read_only."),
        "debug": ("", "Write a debug log."),
        "no_color": ("", "No colours."),
        "ascii": ("", "ASCII alone."),
        "no_mouse": ("", "Leave the mouse to the terminal."),
        "low_bandwidth": ("", "Draw less often."),
        "json": ("", "One JSON document on standard output."),
        "json_lines": ("", "One JSON object a line."),
        "version": ("", "Say the version."),
    }
)

HELP = """\
\b
Anywhere on the line: --database URL, --fleet NAME, --config FILE, --read-only,
  --write, --json, --json-lines, --no-color, --ascii, --no-mouse,
  --low-bandwidth, --debug, --log-level LEVEL, --version.
A FILTER is the console's: words AND, key=value, key:value, cpu>80, seen>5m,
  /regex/, !not, a | b.
Exit codes: 0 ok, 1 some devices failed, 2 bad input, 3 nothing reachable,
  4 blocked, 130 interrupted.
"""

ALSO = "--json and the other options of `owtui --help` may stand anywhere."

_VALUES = {"database", "fleet", "config", "log_level"}
_FLAGS = {f.name for f in fields(Globals)} - _VALUES


def options_named(beginning: str) -> list[str]:
    """The global options that begin so, for completion."""
    names = [f"--{f.name.replace('_', '-')}" for f in fields(Globals)]
    return [name for name in names if name.startswith(beginning)]


def take(argv: Sequence[str]) -> tuple[Globals, list[str]]:
    """Split a command line into its global options and the rest. Raises InputError."""
    found: dict[str, Any] = {}
    rest: list[str] = []
    words = iter(argv)
    for word in words:
        if word == "--":
            return replace(Globals(), **found), [*rest, word, *words]
        name, equals, value = word.removeprefix("--").partition("=")
        key = name.replace("-", "_") if word.startswith("--") else ""
        if key in _FLAGS and not equals:
            found[key] = True
        elif key in _VALUES:
            given = value if equals else next(words, None)
            if not given:
                raise InputError(f"--{name} needs a value.", "See `owtui --help`.")
            found[key] = given
        else:
            rest.append(word)
    return replace(Globals(), **found), rest
