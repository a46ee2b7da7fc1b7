"""Runs the console and ends it well: terminal restored, engine drained, whatever ended it."""

from __future__ import annotations

import sys
from contextlib import suppress

from owtui.console.app import STOP_S, ConsoleApp
from owtui.settings import Loaded


def run(loaded: Loaded) -> int:
    """Run until the user leaves or the terminal goes; returns the exit code."""
    app = ConsoleApp(loaded)
    try:
        code = app.run(mouse=loaded.settings.mouse)
    finally:
        if app.session.running_jobs:
            with suppress(OSError):  # the terminal may be what went
                sys.stderr.write("Finishing the steps that run; the rest is kept.\n")
        app.bridge.stop(STOP_S)
    return code or 0
