"""The `owtui` program. `--version` is answered before anything is imported (15 ms)."""

from __future__ import annotations

import gc
import os
import sys
import threading

GC_EVERY = 50_000
"""New objects between two looks for garbage, instead of 700. What a start imports stays: to look
at it again and again was a tenth of the CPU of `owtui run` on many devices."""

TERMINAL_THREAD = "textual-input"


def main() -> None:
    """Run the command line; without a command it opens the console."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        from owtui import __version__

        sys.stdout.write(f"owtui {__version__}\n")
        return
    gc.set_threshold(GC_EVERY)
    from owtui.cli.app import run

    code = 1
    try:
        code = run(sys.argv[1:])
    finally:
        if any(thread.name == TERMINAL_THREAD for thread in threading.enumerate()):
            # It never learned that its terminal went away: it would spin, and keep us, for ever.
            sys.stdout.flush()
            os._exit(code)
        # The interpreter would look for garbage among all that is loaded, twice, before it ends:
        # a fifth of the CPU of `owtui devices`. Nothing of ours waits for that to be closed.
        gc.freeze()
        gc.disable()
    sys.exit(code)


if __name__ == "__main__":
    main()
