"""The root of the command line: commands loaded when named, every error one sentence and a code."""

from __future__ import annotations

import errno
import importlib
import os
import sys
from collections.abc import Sequence
from functools import partial
from io import TextIOWrapper
from itertools import takewhile

import click

from owtui import __version__
from owtui.cli.aliases import expanded
from owtui.cli.exits import AWAY, BAD_INPUT, BLOCKED, INTERRUPTED, OK, SOME_FAILED, UNREACHABLE
from owtui.cli.face import Face
from owtui.cli.globals import ALSO, HELP, Globals, take
from owtui.errors import PROBLEMS, BlockedError, InputError, Kind, failure_of
from owtui.units import plain_ascii

# name → module under owtui.cli with an object of that name (dashes as underscores)
COMMANDS = {
    "devices": "devices",
    "organizations": "organizations",
    "groups": "groups",
    "templates": "templates",
    "variables": "variables",
    "config": "config",
    "credentials": "credentials",
    "views": "views",
    "checks": "checks",
    "facts": "facts",
    "poll": "poll",
    "chart": "charts",
    "metrics": "charts",
    "topologies": "topologies",
    "topology": "topology",
    "firmware": "firmware",
    "upgrade": "upgrade",
    "run": "run",
    "shell": "shell",
    "logs": "logs",
    "tunnel": "tunnel",
    "plan": "plans",
    "apply": "plans",
    "notifications": "notifications",
    "alerts": "alerts",
    "clients": "stays",
    "sessions": "stays",
    "jobs": "jobs",
    "audit": "audit",
    "engine": "engine",
    "demo": "demo",
    "simulate": "simulate",
    "info": "info",
    "keys": "keys",
    "config-file": "config_file",
    "completion": "completion",
    "man": "man",
}

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)  # standard output went to a file


class Root(click.Group):
    """Imports a command's module when it is used, so that `owtui keys` loads no database."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of the table, which is the order people need them in."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Find a command by name."""
        module = COMMANDS.get(cmd_name)
        if module is None:
            return None
        found: click.Command = getattr(
            importlib.import_module(f"owtui.cli.{module}"), cmd_name.replace("-", "_")
        )
        for one in (found, *getattr(found, "commands", {}).values()):
            one.epilog = ALSO
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As Click's, and with the nearest command where there is none of that name."""
        if args and self.get_command(ctx, args[0]) is None:
            from difflib import get_close_matches

            near = get_close_matches(args[0], COMMANDS, 1)
            raise InputError(
                f"There is no command “{args[0]}”.",
                f"Did you mean `owtui {near[0]}`?" if near else "See `owtui --help`.",
            )
        return super().resolve_command(ctx, args)


@click.group(cls=Root, invoke_without_command=True, epilog=HELP)
@click.pass_context
def root(ctx: click.Context) -> None:
    """owtui: the operations console for fleets of OpenWrt routers.

    Without a command it opens the console. `owtui demo` tries it on a simulated fleet.
    """
    if ctx.invoked_subcommand is None:
        from owtui.cli.console import open_console

        ctx.exit(open_console(ctx.obj))


def run(argv: Sequence[str]) -> int:
    """Run one command line and return its exit code."""
    if instruction := os.environ.get("_OWTUI_COMPLETE"):  # set by the scripts of `completion`
        from owtui.cli.completing import answer

        return answer(instruction)
    say = partial(_say, "--ascii" in argv)
    try:
        return _invoke(argv)
    except PROBLEMS as error:
        failure = failure_of(error)
        say(failure.sentence, failure.hint)
        return _code(error, failure.kind)
    except click.exceptions.Abort:
        return INTERRUPTED
    except click.ClickException as error:
        say(error.format_message(), _usage(error))
        return BAD_INPUT
    except KeyboardInterrupt:
        say("interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        _hush()
        return OK
    except OSError as error:
        if error.errno not in _FULL or error.filename is not None:
            raise
        _hush()
        say(f"The output cannot be written: {error.strerror}.", "Free space, or write elsewhere.")
        return BAD_INPUT


def _hush() -> None:
    """Nobody reads any more: the interpreter must not complain of it at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _invoke(argv: Sequence[str]) -> int:
    """Not through `root.main`, which makes 1 of a reader that went away."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a Latin-1 terminal is no error
    options, rest = take(argv)
    if options.version:
        sys.stdout.write(f"owtui {__version__}\n")
        return OK
    face, rest = _face(options, rest)
    try:
        with root.make_context("owtui", rest, obj=face) as ctx:
            root.invoke(ctx)
    except click.exceptions.Exit as end:
        sys.stdout.flush()
        return int(end.exit_code)
    sys.stdout.flush()
    return OK


def _face(options: Globals, rest: list[str]) -> tuple[Face | None, list[str]]:
    """The settings, and the line with an alias of theirs replaced by what it stands for.

    Options in an alias hold where the line does not say otherwise. None where the settings cannot
    be read and only help is asked for, which needs none.
    """
    try:
        face = Face.of(options)
    except InputError:
        if "--help" not in takewhile(lambda word: word != "--", rest):
            raise
        return None, rest
    more, line = expanded(face.loaded.aliases, rest)
    return (Face.of(options.over(more)) if more != Globals() else face), line


def _code(error: Exception, kind: Kind) -> int:
    if isinstance(error, BlockedError) or kind is Kind.CHANGED:
        return BLOCKED
    if kind is Kind.INPUT:
        return BAD_INPUT
    return UNREACHABLE if kind in AWAY else SOME_FAILED


def _usage(error: click.ClickException) -> str:
    ctx = getattr(error, "ctx", None)
    return f"See `{ctx.command_path} --help`." if ctx else "See `owtui --help`."


def _say(ascii_only: bool, sentence: str, hint: str = "") -> None:
    text = f"owtui: {sentence}\n" + (f"       {hint}\n" if hint else "")
    sys.stderr.write(plain_ascii(text) if ascii_only else text)
