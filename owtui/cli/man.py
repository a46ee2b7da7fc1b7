"""`owtui man`: the manual page owtui(1), made of commands, settings and exit codes."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator

import click

from owtui import __version__
from owtui.cli.exits import CODES
from owtui.cli.face import Face
from owtui.cli.globals import OPTIONS
from owtui.settinghelp import DEFAULTS, HELP

# What roff would draw as something else, or read as an escape.
_ROFF = {"\\": "\\e", "-": "\\-", '"': "\\(dq", "'": "\\(aq", "`": "\\(ga"}
_FILES = (
    ("/etc/owtui.toml", "Settings of this machine."),
    ("$XDG_CONFIG_HOME/owtui/config.toml", "Settings of this user, ~/.config by default."),
    ("$XDG_DATA_HOME/owtui/owtui.db", "The inventory, ~/.local/share by default."),
    ("$XDG_STATE_HOME/owtui/owtui.log", "The log, ~/.local/state by default."),
)
_ENVIRONMENT = (
    ("OWTUI_CONFIG", "The user's settings file."),
    ("OWTUI_SETTING", "Any setting by its name in capitals, as OWTUI_READ_ONLY=1."),
    ("NO_COLOR", "No colours, where it is not empty."),
)
_EXAMPLES = (
    ("owtui devices add ap-01 192.0.2.11 --key ~/.ssh/id_ed25519 --tag roof", "Add a device."),
    ("owtui run uptime 'tag=roof fw<24.10' --json", "Run a command on some of them."),
    ("owtui plan reboot 'model:c6' --save reboot.json", "Look before."),
    ("owtui apply reboot.json --yes --follow", "And do it."),
)


@click.command()
@click.pass_obj
def man(face: Face) -> None:
    """Print the manual page, e.g. for `owtui man | man -l -`."""
    face.output.out.write(page())


def page() -> str:
    """The whole page in roff, in ASCII."""
    from owtui.cli.app import root

    with click.Context(root, info_name="owtui") as ctx:
        lines = [
            f'.TH OWTUI 1 "" "owtui {__version__}" "User Commands"',
            *_section("NAME", ["owtui \\- operations console for fleets of OpenWrt routers"]),
            *_section("SYNOPSIS", [".B owtui", "[\\fIOPTIONS\\fR] [\\fICOMMAND\\fR \\&...]"]),
            *_section("DESCRIPTION", _prose(root.help or "")),
            *_section("OPTIONS", ["Accepted anywhere on the line.", *_terms(_globals())]),
            *_section("COMMANDS", _commands(root, ctx)),
            *_section("FILTERS", _prose(_FILTERS)),
            *_section("SETTINGS", [*_prose(_SETTINGS), *_terms(_settings())]),
            *_section("FILES", _terms(_FILES)),
            *_section("ENVIRONMENT", _terms(_ENVIRONMENT)),
            *_section("EXIT STATUS", _terms((str(code), text) for code, text in CODES)),
            *_section("EXAMPLES", _terms(_EXAMPLES)),
            *_section("SEE ALSO", [".BR ssh (1),", ".BR uci (8)"]),
        ]
    return "\n".join(lines) + "\n"


_FILTERS = """
A FILTER chooses devices: words AND, key=value, key:value, cpu>80, seen>5m, /regex/, ~fuzzy, !not,
a | b, (a b), view:NAME for a saved one. `owtui devices FILTER` shows what it chooses.
"""
_SETTINGS = """
Settings are TOML. A [fleet.NAME] section overrides them for one fleet, [keys] gives keys to ids of
`owtui keys`, [alias] names command lines, and [action.NAME] adds an action of one's own.
"""


def _commands(group: click.Group, parent: click.Context) -> Iterator[str]:
    """Every command with its usage, words and options; those of a group after it."""
    for name in group.list_commands(parent):
        command = group.get_command(parent, name)
        if command is None or command.hidden:
            continue
        with click.Context(command, info_name=name, parent=parent) as ctx:
            usage = command.collect_usage_pieces(ctx)
            yield f".SS {_text(' '.join([ctx.command_path, *usage]))}"
            yield from _prose(command.help or "")
            yield from _terms(_options(command, ctx))
            if isinstance(command, click.Group):
                yield from _commands(command, ctx)


def _options(command: click.Command, ctx: click.Context) -> Iterator[tuple[str, str]]:
    for param in command.params:
        record = param.get_help_record(ctx) if isinstance(param, click.Option) else None
        if record is not None:
            yield record


def _globals() -> Iterator[tuple[str, str]]:
    for name, (value, text) in OPTIONS.items():
        yield f"--{name.replace('_', '-')}{f' {value}' if value else ''}", text


def _settings() -> Iterator[tuple[str, str]]:
    for key, text in HELP.items():
        yield f"{key} = {DEFAULTS[key]}", text


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    yield f".SH {title}"
    yield from lines


def _terms(pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    for term, text in pairs:
        yield from (".TP", f".B {_text(term)}", _text(text) or "\\&")


def _prose(text: str) -> Iterator[str]:
    """Paragraphs; one that begins with a backspace, Click's mark, keeps its lines."""
    for number, paragraph in enumerate(re.split(r"\n\s*\n", inspect.cleandoc(text).strip())):
        if number:
            yield ".PP"
        if paragraph.startswith("\b"):
            yield from (".nf", *map(_text, paragraph.splitlines()[1:]), ".fi")
        else:
            yield _text(" ".join(paragraph.split()))


def _text(text: str) -> str:
    """One line of text, so that roff reads no request and no escape in it."""
    said = "".join(_ROFF.get(c, c) if c.isascii() else f"\\[u{ord(c):04X}]" for c in text)
    return f"\\&{said}" if said[:1] == "." else said
