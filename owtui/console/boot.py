"""Runs the console and ends it well: terminal restored, engine drained, whatever ended it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress

from owtui import log
from owtui.console.app import STOP_S, ConsoleApp
from owtui.settings import Loaded


def run(loaded: Loaded, fleets: Callable[[str], Loaded] | None = None) -> int:
    """Run until the user leaves or the terminal goes; returns the exit code.

    `fleets` reads the settings of another fleet by its name, for going there; raises InputError.
    """
    chosen: Loaded | None = loaded
    code = 0
    while chosen is not None:
        code, chosen = _run_one(chosen, fleets)
    return code


def _run_one(loaded: Loaded, fleets: Callable[[str], Loaded] | None) -> tuple[int, Loaded | None]:
    unlogged = ""
    try:
        log.start(loaded.paths.state, loaded.settings.log_level)
    except OSError as error:
        unlogged = f"There is no log: {loaded.paths.state} cannot be written ({error.strerror})."
    app = ConsoleApp(loaded, fleets=fleets)
    if unlogged:
        app.session.warnings.append(unlogged)
    try:
        code = app.run(mouse=loaded.settings.mouse)
    finally:
        if app.session.running_jobs:
            with suppress(OSError):  # the terminal may be what went
                sys.stderr.write("Finishing the steps that run; the rest is kept.\n")
        app.bridge.stop(STOP_S)
    return code or 0, app.next
