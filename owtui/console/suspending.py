"""Stopping for the shell, as Ctrl-Z does, and going on once and no more at `fg`.

Textual's driver answers the signal that continues the process by itself. Where its handler came a
moment after we had taken the terminal back, it took it a second time, kept the raw modes as those
to restore, and two threads read the keys.
"""

from __future__ import annotations

import os
import signal
import threading

LOOK_EVERY_S = 0.05  # of a process that runs again; it is a matter of one look


def stop() -> None:
    """Stop all of the process group; returns when this process was continued."""
    continued = threading.Event()
    driver = signal.signal(signal.SIGCONT, lambda *_: continued.set())
    try:
        # All of the group, as the terminal would do it: `make demo` has to stop as well.
        os.killpg(os.getpgrp(), signal.SIGSTOP)
        # Another thread may have met the signal first: then we are here before we have stopped.
        while not continued.wait(LOOK_EVERY_S):
            pass
    finally:
        signal.signal(signal.SIGCONT, driver)
