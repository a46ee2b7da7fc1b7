"""A shell on a device in the place of the console: it leaves the terminal, and comes back to it.

The shell's bytes move on the engine's loop. The console's own loop goes on beside it, so that
events are heard and signals end the program, but it draws nothing until the shell is left.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from typing import TYPE_CHECKING
from uuid import UUID

from owtui.console import trusting
from owtui.errors import HostKeyError

if TYPE_CHECKING:
    from owtui.console.frame import Frame
    from owtui.engine.engine import Engine
    from owtui.engine.transport.attach import Attachment
    from owtui.engine.transport.terminal import Terminal

_ENDS = {
    "exited": "The shell on {} has ended.",
    "lost": "The connection to {} is lost, and its shell with it.",
    "escaped": "The shell on {} was left by ~.",
    "hung up": "The terminal went away; the shell on {} is closed.",
}


def open_shell(frame: Frame, device_id: UUID) -> None:
    """Open a shell on the device; the console is back when it is left."""
    if frame.app.is_headless:
        frame.notify("There is no terminal to have a shell on.", severity="warning")
        return
    row = frame.session.rows.get(device_id)
    name = row.name if row else "the device"

    async def shell() -> None:
        try:
            terminal, attachment = await _opened(frame, device_id)
        except HostKeyError as error:
            trusting.ask(frame, device_id, error.failure, lambda: open_shell(frame, device_id))
            return
        try:
            how = await _in_the_place_of(frame, attachment)
        finally:
            await frame.session.bridge.call(lambda engine: terminal.close())
        lost = how == "lost"
        frame.notify(
            _ENDS[how].format(name), severity="warning" if lost else "information", markup=False
        )

    frame.notify(f"Opening a shell on {name}. Its ~. at the start of a line leaves it.", timeout=3)
    frame.ask(shell, "shell")


async def _opened(frame: Frame, device_id: UUID) -> tuple[Terminal, Attachment]:
    width, height = frame.app.size
    # Textual reads this tty; in and out it is the same one.
    tty = (sys.__stdin__ or sys.stdin).fileno()

    async def opened(engine: Engine) -> tuple[Terminal, Attachment]:
        from owtui.engine.transport.attach import Attachment
        from owtui.engine.transport.terminal import Size

        term = os.environ.get("TERM", "xterm")
        terminal = await engine.sessions.shell(device_id, term=term, size=Size(width, height))
        return terminal, Attachment(terminal, tty, tty)

    return await frame.session.bridge.call(opened)


async def _in_the_place_of(frame: Frame, attachment: Attachment) -> str:
    """Run the shell where the console was; returns how it ended. Raises PROBLEMS."""
    app, loop = frame.app, asyncio.get_running_loop()
    # A problem must not leave the block of Textual's suspend: it would not come back from it.
    with app.batch_update(), app.suspend():
        running = asyncio.ensure_future(frame.session.bridge.call(lambda engine: attachment.run()))
        loop.add_signal_handler(signal.SIGWINCH, attachment.resized)
        try:
            await asyncio.wait({running})
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            loop.remove_signal_handler(signal.SIGWINCH)
    app.refresh(layout=True)
    return running.result().value
