"""Runs the console and ends it well: terminal restored, engine drained, whatever ended it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace

from owtui import log
from owtui.console.app import STOP_S, ConsoleApp
from owtui.settings import Loaded

# Where the locale is C, Python sets LC_CTYPE to one of these by itself (PEP 538).
_COERCED = frozenset({"C.UTF-8", "C.utf8", "UTF-8"})


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
    app = ConsoleApp(for_terminal(loaded, os.environ), fleets=fleets)
    if unlogged:
        app.session.warnings.append(unlogged)
    try:
        code = app.run(mouse=loaded.settings.mouse)
    finally:
        if app.session.running_jobs:
            with suppress(OSError):  # the terminal may be what went
                sys.stderr.write("Finishing the steps that run; the rest is kept.\n")
        app.bridge.stop(STOP_S)
    # An app that a bug ended has no result, but a return code.
    return app.return_code or 0 if code is None else code, app.next


def for_terminal(loaded: Loaded, environ: Mapping[str, str]) -> Loaded:
    """The settings with ASCII symbols where the terminal has no others."""
    if loaded.settings.ascii or draws_symbols(environ):
        return loaded
    return replace(loaded, settings=replace(loaded.settings, ascii=True))


def draws_symbols(environ: Mapping[str, str]) -> bool:
    """Whether the locale is UTF-8 or nobody said; the Linux console's font lacks the symbols."""
    if environ.get("TERM") == "linux":
        return False
    everything, language = environ.get("LC_ALL", ""), environ.get("LANG", "")
    locale = everything or environ.get("LC_CTYPE", "") or language
    if not everything and locale in _COERCED and language in ("C", "POSIX"):
        return False
    charset = locale.partition("@")[0].rpartition(".")[2]
    return not locale or charset.lower().replace("-", "") == "utf8"
