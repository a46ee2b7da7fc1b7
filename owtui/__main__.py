"""The `owtui` program. `--version` is answered before anything is imported (15 ms)."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; without a command it opens the console."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        from owtui import __version__

        sys.stdout.write(f"owtui {__version__}\n")
        return
    from owtui.cli.app import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
