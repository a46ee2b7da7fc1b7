"""`owtui shell`: an interactive shell on one device, at this terminal."""

from __future__ import annotations

import os
import sys

import click

from owtui.cli.completing import devices
from owtui.cli.face import Face, command
from owtui.errors import InputError, LostError


@click.command()
@click.argument("name", shell_complete=devices)
@command
async def shell(face: Face, name: str) -> int:
    """Open a shell on the device NAME; ~. leaves it when the device hangs."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise InputError(
            "A shell needs a terminal, and this is none.",
            "`owtui run COMMAND NAME` runs one command without.",
        )
    from owtui.engine.transport.attach import Left, attach, size_of

    keys, screen = sys.stdin.fileno(), sys.stdout.fileno()
    async with face.engine() as engine:
        device = engine.device(name)
        terminal = await engine.sessions.shell(
            device.id, term=os.environ.get("TERM") or "xterm", size=size_of(screen)
        )
        async with terminal:
            left = await attach(terminal, keys, screen)
    if left is Left.LOST:
        raise LostError(
            f"{device.name}: the connection went away during the shell.",
            "What was started may still be running on the device.",
        )
    if left is Left.ESCAPED:
        face.output.talk(f"left {device.name}; what it was doing may still be running there")
    return 0
