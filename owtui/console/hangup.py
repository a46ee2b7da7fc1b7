"""A terminal that goes away without a word.

Its session is told by SIGHUP; a console that is in none (started by a service, a container, a test)
hears nothing, and Textual's thread for keys then reads the end of file for ever, at full speed.
"""

from __future__ import annotations

import select
import threading
from collections.abc import Callable


def watch(fd: int, gone: Callable[[], object]) -> None:
    """Call `gone` once, from a thread, when what is at the other end of `fd` has hung up.

    The thread only waits and costs nothing. Where it cannot be waited for, nobody hears of it.
    """
    poll = select.poll()
    poll.register(fd, 0)  # a hang-up is told to whoever asks for nothing

    def wait() -> None:
        if any(told & select.POLLHUP for _, told in poll.poll()):
            gone()

    threading.Thread(target=wait, name="hangup", daemon=True).start()
