"""Runs the console on a seeded folder, without a poll: for tests in a real terminal.

python terminal.py console FOLDER      the console itself
python terminal.py breaking FOLDER     the console, whose screen of jobs breaks the app itself
python terminal.py empty               an empty Textual app, to compare with
"""

from __future__ import annotations

import gc
import sys
from pathlib import Path


def main() -> int:
    """Run what the arguments say."""
    if sys.argv[1] == "empty":
        from textual.app import App

        return App[int]().run() or 0
    from owtui.__main__ import GC_EVERY
    from owtui.console.boot import run
    from owtui.settings import Loaded, Paths, Settings

    if sys.argv[1] == "breaking":
        _break()
    gc.set_threshold(GC_EVERY)  # as the program does
    folder = Path(sys.argv[2])
    settings = Settings(
        fleet="lab", database=f"sqlite:///{folder / 'owtui.db'}", facts_every_s=0.0, operator="eva"
    )
    return run(Loaded(settings, Paths(folder, folder, folder, folder, folder)))


def _break() -> None:
    from owtui.console import crashing
    from owtui.console.screens.jobs import JobsScreen

    def on_mount(screen: JobsScreen) -> None:
        raise RuntimeError("a bug that no screen outlives")

    crashing.MOST = 0
    JobsScreen.on_mount = on_mount  # type: ignore[method-assign]  # the bug


if __name__ == "__main__":
    sys.exit(main())
