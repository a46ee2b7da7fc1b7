"""Opens the console: the one place where the command line reaches for another face, and late."""

from __future__ import annotations

import sys

from owtui.cli.face import Face
from owtui.errors import InputError


def open_console(face: Face) -> int:
    """Run the console until it is left; returns its exit code."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise InputError(
            "The console needs a terminal.",
            "In a pipe or a script use the commands, e.g. `owtui devices --json`.",
        )
    from owtui.console.boot import run  # Textual, 0.2 s: nobody else pays for it

    return run(face.loaded)
