"""Runs the console on a seeded folder, without a poll: for tests in a real terminal.

python terminal.py console FOLDER      the console itself
python terminal.py empty               an empty Textual app, to compare with
"""

from __future__ import annotations

import sys
from pathlib import Path


def main() -> int:
    """Run what the arguments say."""
    if sys.argv[1] == "empty":
        from textual.app import App

        return App[int]().run() or 0
    from owtui.console.boot import run
    from owtui.settings import Loaded, Paths, Settings

    folder = Path(sys.argv[2])
    settings = Settings(
        fleet="lab", database=f"sqlite:///{folder / 'owtui.db'}", facts_every_s=0.0, operator="eva"
    )
    return run(Loaded(settings, Paths(folder, folder, folder, folder, folder)))


if __name__ == "__main__":
    sys.exit(main())
