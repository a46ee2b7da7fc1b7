"""Opens the console: the one place where the command line reaches for another face, and late."""

from __future__ import annotations

import os
import sys

from owtui import settings
from owtui.cli.face import Face
from owtui.errors import InputError


def open_console(face: Face, *, alone: bool = False) -> int:
    """Run the console until it is left; returns its exit code. `alone`: there is one fleet."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise InputError(
            "The console needs a terminal.",
            "In a pipe or a script use the commands, e.g. `owtui devices --json`.",
        )
    from owtui.console.boot import run  # Textual, 0.2 s: nobody else pays for it

    return run(face.loaded, None if alone else lambda name: _other(face, name))


def _other(face: Face, name: str) -> settings.Loaded:
    """The settings of another fleet. Raises InputError, also where it would be the same data."""
    if face.globals.database or os.environ.get("OWTUI_DATABASE"):
        raise InputError(
            "The database was named at the start, and every fleet would show it.",
            f"Leave, and start `owtui --fleet {name}` without --database or OWTUI_DATABASE.",
        )
    return settings.load(
        config=face.globals.config_file, fleet=name, overrides=face.globals.overrides()
    )
