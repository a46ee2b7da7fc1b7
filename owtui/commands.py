"""The verbs: one registry for the `:` line, the palette and shell completion.

Names are the command line's, so that what is learned in one face holds in the other. Bulk actions
are not listed here: they register themselves and reach `plan`, `apply` and the palette by name.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from io import StringIO

from owtui.errors import InputError

Source = Callable[[str], list[str]]
BOTH = frozenset({"console", "cli"})
CONSOLE = frozenset({"console"})
CLI = frozenset({"cli"})


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument. A `kind` names the source that completes it; `rest` takes all that follows.

    Kinds: filter device template action command file job column view fleet theme cidr pair text.
    """

    name: str
    kind: str = "text"
    required: bool = True
    rest: bool = False

    @property
    def usage(self) -> str:
        """NAME, [NAME] or NAME…, as a usage line has it."""
        text = self.name.upper() + ("…" if self.rest and self.kind != "filter" else "")
        return text if self.required else f"[{text}]"


@dataclass(frozen=True, slots=True)
class Command:
    """A verb. One that `changes` is gone in read-only mode; `key` is the keymap id beside it."""

    name: str
    help: str
    arguments: tuple[Argument, ...] = ()
    aliases: tuple[str, ...] = ()
    faces: frozenset[str] = BOTH
    scope: str = "app"
    changes: bool = False
    key: str = ""

    @property
    def usage(self) -> str:
        """The name and its arguments on one line."""
        return " ".join([self.name, *(argument.usage for argument in self.arguments)])


@dataclass(frozen=True, slots=True)
class Call:
    """A command line taken apart: the command and its arguments by name."""

    command: Command
    arguments: Mapping[str, str]


_FILTER = Argument("filter", "filter", required=False, rest=True)
_TARGETS = Argument("filter", "filter", rest=True)
_DEVICE = Argument("name", "device")
_FILE = Argument("file", "file")
_PAIRS = Argument("key=value", "pair", rest=True)
_JOB = Argument("id", "job")

COMMANDS: tuple[Command, ...] = (
    Command("devices", "Show devices, all or those of a filter", (_FILTER,), ("dev",)),
    Command(
        "devices add",
        "Add a device by name and address",
        (Argument("name"), Argument("address")),
        changes=True,
    ),
    Command("devices show", "Show one device", (_DEVICE,), ("show",), key="dev.open"),
    Command("devices set", "Change fields of one device", (_DEVICE, _PAIRS), changes=True),
    Command("devices remove", "Remove devices from the inventory", (_TARGETS,), changes=True),
    Command("devices import", "Import CSV, OpenSSH or Ansible inventory", (_FILE,), changes=True),
    Command("devices export", "Write devices as CSV or JSON", (_FILTER,), key="list.export"),
    Command(
        "devices scan",
        "Look for routers in networks and offer to adopt them",
        (Argument("cidr", "cidr", rest=True),),
        ("scan",),
    ),
    Command("facts", "Read board, release, memory and interfaces now", (_FILTER,)),
    Command("poll", "Collect monitoring data now", (_FILTER,)),
    Command(
        "chart",
        "Draw what was measured of a device",
        (
            _DEVICE,
            Argument("chart", required=False),
            Argument("range", required=False, rest=True),
        ),
        ("charts",),
        key="dev.charts",
    ),
    Command("metrics", "What is measured of a device, with values", (_DEVICE,), faces=CLI),
    Command(
        "run",
        "Run a command on devices",
        (Argument("command", "command"), _FILTER),
        ("x",),
        changes=True,
        key="act.run_command",
    ),
    Command("shell", "Open a shell on a device", (_DEVICE,), changes=True, key="dev.shell"),
    Command("logs", "Follow the log of a device", (_DEVICE,), key="dev.logs"),
    Command(
        "tunnel",
        "Reach the web page of a device",
        (_DEVICE, Argument("port", required=False)),
        changes=True,
        key="dev.tunnel",
    ),
    Command("tunnels", "Show the open tunnels", faces=CONSOLE),
    Command("plan", "Show what an action would do", (Argument("action", "action"), _FILTER)),
    Command(
        "apply",
        "Plan an action and carry it out",
        (Argument("action", "action"), _FILTER),
        changes=True,
        key="act.menu",
    ),
    Command("jobs", "Show jobs, or one", (Argument("id", "job", required=False),), ("job",)),
    Command("jobs pause", "Pause a job after the running devices", (_JOB,), changes=True),
    Command("jobs resume", "Let a paused job go on", (_JOB,), changes=True),
    Command("jobs cancel", "Finish what runs, skip the rest", (_JOB,), changes=True),
    Command("jobs retry", "Plan the failed devices again", (_JOB,), changes=True),
    Command("jobs report", "Write the result of a job", (_JOB,)),
    Command(
        "templates",
        "Templates, or one in the editor",
        (Argument("name", "template", required=False),),
        ("template",),
    ),
    Command(
        "config",
        "Configurations of devices",
        (Argument("name", "device", required=False),),
        key="dev.config",
    ),
    Command("config edit", "Edit a device's own configuration", (_DEVICE,), faces=CONSOLE),
    Command(
        "config diff",
        "What a device should have against what it runs",
        (_DEVICE,),
        key="dev.diff",
    ),
    Command("config history", "What was applied to a device", (_DEVICE,)),
    Command(
        "variables",
        "Variables by scope, or those of a device",
        (Argument("name", "device", required=False),),
        ("vars",),
        key="template.variables",
    ),
    Command("audit", "Show who did what to which device", (_FILTER,)),
    Command("info", "Show versions, paths, database and engine", aliases=("about",)),
    Command("keys", "Show all keys"),
    Command("pulse", "The health of the fleet on one page", faces=CONSOLE, key="nav.pulse"),
    Command("view", "Use a saved view", (Argument("view", "view"),), faces=CONSOLE),
    Command("view save", "Save the filter under a name", (Argument("name"),), faces=CONSOLE),
    Command("view remove", "Forget a saved view", (Argument("view", "view"),), faces=CONSOLE),
    Command("filter", "Show only what matches", (_FILTER,), faces=CONSOLE, key="list.filter"),
    Command("mark", "Mark what a filter finds", (_TARGETS,), faces=CONSOLE, scope="list"),
    Command("unmark", "Take all marks away", faces=CONSOLE, scope="list", key="list.mark_clear"),
    Command(
        "sort",
        "Sort by a column",
        (Argument("column", "column"),),
        faces=CONSOLE,
        scope="list",
        key="list.sort",
    ),
    Command(
        "columns",
        "Choose the columns",
        (Argument("columns", "column", rest=True),),
        faces=CONSOLE,
        scope="list",
        key="list.columns",
    ),
    Command("settings", "What is set, what set it, and how to change it", faces=CONSOLE),
    Command("notices", "What was told in passing", faces=CONSOLE),
    Command("notifications", "What you were told, who is told, and how"),
    Command("theme", "Choose a theme", (Argument("name", "theme", False),), faces=CONSOLE),
    Command(
        "fleet",
        "Go to another fleet of the settings",
        (Argument("name", "fleet", required=False),),
        ("fleets", "ctx"),
        faces=CONSOLE,
        key="nav.fleets",
    ),
    Command("help", "Show keys and help", aliases=("h",), faces=CONSOLE, key="app.help"),
    Command("quit", "Leave", aliases=("q", "q!"), faces=CONSOLE, key="app.quit"),
    Command("checks", "Active checks of devices and how they went", (_FILTER,), faces=CLI),
    Command("checks run", "Run checks now", (_FILTER,), faces=CLI),
    Command(
        "checks set",
        "Say how a check runs on a device or in a group",
        (Argument("scope", "device"), Argument("type"), _PAIRS),
        faces=CLI,
        changes=True,
    ),
    Command(
        "checks reset",
        "Let a check run there as elsewhere again",
        (Argument("scope", "device"), Argument("type")),
        faces=CLI,
        changes=True,
    ),
    Command("upgrades", "Batches of firmware upgrades", faces=CONSOLE, key="nav.pane_4"),
    Command(
        "upgrade",
        "Flash devices with the image of a build",
        (_FILTER,),
        changes=True,
        key="act.upgrade",
    ),
    Command("firmware", "Firmware images, and which devices run what", (_FILTER,)),
    Command("organizations", "Organizations and their devices", faces=CLI),
    Command("groups", "Groups of devices", faces=CLI),
    Command("credentials", "Logins that devices may be given", faces=CLI),
    Command("views", "Saved filters", faces=CLI),
    Command(
        "alerts",
        "What is wrong with devices",
        (Argument("filter", required=False, rest=True),),
        key="nav.pane_2",
    ),
    Command("clients", "Who is around devices", (_FILTER,)),
    Command(
        "topology",
        "The network as a tree and drawn, on a node",
        (Argument("node", required=False),),
        key="nav.pane_3",
    ),
    Command("sessions", "Wi-Fi sessions, the open ones first", (_FILTER,)),
    Command("config-file", "The settings file: show, check, init, schema", faces=CLI),
    Command("man", "Print the manual page", faces=CLI),
    Command("demo", "A simulated fleet and the console on it", faces=CLI),
    Command("simulate", "Simulated devices alone", faces=CLI),
    Command("engine", "The engine alone, as a service", faces=CLI),
    Command(
        "completion", "Print the completion script of a shell", (Argument("shell"),), faces=CLI
    ),
)

_BY_NAME = {name: c for c in COMMANDS for name in (c.name, *c.aliases)}


def available(face: str, *, read_only: bool = False) -> tuple[Command, ...]:
    """Give the commands of a face ("console", "cli"), in table order."""
    return tuple(c for c in COMMANDS if face in c.faces and not (read_only and c.changes))


def find(text: str) -> tuple[Command, str] | None:
    """Find the command a line begins with, the longest name first, and the rest of the line."""
    words = text.split(maxsplit=2)
    for count in (2, 1):
        command = _BY_NAME.get(" ".join(words[:count])) if len(words) >= count else None
        if command is not None:
            rest = text.split(maxsplit=count)
            return command, rest[count] if len(rest) > count else ""
    return None


def parse(text: str) -> Call:
    """Take a `:` line apart.

    Words may be quoted; a filter takes the rest as it is. In `run`, " @" begins the filter, so
    that the command needs no quotes: `run uptime -p @ap-*`. Raises InputError.
    """
    found = find(text)
    if found is None:
        word = text.split(maxsplit=1)[0] if text.strip() else ""
        near = get_close_matches(word, _BY_NAME, 1)
        hint = f"The nearest is {near[0]}." if near else "`:help` lists the commands."
        raise InputError(f"There is no command “{word}”.", hint)
    command, rest = found
    if command.name == "run" and " @" in f" {rest}":
        line, _, targets = f" {rest}".partition(" @")
        return _checked(command, {"command": line.strip(), "filter": targets.strip()})
    return _checked(command, _taken_apart(command, rest))


def _taken_apart(command: Command, rest: str) -> dict[str, str]:
    values = {}
    for argument in command.arguments:
        if argument.rest:
            values[argument.name] = rest.strip()
            rest = ""
        else:
            values[argument.name], rest = _word(rest)
    if rest.strip():
        raise InputError(f"“{rest.strip()}” is too much.", f"Usage: {command.usage}")
    return values


def _word(text: str) -> tuple[str, str]:
    stream = StringIO(text)
    lexer = shlex.shlex(stream, posix=True, punctuation_chars=False)
    lexer.whitespace_split, lexer.commenters = True, ""
    try:
        word = lexer.get_token() or ""
    except ValueError as problem:
        raise InputError("A quote is not closed.", "Close it, or write it as \\'.") from problem
    return word, stream.read()


def _checked(command: Command, values: dict[str, str]) -> Call:
    for argument in command.arguments:
        if argument.required and not values.get(argument.name):
            raise InputError(
                f"{command.name} needs {argument.name.upper()}.", f"Usage: {command.usage}"
            )
    return Call(command, {name: value for name, value in values.items() if value})


def complete(
    text: str,
    sources: Mapping[str, Source] | None = None,
    *,
    face: str = "console",
    read_only: bool = False,
) -> list[str]:
    """Complete a line: command names first, then the argument under the cursor by its kind.

    `sources` maps an argument kind to a function of what is typed so far that gives whole
    replacements for it. Gives whole lines.
    """
    offered = available(face, read_only=read_only)
    lines = [c.name for c in offered if c.name.startswith(text) and c.name != text]
    found = find(text)
    if found is None or found[0] not in offered or not sources:
        return lines
    command, rest = found
    if not rest and not text.endswith(" "):
        return lines
    typed = rest
    for argument in command.arguments:
        source = sources.get(argument.kind)
        _, space, tail = typed.partition(" ")
        if argument.rest or not space:
            start = text[: len(text) - len(typed)]
            return lines + [start + value for value in source(typed)] if source else lines
        typed = tail
    return lines
